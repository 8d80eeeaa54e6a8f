/*
 * Damaged disks, disks that fail, memory that runs out.
 *
 * An image is changed at random where the file system keeps its own, and then used: whatever is
 * answered, nothing may crash, hang or be touched that is not the file system's (the sanitizers
 * watch). With every request that fails once, and every allocation, the image must be one that its
 * journal makes up for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "disk.h"

#define ROUNDS       400
#define SECONDS      60 /* for one round, at most */
#define PATHS        40
#define FAILURES_MAX 90

static u8 clean_image[IMAGE_MAX], dirty_image[IMAGE_MAX];
static u64 state;

static u32 chance(u32 n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (u32)(state >> 20) % n;
}

/* --- an image with something of everything --- */

static void write_file(const char *path, u32 size, u64 at)
{
	long fd = path_call(SYS_open, path, 0102, 0644, 0);

	host_sys(SYS_pwrite64, fd, disk_data, size, at);
	host_sys(SYS_close, fd);
}

static void populate(void *argument)
{
	char path[64];

	(void)argument;
	disk_begin();
	check(disk_mount("ext3") == 0);
	path_call(SYS_mkdir, "/mnt/a", 0755, 0, 0);
	path_call(SYS_mkdir, "/mnt/a/b", 0755, 0, 0);
	path_call(SYS_mkdir, "/mnt/a/b/c", 0755, 0, 0);
	write_file("/mnt/big", 120000, 0);
	write_file("/mnt/a/holes", 5000, 300000);
	write_file("/mnt/a/far", 100, 80000000);
	path_call2(SYS_symlink, "short", "/mnt/a/short");
	path_call2(SYS_symlink,
		"a/target/that/takes/more/than/sixty/bytes/and/so/a/block/of/its/own",
		"/mnt/a/long");
	for (u32 i = 0; i < 60; i++) {
		sprintf(path, "/mnt/a/b/a-name-to-fill-a-block-%u", i);
		write_file(path, 10, 0);
	}
	path_call2(SYS_link, "/mnt/big", "/mnt/a/hard");
	path_call(SYS_open, "/mnt/a/holes", 0, 0, 0); /* an orphan in the making */
	path_call(SYS_unlink, "/mnt/a/holes", 0, 0, 0);
	host_sys(SYS_sync);
	path_call(SYS_unlink, "/mnt/a/b/a-name-to-fill-a-block-7", 0, 0, 0);
	host_sys(SYS_sync);
	memcpy(dirty_image, disk_bytes, disk_size);
}

static void make_images(void)
{
	disk_make("-t ext3 -b 1024", 4096);
	test_run(populate, NULL, (struct host_chances){.seed = 1}, "an image is filled");
	memcpy(clean_image, disk_bytes, disk_size);
}

/* --- damage --- */

static void damage(void)
{
	u32 block = chance(3) == 0 ? chance(8)
		    : chance(2)    ? chance(700)
				   : chance((u32)(disk_size / 1024));
	u32 at = block * 1024 + chance(256) * 4, value;

	switch (chance(6)) {
	case 0:
		disk_bytes[at + chance(4)] ^= (u8)(1u << chance(8));
		return;
	case 1:
		value = 0;
		break;
	case 2:
		value = UINT32_MAX >> chance(32);
		break;
	case 3:
		value = chance((u32)(disk_size / 1024) + 10);
		break;
	case 4:
		memcpy(&value, disk_bytes + chance((u32)disk_size / 4) * 4, sizeof(value));
		break;
	default:
		value = (u32)state;
	}
	memcpy(disk_bytes + at, &value, sizeof(value));
}

/* Whatever one can do with a path. */
static void use(const char *path)
{
	char other[600];
	long fd;

	snprintf(other, sizeof(other), "/mnt/other%u", chance(4));
	switch (chance(10)) {
	case 0:
		path_call(SYS_unlink, path, 0, 0, 0);
		break;
	case 1:
		path_call2(SYS_rename, path, other);
		break;
	case 2:
		path_call(SYS_rmdir, path, 0, 0, 0);
		break;
	case 3:
		path_call(SYS_truncate, path, chance(500000), 0, 0);
		break;
	case 4:
		path_call2(SYS_link, path, other);
		break;
	case 5:
		path_call(SYS_mkdir, other, 0755, 0, 0);
		break;
	case 6:
		path_call(SYS_readlink, path, (long)disk_data, 4000, 0);
		break;
	default:
		fd = path_call(SYS_open, path, 04002, 0, 0);
		if (fd < 0)
			break;
		host_sys(SYS_pread64, fd, disk_data, 60000, chance(2) * chance(400000));
		host_sys(SYS_pwrite64, fd, disk_data, chance(9000), chance(3) * chance(100000000));
		host_sys(SYS_lseek, fd, 0, 3);
		host_sys(SYS_fsync, fd);
		host_sys(SYS_close, fd);
	}
}

