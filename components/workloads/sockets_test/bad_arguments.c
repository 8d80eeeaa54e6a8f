/* bad_arguments: what is no socket, no type, no memory. */
#include <sys/mman.h>

#include "sockets_test.h"

static void kinds(void)
{
	int fds[2];

	CHECK_EQ(sys_call3(SYS_socket, AF_UNIX, 4, 0), -ESOCKTNOSUPPORT);
	CHECK_EQ(sys_call3(SYS_socket, AF_UNIX, 11, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_socket, AF_UNIX, SOCK_STREAM | 0x100, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_socket, AF_UNIX, SOCK_STREAM, 2), -EPROTONOSUPPORT);
	CHECK(sys_call3(SYS_socket, AF_UNIX, SOCK_STREAM, 1) >= 0);
	CHECK_EQ(sys_call3(SYS_socket, 99, SOCK_STREAM, 0), -EAFNOSUPPORT);
	CHECK_EQ(sys_call3(SYS_socket, -1, SOCK_STREAM, 0), -EAFNOSUPPORT);
	CHECK_EQ(sys_call3(SYS_socket, 25, SOCK_STREAM, 0), -EAFNOSUPPORT);
	CHECK_EQ(sys_call4(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, 8), -EFAULT);
	CHECK_EQ(sys_call4(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
			 (long)fds),
		0);
	CHECK_EQ(sys_call3(SYS_fcntl, fds[1], F_GETFD, 0), FD_CLOEXEC);
	CHECK_EQ(sys_call3(SYS_fcntl, fds[1], F_GETFL, 0), O_RDWR | O_NONBLOCK);
}

static void not_sockets(void)
{
	int ends[2];
	struct msghdr header;

	CHECK_EQ(sys_pipe(ends), 0);
	CHECK_EQ(receive(ends[0], &header, 1, 0), -ENOTSOCK);
	CHECK_EQ(send_bytes(99, "x", 1, 0), -EBADF);
	CHECK_EQ(accept_one(ends[0]), -ENOTSOCK);
	CHECK_EQ(sys_call3(SYS_listen, ends[0], 1, 0), -ENOTSOCK);
	CHECK_EQ(sys_call3(SYS_shutdown, ends[0], 0, 0), -ENOTSOCK);
	CHECK_EQ(sys_call3(SYS_sendmsg, ends[0], 8, 0), -ENOTSOCK);
	CHECK_EQ(sys_call3(SYS_recvmsg, 99, 8, 0), -EBADF);
}

static void not_memory(void)
{
	struct msghdr header = {.msg_iovlen = 1};
	char *page = map_guarded(1);
	int ends[2];

	pair(SOCK_STREAM, ends);
	CHECK_EQ(sys_write(ends[0], (void *)8, 1), -EFAULT);
	CHECK_EQ(send_bytes(ends[0], (void *)-4096L, 1, 0), -EFAULT);
	CHECK_EQ(sys_write(ends[0], page + PAGE - 3, 9), -EFAULT);
	CHECK_EQ(receive(ends[1], page, 1, MSG_DONTWAIT), -EAGAIN);
	CHECK_EQ(sys_write(ends[0], "abcdef", 6), 6);
	CHECK_EQ(receive(ends[1], (void *)8, 6, 0), -EFAULT);
	CHECK_EQ(receive(ends[1], page + PAGE - 3, 6, 0), -EFAULT);
	CHECK_EQ(receive(ends[1], page, 6, 0), 6); /* still there */
	CHECK_EQ(sys_call3(SYS_sendmsg, ends[0], 8, 0), -EFAULT);
	CHECK_EQ(sys_call3(SYS_recvmsg, ends[0], 8, 0), -EFAULT);
	CHECK_EQ(sys_call3(SYS_sendmsg, ends[0], (long)&header, 0), -EFAULT);
	header.msg_iovlen = 0;
	header.msg_namelen = ~0U;
	header.msg_name = page;
	CHECK_EQ(sys_call3(SYS_sendmsg, ends[0], (long)&header, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_sendmsg, ends[0], (long)&header, 0x80000000), -EINVAL);
}

static void lost_datagram(void)
{
	int ends[2];
	char byte;

	pair(SOCK_DGRAM, ends);
	CHECK_EQ(sys_write(ends[0], "abc", 3), 3);
	CHECK_EQ(receive(ends[1], (void *)8, 3, 0), -EFAULT);
	CHECK_EQ(receive(ends[1], &byte, 1, MSG_DONTWAIT), -EAGAIN);
}

static void streams_only(void)
{
	int ends[2];

	pair(SOCK_STREAM, ends);
	CHECK_EQ(sys_call3(SYS_lseek, ends[0], 0, 0), -ESPIPE);
	CHECK_EQ(sys_call4(SYS_pread64, ends[0], (long)ends, 1, 0), -ESPIPE);
	CHECK_EQ(sys_call3(SYS_ftruncate, ends[0], 0, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_ioctl, ends[0], 0x5401, 0), -ENOTTY);
	CHECK_EQ(sys_call6(SYS_mmap, 0, PAGE, PROT_READ, MAP_PRIVATE, ends[0], 0), -ENODEV);
}

static const struct test_case cases[] = {
	CASE("families and types", kinds),
	CASE("what is no socket", not_sockets),
	CASE("what is no memory", not_memory),
	CASE("a datagram that cannot be stored", lost_datagram),
	CASE("what sockets are not", streams_only),
};
TEST_SUITE(bad_arguments, cases);
