/*
 * files: the file tree, from a path to what is in a file.
 *
 * Each case works in a fresh directory, which is removed again. A kernel without a
 * file tree answers ENOSYS to every path: there the cases are skipped.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <workloads/common/test.h>
#include <workloads/common/text.h>

#define NAME_256                                                                                   \
	"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"                         \
	"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"                         \
	"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"                         \
	"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"

#define PATH(number, path)      sys_call3((number), (long)(path), 0, 0)
#define PATHS(number, from, to) sys_call3((number), (long)(from), (long)(to), 0)

static char buffer[8192];

static long open_file(const char *path, int flags)
{
	return sys_call3(SYS_open, (long)path, flags, 0644);
}

/* Removes what is in the working directory; its directories are empty or hold empty ones. */
static void empty_directory(void)
{
	long fd = open_file(".", O_RDONLY | O_DIRECTORY), size;

	while ((size = sys_call3(SYS_getdents64, fd, (long)buffer, sizeof(buffer))) > 0) {
		for (long at = 0; at < size;) {
			struct dirent *entry = (struct dirent *)(buffer + at);

			if (PATH(SYS_unlink, entry->d_name) != 0)
				PATH(SYS_rmdir, entry->d_name);
			at += entry->d_reclen;
		}
	}
	sys_close((int)fd);
}

/* Runs a case in a directory of its own, in a child, and clears up behind it. */
static void in_directory(void (*body)(void))
{
	char name[64];
	struct text text = TEXT(name);
	int status = -1;
	long pid;

	text_string(&text, "/tmp/selftest-");
	text_number(&text, sys_getpid());
	name[text.length] = '\0';
	if (PATH(SYS_mkdir, "/tmp") == -ENOSYS)
		skip("there is no file tree");
	CHECK_EQ(sys_call3(SYS_mkdir, (long)name, 0755, 0), 0);
	CHECK_EQ(PATH(SYS_chdir, name), 0);
	pid = sys_fork();
	if (pid == 0) {
		body();
		sys_exit(0);
	}
	CHECK_EQ(sys_wait4(pid, &status, 0), pid);
	empty_directory();
	CHECK_EQ(PATH(SYS_chdir, "/"), 0);
	CHECK_EQ(PATH(SYS_rmdir, name), 0);
	sys_exit(status & 0x7f ? 1 : status >> 8 & 0xff);
}

/* A file with `size` bytes of a pattern in it. */
static long make_file(const char *path, size_t size)
{
	long fd = open_file(path, O_RDWR | O_CREAT | O_EXCL);

	CHECK(fd >= 0);
	for (size_t i = 0; i < size; i++)
		buffer[i] = (char)(i % 251);
	CHECK_EQ(sys_write((int)fd, buffer, size), size);
	memset(buffer, 0, sizeof(buffer));
	return fd;
}

static long size_of(const char *path)
{
	struct stat status;

	CHECK_EQ(PATHS(SYS_stat, path, &status), 0);
	return status.st_size;
}

static long links_of(const char *path)
{
	struct stat status;

	CHECK_EQ(PATHS(SYS_lstat, path, &status), 0);
	return (long)status.st_nlink;
}

static void written_and_read(void)
{
	long fd;

	fd = make_file("f", 5000);
	CHECK_EQ(sys_read((int)fd, buffer, 10), 0);
	CHECK_EQ(sys_call3(SYS_lseek, fd, 4096, SEEK_SET), 4096);
	CHECK_EQ(sys_read((int)fd, buffer, sizeof(buffer)), 904);
	CHECK_EQ(buffer[0], (char)(4096 % 251));
	CHECK_EQ(sys_call4(SYS_pwrite64, fd, (long)"xyz", 3, 7000), 3);
	CHECK_EQ(size_of("f"), 7003);
	CHECK_EQ(sys_call4(SYS_pread64, fd, (long)buffer, 8, 5996), 8);
	CHECK(buffer[0] == 0 && buffer[7] == 0); /* nobody wrote there */
	CHECK_EQ(sys_call3(SYS_ftruncate, fd, 10, 0), 0);
	CHECK_EQ(size_of("f"), 10);
	CHECK_EQ(sys_close((int)fd), 0);
	fd = open_file("f", O_WRONLY | O_APPEND);
	CHECK_EQ(sys_write((int)fd, "end", 3), 3);
	CHECK_EQ(size_of("f"), 13);
	CHECK_EQ(sys_read((int)fd, buffer, 1), -EBADF);
	CHECK_EQ(open_file("f", O_RDONLY | O_TRUNC), fd + 1);
	CHECK_EQ(size_of("f"), 0);
}

