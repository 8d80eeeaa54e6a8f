/*
 * resolving: openat2, an open that says where its path may lead.
 *
 * The cases stand in a directory of their own:
 *
 *	file    up -> ..    abs -> /proc/version    in/file    in/out -> ../file    in/root -> /file
 *	loop -> loop    link -> in/file    fifo
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <workloads/common/test.h>

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

#define ROOT "/tmp/calls_test"

struct how {
	uint64_t flags, mode, resolve;
};

enum { NO_XDEV = 1, NO_MAGIC = 2, NO_LINKS = 4, BENEATH = 8, IN_ROOT = 16, CACHED = 32 };

static void link_to(const char *target, const char *name)
{
	long error = sys_call3(SYS_symlink, (long)target, (long)name, 0);

	CHECK(error == 0 || error == -EEXIST);
}

static void begin(void)
{
	long fd;

	sys_call3(SYS_mkdir, (long)ROOT, 0755, 0);
	CHECK_EQ(sys_call3(SYS_chdir, (long)ROOT, 0, 0), 0);
	sys_call3(SYS_mkdir, (long)"in", 0755, 0);
	sys_call3(SYS_mknod, (long)"fifo", S_IFIFO | 0600, 0);
	link_to("..", "up");
	link_to("/proc/version", "abs");
	link_to("../file", "in/out");
	link_to("/file", "in/root");
	link_to("loop", "loop");
	link_to("in/file", "link");
	fd = sys_call3(SYS_open, (long)"file", O_CREAT | O_WRONLY | O_TRUNC, 0644);
	CHECK_EQ(sys_write((int)fd, "outer", 5), 5);
	sys_close((int)fd);
	fd = sys_call3(SYS_open, (long)"in/file", O_CREAT | O_WRONLY | O_TRUNC, 0644);
	CHECK_EQ(sys_write((int)fd, "inner", 5), 5);
	sys_close((int)fd);
	sys_call3(SYS_unlink, (long)"in/made", 0, 0);
}

static long open_how(int dir, const char *path, long flags, long mode, long resolve)
{
	struct how how = {(uint64_t)flags, (uint64_t)mode, (uint64_t)resolve};

	return sys_call4(SYS_openat2, dir, (long)path, (long)&how, sizeof(how));
}

/* What opening for reading answers: 0, or -errno. */
static long at(int dir, const char *path, long resolve)
{
	long fd = open_how(dir, path, O_RDONLY, 0, resolve);

	return fd < 0 ? fd : sys_close((int)fd);
}

static int directory(const char *path)
{
	long fd = sys_call3(SYS_open, (long)path, O_PATH | O_DIRECTORY, 0);

	CHECK(fd >= 0);
	return (int)fd;
}

/* The first byte of what it leads to. */
static int letter(int dir, const char *path, long resolve)
{
	char byte = 0;
	long fd = open_how(dir, path, O_RDONLY, 0, resolve);

	CHECK(fd >= 0);
	CHECK_EQ(sys_read((int)fd, &byte, 1), 1);
	sys_close((int)fd);
	return byte;
}

