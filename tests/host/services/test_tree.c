/*
 * The file tree against Linux itself: the same random calls are made there, in a directory of its
 * own on its tmpfs, and here; every answer must be the same, and so must what was read, listed and
 * told of files.
 *
 * Both sides begin in an empty directory that is their root, so that no path leads anywhere else.
 * Every other run gives up being user 0 after a while, so that permissions count. Making a root
 * takes user 0.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "services_test.h"

#define STEPS       3000
#define PATH_BYTES  512
#define DESCRIPTORS 24
#define USER        1000

/* Where things lie in the memory that a call's addresses point to. */
#define AT_PATH  0
#define AT_PATH2 1024
#define AT_OUT   4096 /* data, status, entries, times */
#define AT_OUT2  8192
#define MEMORY   (64 * 1024)

enum operation {
	OP_OPEN,
	OP_CLOSE,
	OP_READ,
	OP_WRITE,
	OP_PREAD,
	OP_PWRITE,
	OP_LSEEK,
	OP_FTRUNCATE,
	OP_TRUNCATE,
	OP_FALLOCATE,
	OP_MKDIR,
	OP_RMDIR,
	OP_UNLINK,
	OP_RENAME,
	OP_RENAME2,
	OP_LINK,
	OP_LINK_FOLLOW,
	OP_SYMLINK,
	OP_READLINK,
	OP_STAT,
	OP_LSTAT,
	OP_FSTAT,
	OP_ACCESS,
	OP_CHMOD,
	OP_FCHMOD,
	OP_CHOWN,
	OP_UTIMENS,
	OP_LIST,
	OP_CHDIR,
	OP_FCHDIR,
	OP_GETCWD,
	OP_MKNOD,
	OP_UMASK,
	OP_DUP,
	OP_FLAGS,
	OP_SENDFILE,
	OP_COPY_RANGE,
	OP_COUNT,
};

struct step {
	enum operation operation;
	char path[PATH_BYTES], path2[PATH_BYTES];
	long a, b, c;
	int dirfd;
};

struct trace {
	bool gives_up;    /* being user 0 */
	bool seeks_holes; /* and does not allocate: Linux takes an allocated page for a hole */
	struct step steps[STEPS];
	long answers[STEPS];
	u32 digests[STEPS];
	u64 told[STEPS][6];
};

/* One of the two sides. */
struct side {
	bool here;
	vaddr_t base; /* of the memory */
};

static void put(const struct side *side, u32 at, const void *bytes, size_t n)
{
	if (side->here)
		host_poke(side->base + at, bytes, n);
	else
		memcpy((void *)(side->base + at), bytes, n);
}

static void get(const struct side *side, u32 at, void *bytes, size_t n)
{
	if (side->here)
		host_peek(bytes, side->base + at, n);
	else
		memcpy(bytes, (void *)(side->base + at), n);
}

static long call(
	const struct side *side, long number, long a, long b, long c, long d, long e, long f)
{
	long result;

	if (side->here)
		return host_call(number, a, b, c, d, e, f);
	result = syscall(number, a, b, c, d, e, f);
	return result < 0 ? -errno : result;
}
#define CALL(side, number, ...) call((side), (number), CALL_ARGS(__VA_ARGS__, 0, 0, 0, 0, 0, 0))
#define CALL_ARGS(a, b, c, d, e, f, ...)                                                           \
	(long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f)

static u32 digest(u32 sum, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum = (sum ^ ((const u8 *)bytes)[i]) * 16777619u; /* FNV-1a */
	return sum;
}

/* --- making up ---------------------------------------------------------------------- */

static u64 below(u64 n)
{
	return host_random() % n;
}

static void random_path(char *path)
{
	static const char *const names[] = {"a", "b", "c", "d", "e", ".", "..", "s", "t"};
	u64 parts = 1 + below(3) * below(2);

	path[0] = '\0';
	if (below(4) == 0)
		strcpy(path, "/");
	for (u64 i = 0; i < parts; i++) {
		if (i > 0)
			strcat(path, below(20) ? "/" : "//");
		strcat(path, names[below(40) ? below(12) % 9 : below(9)]);
	}
	if (below(10) == 0)
		strcat(path, "/");
	if (below(150) == 0)
		path[0] = '\0';
	if (below(100) == 0) {
		memset(path, 'n', 300);
		path[below(2) ? 255 : 256] = '\0';
	}
}