static void paths_that_fail(void)
{
	sys_close((int)make_file("f", 1));
	CHECK_EQ(open_file("none", O_RDONLY), -ENOENT);
	CHECK_EQ(open_file("", O_RDONLY), -ENOENT);
	CHECK_EQ(open_file("f/x", O_RDONLY), -ENOTDIR);
	CHECK_EQ(open_file("f/", O_RDONLY), -ENOTDIR);
	CHECK_EQ(open_file("f/", O_RDWR | O_CREAT), -EISDIR);
	CHECK_EQ(open_file("f", O_CREAT | O_EXCL), -EEXIST);
	CHECK_EQ(open_file(".", O_WRONLY), -EISDIR);
	CHECK_EQ(open_file("f", O_DIRECTORY), -ENOTDIR);
	CHECK_EQ(open_file(NAME_256, O_RDONLY), -ENAMETOOLONG);
	CHECK_EQ(open_file((char *)8, O_RDONLY), -EFAULT);
	CHECK_EQ(sys_call3(SYS_mkdir, (long)"f", 0755, 0), -EEXIST);
	CHECK_EQ(PATH(SYS_rmdir, "f"), -ENOTDIR);
	CHECK_EQ(PATH(SYS_unlink, "."), -EISDIR);
	CHECK_EQ(PATH(SYS_rmdir, "."), -EINVAL);
	CHECK_EQ(PATHS(SYS_rename, "none", "x"), -ENOENT);
	CHECK_EQ(sys_call4(SYS_openat, 99, (long)"f", O_RDONLY, 0), -EBADF);
}

static void unlinked_but_open(void)
{
	struct stat status;
	long fd;

	fd = make_file("f", 100);
	CHECK_EQ(PATH(SYS_unlink, "f"), 0);
	CHECK_EQ(open_file("f", O_RDONLY), -ENOENT);
	CHECK_EQ(sys_call3(SYS_fstat, fd, (long)&status, 0), 0);
	CHECK(status.st_nlink == 0 && status.st_size == 100);
	CHECK_EQ(sys_call4(SYS_pread64, fd, (long)buffer, 100, 0), 100);
	CHECK_EQ(buffer[99], 99);
}

static void links(void)
{
	sys_close((int)make_file("f", 10));
	CHECK_EQ(PATHS(SYS_link, "f", "g"), 0);
	CHECK_EQ(links_of("g"), 2);
	CHECK_EQ(PATHS(SYS_symlink, "g", "s"), 0);
	CHECK_EQ(size_of("s"), 10);
	CHECK_EQ(sys_call3(SYS_readlink, (long)"s", (long)buffer, 100), 1);
	CHECK_EQ(buffer[0], 'g');
	CHECK_EQ(open_file("s", O_RDONLY | O_NOFOLLOW), -ELOOP);
	CHECK_EQ(PATHS(SYS_symlink, "loop", "loop"), 0);
	CHECK_EQ(open_file("loop", O_RDONLY), -ELOOP);
	CHECK_EQ(PATHS(SYS_symlink, "made", "dangling"), 0);
	CHECK(open_file("dangling", O_RDWR | O_CREAT) >= 0);
	CHECK_EQ(size_of("made"), 0);
	CHECK_EQ(PATH(SYS_unlink, "f"), 0);
	CHECK_EQ(links_of("g"), 1);
	CHECK_EQ(PATHS(SYS_link, ".", "x"), -EPERM);
}

static void directories(void)
{
	CHECK_EQ(sys_call3(SYS_mkdir, (long)"d/", 0755, 0), 0);
	CHECK_EQ(sys_call3(SYS_mkdir, (long)"d/e", 0755, 0), 0);
	CHECK_EQ(links_of("d"), 3);
	CHECK_EQ(PATH(SYS_rmdir, "d"), -ENOTEMPTY);
	CHECK_EQ(PATHS(SYS_rename, "d", "d/e/x"), -EINVAL);
	CHECK_EQ(PATHS(SYS_rename, "d/e", "e"), 0);
	CHECK_EQ(links_of("d"), 2);
	CHECK_EQ(PATH(SYS_chdir, "e"), 0);
	CHECK_EQ(PATH(SYS_rmdir, "../e"), 0);
	CHECK_EQ(sys_call3(SYS_getcwd, (long)buffer, sizeof(buffer), 0), -ENOENT);
	CHECK_EQ(open_file("x", O_RDWR | O_CREAT), -ENOENT);
}