static void sizes(void)
{
	char *pages = map_guarded(2);
	struct how *end = (struct how *)(pages + 2 * PAGE) - 1;
	struct how *how = (struct how *)pages;

	begin();
	*how = *end = (struct how){O_RDONLY, 0, 0};
	for (long size = 0; size < 24; size++)
		CHECK_EQ(sys_call4(SYS_openat2, AT_FDCWD, (long)"file", (long)how, size), -EINVAL);
	CHECK(sys_call4(SYS_openat2, AT_FDCWD, (long)"file", (long)end, 24) >= 0);
	CHECK_EQ(sys_call4(SYS_openat2, AT_FDCWD, (long)"file", (long)end, 25), -EFAULT);
	for (long size = 25; size < 300; size += 7)
		CHECK(sys_call4(SYS_openat2, AT_FDCWD, (long)"file", (long)how, size) >= 0);
	CHECK(sys_call4(SYS_openat2, AT_FDCWD, (long)"file", (long)how, PAGE) >= 0);
	CHECK_EQ(sys_call4(SYS_openat2, AT_FDCWD, (long)"file", (long)how, PAGE + 1), -E2BIG);
	pages[PAGE - 1] = 1;
	CHECK_EQ(sys_call4(SYS_openat2, AT_FDCWD, (long)"file", (long)how, PAGE), -E2BIG);
	CHECK(sys_call4(SYS_openat2, AT_FDCWD, (long)"file", (long)how, PAGE - 1) >= 0);
	CHECK_EQ(sys_call4(SYS_openat2, AT_FDCWD, (long)"file", 8, 24), -EFAULT);
	how->resolve = 64; /* what is too long counts before what is wrong in it */
	CHECK_EQ(sys_call4(SYS_openat2, AT_FDCWD, (long)"file", (long)how, PAGE), -E2BIG);
}

static void refused(void)
{
	begin();
	CHECK_EQ(open_how(AT_FDCWD, "file", O_RDONLY, 0, 64), -EINVAL);
	CHECK_EQ(open_how(AT_FDCWD, "file", O_RDONLY, 0, 1L << 40), -EINVAL);
	CHECK_EQ(open_how(AT_FDCWD, "file", O_RDONLY, 0, BENEATH | IN_ROOT), -EINVAL);
	CHECK_EQ(open_how(AT_FDCWD, "file", 1L << 40, 0, 0), -EINVAL);
	CHECK_EQ(open_how(AT_FDCWD, "file", 1L << 30, 0, 0), -EINVAL);
	CHECK_EQ(open_how(AT_FDCWD, "file", O_RDONLY, 0644, 0), -EINVAL);
	CHECK_EQ(open_how(AT_FDCWD, "in/made", O_CREAT | O_WRONLY, 010644, 0), -EINVAL);
	CHECK_EQ(open_how(AT_FDCWD, "in/made", O_CREAT | O_WRONLY, 1L << 40, 0), -EINVAL);
	CHECK_EQ(open_how(AT_FDCWD, "file", O_PATH | O_RDWR, 0, 0), -EINVAL);
	CHECK_EQ(open_how(AT_FDCWD, "file", O_PATH | O_NONBLOCK, 0, 0), -EINVAL);
	CHECK_EQ(open_how(AT_FDCWD, "in", O_TMPFILE, 0600, 0), -EINVAL); /* not for writing */
	CHECK_EQ(open_how(AT_FDCWD, (char *)8, O_RDONLY, 0, 64), -EINVAL);
	CHECK_EQ(open_how(AT_FDCWD, (char *)8, O_RDONLY, 0, 0), -EFAULT);
	CHECK_EQ(open_how(AT_FDCWD, "", O_RDONLY, 0, 0), -ENOENT);
	CHECK_EQ(open_how(99, "file", O_RDONLY, 0, 0), -EBADF);
	CHECK_EQ(open_how(99, "/file", O_RDONLY, 0, BENEATH), -EXDEV);
	CHECK_EQ(open_how(99, "/file", O_RDONLY, 0, IN_ROOT), -EBADF);
}

static void plain(void)
{
	long fd;

	begin();
	CHECK_EQ(letter(AT_FDCWD, "link", 0), 'i');
	fd = open_how(AT_FDCWD, "in/made", O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0640, 0);
	CHECK(fd >= 0);
	CHECK_EQ(sys_call3(SYS_fcntl, fd, F_GETFD, 0), FD_CLOEXEC);
	CHECK_EQ(sys_call3(SYS_fcntl, fd, F_GETFL, 0) & O_ACCMODE, O_RDWR);
	CHECK_EQ(open_how(AT_FDCWD, "in/made", O_CREAT | O_EXCL | O_RDWR, 0640, 0), -EEXIST);
	CHECK(open_how(AT_FDCWD, "link", O_PATH | O_NOFOLLOW, 0, NO_LINKS) >= 0);
	CHECK_EQ(open_how(AT_FDCWD, "link", O_NOFOLLOW, 0, NO_LINKS), -ELOOP);
	CHECK_EQ(open_how(AT_FDCWD, "in", O_RDWR, 0, BENEATH), -EISDIR);
	CHECK(open_how(AT_FDCWD, "in", O_TMPFILE | O_RDWR, 0600, BENEATH) >= 0);
	CHECK_EQ(open_how(AT_FDCWD, "up", O_TMPFILE | O_RDWR, 0600, BENEATH), -EXDEV);
}

