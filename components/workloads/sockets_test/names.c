/* names: paths, abstract names, and names that the kernel chooses. */
#include <sys/stat.h>

#include "sockets_test.h"

#define PATH "/tmp/sockets_test.socket"

static struct sockaddr_un path_name = {AF_UNIX, PATH};

#define PATH_LENGTH (2 + sizeof(PATH))

static void in_the_tree(void)
{
	struct sockaddr_un found;
	unsigned room = sizeof(found);
	struct stat status;
	int server = (int)sock(SOCK_STREAM), client;

	sys_call3(SYS_unlink, (long)PATH, 0, 0);
	CHECK_EQ(bind_to(server, &path_name, PATH_LENGTH - 1), 0);
	CHECK_EQ(sys_call3(SYS_getsockname, server, (long)&found, (long)&room), 0);
	CHECK_EQ(room, PATH_LENGTH);
	CHECK_EQ(sys_call3(SYS_stat, (long)PATH, (long)&status, 0), 0);
	CHECK_EQ(status.st_mode & S_IFMT, S_IFSOCK);
	CHECK_EQ(bind_to((int)sock(SOCK_STREAM), &path_name, PATH_LENGTH), -EADDRINUSE);
	CHECK_EQ(bind_to(server, &path_name, PATH_LENGTH), -EADDRINUSE);
	CHECK_EQ(sys_call3(SYS_listen, server, 3, 0), 0);
	client = (int)sock(SOCK_STREAM);
	CHECK_EQ(connect_to(client, &path_name, sizeof(path_name)), 0);
	CHECK_EQ(connect_to((int)sock(SOCK_DGRAM), &path_name, PATH_LENGTH), -EPROTOTYPE);
	CHECK_EQ(sys_call3(SYS_open, (long)PATH, O_RDWR, 0), -ENXIO);
	sys_close(server);
	CHECK_EQ(connect_to((int)sock(SOCK_STREAM), &path_name, PATH_LENGTH), -ECONNREFUSED);
	CHECK_EQ(sys_call3(SYS_unlink, (long)PATH, 0, 0), 0);
	CHECK_EQ(connect_to((int)sock(SOCK_STREAM), &path_name, PATH_LENGTH), -ENOENT);
}

static void renamed(void)
{
	static struct sockaddr_un second = {AF_UNIX, PATH "2"};
	int server = (int)sock(SOCK_DGRAM), client = (int)sock(SOCK_DGRAM);

	sys_call3(SYS_unlink, (long)PATH, 0, 0);
	sys_call3(SYS_unlink, (long)second.sun_path, 0, 0);
	CHECK_EQ(bind_to(server, &path_name, PATH_LENGTH), 0);
	CHECK_EQ(sys_call3(SYS_rename, (long)PATH, (long)second.sun_path, 0), 0);
	CHECK_EQ(connect_to(client, &path_name, PATH_LENGTH), -ENOENT);
	CHECK_EQ(connect_to(client, &second, PATH_LENGTH + 1), 0);
	CHECK_EQ(sys_call3(SYS_unlink, (long)second.sun_path, 0, 0), 0);
	CHECK_EQ(sys_write(client, "x", 1), 1);
}

static void no_socket(void)
{
	static struct sockaddr_un none = {AF_UNIX, "/tmp/sockets_test.none/x"};
	static struct sockaddr_un directory = {AF_UNIX, "/tmp"};

	CHECK_EQ(connect_to((int)sock(SOCK_STREAM), &directory, 7), -ECONNREFUSED);
	CHECK_EQ(connect_to((int)sock(SOCK_STREAM), &none, sizeof(none)), -ENOENT);
	CHECK_EQ(bind_to((int)sock(SOCK_STREAM), &none, sizeof(none)), -ENOENT);
	CHECK_EQ(bind_to((int)sock(SOCK_STREAM), &directory, sizeof(directory)), -EADDRINUSE);
}

static void abstract(void)
{
	struct sockaddr_un name;
	int length = name_own(&name, 'A'), one = (int)sock(SOCK_STREAM);

	CHECK_EQ(bind_to(one, &name, length), 0);
	CHECK_EQ(bind_to(one, &name, length), -EINVAL);
	CHECK_EQ(bind_to((int)sock(SOCK_STREAM), &name, length), -EADDRINUSE);
	CHECK_EQ(bind_to((int)sock(SOCK_DGRAM), &name, length), 0);
	CHECK_EQ(bind_to((int)sock(SOCK_STREAM), &name, length + 1), 0);
	sys_close(one);
	CHECK_EQ(bind_to((int)sock(SOCK_STREAM), &name, length), 0);
}

static void chosen(void)
{
	struct sockaddr_un found = {.sun_family = AF_UNIX};
	unsigned room = sizeof(found);
	int fd = (int)sock(SOCK_STREAM);

	CHECK_EQ(sys_call3(SYS_getsockname, fd, (long)&found, (long)&room), 0);
	CHECK_EQ(room, 2);
	CHECK_EQ(bind_to(fd, &found, 2), 0);
	room = sizeof(found);
	CHECK_EQ(sys_call3(SYS_getsockname, fd, (long)&found, (long)&room), 0);
	CHECK_EQ(room, 8);
	CHECK_EQ(found.sun_path[0], 0);
	for (int i = 1; i < 6; i++)
		CHECK(strchr("0123456789abcdef", found.sun_path[i]) != NULL);
	CHECK_EQ(bind_to(fd, &found, 2), 0);
	CHECK_EQ(bind_to(fd, &found, 8), -EINVAL);
}

static void wrong(void)
{
	struct sockaddr_un name = {AF_UNIX, "x"};
	struct sockaddr_storage big = {.ss_family = AF_UNIX};
	int fd = (int)sock(SOCK_STREAM);

	CHECK_EQ(bind_to(fd, &name, 1), -EINVAL);
	CHECK_EQ(bind_to(fd, &name, 111), -EINVAL);
	CHECK_EQ(bind_to(fd, (void *)&big, 129), -EINVAL);
	CHECK_EQ(bind_to(fd, &name, -1), -EINVAL);
	CHECK_EQ(bind_to(fd, (void *)8, 20), -EFAULT);
	name.sun_family = AF_INET;
	CHECK_EQ(bind_to(fd, &name, 20), -EINVAL);
	CHECK_EQ(connect_to(fd, &name, 20), -EINVAL);
	CHECK_EQ(connect_to(fd, &name, 2), -EINVAL);
	CHECK_EQ(connect_to(fd, &name, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_getpeername, fd, (long)&name, 8), -ENOTCONN);
	CHECK_EQ(sys_call3(SYS_getsockname, fd, (long)&name, 8), -EFAULT);
	int minus = -1;
	CHECK_EQ(sys_call3(SYS_getsockname, fd, (long)&name, (long)&minus), -EINVAL);
	CHECK_EQ(bind_to(0, &name, 20), -ENOTSOCK);
	CHECK_EQ(bind_to(99, &name, 20), -EBADF);
}

static const struct test_case cases[] = {
	CASE("a path", in_the_tree),
	CASE("one that is renamed", renamed),
	CASE("paths of other things", no_socket),
	CASE("abstract names", abstract),
	CASE("names that the kernel chooses", chosen),
	CASE("bad addresses", wrong),
};
TEST_SUITE(names, cases);
