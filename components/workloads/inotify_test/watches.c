/* watches: what can be watched, by whom, and how. */
#include "inotify_test.h"

static void refused(void)
{
	int flags = (int)sys_call3(SYS_inotify_init1, IN_NONBLOCK | IN_CLOEXEC, 0, 0);

	begin();
	CHECK(flags >= 0);
	CHECK_EQ(sys_call3(SYS_fcntl, flags, F_GETFD, 0), FD_CLOEXEC);
	CHECK_EQ(sys_call3(SYS_fcntl, flags, F_GETFL, 0) & ~0100000, O_NONBLOCK);
	CHECK_EQ(sys_call3(SYS_inotify_init1, 1, 0, 0), -EINVAL);
	CHECK_EQ(watch("none", IN_OPEN), -ENOENT);
	CHECK_EQ(watch("file/x", IN_OPEN), -ENOTDIR);
	CHECK_EQ(watch("", IN_OPEN), -ENOENT);
	CHECK_EQ(watch((const char *)8, IN_OPEN), -EFAULT);
	CHECK_EQ(watch("file", 0), -EINVAL);
	CHECK_EQ(watch("file", 0x1000), -EINVAL);
	CHECK_EQ(watch("none", 0x1000), -EINVAL);
	CHECK_EQ(watch("file", IN_OPEN | IN_ONLYDIR), -ENOTDIR);
	CHECK_EQ(watch("file", IN_OPEN | 0x30000000), -EINVAL); /* add and create */
	CHECK_EQ(sys_call3(SYS_inotify_add_watch, 99, (long)"none", IN_OPEN), -EBADF);
	CHECK_EQ(sys_call3(SYS_inotify_add_watch, 99, (long)"none", 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_inotify_add_watch, 1, (long)"none", IN_OPEN), -EINVAL);
	CHECK_EQ(sys_call3(SYS_inotify_rm_watch, 99, 1, 0), -EBADF);
	CHECK_EQ(sys_call3(SYS_inotify_rm_watch, 1, 1, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_inotify_rm_watch, queue, 1, 0), -EINVAL);
	CHECK_EQ(sys_write(queue, "x", 1), -EBADF);
	CHECK_EQ(sys_call3(SYS_lseek, queue, 0, SEEK_SET), 0);
}

static void changed(void)
{
	begin();
	CHECK_EQ(watch("file", IN_OPEN), 1);
	CHECK_EQ(watch("file", IN_CLOSE_NOWRITE | IN_MASK_ADD), 1);
	sys_close(open_file("file", O_RDONLY));
	told("1 OPEN, 1 CLOSE_NOWRITE");
	CHECK_EQ(watch("file", IN_CLOSE_NOWRITE), 1);
	sys_close(open_file("file", O_RDONLY));
	told("1 CLOSE_NOWRITE");
	CHECK_EQ(watch("file", IN_OPEN | 0x10000000), -EEXIST);
	CHECK_EQ(watch("dir", IN_OPEN | 0x10000000), 2);
	CHECK_EQ(sys_call3(SYS_link, (long)"file", (long)"more", 0), 0);
	CHECK_EQ(watch("more", IN_OPEN), 1); /* the file, not the name */
	CHECK_EQ(sys_call3(SYS_inotify_rm_watch, queue, 1, 0), 0);
	told("1 IGNORED");
	sys_close(open_file("file", O_RDONLY));
	told("");
	CHECK_EQ(watch("file", IN_OPEN), 3);
}

static void once(void)
{
	begin();
	CHECK_EQ(watch("file", IN_OPEN | IN_ONESHOT), 1);
	CHECK_EQ(watch(".", IN_OPEN | IN_ONESHOT), 2);
	sys_close(open_file("file", O_RDONLY));
	sys_close(open_file("file", O_RDONLY));
	told("2 OPEN file, 2 IGNORED, 1 OPEN, 1 IGNORED");
	CHECK_EQ(sys_call3(SYS_inotify_rm_watch, queue, 1, 0), -EINVAL);
}

