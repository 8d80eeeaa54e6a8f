/* events: what is told of each thing that can be done to a file. */
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "inotify_test.h"

#ifndef SYS_copy_file_range
#define SYS_copy_file_range 326
#endif

static char buf[4096];

/* Watches 1: the folder; 2: `file`; 3: `dir`. */
static void begin_watching(void)
{
	begin();
	CHECK_EQ(watch(".", IN_ALL_EVENTS), 1);
	CHECK_EQ(watch("file", IN_ALL_EVENTS), 2);
	CHECK_EQ(watch("dir", IN_ALL_EVENTS), 3);
}

static void reads_and_writes(void)
{
	struct {
		void *base;
		size_t length;
	} vector[2] = {{buf, 2}, {buf + 2, 2}};
	int fd;

	begin_watching();
	fd = open_file("file", O_RDWR);
	told("1 OPEN file, 2 OPEN");
	CHECK_EQ(sys_read(fd, buf, 3), 3);
	told("1 ACCESS file, 2 ACCESS");
	CHECK_EQ(sys_read(fd, buf, 0), 0);
	CHECK_EQ(sys_read(fd, (void *)8, 3), -EFAULT);
	told("");
	CHECK_EQ(sys_call4(SYS_pread64, fd, (long)buf, 1, 0), 1);
	CHECK_EQ(sys_call3(SYS_readv, fd, (long)vector, 2), 3);
	CHECK_EQ(sys_read(fd, buf, 3), 0);
	told("1 ACCESS file, 2 ACCESS, 1 ACCESS file, 2 ACCESS");
	CHECK_EQ(sys_write(fd, "x", 1), 1);
	told("1 MODIFY file, 2 MODIFY");
	CHECK_EQ(sys_call4(SYS_pwrite64, fd, (long)"y", 1, 100), 1);
	CHECK_EQ(sys_call3(SYS_writev, fd, (long)vector, 2), 4);
	CHECK_EQ(sys_write(fd, (void *)8, 1), -EFAULT);
	told("1 MODIFY file, 2 MODIFY, 1 MODIFY file, 2 MODIFY");
	sys_close(fd);
	told("1 CLOSE_WRITE file, 2 CLOSE_WRITE");
	fd = open_file("file", O_RDONLY);
	sys_close(fd);
	told("1 OPEN file, 2 OPEN, 1 CLOSE_NOWRITE file, 2 CLOSE_NOWRITE");
	sys_close(open_file("file", O_PATH));
	CHECK_EQ(sys_call3(SYS_open, (long)"file", O_DIRECTORY, 0), -ENOTDIR);
	told("");
}

static void last_close(void)
{
	int fd, other;

	begin_watching();
	fd = open_file("file", O_WRONLY);
	other = (int)sys_call3(SYS_dup, fd, 0, 0);
	told("1 OPEN file, 2 OPEN");
	sys_close(fd);
	told("");
	sys_close(other);
	told("1 CLOSE_WRITE file, 2 CLOSE_WRITE");
}

static void sizes(void)
{
	int fd;

	begin_watching();
	CHECK_EQ(sys_call3(SYS_truncate, (long)"file", 3, 0), 0);
	told("1 MODIFY file, 2 MODIFY");
	CHECK_EQ(sys_call3(SYS_truncate, (long)"file", 3, 0), 0); /* though it was */
	told("1 MODIFY file, 2 MODIFY");
	fd = open_file("file", O_WRONLY | O_TRUNC);
	told("1 OPEN file, 2 OPEN, 1 MODIFY file, 2 MODIFY");
	CHECK_EQ(sys_call3(SYS_ftruncate, fd, 10, 0), 0);
	told("1 MODIFY file, 2 MODIFY");
	if (sys_call4(SYS_fallocate, fd, 0, 0, 100) == 0)
		told("1 MODIFY file, 2 MODIFY");
	sys_close(fd);
	told("1 CLOSE_WRITE file, 2 CLOSE_WRITE");
	fd = open_file("fresh", O_WRONLY | O_TRUNC | O_CREAT);
	told("1 CREATE fresh, 1 OPEN fresh");
}

static void copies(void)
{
	int in, out;

	begin_watching();
	in = open_file("file", O_RDONLY);
	out = open_file("to", O_WRONLY | O_CREAT);
	told("1 OPEN file, 2 OPEN, 1 CREATE to, 1 OPEN to");
	CHECK_EQ(sys_call4(SYS_sendfile, out, in, 0, 3), 3);
	told("1 ACCESS file, 2 ACCESS, 1 MODIFY to");
	CHECK_EQ(sys_call6(SYS_copy_file_range, in, 0, out, 0, 3, 0), 3);
	told("1 ACCESS file, 2 ACCESS, 1 MODIFY to");
	CHECK_EQ(sys_call4(SYS_sendfile, out, in, 0, 3), 0);
	told("");
}

static void set_times(long first, long second)
{
	struct timespec times[2] = {{7, first}, {7, second}};

	CHECK_EQ(sys_call4(SYS_utimensat, AT_FDCWD, (long)"file", (long)times, 0), 0);
}