static long random_flags(void)
{
	static const long more[] = {
		O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_NOFOLLOW, O_CREAT, O_CREAT, O_NONBLOCK};
	static const long odd[] = {O_DIRECTORY, O_PATH, O_PATH | O_NOFOLLOW, O_PATH | O_DIRECTORY,
		O_TMPFILE | O_RDWR, O_TMPFILE, O_NOATIME, O_RDONLY, O_RDONLY};
	long flags = (long)below(3);

	if (below(5) == 0)
		return odd[below(9)];
	for (u64 i = below(4); i > 0; i--)
		flags |= more[below(8)];
	return flags | (below(8) ? 0 : O_CLOEXEC);
}

static int random_fd(void)
{
	return below(25) ? (int)below(8) : (int)below(3) * 1000 - 1;
}

static struct step random_step(u32 i)
{
	static const long rename_flags[] = {1, 2, 2, 3, 8};
	struct step s = {.operation = below(3) ? below(OP_COUNT)
					       : (u64[]){OP_OPEN, OP_WRITE, OP_MKDIR, OP_LIST,
							 OP_CLOSE, OP_CHDIR}[below(6)]};

	random_path(s.path);
	random_path(s.path2);
	s.dirfd = below(6) ? AT_FDCWD : random_fd();
	s.a = random_fd();
	s.b = (long)below(12000);
	s.c = (long)below(20000);
	switch (s.operation) {
	case OP_OPEN:
		s.a = random_flags();
		s.b = below(2) ? 0666 : (long)below(01000);
		break;
	case OP_CHMOD:
	case OP_FCHMOD:
	case OP_MKDIR:
	case OP_UMASK:
		s.b = below(3) ? 0755 : (long)below(010000);
		s.b = s.operation == OP_UMASK ? (long)below(4) * 022 : s.b;
		break;
	case OP_RENAME2:
		s.b = rename_flags[below(5)];
		break;
	case OP_LSEEK:
		s.c = (long)below(6);
		s.b -= (long)below(3) * 1000;
		break;
	case OP_SYMLINK:
		if (below(4)) /* a link's text is its path: let most lead somewhere */
			strcpy(s.path, (const char *[]){"a", "b/c", "../d", "/e", "s"}[below(5)]);
		break;
	case OP_ACCESS:
		s.b = (long)below(9);
		break;
	case OP_CHOWN:
		s.b = (long)below(3) * USER - 1;
		s.c = (long)below(3) * USER - 1;
		break;
	case OP_SENDFILE:
	case OP_COPY_RANGE:
		s.b = random_fd();
		break;
	default:
		break;
	}
	if (i == 0)
		s.operation = OP_UMASK;
	return s;
}

static void make_steps(void *argument)
{
	struct trace *trace = argument;

	for (u32 i = 0; i < STEPS; i++) {
		struct step *s = &trace->steps[i];

		*s = random_step(i);
		if (s->operation == OP_FALLOCATE && trace->seeks_holes)
			s->operation = OP_FTRUNCATE;
		if (s->operation == OP_LSEEK && s->c > SEEK_END && !trace->seeks_holes)
			s->c = SEEK_CUR;
		if (trace->gives_up && (trace->steps[i].operation == OP_LINK ||
					       trace->steps[i].operation == OP_LINK_FOLLOW))
			trace->steps[i].operation =
				OP_STAT; /* Linux may forbid others' files to be linked */
	}
}

/* --- doing -------------------------------------------------------------------------- */

/* What the latest stat told, of what both must agree on; times count when they were set to
 * something small. */
static u64 told[6];

static u32 digest_status(const struct side *side)
{
	struct stat s;

	get(side, AT_OUT, &s, sizeof(s));
	told[0] = s.st_mode;
	told[1] = s.st_nlink;
	told[2] = S_ISDIR(s.st_mode) ? 0 : (u64)s.st_size;
	told[3] = s.st_uid;
	told[4] = s.st_gid;
	told[5] = s.st_mtime < 100000 ? (u64)s.st_mtime : 1;
	return digest(0, told, sizeof(told));
}

/* Of the entries, in whatever order they stand. */
static u32 digest_entries(const struct side *side, long size)
{
	static u8 entries[4096];
	u32 sum = 0;

	if (size <= 0)
		return 0;
	get(side, AT_OUT, entries, (size_t)size);
	for (long at = 0; at < size;) {
		u16 length;

		memcpy(&length, entries + at + 16, sizeof(length));
		sum += digest(1, entries + at + 18, strlen((char *)entries + at + 19) + 1);
		at += length;
	}
	return sum;
}

