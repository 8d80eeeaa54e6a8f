/*
 * Crashes: the machine loses power at every single write to the disk.
 *
 * A run keeps a log of what it wrote and when the disk was flushed. For each place in the log a
 * disk is made that has all that was flushed by then, and of what was written since whatever chance
 * picks, for a disk may keep writes in any order. From there e2fsck's own recovery and ours must
 * both lead to a clean image; ours must show every version that was promised to be durable, and
 * none that is half there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

#include "disk.h"

#define FILES     4
#define ROUNDS    20
#define WRITES    8192
#define CUTS_MAX  120 /* places in one log, evenly spread */
#define PROMISES  256
#define KILOBYTES 4096

static struct write {
	u64 sector;
	u32 count;
	bool flush; /* not a write */
	u8 *bytes;
} writes[WRITES];
static u32 writes_count;
static u8 before[IMAGE_MAX];

/* From place `at` of the log on, file `file` has version `version` or a later one. */
static struct promise {
	u32 at, file, version;
} promises[PROMISES];
static u32 promises_count;

static u64 state;

static u32 chance(u32 n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (u32)(state >> 20) % n;
}

/* --- the log --- */

static struct write *next_write(void)
{
	if (writes_count == WRITES)
		host_die("a run writes too much");
	return &writes[writes_count++];
}

static void note_write(u64 sector, u32 count, const void *bytes)
{
	struct write *w = next_write();

	*w = (struct write){sector, count, false, malloc((size_t)count * 512)};
	memcpy(w->bytes, bytes, (size_t)count * 512);
}

static void note_flush(void)
{
	*next_write() = (struct write){.flush = true};
}

static void forget_log(void)
{
	for (u32 i = 0; i < writes_count; i++)
		free(writes[i].bytes);
	writes_count = 0;
	promises_count = 0;
}

static void apply(u8 *disk, const struct write *w)
{
	if (!w->flush)
		memcpy(disk + w->sector * 512, w->bytes, (size_t)w->count * 512);
}

/* The disk as it may be when power fails before write `cut`. */
static void make_disk(u32 cut, bool in_order)
{
	static u8 disk[IMAGE_MAX];
	u32 flushed = cut;

	memcpy(disk, before, disk_size);
	while (flushed > 0 && !writes[flushed - 1].flush)
		flushed--;
	for (u32 i = 0; i < cut; i++) {
		if (i < flushed || in_order || chance(2))
			apply(disk, &writes[i]);
	}
	disk_load(disk, disk_size);
}

/* --- the work that is broken off --- */

static u32 size_of(u32 file, u32 version)
{
	return 1 + (version * 7919 + file * 104729) % (version % 5 == 0 ? 60000 : 5000);
}

static u8 byte_of(u32 file, u32 version)
{
	return (u8)(version * 16 + file + 1);
}

static void promise(u32 file, u32 version)
{
	if (promises_count < PROMISES)
		promises[promises_count++] = (struct promise){writes_count, file, version};
}

/* A new version of a file takes the old one's place in one step, and is then made durable. */
static void write_version(u32 file, u32 version)
{
	static u8 bytes[DISK_DATA];
	u32 size = size_of(file, version);
	char path[64];
	long fd;

	memset(bytes, byte_of(file, version), size);
	memcpy(bytes, &version, MIN(size, (u32)sizeof(version)));
	host_poke(disk_data, bytes, size);
	fd = path_call(SYS_open, "/mnt/new", 01102, 0644, 0);
	check(fd >= 0);
	check(host_sys(SYS_write, fd, disk_data, size) == (long)size);
	check(host_sys(SYS_fsync, fd) == 0);
	sprintf(path, "/mnt/file%u", file);
	check(path_call2(SYS_rename, "/mnt/new", path) == 0);
	if (chance(2)) {
		check(host_sys(SYS_fsync, fd) == 0);
		promise(file, version);
	}
	host_sys(SYS_close, fd);
}

/* Whatever else may go on: its outcome does not matter, only what it leaves. */
static void make_noise(void)
{
	char path[64], path2[64];
	long fd;

	sprintf(path, "/mnt/%c", 'a' + (int)chance(6));
	sprintf(path2, "/mnt/%c/%c", 'a' + (int)chance(6), 'a' + (int)chance(6));
	switch (chance(9)) {
	case 0:
		path_call(SYS_mkdir, path, 0755, 0, 0);
		break;
	case 1:
		path_call(SYS_rmdir, path, 0, 0, 0);
		break;
	case 2:
		path_call(SYS_unlink, chance(2) ? path : path2, 0, 0, 0);
		break;
	case 3:
		path_call2(SYS_rename, path, path2);
		break;
	case 4:
		path_call2(SYS_link, path, path2);
		break;
	case 5:
		path_call2(SYS_symlink,
			"somewhere-that-takes-more-than-sixty-bytes-and-so-a-block-of-"
			"its-own",
			path);
		break;
	case 6:
		path_call(SYS_truncate, path, chance(300000), 0, 0);
		break;
	default: /* and stays open, maybe without a name */
		fd = path_call(SYS_open, chance(2) ? path : path2, 02102, 0644, 0);
		if (fd >= 0) {
			host_sys(
				SYS_pwrite64, fd, disk_data, 1 + chance(30000), chance(4) * 100000);
			if (chance(3))
				host_sys(SYS_close, fd);
		}
	}
}

