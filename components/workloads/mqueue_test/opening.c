/* opening: names, permissions, attributes, limits, the file system. */
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "mqueue_test.h"

static void names(void)
{
	static char longest[5000];
	int fd;

	begin();
	CHECK_EQ(mq_open_("q", O_RDWR, 0, NULL), -ENOENT);
	fd = make("q", O_RDWR, 4, 16);
	CHECK_EQ(sys_call3(SYS_fcntl, fd, F_GETFD, 0), FD_CLOEXEC);
	CHECK_EQ(mq_open_("q", O_RDWR | O_CREAT | O_EXCL, 0600, NULL), -EEXIST);
	CHECK(mq_open_("q", O_RDWR | O_CREAT, 0600, NULL) >= 0);
	CHECK_EQ(mq_open_("/q", O_RDWR, 0, NULL), -EACCES);
	CHECK_EQ(mq_open_("a/q", O_RDWR | O_CREAT, 0600, NULL), -EACCES);
	CHECK_EQ(mq_open_(".", O_RDONLY, 0, NULL), -EACCES);
	CHECK_EQ(mq_open_("..", O_RDONLY, 0, NULL), -EACCES);
	CHECK_EQ(mq_open_("", O_RDONLY, 0, NULL), -ENOENT);
	CHECK_EQ(mq_open_(BAD, O_RDONLY, 0, NULL), -EFAULT);
	CHECK_EQ(mq_open_(BAD, O_RDONLY, 0, BAD), -EFAULT);
	memset(longest, 'x', 255);
	CHECK(mq_open_(longest, O_RDWR | O_CREAT, 0600, NULL) >= 0);
	CHECK_EQ(unlink_(longest), 0);
	memset(longest, 'x', 256);
	CHECK_EQ(mq_open_(longest, O_RDWR | O_CREAT, 0600, NULL), -ENAMETOOLONG);
	memset(longest, 'x', 4999);
	CHECK_EQ(mq_open_(longest, O_RDWR | O_CREAT, 0600, NULL), -ENAMETOOLONG);
	CHECK_EQ(unlink_("/q"), -EACCES);
	CHECK_EQ(unlink_("none"), -ENOENT);
	CHECK_EQ(unlink_(""), -ENOENT);
	CHECK_EQ(unlink_(BAD), -EFAULT);
	CHECK_EQ(unlink_("q"), 0);
	CHECK_EQ(unlink_("q"), -ENOENT);
	CHECK_EQ(post(fd, "still", 5, 0), 0); /* it goes with its last descriptor */
	CHECK_EQ(mq_open_("q", O_RDWR, 0, NULL), -ENOENT);
}

static void modes(void)
{
	char bytes[16];
	int in, out, both;

	begin();
	both = make("q", O_RDWR, 4, 16);
	in = (int)mq_open_("q", O_RDONLY, 0, NULL);
	out = (int)mq_open_("q", O_WRONLY, 0, NULL);
	CHECK(in >= 0 && out >= 0);
	CHECK_EQ(mq_open_("q", 3, 0, NULL), -EINVAL);
	CHECK_EQ(post(in, "x", 1, 0), -EBADF);
	CHECK_EQ(post(out, "x", 1, 0), 0);
	CHECK_EQ(fetch(out, bytes, 16, NULL), -EBADF);
	CHECK_EQ(fetch(in, bytes, 16, NULL), 1);
	CHECK_EQ(post(both, "x", 1, 0), 0);
	CHECK_EQ(sys_write(both, "x", 1), -EINVAL);
	CHECK_EQ(sys_write(in, "x", 1), -EBADF);
	CHECK_EQ(sys_read(out, bytes, 1), -EBADF);
	CHECK_EQ(post(0, "x", 1, 0), -EBADF);
	CHECK_EQ(post(99, "x", 1, 0), -EBADF);
}

