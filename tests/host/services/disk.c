/* disk: see disk.h. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "disk.h"

u8 disk_bytes[IMAGE_MAX];
size_t disk_size;
char disk_said[4096];

/* Where the tools find the image: a file without a name, which goes with this process. */
static const char *file_name(void)
{
	static char name[64];

	if (*name == '\0') {
		int fd = memfd_create("disk", MFD_CLOEXEC);

		if (fd < 0)
			abort();
		snprintf(name, sizeof(name), "/proc/%d/fd/%d", (int)getpid(), fd);
	}
	return name;
}

static void put_file(void)
{
	int fd = open(file_name(), O_RDWR | O_TRUNC);

	if (fd < 0 || pwrite(fd, disk_bytes, disk_size, 0) != (ssize_t)disk_size)
		abort();
	close(fd);
}

static void get_file(void)
{
	int fd = open(file_name(), O_RDONLY);

	if (fd < 0 || pread(fd, disk_bytes, disk_size, 0) != (ssize_t)disk_size)
		abort();
	close(fd);
}

static int run(const char *command)
{
	FILE *pipe = popen(command, "r");
	size_t n;
	int status;

	if (!pipe)
		abort();
	n = fread(disk_said, 1, sizeof(disk_said) - 1, pipe);
	disk_said[n] = '\0';
	while (fgetc(pipe) != EOF)
		;
	status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void attach(void)
{
	host_disk = (struct host_disk){.bytes = disk_bytes, .sectors = disk_size / 512};
}

void disk_load(const u8 *bytes, size_t size)
{
	memmove(disk_bytes, bytes, size);
	disk_size = size;
	attach();
}

void disk_make(const char *options, u32 kilobytes)
{
	char command[256];

	disk_size = (size_t)kilobytes << 10;
	memset(disk_bytes, 0, disk_size);
	put_file();
	snprintf(command, sizeof(command), "PATH=$PATH:/usr/sbin:/sbin mke2fs -q -F %s %s 2>&1",
		options, file_name());
	if (run(command) != 0) {
		fprintf(stderr, "mke2fs: %s\n", disk_said);
		abort();
	}
	get_file();
	attach();
}

int disk_check(const char *options)
{
	char command[256];
	int status;

	put_file();
	snprintf(command, sizeof(command), "PATH=$PATH:/usr/sbin:/sbin e2fsck %s %s 2>&1", options,
		file_name());
	status = run(command);
	get_file();
	return status;
}

/* --- as a client --- */

vaddr_t disk_data;
static vaddr_t paths;

void disk_begin(void)
{
	paths = host_alloc(2 * PAGE_SIZE + DISK_DATA);
	disk_data = paths + 2 * PAGE_SIZE;
}

long path_call(long number, const char *path, long b, long c, long d)
{
	host_poke(paths, path, strlen(path) + 1);
	return host_sys(number, paths, b, c, d);
}

long path_call2(long number, const char *path, const char *path2)
{
	host_poke(paths, path, strlen(path) + 1);
	host_poke(paths + PAGE_SIZE, path2, strlen(path2) + 1);
	return host_sys(number, paths, paths + PAGE_SIZE);
}

long disk_mount(const char *type)
{
	path_call(SYS_mkdir, "/mnt", 0755, 0, 0);
	host_poke(disk_data, type, strlen(type) + 1);
	host_poke(paths, "/dev/vda", sizeof("/dev/vda"));
	host_poke(paths + PAGE_SIZE, "/mnt", sizeof("/mnt"));
	return host_sys(SYS_mount, paths, paths + PAGE_SIZE, disk_data, 0, 0);
}

long disk_unmount(void)
{
	return path_call(SYS_umount2, "/mnt", 0, 0, 0);
}
