/* options: getsockopt and setsockopt. */
#include "sockets_test.h"

static void facts(void)
{
	int fd = (int)sock(SOCK_SEQPACKET);

	CHECK_EQ(get_option(fd, SO_TYPE), SOCK_SEQPACKET);
	CHECK_EQ(get_option(fd, SO_DOMAIN), AF_UNIX);
	CHECK_EQ(get_option(fd, SO_PROTOCOL), 0);
	CHECK_EQ(get_option(fd, SO_ERROR), 0);
	CHECK_EQ(get_option(fd, SO_ACCEPTCONN), 0);
	CHECK_EQ(get_option(fd, SO_SNDLOWAT), 1);
	CHECK_EQ(set_option(fd, SO_TYPE, 1), -ENOPROTOOPT);
	CHECK_EQ(set_option(fd, SO_ERROR, 1), -ENOPROTOOPT);
	CHECK_EQ(set_option(fd, 999, 1), -ENOPROTOOPT);
	CHECK_EQ(get_option(fd, 999), -ENOPROTOOPT);
	CHECK_EQ(get_option((int)sock(SOCK_RAW), SO_TYPE), SOCK_DGRAM);
}

static void switches(void)
{
	static const int all[] = {
		SO_REUSEADDR, SO_BROADCAST, SO_KEEPALIVE, SO_OOBINLINE, SO_DONTROUTE, SO_PASSCRED};
	int fd = (int)sock(SOCK_STREAM);

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		CHECK_EQ(get_option(fd, all[i]), 0);
		CHECK_EQ(set_option(fd, all[i], 5), 0);
		CHECK_EQ(get_option(fd, all[i]), 1);
		CHECK_EQ(set_option(fd, all[i], 0), 0);
		CHECK_EQ(get_option(fd, all[i]), 0);
	}
}

static void sizes(void)
{
	int fd = (int)sock(SOCK_STREAM);

	CHECK_EQ(set_option(fd, SO_SNDBUF, 10000), 0);
	CHECK_EQ(get_option(fd, SO_SNDBUF), 20000);
	CHECK_EQ(set_option(fd, SO_SNDBUF, 1), 0);
	CHECK_EQ(get_option(fd, SO_SNDBUF), 4608);
	CHECK_EQ(set_option(fd, SO_RCVBUF, 1), 0);
	CHECK_EQ(get_option(fd, SO_RCVBUF), 2304);
	CHECK_EQ(set_option(fd, SO_RCVLOWAT, 0), 0);
	CHECK_EQ(get_option(fd, SO_RCVLOWAT), 1);
	CHECK_EQ(set_option(fd, SO_RCVLOWAT, 77), 0);
	CHECK_EQ(get_option(fd, SO_RCVLOWAT), 77);
}

static void structures(void)
{
	int linger[2] = {7, 9}, fd = (int)sock(SOCK_STREAM);
	long time[2] = {3, 500000};
	unsigned size = 8;

	CHECK_EQ(sys_call6(SYS_setsockopt, fd, SOL_SOCKET, SO_LINGER, (long)linger, 8, 0), 0);
	linger[0] = 0;
	CHECK_EQ(sys_call6(SYS_getsockopt, fd, SOL_SOCKET, SO_LINGER, (long)linger, (long)&size, 0),
		0);
	CHECK(linger[0] == 1 && linger[1] == 9 && size == 8);
	CHECK_EQ(sys_call6(SYS_setsockopt, fd, SOL_SOCKET, SO_LINGER, (long)linger, 7, 0), -EINVAL);
	CHECK_EQ(sys_call6(SYS_setsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, (long)time, 16, 0), 0);
	time[0] = 0;
	size = 16;
	CHECK_EQ(sys_call6(SYS_getsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, (long)time, (long)&size, 0),
		0);
	CHECK(time[0] == 3 && time[1] == 500000 && size == 16);
	size = 3;
	linger[0] = 0x7f7f7f7f;
	CHECK_EQ(sys_call6(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, (long)linger, (long)&size, 0),
		0);
	CHECK(size == 3 && linger[0] == 0x7f000001);
}

static void wrong(void)
{
	int fd = (int)sock(SOCK_STREAM), value = 1, minus = -1;
	unsigned size = 4;

	CHECK_EQ(sys_call6(SYS_setsockopt, fd, SOL_SOCKET, SO_KEEPALIVE, (long)&value, 3, 0),
		-EINVAL);
	CHECK_EQ(sys_call6(SYS_setsockopt, fd, SOL_SOCKET, SO_KEEPALIVE, (long)&value, -1, 0),
		-EINVAL);
	CHECK_EQ(sys_call6(SYS_setsockopt, fd, SOL_SOCKET, SO_KEEPALIVE, 8, 4, 0), -EFAULT);
	CHECK_EQ(sys_call6(SYS_setsockopt, 99, SOL_SOCKET, SO_KEEPALIVE, 8, 4, 0), -EBADF);
	CHECK_EQ(sys_call6(SYS_setsockopt, 0, SOL_SOCKET, SO_KEEPALIVE, 8, 4, 0), -ENOTSOCK);
	CHECK_EQ(sys_call6(SYS_setsockopt, fd, 6, 1, (long)&value, 4, 0), -EOPNOTSUPP);
	CHECK_EQ(sys_call6(SYS_getsockopt, fd, 6, 1, (long)&value, (long)&size, 0), -EOPNOTSUPP);
	CHECK_EQ(sys_call6(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, (long)&value, (long)&minus, 0),
		-EINVAL);
	CHECK_EQ(sys_call6(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, (long)&value, 8, 0), -EFAULT);
	CHECK_EQ(sys_call6(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, 8, (long)&size, 0), -EFAULT);
}

static const struct test_case cases[] = {
	CASE("what it is", facts),
	CASE("what is on or off", switches),
	CASE("sizes", sizes),
	CASE("structures, and half a number", structures),
	CASE("bad arguments", wrong),
};
TEST_SUITE(options, cases);