static void permissions(void)
{
	begin();
	sys_close(make("mine", O_RDWR, 4, 16));
	CHECK_EQ(sys_call3(SYS_umask, 0, 0, 0), 022);
	CHECK(mq_open_("read", O_CREAT | O_RDWR, 0604, NULL) >= 0);
	CHECK(mq_open_("write", O_CREAT | O_RDWR, 0602, NULL) >= 0);
	CHECK(mq_open_("setid", O_CREAT | O_RDWR, 07606, NULL) >= 0);
	CHECK_EQ(sys_call3(SYS_setresgid, 1000, 1000, 1000), 0);
	CHECK_EQ(sys_call3(SYS_setresuid, 1000, 1000, 1000), 0);
	CHECK_EQ(mq_open_("mine", O_RDONLY, 0, NULL), -EACCES);
	CHECK(mq_open_("read", O_RDONLY, 0, NULL) >= 0);
	CHECK_EQ(mq_open_("read", O_RDWR, 0, NULL), -EACCES);
	CHECK_EQ(mq_open_("read", O_WRONLY | O_CREAT, 0600, NULL), -EACCES);
	CHECK(mq_open_("write", O_WRONLY, 0, NULL) >= 0);
	CHECK_EQ(mq_open_("write", O_RDONLY, 0, NULL), -EACCES);
	CHECK(mq_open_("setid", O_RDWR, 0, NULL) >= 0);
	CHECK_EQ(unlink_("read"), -EPERM); /* the directory is sticky */
	CHECK(mq_open_("own", O_CREAT | O_RDWR, 0600, NULL) >= 0);
	CHECK_EQ(unlink_("own"), 0);
}

static void attributes(void)
{
	struct attributes now, wanted = {0, 3, 100, 7, {1, 2, 3, 4}};
	int fd, usual;

	begin();
	fd = (int)mq_open_("q", O_CREAT | O_RDWR | O_NONBLOCK, 0600, &wanted);
	CHECK(fd >= 0);
	now = attributes_of(fd);
	CHECK(now.flags == O_NONBLOCK && now.most == 3 && now.size == 100 && now.count == 0);
	CHECK(now.reserved[0] == 0 && now.reserved[3] == 0);
	CHECK_EQ(post(fd, "abc", 3, 0), 0);
	CHECK_EQ(attributes_of(fd).count, 1);
	wanted.flags = 0;
	CHECK_EQ(sys_call3(SYS_mq_getsetattr, fd, (long)&wanted, (long)&now), 0);
	CHECK_EQ(now.flags, O_NONBLOCK); /* as it was */
	now = attributes_of(fd);
	CHECK(now.flags == 0 && now.most == 3 && now.size == 100 && now.count == 1);
	CHECK_EQ(sys_call3(SYS_fcntl, fd, F_GETFL, 0) & O_NONBLOCK, 0);
	wanted.flags = O_NONBLOCK | 1;
	CHECK_EQ(sys_call3(SYS_mq_getsetattr, fd, (long)&wanted, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_mq_getsetattr, 99, (long)&wanted, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_mq_getsetattr, 99, (long)BAD, 0), -EFAULT);
	CHECK_EQ(sys_call3(SYS_mq_getsetattr, 99, 0, (long)BAD), -EBADF);
	CHECK_EQ(sys_call3(SYS_mq_getsetattr, 0, 0, (long)&now), -EBADF);
	CHECK_EQ(sys_call3(SYS_mq_getsetattr, fd, 0, (long)BAD), -EFAULT);
	CHECK_EQ(sys_call3(SYS_mq_getsetattr, fd, 0, 0), 0);
	usual = (int)mq_open_("usual", O_CREAT | O_RDWR, 0600, NULL);
	now = attributes_of(usual);
	CHECK(now.most == 10 && now.size == 8192);
}

static long try(long most, long size)
{
	struct attributes wanted = {0, most, size, 0, {0}};
	long fd = mq_open_("try", O_CREAT | O_RDWR, 0600, &wanted);

	unlink_("try");
	return fd < 0 ? fd : sys_close((int)fd);
}