static void links_followed(void)
{
	begin();
	CHECK_EQ(sys_call3(SYS_symlink, (long)"file", (long)"link", 0), 0);
	CHECK_EQ(watch("link", IN_ALL_EVENTS), 1);
	CHECK_EQ(watch("file", IN_ALL_EVENTS), 1);
	CHECK_EQ(watch("link", IN_ALL_EVENTS | IN_DONT_FOLLOW), 2);
	CHECK_EQ(watch("link", IN_ALL_EVENTS | IN_DONT_FOLLOW | IN_ONLYDIR), -ENOTDIR);
	unlink_file("link");
	told("2 ATTRIB, 2 DELETE_SELF, 2 IGNORED");
}

static void unlinked_ones(void)
{
	int fd;

	begin();
	CHECK_EQ(watch(".", IN_ALL_EVENTS | IN_EXCL_UNLINK), 1);
	fd = open_file("file", O_RDWR);
	unlink_file("file");
	told("1 OPEN file, 1 DELETE file");
	CHECK_EQ(sys_write(fd, "x", 1), 1);
	sys_close(fd);
	told("");
}

static void as_user(void)
{
	CHECK_EQ(sys_call3(SYS_setresuid, 1000, 1000, 1000), 0);
	CHECK_EQ(watch("secret", IN_OPEN), -EACCES);
	CHECK_EQ(watch("secret", 0), -EINVAL);
	CHECK_EQ(watch("file", IN_OPEN), 2);
	CHECK_EQ(watch("closed/file", IN_OPEN), -EACCES);
}

static void permitted(void)
{
	begin();
	if (sys_call0(SYS_getuid) != 0)
		skip("this needs user 0");
	touch("secret");
	CHECK_EQ(sys_call3(SYS_chmod, (long)"secret", 0200, 0), 0);
	CHECK_EQ(sys_call3(SYS_mkdir, (long)"closed", 0600, 0), 0);
	CHECK_EQ(watch("secret", IN_OPEN), 1);
	expect_exit(spawn(as_user), 0);
}

static void two_queues(void)
{
	int first;

	begin();
	first = queue;
	CHECK_EQ(watch("file", IN_OPEN), 1);
	queue = (int)sys_call3(SYS_inotify_init1, IN_NONBLOCK, 0, 0);
	CHECK_EQ(watch("file", IN_CLOSE), 1);
	sys_close(open_file("file", O_RDONLY));
	told("1 CLOSE_NOWRITE");
	sys_close(queue);
	queue = first;
	told("1 OPEN");
	sys_close(open_file("file", O_RDONLY));
	told("1 OPEN");
}

static void many_instances(void)
{
	long fd = 0;
	int count = 0;

	if (on_host)
		skip("others may have instances");
	while ((fd = sys_call3(SYS_inotify_init1, 0, 0, 0)) >= 0)
		count++;
	CHECK_EQ(fd, -EMFILE);
	CHECK_EQ(count, 128);
}

/* What is made from something else: no name, or a name that is a number. */
static void unnamed(void)
{
	struct stat status;
	int fd;

	begin();
	CHECK_EQ(watch(".", IN_ALL_EVENTS), 1);
	fd = (int)sys_call3(SYS_open, (long)".", O_TMPFILE | O_RDWR, 0600);
	if (fd == -EOPNOTSUPP)
		skip("no unnamed files here");
	CHECK_EQ(sys_call3(SYS_fstat, fd, (long)&status, 0), 0);
	CHECK_EQ(sys_write(fd, "x", 1), 1);
	sys_close(fd);
	char bytes[512];
	CHECK_EQ(sys_read(queue, bytes, sizeof(bytes)) % 32, 0);
	CHECK_EQ(bytes[16], '#');
}

static const struct test_case cases[] = {
	CASE("what is refused", refused),
	CASE("a watch is changed, and removed", changed),
	CASE("for one event", once),
	CASE("symbolic links", links_followed),
	CASE("not what is unlinked", unlinked_ones),
	CASE("permissions", permitted),
	CASE("two queues", two_queues),
	CASE("so many instances", many_instances),
	CASE("files without a name", unnamed),
};
TEST_SUITE(watches, cases);
