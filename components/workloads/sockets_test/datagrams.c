/* datagrams: each stays one piece, and has a sender. */
#define _GNU_SOURCE /* struct mmsghdr */
#include "sockets_test.h"

static struct sockaddr_un name, other;
static int length;

static int bound(char mark)
{
	int fd = (int)sock(SOCK_DGRAM);

	length = name_own(&name, mark);
	CHECK_EQ(bind_to(fd, &name, length), 0);
	return fd;
}

static void by_name(void)
{
	int to = bound('T'), from = (int)sock(SOCK_DGRAM);
	struct sockaddr_un found;
	unsigned room = sizeof(found);
	int own;
	char buf[16];

	CHECK_EQ(send_to(from, "hello", 5, 0, &name, length), 5);
	CHECK_EQ(sys_call6(SYS_recvfrom, to, (long)buf, 16, 0, (long)&found, (long)&room), 5);
	CHECK_EQ(room, 0);
	own = name_own(&other, 'F');
	CHECK_EQ(bind_to(from, &other, own), 0);
	CHECK_EQ(send_to(from, "again", 5, 0, &name, length), 5);
	room = sizeof(found);
	CHECK_EQ(sys_call6(SYS_recvfrom, to, (long)buf, 3, 0, (long)&found, (long)&room), 3);
	CHECK_EQ(room, own);
	CHECK(memcmp(&found, &other, own) == 0);
	CHECK_EQ(receive(to, buf, 16, MSG_DONTWAIT), -EAGAIN);
	CHECK_EQ(send_to(from, "", 0, 0, &name, length), 0);
	CHECK_EQ(receive(to, buf, 16, 0), 0);
	CHECK_EQ(sys_write(from, "x", 1), -ENOTCONN);
}

static void connected(void)
{
	int to = bound('T'), from = (int)sock(SOCK_DGRAM), third = (int)sock(SOCK_DGRAM);
	struct sockaddr_un none = {.sun_family = AF_UNSPEC};
	struct sockaddr_un back;
	int back_length;
	char buf[4];

	CHECK_EQ(connect_to(from, &name, length), 0);
	CHECK_EQ(sys_write(from, "x", 1), 1);
	CHECK_EQ(sys_read(to, buf, 4), 1);
	back_length = name_own(&back, 'B');
	CHECK_EQ(bind_to(from, &back, back_length), 0);
	CHECK_EQ(connect_to(to, &back, back_length), 0);
	CHECK_EQ(send_to(third, "x", 1, 0, &name, length), -EPERM);
	CHECK_EQ(connect_to(third, &name, length), -EPERM);
	CHECK_EQ(connect_to(to, &none, 2), 0);
	CHECK_EQ(send_to(third, "y", 1, 0, &name, length), 1);
	CHECK_EQ(sys_write(to, "x", 1), -ENOTCONN);
	CHECK_EQ(connect_to(third, &name, length), 0);
	sys_close(to);
	CHECK_EQ(sys_write(third, "y", 1), -ECONNREFUSED);
	CHECK_EQ(sys_write(third, "y", 1), -ENOTCONN);
}

static void as_a_pair(void)
{
	static char big[300000];
	int ends[2];
	char buf[8];

	pair(SOCK_DGRAM, ends);
	CHECK_EQ(sys_write(ends[0], "one", 3), 3);
	CHECK_EQ(sys_write(ends[0], "two", 3), 3);
	CHECK_EQ(sys_read(ends[1], buf, 2), 2);
	CHECK_EQ(sys_read(ends[1], buf, 8), 3);
	CHECK(memcmp(buf, "two", 3) == 0);
	CHECK_EQ(sys_write(ends[0], big, sizeof(big)), -EMSGSIZE);
	CHECK_EQ(sys_write(ends[0], big, 100000), 100000);
	CHECK_EQ(receive(ends[1], big, 10, MSG_TRUNC | MSG_PEEK), 100000);
	CHECK_EQ(sys_read(ends[1], big, sizeof(big)), 100000);
	CHECK_EQ(poll_now(ends[1]), POLLOUT);
	sys_close(ends[1]);
	CHECK_EQ(poll_now(ends[0]), POLLOUT);
	CHECK_EQ(sys_write(ends[0], "x", 1), -ECONNREFUSED);
}

static void full_queue(void)
{
	int to = bound('T'), from = (int)sock(SOCK_DGRAM | SOCK_NONBLOCK), sent = 0;
	long n;
	char byte;

	CHECK_EQ(connect_to(from, &name, length), 0);
	while ((n = sys_write(from, "x", 1)) == 1)
		sent++;
	CHECK_EQ(n, -EAGAIN);
	CHECK(sent > 1);
	CHECK_EQ(poll_now(from), 0);
	CHECK_EQ(sys_read(to, &byte, 1), 1);
	CHECK_EQ(poll_now(from), POLLOUT);
	CHECK_EQ(sys_write(from, "x", 1), 1);
}

static void shut(void)
{
	int ends[2];
	char byte;

	pair(SOCK_DGRAM, ends);
	CHECK_EQ(sys_call3(SYS_shutdown, ends[1], SHUT_RD, 0), 0);
	CHECK_EQ(sys_write(ends[0], "x", 1), -EPIPE);
	CHECK_EQ(sys_read(ends[1], &byte, 1), 0);
	CHECK_EQ(receive(ends[1], &byte, 1, MSG_DONTWAIT), -EAGAIN);
	CHECK_EQ(sys_call3(SYS_shutdown, ends[0], SHUT_WR, 0), 0);
	CHECK_EQ(sys_write(ends[0], "x", 1), -EPIPE);
}

static void several(void)
{
	struct mmsghdr many[3];
	struct iovec vectors[3];
	char buf[3][8];
	int ends[2];

	pair(SOCK_DGRAM, ends);
	memset(many, 0, sizeof(many));
	for (int i = 0; i < 3; i++) {
		vectors[i] = (struct iovec){"abcdef", (size_t)i + 1};
		many[i].msg_hdr.msg_iov = &vectors[i];
		many[i].msg_hdr.msg_iovlen = 1;
	}
	CHECK_EQ(sys_call4(SYS_sendmmsg, ends[0], (long)many, 2, 0), 2);
	CHECK_EQ(many[1].msg_len, 2);
	for (int i = 0; i < 3; i++)
		vectors[i] = (struct iovec){buf[i], 1};
	CHECK_EQ(sys_call6(SYS_recvmmsg, ends[1], (long)many, 3, MSG_WAITFORONE, 0, 0), 2);
	CHECK_EQ(many[0].msg_len, 1);
	CHECK_EQ(many[0].msg_hdr.msg_flags, 0);
	CHECK_EQ(many[1].msg_hdr.msg_flags, MSG_TRUNC);
	CHECK_EQ(sys_call6(SYS_recvmmsg, ends[1], (long)many, 3, MSG_DONTWAIT, 0, 0), -EAGAIN);
}

static const struct test_case cases[] = {
	CASE("by name", by_name),
	CASE("connected", connected),
	CASE("a pair", as_a_pair),
	CASE("a full queue", full_queue),
	CASE("shutdown", shut),
	CASE("sendmmsg and recvmmsg", several),
};
TEST_SUITE(datagrams, cases);