static void limits(void)
{
	struct rlimit limit = {819200, 819200};

	begin();
	need_resources();
	CHECK_EQ(sys_call3(SYS_setrlimit, RLIMIT_MSGQUEUE, (long)&limit, 0), 0);
	CHECK_EQ(try(0, 16), -EINVAL);
	CHECK_EQ(try(4, 0), -EINVAL);
	CHECK_EQ(try(-1, 16), -EINVAL);
	CHECK_EQ(try(4, -16), -EINVAL);
	CHECK_EQ(try(65537, 1), -EINVAL);
	CHECK_EQ(try(1, (16 << 20) + 1), -EINVAL);
	CHECK_EQ(try(1, 16 << 20), -EMFILE);
	CHECK_EQ(try(100, 100), 0); /* user 0 may have more than the system's bounds */
	/* 48 bytes for each message, and for each priority that there can be */
	CHECK_EQ(try(1, 819200 - 96), 0);
	CHECK_EQ(try(1, 819200 - 95), -EMFILE);
	CHECK_EQ(try(8000, 6), 0);
	CHECK_EQ(try(8192, 4), 0);
	CHECK_EQ(try(8192, 5), -EMFILE);
	sys_close(make("one", O_RDWR, 1, 819200 - 192));
	CHECK_EQ(try(1, 1), -EMFILE);
	CHECK_EQ(unlink_("one"), 0);
	CHECK_EQ(try(1, 1), 0);
	CHECK_EQ(sys_call3(SYS_setresuid, 1000, 1000, 1000), 0);
	CHECK_EQ(try(11, 16), -EINVAL);
	CHECK_EQ(try(10, 8193), -EINVAL);
	CHECK_EQ(try(10, 8192), 0);
}

static long put(const char *path, const char *text)
{
	long fd = sys_call3(SYS_open, (long)path, O_WRONLY, 0), n;

	if (fd < 0)
		return fd;
	n = sys_write((int)fd, text, strlen(text));
	sys_close((int)fd);
	return n < 0 ? n : 0;
}

static bool reads(const char *path, const char *expected)
{
	char bytes[200] = "";
	long fd = sys_call3(SYS_open, (long)path, O_RDONLY, 0), n;

	CHECK(fd >= 0);
	n = sys_read((int)fd, bytes, sizeof(bytes));
	sys_close((int)fd);
	return n == (long)strlen(expected) && memcmp(bytes, expected, (size_t)n) == 0;
}

#define SYSCTL "/proc/sys/fs/mqueue/"

static void bounds(void)
{
	begin();
	CHECK(reads(SYSCTL "msg_max", "10\n"));
	CHECK(reads(SYSCTL "msgsize_max", "8192\n"));
	CHECK(reads(SYSCTL "queues_max", "256\n"));
	CHECK(reads(SYSCTL "msg_default", "10\n"));
	CHECK(reads(SYSCTL "msgsize_default", "8192\n"));
	CHECK_EQ(put(SYSCTL "msg_max", "0\n"), -EINVAL);
	CHECK_EQ(put(SYSCTL "msg_max", "65537\n"), -EINVAL);
	CHECK_EQ(put(SYSCTL "msgsize_max", "127\n"), -EINVAL);
	CHECK_EQ(put(SYSCTL "msgsize_max", "128\n"), 0);
	CHECK_EQ(put(SYSCTL "msg_max", "3\n"), 0);
	CHECK_EQ(put(SYSCTL "msg_default", "5\n"), 0);
	CHECK_EQ(put(SYSCTL "queues_max", "1\n"), 0);
	CHECK(mq_open_("q", O_CREAT | O_RDWR, 0600, NULL) >= 0);
	CHECK_EQ(attributes_of((int)mq_open_("q", O_RDWR, 0, NULL)).most, 3);
	CHECK_EQ(attributes_of((int)mq_open_("q", O_RDWR, 0, NULL)).size, 128);
	CHECK_EQ(sys_call3(SYS_setresuid, 1000, 1000, 1000), 0);
	CHECK_EQ(try(4, 16), -ENOSPC);
	CHECK_EQ(try(0, 16), -ENOSPC); /* that counts before */
	CHECK_EQ(put(SYSCTL "msg_max", "5\n"), -EACCES);
	CHECK(reads(SYSCTL "msg_max", "3\n"));
}

static void restore_bounds(void)
{
	begin();
	CHECK_EQ(put(SYSCTL "msgsize_max", "8192\n"), 0);
	CHECK_EQ(put(SYSCTL "msg_max", "10\n"), 0);
	CHECK_EQ(put(SYSCTL "msg_default", "10\n"), 0);
	CHECK_EQ(put(SYSCTL "queues_max", "256\n"), 0);
}

#define POINT "/tmp/mqueue_test"