static u32 digest_out(const struct side *side, long n)
{
	static u8 bytes[16384];

	if (n <= 0)
		return 0;
	get(side, AT_OUT, bytes, (size_t)n);
	return digest(2, bytes, (size_t)n);
}

static bool is_directory(const struct side *side, long fd)
{
	struct stat s;

	if (CALL(side, SYS_fstat, fd, side->base + AT_OUT) != 0)
		return false;
	get(side, AT_OUT, &s, sizeof(s));
	return S_ISDIR(s.st_mode);
}

static void fill_out(const struct side *side, const struct step *s)
{
	static u8 bytes[12000];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i * 7 + (u64)s->c);
	put(side, AT_OUT, bytes, sizeof(bytes));
}

static long list(const struct side *side, const struct step *s, u32 *sum)
{
	long fd = CALL(side, SYS_openat, s->dirfd, side->base + AT_PATH,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	long size;

	if (fd < 0)
		return fd;
	size = CALL(side, SYS_getdents64, fd, side->base + AT_OUT, 4096);
	*sum = digest_entries(side, size);
	CALL(side, SYS_close, fd);
	return size < 0 ? size : 0;
}

static long set_times(const struct side *side, const struct step *s)
{
	struct timespec times[2] = {{s->b, 5}, {s->c, 6}};

	if (s->b % 5 == 0)
		times[0].tv_nsec = UTIME_OMIT;
	put(side, AT_OUT, times, sizeof(times));
	return CALL(side, SYS_utimensat, s->dirfd, side->base + AT_PATH, side->base + AT_OUT,
		s->b % 2 ? AT_SYMLINK_NOFOLLOW : 0);
}

static long seek(const struct side *side, const struct step *s)
{
	if (is_directory(side, s->a))
		return CALL(side, SYS_lseek, s->a, 0, SEEK_SET);
	return CALL(side, SYS_lseek, s->a, s->b, s->c);
}

/* Linux reads far ahead of what it writes, so a file that is sent to itself comes out differently.
 */
static bool is_same_file(const struct side *side, const struct step *s)
{
	struct stat a, b;

	if (CALL(side, SYS_fstat, s->a, side->base + AT_OUT) != 0)
		return false;
	get(side, AT_OUT, &a, sizeof(a));
	if (CALL(side, SYS_fstat, s->b, side->base + AT_OUT) != 0)
		return false;
	get(side, AT_OUT, &b, sizeof(b));
	return a.st_ino == b.st_ino;
}

static long with_offsets(const struct side *side, const struct step *s)
{
	u64 offsets[2] = {(u64)s->c % 5000, (u64)s->c};
	vaddr_t at = side->base + AT_OUT2;
	long result;

	put(side, AT_OUT2, offsets, sizeof(offsets));
	if (s->operation == OP_SENDFILE && is_same_file(side, s))
		return 0;
	if (s->operation == OP_SENDFILE)
		return CALL(side, SYS_sendfile, s->a, s->b, s->c % 2 ? at : 0, s->c);
	result = CALL(side, SYS_copy_file_range, s->a, s->c % 2 ? at : 0, s->b,
		s->c % 3 ? at + 8 : 0, s->c / 4, 0);
	get(side, AT_OUT2, offsets, sizeof(offsets));
	return result < 0 ? result : result + (long)(offsets[0] + offsets[1]);
}

static long on_descriptor(const struct side *side, const struct step *s, u32 *sum)
{
	vaddr_t out = side->base + AT_OUT;
	long n;

	switch (s->operation) {
	case OP_CLOSE:
		return CALL(side, SYS_close, s->a);
	case OP_READ:
		n = CALL(side, SYS_read, s->a, out, s->b + 1);
		*sum = digest_out(side, n);
		return n;
	case OP_PREAD:
		n = CALL(side, SYS_pread64, s->a, out, s->b + 1, s->c);
		*sum = digest_out(side, n);
		return n;
	case OP_WRITE:
		fill_out(side, s);
		return CALL(side, SYS_write, s->a, out, s->b);
	case OP_PWRITE:
		fill_out(side, s);
		return CALL(side, SYS_pwrite64, s->a, out, s->b, s->c);
	case OP_LSEEK:
		return seek(side, s);
	case OP_FTRUNCATE:
		return CALL(side, SYS_ftruncate, s->a, s->c);
	case OP_FALLOCATE:
		return CALL(side, SYS_fallocate, s->a, s->b % 2, s->c, s->b);
	case OP_FSTAT:
		n = CALL(side, SYS_fstat, s->a, out);
		*sum = n == 0 ? digest_status(side) : 0;
		return n;
	case OP_FCHMOD:
		return CALL(side, SYS_fchmod, s->a, s->b);
	case OP_FCHDIR:
		return CALL(side, SYS_fchdir, s->a);
	case OP_DUP:
		return CALL(side, SYS_dup, s->a);
	case OP_FLAGS:
		return CALL(side, SYS_fcntl, s->a, F_GETFL);
	case OP_UMASK:
		return CALL(side, SYS_umask, s->b);
	default:
		return with_offsets(side, s);
	}
}

static long on_path(const struct side *side, const struct step *s, u32 *sum)
{
	vaddr_t path = side->base + AT_PATH, path2 = side->base + AT_PATH2,
		out = side->base + AT_OUT;
	long n;

	switch (s->operation) {
	case OP_OPEN:
		return CALL(side, SYS_openat, s->dirfd, path, s->a, s->b);
	case OP_TRUNCATE:
		return CALL(side, SYS_truncate, path, s->c);
	case OP_MKDIR:
		return CALL(side, SYS_mkdirat, s->dirfd, path, s->b);
	case OP_RMDIR:
		return CALL(side, SYS_unlinkat, s->dirfd, path, AT_REMOVEDIR);
	case OP_UNLINK:
		return CALL(side, SYS_unlinkat, s->dirfd, path, 0);
	case OP_RENAME:
		return CALL(side, SYS_rename, path, path2);
	case OP_RENAME2:
		return CALL(side, SYS_renameat2, s->dirfd, path, AT_FDCWD, path2, s->b);
	case OP_LINK:
		return CALL(side, SYS_link, path, path2);
	case OP_LINK_FOLLOW:
		return CALL(side, SYS_linkat, s->dirfd, path, AT_FDCWD, path2, AT_SYMLINK_FOLLOW);
	case OP_SYMLINK:
		return CALL(side, SYS_symlink, path, path2);
	case OP_READLINK:
		n = CALL(side, SYS_readlinkat, s->dirfd, path, out, s->b % 100);
		*sum = digest_out(side, n);
		return n;
	case OP_STAT:
	case OP_LSTAT:
		n = CALL(side, SYS_newfstatat, s->dirfd, path, out,
			s->operation == OP_LSTAT ? AT_SYMLINK_NOFOLLOW : 0);
		*sum = n == 0 ? digest_status(side) : 0;
		return n;
	case OP_ACCESS:
		return CALL(side, SYS_access, path, s->b);
	case OP_CHMOD:
		return CALL(side, SYS_fchmodat, s->dirfd, path, s->b);
	case OP_CHOWN:
		return CALL(side, SYS_fchownat, s->dirfd, path, s->b, s->c,
			s->a % 2 ? AT_SYMLINK_NOFOLLOW : 0);
	case OP_CHDIR:
		return CALL(side, SYS_chdir, path);
	case OP_MKNOD:
		return CALL(side, SYS_mknodat, s->dirfd, path, S_IFREG | 0640, 0);
	default:
		return set_times(side, s);
	}
}

static long perform(const struct side *side, const struct step *s, u32 *sum)
{
	long n;

	*sum = 0;
	put(side, AT_PATH, s->path, sizeof(s->path));
	put(side, AT_PATH2, s->path2, sizeof(s->path2));
	switch (s->operation) {
	case OP_LIST:
		return list(side, s, sum);
	case OP_GETCWD:
		n = CALL(side, SYS_getcwd, side->base + AT_OUT, s->b % 40);
		*sum = digest_out(side, n);
		return n;
	case OP_CLOSE:
	case OP_READ:
	case OP_WRITE:
	case OP_PREAD:
	case OP_PWRITE:
	case OP_LSEEK:
	case OP_FTRUNCATE:
	case OP_FALLOCATE:
	case OP_FSTAT:
	case OP_FCHMOD:
	case OP_FCHDIR:
	case OP_DUP:
	case OP_FLAGS:
	case OP_UMASK:
	case OP_SENDFILE:
	case OP_COPY_RANGE:
		return on_descriptor(side, s, sum);
	default:
		return on_path(side, s, sum);
	}
}

static void give_up(const struct side *side)
{
	CALL(side, SYS_setgroups, 0, 0);
	CALL(side, SYS_setresgid, USER, USER, USER);
	CALL(side, SYS_setresuid, USER, USER, USER);
}

/* Both sides begin alike: few descriptors, none of them open, in an empty root. */
static void begin(const struct side *side, const char *root)
{
	struct rlimit limit = {DESCRIPTORS, DESCRIPTORS};

	put(side, AT_PATH, root, strlen(root) + 1);
	put(side, AT_PATH2, "/", 2);
	put(side, AT_OUT, &limit, sizeof(limit));
	for (int fd = 0; fd < 64; fd++)
		CALL(side, SYS_close, fd);
	if (CALL(side, SYS_chroot, side->base + AT_PATH) != 0 ||
		CALL(side, SYS_chdir, side->base + AT_PATH2) != 0 ||
		CALL(side, SYS_prlimit64, 0, RLIMIT_NOFILE, side->base + AT_OUT, 0) != 0 ||
		CALL(side, SYS_chmod, side->base + AT_PATH2, 0777) != 0)
		host_die("no root for the tree");
}

static void run_on_linux(struct trace *trace, const char *root)
{
	static u8 memory[MEMORY];
	const struct side side = {.base = (vaddr_t)memory};

	begin(&side, root);
	for (u32 i = 0; i < STEPS; i++) {
		if (trace->gives_up && i == STEPS / 3)
			give_up(&side);
		trace->answers[i] = perform(&side, &trace->steps[i], &trace->digests[i]);
		memcpy(trace->told[i], told, sizeof(told));
	}
	_exit(0);
}

static void run_here(void *argument)
{
	struct trace *trace = argument;
	struct side side = {.here = true, .base = host_alloc(MEMORY)};
	char text[2 * PATH_BYTES];
	u32 i, sum;

	put(&side, AT_PATH, "/t", 3);
	CALL(&side, SYS_mkdir, side.base, 0777);
	begin(&side, "/t");
	for (i = 0; i < STEPS; i++) {
		const struct step *s = &trace->steps[i];
		long result;

		if (trace->gives_up && i == STEPS / 3)
			give_up(&side);
		result = perform(&side, s, &sum);
		if (result == trace->answers[i] && sum == trace->digests[i])
			continue;
		snprintf(text, sizeof(text),
			"step %u: operation %d \"%.40s\" \"%.40s\" at %d (%ld, %ld, %ld): here "
			"%ld, on Linux %ld%s",
			i, s->operation, s->path, s->path2, s->dirfd, s->a, s->b, s->c, result,
			trace->answers[i], sum == trace->digests[i] ? "" : ", and memory differs");
		tap_ok(false, text);
		for (u32 j = 0; j < 6; j++) {
			snprintf(text, sizeof(text), "stat: %llo here, %llo on Linux",
				(unsigned long long)told[j], (unsigned long long)trace->told[i][j]);
			tap_note(text);
		}
		return;
	}
	tap_ok(true, "random calls on files are answered as Linux answers them");
}

static void remove_root(const char *root)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	if (system(command) != 0)
		tap_note("a directory is left behind");
}

static void compare_with_linux(u64 seed)
{
	struct trace *trace = mmap(
		NULL, sizeof(*trace), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char root[] = "/dev/shm/tree-test-XXXXXX";
	int status;
	pid_t child;

	if (trace == MAP_FAILED || !mkdtemp(root))
		host_die("no shared memory");
	trace->gives_up = seed % 2;
	trace->seeks_holes = seed % 3 == 0;
	test_run(make_steps, trace, (struct host_chances){.seed = seed},
		"the random calls are made up");
	child = fork();
	if (child == 0)
		run_on_linux(trace, root);
	if (child < 0 || waitpid(child, &status, 0) != child)
		host_die("the calls cannot be made on Linux");
	remove_root(root);
	tap_eq(status, 0, "the calls are made on Linux");
	test_run(run_here, trace, (struct host_chances){.seed = seed}, "the calls are made here");
	munmap(trace, sizeof(*trace));
}

void test_tree(void);
void test_tree(void)
{
	u64 seed = test_seed();

	if (geteuid() != 0) {
		tap_skip("random calls on files are answered as Linux answers them",
			"chroot takes user 0");
		return;
	}
	for (u64 i = 0; i < 12; i++)
		compare_with_linux(seed + i);
}
