/* reopening: /dev/fd and /proc/self/fd lead to files, whatever they are. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <workloads/common/test.h>
#include <workloads/common/text.h>

static const char *path_of(const char *folder, int fd)
{
	static char path[64];
	struct text text = TEXT(path);

	text_string(&text, folder);
	text_number(&text, fd);
	path[text.length] = '\0';
	return path;
}

static long open_fd(int fd, int flags)
{
	return sys_call3(SYS_open, (long)path_of("/dev/fd/", fd), flags, 0);
}

static void a_pipe(void)
{
	struct stat status;
	char buf[32];
	int ends[2], in, out;

	CHECK_EQ(sys_pipe(ends), 0);
	CHECK_EQ(
		sys_call3(SYS_stat, (long)path_of("/proc/self/fd/", ends[0]), (long)&status, 0), 0);
	CHECK_EQ(status.st_mode, S_IFIFO | 0600);
	in = (int)open_fd(ends[0], O_RDONLY);
	out = (int)open_fd(ends[0], O_WRONLY); /* the other end, too */
	CHECK(in >= 0 && out >= 0);
	CHECK_EQ(sys_write(out, "xy", 2), 2);
	CHECK_EQ(sys_read(in, buf, 1), 1);
	sys_close(ends[1]);
	CHECK_EQ(sys_read(ends[0], buf, 8), 1);
	sys_close(out);
	CHECK_EQ(sys_read(in, buf, 8), 0);
	memset(buf, 0, sizeof(buf));
	CHECK(sys_call3(SYS_readlink, (long)path_of("/proc/self/fd/", in), (long)buf, 32) > 6);
	CHECK(memcmp(buf, "pipe:[", 6) == 0);
}

static void a_file(void)
{
	char buf[8];
	int fd = (int)sys_call3(
		    SYS_open, (long)"/tmp/fifos_test.file", O_CREAT | O_RDWR | O_TRUNC, 0600),
	    in;

	CHECK_EQ(sys_write(fd, "abcdef", 6), 6);
	in = (int)open_fd(fd, O_RDONLY); /* with a position of its own */
	CHECK_EQ(sys_read(in, buf, 8), 6);
	CHECK_EQ(sys_write(in, buf, 1), -EBADF);
	CHECK_EQ(sys_call3(SYS_unlink, (long)"/tmp/fifos_test.file", 0, 0), 0);
	in = (int)open_fd(fd, O_RDWR);
	CHECK_EQ(sys_read(in, buf, 8), 6);
}

static void others(void)
{
	struct stat status;
	char buf[32] = {0};
	int pair[2], event = (int)sys_call3(SYS_eventfd2, 0, 0, 0);

	CHECK_EQ(sys_call4(SYS_socketpair, 1, 1, 0, (long)pair), 0);
	CHECK_EQ(open_fd(pair[0], O_RDWR), -ENXIO);
	CHECK_EQ(open_fd(event, O_RDWR), -ENXIO);
	CHECK_EQ(open_fd(99, O_RDWR), -ENOENT);
	CHECK_EQ(
		sys_call3(SYS_stat, (long)path_of("/proc/self/fd/", pair[0]), (long)&status, 0), 0);
	CHECK_EQ(status.st_mode & S_IFMT, S_IFSOCK);
	CHECK_EQ(
		sys_call3(SYS_readlink, (long)path_of("/proc/self/fd/", event), (long)buf, 32), 20);
	CHECK(memcmp(buf, "anon_inode:[eventfd]", 20) == 0);
	CHECK(sys_call3(SYS_readlink, (long)path_of("/proc/self/fd/", pair[0]), (long)buf, 32) > 8);
	CHECK(memcmp(buf, "socket:[", 8) == 0);
}

static const struct test_case cases[] = {
	CASE("a pipe", a_pipe),
	CASE("a file", a_file),
	CASE("what cannot be opened", others),
};
TEST_SUITE(reopening, cases);