static void no_links(void)
{
	begin();
	CHECK_EQ(at(AT_FDCWD, "file", NO_LINKS), 0);
	CHECK_EQ(at(AT_FDCWD, "link", NO_LINKS), -ELOOP);
	CHECK_EQ(at(AT_FDCWD, "up/calls_test/file", NO_LINKS), -ELOOP);
	CHECK_EQ(at(AT_FDCWD, "none", NO_LINKS), -ENOENT);
	CHECK_EQ(at(AT_FDCWD, "/proc/self/status", NO_LINKS), -ELOOP);
	CHECK_EQ(at(AT_FDCWD, "/proc/self/status", NO_MAGIC), 0);
	CHECK_EQ(at(AT_FDCWD, "/proc/self/exe", NO_MAGIC), -ELOOP);
	CHECK_EQ(at(AT_FDCWD, "/proc/self/cwd/file", NO_MAGIC), -ELOOP);
	CHECK_EQ(at(AT_FDCWD, "/proc/self/cwd/file", 0), 0);
	CHECK_EQ(at(AT_FDCWD, "loop", NO_MAGIC), -ELOOP);
	CHECK(open_how(AT_FDCWD, "/proc/self/exe", O_PATH | O_NOFOLLOW, 0, NO_MAGIC) >= 0);
}

static void no_mounts(void)
{
	int root = directory("/"), proc = directory("/proc");

	begin();
	CHECK_EQ(at(AT_FDCWD, "link", NO_XDEV), 0);
	CHECK_EQ(at(root, "proc/version", NO_XDEV), -EXDEV);
	CHECK_EQ(at(root, "proc", NO_XDEV), -EXDEV);
	CHECK_EQ(at(root, ".", NO_XDEV), 0);
	CHECK_EQ(at(proc, "version", NO_XDEV), 0);
	CHECK_EQ(at(proc, "..", NO_XDEV), -EXDEV);
	CHECK_EQ(at(proc, "../proc/version", NO_XDEV), -EXDEV);
	CHECK_EQ(at(proc, "self/root", NO_XDEV), -EXDEV);
	CHECK_EQ(at(proc, "/", NO_XDEV), 0); /* an absolute path begins at the root */
	CHECK_EQ(at(root, "..", NO_XDEV), 0);
	CHECK_EQ(at(AT_FDCWD, "abs", NO_XDEV), -EXDEV);
}

static void beneath(void)
{
	int in = directory("/tmp"), proc = directory("/proc");

	begin();
	in = directory("in");
	CHECK_EQ(letter(in, "file", BENEATH), 'i');
	CHECK_EQ(letter(AT_FDCWD, "in/out", BENEATH), 'o');
	CHECK_EQ(letter(AT_FDCWD, "in/../file", BENEATH), 'o');
	CHECK_EQ(at(in, "out", BENEATH), -EXDEV);
	CHECK_EQ(at(in, "..", BENEATH), -EXDEV);
	CHECK_EQ(at(in, "../in/file", BENEATH), -EXDEV);
	CHECK_EQ(at(in, "./../in/file", BENEATH), -EXDEV);
	CHECK_EQ(at(in, ".", BENEATH), 0);
	CHECK_EQ(at(in, "root", BENEATH), -EXDEV);
	CHECK_EQ(at(in, ROOT "/in/file", BENEATH), -EXDEV);
	CHECK_EQ(at(AT_FDCWD, "up", BENEATH), -EXDEV);
	CHECK_EQ(at(AT_FDCWD, "abs", BENEATH), -EXDEV);
	CHECK_EQ(at(proc, "self/status", BENEATH), 0);
	CHECK_EQ(at(proc, "self/cwd", BENEATH), -EXDEV);
	CHECK_EQ(at(proc, "self/exe", BENEATH), -EXDEV);
	CHECK_EQ(at(proc, "self/exe", BENEATH | NO_MAGIC), -ELOOP);
	CHECK_EQ(open_how(in, "../made", O_CREAT | O_RDWR, 0600, BENEATH), -EXDEV);
	CHECK(open_how(in, "made", O_CREAT | O_RDWR, 0600, BENEATH) >= 0);
}