static char paths[PATHS][512];
static u32 paths_count;

/* Adds what is in a directory; how a hostile one looks is its own business. */
static void collect(const char *path)
{
	static u8 bytes[4096];
	long fd = path_call(SYS_open, path, 0200000, 0, 0), n;

	while (fd >= 0 && paths_count < PATHS &&
		(n = host_sys(SYS_getdents64, fd, disk_data, 2048)) > 0) {
		host_peek(bytes, disk_data, (size_t)n);
		for (long at = 0; at < n && paths_count < PATHS; at += *(u16 *)(bytes + at + 16)) {
			const char *name = (char *)bytes + at + 19;

			if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
				continue;
			if (snprintf(paths[paths_count], sizeof(paths[0]), "%s/%s", path, name) <
				(int)sizeof(paths[0]))
				paths_count++;
		}
	}
	if (fd >= 0)
		host_sys(SYS_close, fd);
}

static void explore(void *argument)
{
	(void)argument;
	disk_begin();
	if (disk_mount("ext3") != 0 && disk_mount("ext2") != 0)
		return;
	paths_count = 0;
	collect("/mnt");
	for (u32 i = 0; i < paths_count; i++)
		collect(paths[i]);
	for (u32 i = 0; i < paths_count; i++) {
		path_call(SYS_lstat, paths[i], (long)disk_data, 0, 0);
		use(paths[i]);
	}
	host_sys(SYS_sync);
	disk_unmount();
}

static void test_hostile(u64 seed)
{
	u32 mounted = 0;

	state = seed * 0x9e3779b97f4a7c15ull + 5;
	for (u32 round = 0; round < ROUNDS; round++) {
		disk_load(chance(2) ? clean_image : dirty_image, disk_size);
		for (u32 i = 1 + chance(6); i > 0; i--)
			damage();
		alarm(SECONDS);
		test_run_quietly(explore, NULL, (struct host_chances){.seed = round + 1});
		mounted += paths_count > 0;
		paths_count = 0;
	}
	alarm(0);
	printf("# seed %llu: %u of %u could be looked into\n", (unsigned long long)seed, mounted,
		ROUNDS);
	tap_ok(mounted > ROUNDS / 4, "damaged images are used without harm");
}

/* --- running out, and failing --- */

static void script(void *argument)
{
	u64 nth = *(u64 *)argument;
	char path[64];

	disk_begin();
	path_call(SYS_mkdir, "/mnt", 0755, 0, 0);
	host_fail_allocation(nth);
	if (disk_mount("ext3") == 0) {
		for (u32 i = 0; i < 12; i++) {
			sprintf(path, "/mnt/n%u", i);
			write_file(path, 3000 + i * 2000, i * 9000);
			path_call2(SYS_rename, path, "/mnt/a/moved");
			path_call(SYS_mkdir, path, 0755, 0, 0);
		}
		path_call(SYS_unlink, "/mnt/big", 0, 0, 0);
		path_call(SYS_unlink, "/mnt/a/hard", 0, 0, 0);
		path_call(SYS_truncate, "/mnt/a/far", 10, 0, 0);
		path_call2(SYS_symlink, paths[0], "/mnt/link");
		host_sys(SYS_sync);
	}
	host_stop_failing();
	disk_unmount();
}

/* One run in which the nth allocation, or request to the disk, fails. */
static bool survives(u64 nth, bool requests)
{
	u64 allocation = requests ? 0 : nth;

	disk_load(clean_image, disk_size);
	host_disk.fail_at = requests ? nth : 0;
	test_run_quietly(script, &allocation, (struct host_chances){.seed = nth});
	host_disk.fail_at = 0;
	if (disk_check("-p") <= 1 && disk_check("-fn") == 0)
		return true;
	printf("# %s %llu: %s%s\n", requests ? "request" : "allocation", (unsigned long long)nth,
		disk_said, host_console());
	return false;
}

static void test_failures(bool requests, u32 step, const char *what)
{
	bool good = true;

	memset(paths[0], 'x', 100);
	paths[0][100] = '\0';
	for (u64 nth = 1 + chance(step); good && nth < FAILURES_MAX * step; nth += step)
		good = survives(nth, requests);
	tap_ok(good, what);
}

void test_damage(void);
void test_damage(void)
{
	make_images();
	test_hostile(test_seed());
	test_failures(false, 4, "memory that runs out leaves a sound image");
	test_failures(true, 5, "and so does a disk that fails once");
}