static void files(void)
{
	struct statfs volume;
	struct stat status;
	int fd, queue;

	begin();
	if (on_host)
		CHECK_EQ(sys_call3(SYS_unshare, CLONE_NEWNS, 0, 0), 0);
	if (on_host)
		CHECK_EQ(sys_call6(SYS_mount, 0, (long)"/", 0, 0x44000, 0, 0), 0); /* private */
	unlink_("q");
	sys_call3(SYS_mkdir, (long)POINT, 0755, 0);
	CHECK_EQ(sys_call6(SYS_mount, (long)"none", (long)POINT, (long)"mqueue", 0, 0, 0), 0);
	CHECK_EQ(sys_call3(SYS_statfs, (long)POINT, (long)&volume, 0), 0);
	CHECK_EQ(volume.f_type, 0x19800202);
	queue = make("q", O_RDWR, 4, 16);
	CHECK_EQ(sys_call3(SYS_stat, (long)POINT "/q", (long)&status, 0), 0);
	CHECK(status.st_mode == (S_IFREG | 0600) && status.st_size == 80);
	CHECK_EQ(post(queue, "12345", 5, 0), 0);
	CHECK(reads(POINT "/q", "QSIZE:5          NOTIFY:0     SIGNO:0     NOTIFY_PID:0     \n"));
	fd = (int)sys_call3(SYS_open, (long)POINT "/q", O_RDWR, 0);
	CHECK_EQ(post(fd, "678", 3, 0), 0); /* opened by its path it is a queue as well */
	CHECK_EQ(attributes_of(queue).count, 2);
	CHECK_EQ(sys_call3(SYS_lseek, fd, -20, SEEK_END), 60);
	sys_close(fd);
	CHECK_EQ(sys_call3(SYS_mkdir, (long)POINT "/d", 0755, 0), -EPERM);
	CHECK_EQ(sys_call3(SYS_symlink, (long)"q", (long)POINT "/l", 0), -EPERM);
	CHECK_EQ(sys_call3(SYS_link, (long)POINT "/q", (long)POINT "/l", 0), -EPERM);
	CHECK_EQ(sys_call3(SYS_rename, (long)POINT "/q", (long)POINT "/l", 0), -EPERM);
	fd = (int)sys_call3(SYS_open, (long)POINT "/made", O_CREAT | O_RDWR, 0644);
	CHECK_EQ(attributes_of(fd).most, 10);
	sys_close(fd);
	CHECK(mq_open_("made", O_RDONLY, 0, NULL) >= 0);
	CHECK_EQ(sys_call3(SYS_unlink, (long)POINT "/made", 0, 0), 0);
	CHECK_EQ(mq_open_("made", O_RDONLY, 0, NULL), -ENOENT);
	CHECK_EQ(unlink_("q"), 0);
	CHECK_EQ(sys_call3(SYS_stat, (long)POINT "/q", (long)&status, 0), -ENOENT);
	CHECK_EQ(sys_call3(SYS_umount2, (long)POINT, 0, 0), 0);
	sys_call3(SYS_rmdir, (long)POINT, 0, 0);
}

static void no_descriptor(void)
{
	struct rlimit limit = {3, 3};

	begin();
	while (sys_call3(SYS_dup, 1, 0, 0) < 20)
		;
	CHECK_EQ(sys_call3(SYS_setrlimit, RLIMIT_NOFILE, (long)&limit, 0), 0);
	CHECK_EQ(mq_open_("late", O_CREAT | O_RDWR, 0600, NULL), -EMFILE);
	CHECK_EQ(mq_open_("/late", O_CREAT | O_RDWR, 0600, NULL), -EMFILE);
	CHECK_EQ(unlink_("late"), -ENOENT);
}

/* Queues outlive those who made them. */
static void clean_up(void)
{
	static const char *const left[] = {"q", "mine", "read", "write", "setid", "usual", "one"};

	begin();
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
		unlink_(left[i]);
}

static const struct test_case cases[] = {
	CASE("names", names),
	CASE("a queue is open for what was asked", modes),
	CASE("it is gone, or goes", clean_up),
	CASE("permissions", permissions),
	CASE("whoever owns it removes it", clean_up),
	CASE("attributes", attributes),
	CASE("no queue is left", clean_up),
	CASE("what a user may have", limits),
	CASE("nor there", clean_up),
	CASE("the bounds of the system", bounds),
	CASE("can be set again", restore_bounds),
	CASE("queues are files", files),
	CASE("without a descriptor nothing is made", no_descriptor),
	CASE("at the end", clean_up),
};

TEST_SUITE(opening, cases);
