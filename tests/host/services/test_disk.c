/*
 * File systems on a disk against the one in memory: the same random calls are made below /mnt and
 * below /tmp, and every answer must be the same, and so must what is read. Now and then the disk is
 * unmounted and mounted again; in the end e2fsck finds it clean.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include "disk.h"

#define STEPS       4000
#define NAMES       9
#define LEVELS      3
#define DESCRIPTORS 6

static const char *const sides[2] = {"/mnt/t", "/tmp/t"};

struct kind {
	const char *type, *options;
	u32 kilobytes;
};

static const struct kind kinds[] = {
	{"ext3", "-t ext3 -b 1024", 8192},
	{"ext3", "-t ext3 -b 4096", 8192},
	{"ext2", "-t ext2 -b 1024 -O ^dir_index -I 128", 4096},
	{"ext2", "-t ext2 -b 2048 -g 256 -r 1", 4096},
};

static u64 state;

static u32 chance(u32 n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (u32)(state >> 20) % n;
}

/* A path of up to LEVELS names, below nothing yet. */
static void random_path(char *path)
{
	static const char *const long_name =
		"a-name-that-is-longer-than-what-a-node-keeps-within-itself";
	u32 levels = 1 + chance(LEVELS);

	*path = '\0';
	for (u32 i = 0; i < levels; i++) {
		u32 name = chance(NAMES);

		path += name == 8 ? sprintf(path, "/%s", long_name)
				  : sprintf(path, "/%c", 'a' + (int)name);
	}
}

static u32 digest(u64 n)
{
	static u8 bytes[DISK_DATA];
	u32 sum = 1;

	host_peek(bytes, disk_data, n);
	for (u64 i = 0; i < n; i++)
		sum = sum * 31 + bytes[i];
	return sum;
}

/* What a step is, drawn once for both sides. */
struct step {
	u32 operation, fd;
	char path[256], path2[256];
	long a, b;
	u8 fill;
};

static int descriptors[2][DESCRIPTORS];

static void side_path(char *to, int side, const char *path)
{
	sprintf(to, "%s%s", sides[side], path);
}

static void put_bytes(u8 fill, u64 n)
{
	static u8 bytes[DISK_DATA];

	for (u64 i = 0; i < n; i++)
		bytes[i] = (u8)(fill + i / 7);
	host_poke(disk_data, bytes, n);
}

/* What stat tells that must be the same: not numbers, not blocks; sizes of directories differ. */
static u32 told(bool ok)
{
	struct stat s;
	u32 sum = 0;

	if (!ok)
		return 0;
	host_peek(&s, disk_data, sizeof(s));
	sum = s.st_mode * 31 + (u32)s.st_nlink;
	sum = sum * 31 + s.st_uid;
	if (!S_ISDIR(s.st_mode))
		sum = sum * 31 + (u32)s.st_size;
	return sum * 31 + (u32)s.st_rdev;
}

/* The names in a directory, in whatever order. */
static u32 list(const char *path)
{
	static u8 bytes[4096];
	long fd = path_call(SYS_open, path, 0200000, 0, 0), n;
	u32 sum = 0;

	while (fd >= 0 && (n = host_sys(SYS_getdents64, fd, disk_data, 512)) > 0) {
		host_peek(bytes, disk_data, (size_t)n);
		for (long at = 0; at < n; at += *(u16 *)(bytes + at + 16)) {
			u32 one = bytes[at + 18];

			for (const char *c = (char *)bytes + at + 19; *c; c++)
				one = one * 33 + (u8)*c;
			sum += one * one + 1;
		}
	}
	if (fd >= 0)
		host_sys(SYS_close, fd);
	return fd >= 0 ? sum : (u32)fd;
}