static void listing(void)
{
	long fd, size, seen = 0;

	sys_close((int)make_file("one", 1));
	sys_close((int)make_file("two", 1));
	fd = open_file(".", O_RDONLY | O_DIRECTORY);
	size = sys_call3(SYS_getdents64, fd, (long)buffer, sizeof(buffer));
	for (long at = 0; at < size;) {
		struct dirent *entry = (struct dirent *)(buffer + at);

		seen += strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ? 1
			: strcmp(entry->d_name, "one") == 0 || strcmp(entry->d_name, "two") == 0
				? 10
				: 1000;
		at += entry->d_reclen;
	}
	CHECK_EQ(seen, 22);
	CHECK_EQ(sys_call3(SYS_getdents64, fd, (long)buffer, sizeof(buffer)), 0);
	CHECK_EQ(sys_call3(SYS_lseek, fd, 0, SEEK_SET), 0);
	CHECK_EQ(sys_call3(SYS_getdents64, fd, (long)buffer, 10), -EINVAL);
}

static void position_is_shared(void)
{
	long fd, pid;

	fd = make_file("f", 100);
	pid = sys_fork();
	if (pid == 0) {
		CHECK_EQ(sys_call3(SYS_lseek, fd, 40, SEEK_SET), 40);
		sys_exit(0);
	}
	expect_exit(pid, 0);
	CHECK_EQ(sys_call3(SYS_lseek, fd, 0, SEEK_CUR), 40);
}