static void attributes(void)
{
	begin_watching();
	CHECK_EQ(sys_call3(SYS_chmod, (long)"file", 0600, 0), 0);
	told("1 ATTRIB file, 2 ATTRIB");
	CHECK_EQ(sys_call3(SYS_chmod, (long)"dir", 0700, 0), 0);
	told("1 ATTRIB|ISDIR dir, 3 ATTRIB|ISDIR");
	CHECK_EQ(sys_call3(SYS_chown, (long)"file", -1, -1), 0);
	CHECK_EQ(sys_call3(SYS_chown, (long)"dir", -1, -1), 0);
	told("");
	CHECK_EQ(sys_call3(SYS_chown, (long)"file", sys_call0(SYS_getuid), -1), 0);
	told("1 ATTRIB file, 2 ATTRIB");
	set_times(7, 7);
	told("1 ATTRIB file, 2 ATTRIB");
	set_times(7, UTIME_OMIT);
	told("1 ACCESS file, 2 ACCESS");
	set_times(UTIME_OMIT, 7);
	told("1 MODIFY file, 2 MODIFY");
	set_times(UTIME_OMIT, UTIME_OMIT);
	told("");
	CHECK_EQ(sys_call3(SYS_chmod, (long)"file", 04755, 0), 0);
	told("1 ATTRIB file, 2 ATTRIB");
	CHECK_EQ(sys_call3(SYS_chown, (long)"file", -1, -1), 0);
	told("1 ATTRIB file, 2 ATTRIB");
}

static void links(void)
{
	begin_watching();
	CHECK_EQ(sys_call3(SYS_link, (long)"file", (long)"more", 0), 0);
	told("2 ATTRIB, 1 CREATE more");
	unlink_file("more");
	told("2 ATTRIB, 1 DELETE more");
	CHECK_EQ(sys_call3(SYS_symlink, (long)"nowhere", (long)"link", 0), 0);
	CHECK_EQ(sys_call3(SYS_mknod, (long)"fifo", S_IFIFO | 0600, 0), 0);
	CHECK_EQ(sys_call3(SYS_mkdir, (long)"d", 0777, 0), 0);
	told("1 CREATE link, 1 CREATE fifo, 1 CREATE|ISDIR d");
	CHECK_EQ(sys_call3(SYS_mkdir, (long)"d", 0777, 0), -EEXIST);
	CHECK_EQ(sys_call3(SYS_rmdir, (long)"d", 0, 0), 0);
	told("1 DELETE|ISDIR d");
}

/* A name by which it is opened, and not its link, is what is told. */
static void by_its_name(void)
{
	begin();
	CHECK_EQ(sys_call3(SYS_link, (long)"file", (long)"dir/other", 0), 0);
	CHECK_EQ(watch(".", IN_OPEN), 1);
	CHECK_EQ(watch("dir", IN_OPEN), 2);
	sys_close(open_file("file", O_RDONLY));
	sys_close(open_file("dir/other", O_RDONLY));
	told("1 OPEN file, 2 OPEN other");
}

static void a_socket(void)
{
	struct sockaddr_un name = {AF_UNIX, "socket"};
	int fd = (int)sys_call3(SYS_socket, AF_UNIX, SOCK_STREAM, 0);

	begin_watching();
	CHECK_EQ(sys_call3(SYS_bind, fd, (long)&name, sizeof(name)), 0);
	told("1 CREATE socket");
}

static void a_fifo(void)
{
	int fd;

	begin();
	CHECK_EQ(sys_call3(SYS_mknod, (long)"fifo", S_IFIFO | 0600, 0), 0);
	CHECK_EQ(watch(".", IN_ALL_EVENTS), 1);
	CHECK_EQ(watch("fifo", IN_ALL_EVENTS), 2);
	fd = open_file("fifo", O_RDWR);
	CHECK_EQ(sys_write(fd, "abc", 3), 3);
	CHECK_EQ(sys_read(fd, buf, 4096), 3);
	sys_close(fd);
	told("1 OPEN fifo, 2 OPEN, 2 MODIFY, 2 ACCESS, 1 CLOSE_WRITE fifo, 2 CLOSE_WRITE");
	CHECK_EQ(sys_call3(SYS_open, (long)"fifo", O_WRONLY | O_NONBLOCK, 0), -ENXIO);
	told("");
}

static void lists(void)
{
	int fd;

	begin_watching();
	fd = open_file("dir", O_RDONLY);
	told("1 OPEN|ISDIR dir, 3 OPEN|ISDIR");
	CHECK(sys_call3(SYS_getdents64, fd, (long)buf, sizeof(buf)) > 0);
	CHECK_EQ(sys_call3(SYS_getdents64, fd, (long)buf, sizeof(buf)), 0);
	told("1 ACCESS|ISDIR dir, 3 ACCESS|ISDIR, 1 ACCESS|ISDIR dir, 3 ACCESS|ISDIR");
	sys_close(fd);
	told("1 CLOSE_NOWRITE|ISDIR dir, 3 CLOSE_NOWRITE|ISDIR");
}