static long carry_out(const struct step *s, int side, u32 *sum)
{
	char path[300], path2[300];
	int *fd = &descriptors[side][s->fd];
	long result = 0;

	*sum = 0;
	side_path(path, side, s->path);
	side_path(path2, side, s->path2);
	switch (s->operation) {
	case 0:
	case 1:
		if (*fd >= 0)
			host_sys(SYS_close, *fd);
		*fd = (int)path_call(SYS_open, path, s->a, 0644, 0);
		return *fd < 0 ? *fd : 0;
	case 2:
	case 3:
	case 4:
		put_bytes(s->fill, (u64)s->b);
		return *fd < 0 ? 0 : host_sys(SYS_pwrite64, *fd, disk_data, s->b, s->a);
	case 5:
	case 6:
		if (*fd < 0)
			return 0;
		result = host_sys(SYS_pread64, *fd, disk_data, s->b, s->a);
		*sum = result > 0 ? digest((u64)result) : 0;
		return result;
	case 7:
		return *fd < 0 ? 0 : host_sys(SYS_ftruncate, *fd, s->a);
	case 8:
		return path_call(SYS_truncate, path, s->a, 0, 0);
	case 9:
		return path_call(SYS_mkdir, path, 0755, 0, 0);
	case 10:
		return path_call(SYS_rmdir, path, 0, 0, 0);
	case 11:
		return path_call(SYS_unlink, path, 0, 0, 0);
	case 12:
		return path_call2(SYS_rename, path, path2);
	case 13:
		host_poke(disk_data, path, strlen(path) + 1);
		host_poke(disk_data + 512, path2, strlen(path2) + 1);
		return host_sys(SYS_renameat2, -100, disk_data, -100, disk_data + 512, s->a & 3);
	case 14:
		return path_call2(SYS_link, path, path2);
	case 15:
		return path_call2(SYS_symlink, s->a & 1 ? s->path2 + 1 : path2 + 4, path);
	case 16:
		result = path_call(SYS_readlink, path, (long)disk_data, 200, 0);
		*sum = result > 0 ? (u32)result : 0;
		return result > 0 ? 1 : result;
	case 17:
	case 18:
		result = path_call(SYS_lstat, path, (long)disk_data, 0, 0);
		*sum = told(result == 0);
		return result;
	case 19:
		if (*fd < 0)
			return 0;
		result = host_sys(SYS_fstat, *fd, disk_data);
		*sum = told(result == 0);
		return result;
	case 20:
		return path_call(SYS_chmod, path, s->a & 07777, 0, 0);
	case 21:
		return path_call(SYS_chown, path, s->a & 0xfffff, s->b, 0);
	case 22:
		return path_call(
			SYS_mknod, path, s->a & 1 ? 0010644 : 0020600, (s->a & 1) ? 0 : s->b, 0);
	case 23:
		*sum = list(path);
		return 0;
	case 24:
		result = *fd < 0 ? 0 : host_sys(SYS_fsync, *fd);
		return result == -22 ? 0 : result;
	default:
		return 0;
	}
}

#define OPERATIONS 25

static void draw(struct step *s)
{
	static const long flags[] = {0, 2, 0102, 0102, 01102, 0302, 02001};

	memset(s, 0, sizeof(*s));
	s->operation = chance(OPERATIONS);
	s->fd = chance(DESCRIPTORS);
	random_path(s->path);
	random_path(s->path2);
	s->fill = (u8)chance(256);
	s->a = chance(3) == 0 ? chance(400000) : chance(30000);
	s->b = 1 + (chance(4) == 0 ? chance(20000) : chance(3000));
	if (s->operation <= 1)
		s->a = flags[chance(ARRAY_SIZE(flags))] | 04000; /* nobody else would open a FIFO */
}

static void close_all(void)
{
	for (int side = 0; side < 2; side++) {
		for (int i = 0; i < DESCRIPTORS; i++) {
			if (descriptors[side][i] >= 0)
				host_sys(SYS_close, descriptors[side][i]);
			descriptors[side][i] = -1;
		}
	}
}

/* All files that a path can name, one after the other. */
static bool same_everywhere(void)
{
	u32 sums[2];

	for (u32 i = 0; i < 700; i++) {
		struct step s;
		long answers[2];

		draw(&s);
		s.operation = i % 3 == 0 ? 23 : 17;
		for (int side = 0; side < 2; side++)
			answers[side] = carry_out(&s, side, &sums[side]);
		if (answers[0] != answers[1] || sums[0] != sums[1])
			return false;
	}
	return true;
}

static void explain(u32 i, const struct step *s, const long answers[2], const u32 sums[2])
{
	printf("# step %u: operation %u, %s, %s, %ld, %ld, descriptor %u: %ld (%x), in memory %ld "
	       "(%x)\n",
		i, s->operation, s->path, s->path2, s->a, s->b, s->fd, answers[0], sums[0],
		answers[1], sums[1]);
}

static bool all_steps(const struct kind *kind)
{
	for (u32 i = 0; i < STEPS; i++) {
		struct step s;
		long answers[2];
		u32 sums[2];

		draw(&s);
		for (int side = 0; side < 2; side++)
			answers[side] = carry_out(&s, side, &sums[side]);
		if (answers[0] != answers[1] || sums[0] != sums[1]) {
			explain(i, &s, answers, sums);
			return false;
		}
		if (i % 500 == 499) {
			close_all();
			if (disk_unmount() != 0 || disk_mount(kind->type) != 0)
				return false;
		}
	}
	return true;
}