static void work(void *argument)
{
	(void)argument;
	disk_begin();
	check(disk_mount("ext3") == 0);
	for (u32 version = 1; version <= ROUNDS; version++) {
		for (u32 i = chance(12); i > 0; i--)
			make_noise();
		write_version(chance(FILES), version);
		if (version % 10 == 0)
			host_sys(SYS_sync);
	}
	for (long fd = 4; fd < 200; fd++)
		host_sys(SYS_close, fd);
	disk_unmount();
}

/* --- what is found --- */

static u32 cut_at;
static bool found_all;

/* The version that the file has; UINT32_MAX: it is half one and half another. */
static u32 version_of(u32 file)
{
	static u8 bytes[DISK_DATA];
	u32 version = 0;
	char path[64];
	long fd, n;

	sprintf(path, "/mnt/file%u", file);
	fd = path_call(SYS_open, path, 0, 0, 0);
	if (fd < 0)
		return fd == -2 ? 0 : UINT32_MAX;
	n = host_sys(SYS_read, fd, disk_data, DISK_DATA);
	host_sys(SYS_close, fd);
	if (n < 4) /* a version too short for its number */
		return n > 0 ? UINT32_MAX - 1 : UINT32_MAX;
	host_peek(bytes, disk_data, (size_t)n);
	memcpy(&version, bytes, sizeof(version));
	if (version > ROUNDS || n != (long)size_of(file, version)) {
		printf("# file %u: %ld bytes, version %u\n", file, n, version);
		return UINT32_MAX;
	}
	for (long i = 4; i < n; i++) {
		if (bytes[i] == byte_of(file, version))
			continue;
		printf("# file %u, version %u: byte %ld is %x\n", file, version, i, bytes[i]);
		return UINT32_MAX;
	}
	return version;
}

static void look(void *argument)
{
	(void)argument;
	disk_begin();
	found_all = false;
	if (disk_mount("ext3") != 0)
		return;
	found_all = true;
	for (u32 file = 0; file < FILES; file++) {
		u32 version = version_of(file), wanted = 0;

		for (u32 i = 0; i < promises_count; i++) {
			if (promises[i].at <= cut_at && promises[i].file == file)
				wanted = promises[i].version;
		}
		if (version < wanted || version == UINT32_MAX) {
			printf("# file %u has version %u, not %u\n", file, version, wanted);
			found_all = false;
		}
	}
	if (disk_unmount() != 0)
		found_all = false;
}

static void explain(u32 cut, const char *what)
{
	printf("# cut at write %u of %u: %s\n%s%s\n", cut, writes_count, what, disk_said,
		host_console());
}

/* Recovered by e2fsck. */
static bool survives_there(u32 cut, bool in_order)
{
	make_disk(cut, in_order);
	if (disk_check("-p") <= 1 && disk_check("-fn") == 0)
		return true;
	explain(cut, "e2fsck cannot make up for it");
	return false;
}

/* Recovered by ourselves; now and then in a crash of its own. */
static bool survives_here(u32 cut, bool in_order)
{
	struct host_chances chances = {.seed = cut + 1};

	make_disk(cut, in_order);
	cut_at = cut;
	test_run_quietly(look, NULL, chances);
	if (found_all && disk_check("-fn") == 0)
		return true;
	explain(cut, found_all ? "what we recover is not clean" : "something is not there");
	return false;
}

static void test_cuts(const char *options, u64 seed)
{
	struct host_chances chances = {.seed = seed};
	bool here = true, there = true;
	u32 step;

	state = seed * 0x9e3779b97f4a7c15ull + 99;
	printf("# %s, seed %llu\n", options, (unsigned long long)seed);
	forget_log();
	disk_make(options, KILOBYTES);
	memcpy(before, disk_bytes, disk_size);
	host_disk.written = note_write;
	host_disk.flushed = note_flush;
	test_run(work, NULL, chances, "the work is done");
	step = MAX(writes_count / CUTS_MAX, 1u);
	for (u32 cut = chance(step); cut <= writes_count && here && there; cut += step) {
		bool in_order = chance(4) == 0;

		here = survives_here(cut, in_order);
		there = cut % 2 == 0 || survives_there(cut, in_order);
	}
	tap_ok(here,
		"wherever it was cut off, recovery finds a clean image with all that was promised");
	tap_ok(there, "and so does e2fsck's");
	printf("# %u writes and flushes, %u promises\n", writes_count, promises_count);
	forget_log();
}

void test_crash(void);
void test_crash(void)
{
	test_cuts("-t ext3 -b 1024", test_seed() * 2);
	test_cuts("-t ext3 -b 1024 -I 128 -O ^resize_inode", test_seed() * 2 + 1);
}