static void renames(void)
{
	begin_watching();
	rename_file("file", "f2");
	told("1 MOVED_FROM file, 1 MOVED_TO f2 =, 2 MOVE_SELF");
	rename_file("f2", "dir/f");
	told("1 MOVED_FROM f2, 3 MOVED_TO f =, 2 MOVE_SELF");
	rename_file("dir/f", "dir/f");
	told("");
	touch("old");
	CHECK_EQ(watch("old", IN_ALL_EVENTS), 4);
	told("1 CREATE old, 1 OPEN old, 1 CLOSE_WRITE old");
	rename_file("dir/f", "old");
	told("3 MOVED_FROM f, 1 MOVED_TO old =, 4 ATTRIB, 2 MOVE_SELF, 4 DELETE_SELF, 4 IGNORED");
	rename_file("dir", "d2");
	told("1 MOVED_FROM|ISDIR dir, 1 MOVED_TO|ISDIR d2 =, 3 MOVE_SELF");
	sys_close(open_file("d2/inner", O_RDONLY));
	told("3 OPEN inner, 3 CLOSE_NOWRITE inner");
	sys_close(open_file("old", O_RDONLY));
	told("1 OPEN old, 2 OPEN, 1 CLOSE_NOWRITE old, 2 CLOSE_NOWRITE");
}

static void exchanges(void)
{
	begin_watching();
	CHECK_EQ(sys_call6(SYS_renameat2, AT_FDCWD, (long)"file", AT_FDCWD, (long)"dir", 2, 0), 0);
	told("1 MOVED_FROM file, 1 MOVED_TO dir =, 2 MOVE_SELF, "
	     "1 MOVED_FROM|ISDIR dir, 1 MOVED_TO|ISDIR file =, 3 MOVE_SELF");
}

static void removals(void)
{
	int fd;

	begin_watching();
	fd = open_file("file", O_RDWR);
	told("1 OPEN file, 2 OPEN");
	unlink_file("file");
	told("2 ATTRIB, 1 DELETE file");
	CHECK_EQ(sys_write(fd, "x", 1), 1);
	CHECK_EQ(sys_call3(SYS_fchmod, fd, 0600, 0), 0);
	told("1 MODIFY file, 2 MODIFY, 1 ATTRIB file, 2 ATTRIB");
	sys_close(fd);
	told("1 CLOSE_WRITE file, 2 CLOSE_WRITE, 2 DELETE_SELF, 2 IGNORED");
	unlink_file("dir/inner");
	CHECK_EQ(sys_call3(SYS_rmdir, (long)"dir", 0, 0), 0);
	told("3 DELETE inner, 3 DELETE_SELF, 3 IGNORED, 1 DELETE|ISDIR dir");
	touch("file");
	CHECK_EQ(watch("file", IN_ALL_EVENTS), 4); /* numbers do not come back */
	told("1 CREATE file, 1 OPEN file, 1 CLOSE_WRITE file");
	unlink_file("file");
	told("4 ATTRIB, 4 DELETE_SELF, 4 IGNORED, 1 DELETE file");
	CHECK_EQ(sys_call3(SYS_inotify_rm_watch, queue, 4, 0), -EINVAL);
}

/* The second link keeps the file, and the watch. */
static void linked_twice(void)
{
	begin();
	CHECK_EQ(sys_call3(SYS_link, (long)"file", (long)"more", 0), 0);
	CHECK_EQ(watch("file", IN_ALL_EVENTS), 1);
	unlink_file("file");
	sys_close(open_file("more", O_RDONLY));
	told("1 ATTRIB, 1 OPEN, 1 CLOSE_NOWRITE");
	unlink_file("more");
	told("1 ATTRIB, 1 DELETE_SELF, 1 IGNORED");
}

static void unmounts(void)
{
	begin();
	if (on_host)
		skip("this would mount something");
	CHECK_EQ(sys_call6(SYS_mount, (long)"x", (long)"dir", (long)"tmpfs", 0, 0, 0), 0);
	touch("dir/a");
	CHECK_EQ(watch("dir", IN_ALL_EVENTS), 1);
	CHECK_EQ(watch("dir/a", IN_ALL_EVENTS), 2);
	CHECK_EQ(sys_call3(SYS_umount2, (long)"dir", 0, 0), 0);
	told("1 UNMOUNT, 1 IGNORED, 2 UNMOUNT, 2 IGNORED");
	sys_close(open_file("dir", O_RDONLY));
	told("");
}

static const struct test_case cases[] = {
	CASE("reading and writing", reads_and_writes),
	CASE("only the last descriptor closes", last_close),
	CASE("sizes", sizes),
	CASE("copies inside", copies),
	CASE("attributes and times", attributes),
	CASE("names come and go", links),
	CASE("the name that it was opened by", by_its_name),
	CASE("a socket", a_socket),
	CASE("a FIFO", a_fifo),
	CASE("directories are read", lists),
	CASE("moving", renames),
	CASE("two change places", exchanges),
	CASE("removed, and gone", removals),
	CASE("as long as there is a link", linked_twice),
	CASE("a file system goes", unmounts),
};
TEST_SUITE(events, cases);
