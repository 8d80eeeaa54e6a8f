/*
 * devices: /dev, and which device has which number.
 *
 * Numbers and names are Linux's (Documentation/admin-guide/devices.txt), except for the result
 * channel, which has one that is left for local use. /dev is a RAM file system that begins with a
 * node for each.
 */
#include <services/devices/devices.h>
#include <services/devices/disk.h>
#include <services/devices/memory.h>
#include <services/ramfs/ramfs.h>
#include <services/terminal/terminal.h>

#define TMPFS_MAGIC 0x01021994u

struct device {
	const char *name;
	u32 number;
	u32 mode;
	const struct file_ops *ops;           /* four, by access mode */
	long (*open)(struct open_file *file); /* NULL: anybody may */
};

static const struct device devices[] = {
	{"null", DEVICE(1, 3), 0666, null_ops, NULL},
	{"zero", DEVICE(1, 5), 0666, zero_ops, NULL},
	{"full", DEVICE(1, 7), 0666, full_ops, NULL},
	{"random", DEVICE(1, 8), 0666, random_ops, NULL},
	{"urandom", DEVICE(1, 9), 0666, random_ops, NULL},
	{"tty", DEVICE(5, 0), 0666, terminal_ops, terminal_open_own},
	{"console", DEVICE(5, 1), 0600, terminal_ops, terminal_open_console},
	{"ptmx", DEVICE(5, 2), 0666, pty_ops, pty_open_master},
	{"ttyS0", DEVICE(4, 64), 0660, terminal_ops, terminal_open_serial},
	{"results", DEVICE(240, 0), 0600, results_ops, NULL},
};

/* Linux's /dev has these too. */
static const char *const links[][2] = {
	{"fd", "/proc/self/fd"},
	{"stdin", "/proc/self/fd/0"},
	{"stdout", "/proc/self/fd/1"},
	{"stderr", "/proc/self/fd/2"},
};

/* The block device, which there is when the machine has a disk. */
#define DISK_NAME "vda"
#define DISK_MODE 0660

/* Nobody gets to see an open file with these: device_open() replaces them, or opening fails. */
const struct file_ops device_ops[4] = {{.seek = NULL}};

long device_open(struct inode *inode, struct open_file *file)
{
	if (inode_is(inode, S_IFBLK) && inode->device == DISK_DEVICE) {
		file->ops = &disk_ops[file->flags & O_ACCMODE];
		return disk_open(file);
	}
	if (!inode_is(inode, S_IFCHR))
		return -ENXIO;
	if (DEVICE_MAJOR(inode->device) == PTY_MAJOR)
		return pty_open_slave(file, DEVICE_MINOR(inode->device));
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		if (devices[i].number == inode->device) {
			file->ops = &devices[i].ops[file->flags & O_ACCMODE];
			return devices[i].open ? devices[i].open(file) : 0;
		}
	}
	return -ENXIO;
}

static long fill(struct node *root)
{
	long error = 0;

	for (size_t i = 0; error == 0 && i < ARRAY_SIZE(devices); i++)
		error = tree_create(root, devices[i].name, strlen(devices[i].name),
			S_IFCHR | devices[i].mode, devices[i].number, NULL, NULL);
	if (error == 0 && env_disk_size() > 0)
		error = tree_create(root, DISK_NAME, strlen(DISK_NAME), S_IFBLK | DISK_MODE,
			DISK_DEVICE, NULL, NULL);
	for (size_t i = 0; error == 0 && i < ARRAY_SIZE(links); i++)
		error = tree_create(root, links[i][0], strlen(links[i][0]), S_IFLNK | 0777, 0,
			links[i][1], NULL);
	return error;
}

static long create_devices(struct volume **out, const char *source, const char *options)
{
	long error = ramfs_create(out, &devices_type, *options == '\0' ? "mode=755" : options);

	(void)source;
	if (error != 0)
		return error;
	error = fill((*out)->root);
	if (error != 0) {
		volume_close(*out);
		volume_unref(*out);
	}
	return error;
}

const struct volume_type devices_type = {
	.name = "devtmpfs",
	.magic = TMPFS_MAGIC,
	.create = create_devices,
	.status = ramfs_status,
	.release = ramfs_release,
};