static void model(void *argument)
{
	const struct kind *kind = argument;

	disk_begin();
	memset(descriptors, 0xff, sizeof(descriptors));
	tap_eq(disk_mount(kind->type), 0, "it is mounted");
	for (int side = 0; side < 2; side++)
		path_call(SYS_mkdir, sides[side], 0755, 0, 0);
	tap_ok(all_steps(kind), "every call answers as in memory");
	close_all();
	tap_ok(same_everywhere(), "and all files are the same");
	tap_eq(disk_unmount(), 0, "it is unmounted");
	tap_eq(disk_mount(kind->type), 0, "and mounted again");
	tap_ok(same_everywhere(), "with the same files");
}

static void test_model(const struct kind *kind, u64 seed)
{
	struct host_chances chances = {.seed = seed, .switch_at_call = 3};

	state = seed * 0x9e3779b97f4a7c15ull + 7;
	printf("# %s, seed %llu\n", kind->options, (unsigned long long)seed);
	disk_make(kind->options, kind->kilobytes);
	host_disk.blocks = 3;
	test_run(model, (void *)kind, chances, "the run ends well");
	tap_eq(disk_check("-fn"), 0, "the image is clean, also where power was switched off");
	if (disk_check("-fn") != 0)
		printf("# %s\n", disk_said);
}

/* Stores through shared mappings, to data and to a hole, reach the disk: by msync, and without it
 * by the time of the unmount; what is mapped cannot be unmounted. */
static void map_shared(void *argument)
{
	const char first[] = "stored and synced", second[] = "stored and left";
	char found[32];
	vaddr_t at;
	long fd;

	(void)argument;
	disk_begin();
	check(disk_mount("ext3") == 0);
	fd = path_call(SYS_open, "/mnt/mapped", 0102, 0644, 0);
	put_bytes(1, 5000);
	check(host_sys(SYS_pwrite64, fd, disk_data, 5000, 0) == 5000);
	check(host_sys(SYS_ftruncate, fd, 100000) == 0);
	at = (vaddr_t)host_sys(SYS_mmap, 0, 100000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	host_sys(SYS_close, fd);
	host_poke(at + 100, first, sizeof(first));
	tap_eq(host_sys(SYS_msync, at, 4096, MS_SYNC), 0, "a mapping is synced");
	host_poke(at + 50000, second, sizeof(second));
	tap_eq(disk_unmount(), -16, "what is mapped keeps its volume");
	check(host_sys(SYS_munmap, at, 102400) == 0);
	tap_eq(disk_unmount(), 0, "and lets go of it");
	check(disk_mount("ext3") == 0);
	fd = path_call(SYS_open, "/mnt/mapped", 0, 0, 0);
	host_sys(SYS_pread64, fd, disk_data, sizeof(first), 100);
	host_peek(found, disk_data, sizeof(first));
	tap_ok(strcmp(found, first) == 0, "what was stored to data is on the disk");
	host_sys(SYS_pread64, fd, disk_data, sizeof(second), 50000);
	host_peek(found, disk_data, sizeof(second));
	tap_ok(strcmp(found, second) == 0, "and what was stored to a hole");
}

/* A disk that runs full says so, and what is deleted can be used again. */
static void fill_up(void *argument)
{
	u64 written[2] = {0, 0};

	(void)argument;
	disk_begin();
	check(disk_mount("ext3") == 0);
	for (int round = 0; round < 2; round++) {
		long fd = path_call(SYS_open, "/mnt/full", 01102, 0644, 0), n;

		while ((n = host_sys(SYS_write, fd, disk_data, 100000)) > 0)
			written[round] += (u64)n;
		tap_eq(n, -28, "the disk is full");
		tap_eq(host_sys(SYS_fsync, fd), 0, "what was taken is written");
		host_sys(SYS_close, fd);
		path_call(SYS_unlink, "/mnt/full", 0, 0, 0);
	}
	tap_ok(written[0] == written[1] && written[0] > 2000000, "all of it can be had twice");
}

static void test_one(host_program program, const char *what)
{
	disk_make("-t ext3 -b 1024", 4096);
	host_disk.blocks = 3;
	test_run(program, NULL, (struct host_chances){.seed = test_seed()}, what);
	tap_eq(disk_check("-fn"), 0, "the image is clean");
}

void test_disk(void);
void test_disk(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(kinds); i++)
		test_model(&kinds[i], test_seed() * 16 + i);
	test_one(map_shared, "mappings are shared with the disk");
	test_one(fill_up, "a full disk is no end");
}