static void mapped(void)
{
	char *shared, *private;
	long fd;

	fd = make_file("f", 6000);
	shared = (char *)sys_call6(SYS_mmap, 0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	private = (char *)sys_call6(SYS_mmap, 0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(shared[5999] == (char)(5999 % 251) && shared[6000] == 0);
	private[0] = 'p';
	CHECK_EQ(shared[0], 0);
	shared[1] = 's';
	CHECK_EQ(sys_call4(SYS_pread64, fd, (long)buffer, 2, 0), 2);
	CHECK(buffer[0] == 0 && buffer[1] == 's');
	CHECK_EQ(sys_call4(SYS_pwrite64, fd, (long)"w", 1, 4096), 1);
	CHECK_EQ(shared[4096], 'w');
	fd = open_file("f", O_RDONLY);
	CHECK_EQ(sys_call6(SYS_mmap, 0, 4096, PROT_WRITE, MAP_SHARED, fd, 0), -EACCES);
	shared = (char *)sys_call6(SYS_mmap, 0, 4096, PROT_READ, MAP_SHARED, fd, 0);
	CHECK_EQ(sys_call3(SYS_mprotect, (long)shared, 4096, PROT_READ | PROT_WRITE), -EACCES);
}

/* Copies this program to `path`. */
static void copy_self(const char *path)
{
	long from = open_file("/proc/self/exe", O_RDONLY),
	     to = sys_call3(SYS_open, (long)path, O_WRONLY | O_CREAT, 0755);
	long n;

	CHECK(from >= 0 && to >= 0);
	while ((n = sys_read((int)from, buffer, sizeof(buffer))) > 0)
		CHECK_EQ(sys_write((int)to, buffer, (size_t)n), n);
	CHECK_EQ(n, 0);
	CHECK_EQ(sys_close((int)to), 0);
}

static char *none[] = {NULL};

static void executed(void)
{
	char *argv[] = {"copy", "no such suite", NULL};
	long pid, fd;

	copy_self("copy");
	pid = sys_fork();
	if (pid == 0) {
		sys_close(1);
		sys_execve("./copy", argv, none);
		sys_exit(9);
	}
	expect_exit(pid, 1); /* as it does when there is no such suite, and nowhere to say so */
	fd = sys_call3(SYS_open, (long)"script", O_WRONLY | O_CREAT, 0755);
	CHECK_EQ(sys_write((int)fd, "#! ./copy \t no such suite\n", 26), 26);
	CHECK_EQ(sys_close((int)fd), 0);
	pid = sys_fork();
	if (pid == 0) {
		sys_close(1);
		sys_execve("script", argv, none);
		sys_exit(9);
	}
	expect_exit(pid, 1);
	sys_close((int)make_file("text", 10));
	CHECK_EQ(sys_execve("text", argv, none), -EACCES);
	CHECK_EQ(sys_call3(SYS_chmod, (long)"text", 0755, 0), 0);
	CHECK_EQ(sys_execve("text", argv, none), -ENOEXEC);
	CHECK_EQ(sys_execve(".", argv, none), -EACCES);
}

static void permissions(void)
{
	if (sys_call0(SYS_getuid) != 0)
		skip("giving rights up takes user 0");
	sys_close((int)make_file("f", 1));
	CHECK_EQ(sys_call3(SYS_chmod, (long)"f", 0600, 0), 0);
	CHECK_EQ(sys_call3(SYS_setresuid, 1000, 1000, 1000), 0);
	CHECK_EQ(open_file("f", O_RDONLY), -EACCES);
	CHECK_EQ(sys_call3(SYS_access, (long)"f", 4, 0), -EACCES);
	CHECK_EQ(sys_call3(SYS_chmod, (long)"f", 0666, 0), -EPERM);
	CHECK_EQ(PATH(SYS_unlink, "f"), -EACCES);
	CHECK_EQ(open_file("g", O_WRONLY | O_CREAT), -EACCES);
	CHECK_EQ(sys_call3(SYS_setresuid, 0, 0, 0), -EPERM);
}

static void locks(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 5};
	long fd, pid;

	fd = make_file("f", 1);
	CHECK_EQ(sys_call3(SYS_fcntl, fd, F_SETLK, (long)&lock), 0);
	pid = sys_fork();
	if (pid == 0) {
		CHECK_EQ(sys_call3(SYS_fcntl, fd, F_SETLK, (long)&lock), -EAGAIN);
		CHECK_EQ(sys_call3(SYS_fcntl, fd, F_GETLK, (long)&lock), 0);
		CHECK(lock.l_pid == sys_getppid() && lock.l_start == 10 && lock.l_len == 5);
		lock.l_start = 15;
		CHECK_EQ(sys_call3(SYS_fcntl, fd, F_SETLK, (long)&lock), 0);
		sys_exit(0);
	}
	expect_exit(pid, 0);
	lock.l_start = 0;
	lock.l_len = 0;
	CHECK_EQ(sys_call3(SYS_fcntl, fd, F_SETLK, (long)&lock), 0);
}

static void devices(void)
{
	long null, zero;

	null = open_file("/dev/null", O_RDWR);
	zero = open_file("/dev/zero", O_RDONLY);
	CHECK_EQ(sys_write((int)null, "x", 1), 1);
	CHECK_EQ(sys_read((int)null, buffer, 1), 0);
	memset(buffer, 'x', 100);
	CHECK_EQ(sys_read((int)zero, buffer, 100), 100);
	CHECK(buffer[0] == 0 && buffer[99] == 0);
	CHECK_EQ(sys_read((int)zero, (void *)8, 1), -EFAULT);
	CHECK_EQ(sys_write((int)open_file("/dev/full", O_WRONLY), "x", 1), -ENOSPC);
}

static void self(void)
{
	char *argv0 = start_argv[0];
	long fd;

	fd = open_file("/proc/self/cmdline", O_RDONLY);
	if (fd == -ENOENT)
		skip("there is no /proc");
	CHECK(sys_read((int)fd, buffer, sizeof(buffer)) > (long)strlen(argv0));
	CHECK_EQ(strcmp(buffer, argv0), 0);
	CHECK(open_file("/proc/self/exe", O_RDONLY) >= 0);
	CHECK(sys_call3(SYS_readlink, (long)"/proc/self/cwd", (long)buffer, 100) > 14);
	CHECK_EQ(strncmp(buffer, "/tmp/selftest-", 14), 0);
}

#define IN_DIRECTORY(body)                                                                         \
	static void body##_there(void)                                                             \
	{                                                                                          \
		in_directory(body);                                                                \
	}
IN_DIRECTORY(written_and_read)
IN_DIRECTORY(paths_that_fail)
IN_DIRECTORY(unlinked_but_open)
IN_DIRECTORY(links)
IN_DIRECTORY(directories)
IN_DIRECTORY(listing)
IN_DIRECTORY(position_is_shared)
IN_DIRECTORY(mapped)
IN_DIRECTORY(executed)
IN_DIRECTORY(permissions)
IN_DIRECTORY(locks)
IN_DIRECTORY(devices)
IN_DIRECTORY(self)

static const struct test_case cases[] = {
	CASE("what is written can be read", written_and_read_there),
	CASE("a path that leads nowhere says why", paths_that_fail_there),
	CASE("a file lives as long as it is open", unlinked_but_open_there),
	CASE("names are links, and links are names", links_there),
	CASE("directories hold each other", directories_there),
	CASE("a listing has every name once", listing_there),
	CASE("a child shares its parent's position", position_is_shared_there),
	CASE("a shared mapping is the file, a private one a copy", mapped_there),
	CASE("a file that was written can be executed, and a script", executed_there),
	CASE("permissions count for all but user 0", permissions_there),
	CASE("record locks keep processes apart", locks_there),
	CASE("devices that are not there", devices_there),
	CASE("a process can look at itself", self_there),
};
TEST_SUITE(files, cases);
