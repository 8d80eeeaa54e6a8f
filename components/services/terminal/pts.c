/*
 * pts: /dev/pts, where pseudo-terminals have their names.
 *
 * One RAM file system, however often it is mounted; a name comes with a master and goes with it.
 */
#include <services/ramfs/ramfs.h>
#include <services/terminal/pty.h>

#define DEVPTS_MAGIC 0x1cd1u
#define PTMX         DEVICE(5, 2)
#define SLAVE_MODE   0620u
#define SLAVE_GROUP  5u /* "tty": distributions mount it with that */

static struct volume *volume; /* NULL: it is mounted nowhere */

void pts_init(void)
{
	volume = NULL;
	ptys_init();
}

static size_t name_of(const struct pty *pty, char name[16])
{
	return format_string(name, 16, "%u", pty->number);
}

long pts_add(struct pty *pty)
{
	char name[16];
	size_t length = name_of(pty, name);
	long error;

	if (!volume)
		return -ENODEV;
	error = tree_create(volume->root, name, length, S_IFCHR | SLAVE_MODE,
		DEVICE(PTY_MAJOR, pty->number), NULL, &pty->node);
	if (error == 0)
		pty->node->inode->gid = SLAVE_GROUP;
	return error;
}

void pts_remove(struct pty *pty)
{
	if (!pty->node)
		return;
	if (pty->node->linked)
		check(tree_remove(pty->node) == 0);
	node_unref(pty->node);
	pty->node = NULL;
}

long pts_place(const struct pty *pty, struct place *place)
{
	struct mount *mount;

	list_for_each(mount, &mounts, link)
	{
		if (mount->volume == volume && pty->node) {
			*place = (struct place){mount, pty->node};
			place_ref(*place);
			return 0;
		}
	}
	return -ENODEV;
}

/* --- the volume ----------------------------------------------------------------------------- */

static long create(struct volume **out, const char *source, const char *options)
{
	long error;

	(void)source;
	(void)options; /* owner and mode of what is new: they are what everybody asks for */
	if (volume) {
		volume_ref(volume);
		*out = volume;
		return 0;
	}
	error = ramfs_create(out, &pts_type, "mode=755");
	if (error != 0)
		return error;
	error = tree_create((*out)->root, "ptmx", 4, S_IFCHR, PTMX, NULL, NULL);
	if (error != 0) {
		volume_close(*out);
		volume_unref(*out);
		return error;
	}
	volume = *out;
	return 0;
}

static void release(struct volume *gone)
{
	if (gone == volume)
		volume = NULL;
	ramfs_release(gone);
}

const struct volume_type pts_type = {
	.name = "devpts",
	.magic = DEVPTS_MAGIC,
	.create = create,
	.status = ramfs_status,
	.release = release,
};