static void in_root(void)
{
	int in, proc = directory("/proc"), file;

	begin();
	in = directory("in");
	file = (int)sys_call3(SYS_open, (long)"file", O_RDONLY, 0);
	CHECK_EQ(letter(in, "/file", IN_ROOT), 'i');
	CHECK_EQ(letter(in, "file", IN_ROOT), 'i');
	CHECK_EQ(letter(in, "root", IN_ROOT), 'i');
	CHECK_EQ(letter(in, "out", IN_ROOT), 'i');
	CHECK_EQ(letter(in, "../../../file", IN_ROOT), 'i');
	CHECK_EQ(letter(in, "/../file", IN_ROOT), 'i');
	CHECK_EQ(letter(AT_FDCWD, "/link", IN_ROOT), 'i');
	CHECK_EQ(at(AT_FDCWD, "abs", IN_ROOT), -ENOENT);
	CHECK_EQ(at(proc, "/self/status", IN_ROOT), 0);
	CHECK_EQ(at(proc, "/self/root", IN_ROOT), -EXDEV);
	CHECK_EQ(at(file, "/", IN_ROOT), -ENOTDIR);
	CHECK_EQ(at(in, "/none", IN_ROOT), -ENOENT);
	CHECK(open_how(in, "/made", O_CREAT | O_EXCL | O_RDWR, 0600, IN_ROOT) >= 0);
	CHECK_EQ(sys_call3(SYS_unlink, (long)"in/made", 0, 0), 0);
}

static void cached(void)
{
	long none;

	begin();
	CHECK_EQ(at(AT_FDCWD, "in/file", CACHED), 0);
	none = at(AT_FDCWD, "none", CACHED);
	CHECK(none == -EAGAIN || none == -ENOENT); /* as the file system keeps what is not there */
	CHECK_EQ(at(AT_FDCWD, "/proc/self/exe", CACHED), -EAGAIN);
	CHECK_EQ(open_how(AT_FDCWD, "in/made", O_CREAT | O_RDWR, 0600, CACHED), -EAGAIN);
	CHECK_EQ(open_how(AT_FDCWD, "file", O_TRUNC | O_RDWR, 0, CACHED), -EAGAIN);
	CHECK_EQ(open_how(AT_FDCWD, "in", O_TMPFILE | O_RDWR, 0600, CACHED), -EAGAIN);
	CHECK_EQ(open_how(AT_FDCWD, "in", O_TMPFILE, 0600, CACHED), -EINVAL);
	CHECK_EQ(letter(AT_FDCWD, "in/file", CACHED | BENEATH), 'i');
}

static const struct test_case cases[] = {
	CASE("a structure may be longer, with zeroes", sizes),
	CASE("flags and modes that mean nothing are refused", refused),
	CASE("it opens as open does", plain),
	CASE("no symbolic links, or none without a name", no_links),
	CASE("no other mounts", no_mounts),
	CASE("nothing but what is below the directory", beneath),
	CASE("the directory is the root", in_root),
	CASE("nothing that a file system must be asked for", cached),
};

TEST_SUITE(resolving, cases);
