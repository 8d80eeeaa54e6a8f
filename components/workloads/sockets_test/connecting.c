/* connecting: listen, connect, accept. */
#include "sockets_test.h"

static struct sockaddr_un name;
static int length;

static void meets(void)
{
	int server = listener(SOCK_STREAM, &name, &length, 5), client = (int)sock(SOCK_STREAM), end;
	struct sockaddr_un found;
	unsigned room = sizeof(found);
	char buf[8];

	CHECK_EQ(get_option(server, SO_ACCEPTCONN), 1);
	CHECK_EQ(poll_now(server), 0);
	CHECK_EQ(poll_now(client), POLLOUT | POLLHUP);
	CHECK_EQ(connect_to(client, &name, length), 0);
	CHECK_EQ(poll_now(server), POLLIN);
	CHECK_EQ(sys_write(client, "early", 5), 5);
	end = (int)sys_call4(SYS_accept4, server, (long)&found, (long)&room, SOCK_CLOEXEC);
	CHECK(end > 0);
	CHECK_EQ(room, 2);
	CHECK_EQ(found.sun_family, AF_UNIX);
	CHECK_EQ(sys_call3(SYS_fcntl, end, F_GETFD, 0), FD_CLOEXEC);
	CHECK_EQ(sys_read(end, buf, 8), 5);
	room = sizeof(found);
	CHECK_EQ(sys_call3(SYS_getsockname, end, (long)&found, (long)&room), 0);
	CHECK_EQ(room, length);
	CHECK(memcmp(&found, &name, length) == 0);
	room = sizeof(found);
	CHECK_EQ(sys_call3(SYS_getpeername, client, (long)&found, (long)&room), 0);
	CHECK_EQ(room, length);
	CHECK_EQ(connect_to(client, &name, length), -EISCONN);
	CHECK_EQ(connect_to(server, &name, length), -EINVAL);
}

static void wrong_states(void)
{
	int server = listener(SOCK_STREAM, &name, &length, 5), other = (int)sock(SOCK_STREAM);
	int datagram = (int)sock(SOCK_DGRAM), ends[2];
	char byte;

	CHECK_EQ(sys_read(other, &byte, 1), -EINVAL);
	CHECK_EQ(send_bytes(other, "x", 1, 0), -ENOTCONN);
	CHECK_EQ(sys_read(server, &byte, 1), -EINVAL);
	CHECK_EQ(send_bytes(server, "x", 1, 0), -ENOTCONN);
	CHECK_EQ(accept_one(other), -EINVAL);
	CHECK_EQ(accept_one(datagram), -EOPNOTSUPP);
	CHECK_EQ(sys_call3(SYS_listen, datagram, 1, 0), -EOPNOTSUPP);
	CHECK_EQ(sys_call3(SYS_listen, other, 1, 0), -EINVAL);
	CHECK_EQ(connect_to(datagram, &name, length), on_host ? -ECONNREFUSED : -ECONNREFUSED);
	pair(SOCK_STREAM, ends);
	CHECK_EQ(sys_call3(SYS_listen, ends[0], 1, 0), -EINVAL);
	CHECK_EQ(sys_call4(SYS_accept4, server, 0, 0, 4), -EINVAL);
	CHECK_EQ(send_to(ends[0], "x", 1, 0, &name, length), -EISCONN);
	CHECK_EQ(send_to(other, "x", 1, 0, &name, length), -EOPNOTSUPP);
}

static void nobody_there(void)
{
	int client = (int)sock(SOCK_STREAM), server;

	length = name_own(&name, 'N');
	CHECK_EQ(connect_to(client, &name, length), -ECONNREFUSED);
	server = (int)sock(SOCK_STREAM);
	CHECK_EQ(bind_to(server, &name, length), 0);
	CHECK_EQ(connect_to(client, &name, length), -ECONNREFUSED);
	CHECK_EQ(sys_call3(SYS_listen, server, 0, 0), 0);
	CHECK_EQ(connect_to(client, &name, length), 0);
	sys_close(server);
	client = (int)sock(SOCK_STREAM);
	CHECK_EQ(connect_to(client, &name, length), -ECONNREFUSED);
}

static void backlog(void)
{
	int server = listener(SOCK_STREAM, &name, &length, 1);

	for (int i = 0; i < 2; i++)
		CHECK_EQ(connect_to((int)sock(SOCK_STREAM | SOCK_NONBLOCK), &name, length), 0);
	CHECK_EQ(connect_to((int)sock(SOCK_STREAM | SOCK_NONBLOCK), &name, length), -EAGAIN);
	CHECK(accept_one(server) > 0);
	CHECK_EQ(connect_to((int)sock(SOCK_STREAM | SOCK_NONBLOCK), &name, length), 0);
}

static int server_;

static void accepts_later(void)
{
	sleep_ms(10);
	for (int i = 0; i < 3; i++)
		CHECK(accept_one(server_) > 0);
}

static void waits_for_room(void)
{
	server_ = listener(SOCK_STREAM, &name, &length, 0);
	CHECK_EQ(connect_to((int)sock(SOCK_STREAM), &name, length), 0);
	long pid = spawn(accepts_later);
	CHECK_EQ(connect_to((int)sock(SOCK_STREAM), &name, length), 0);
	CHECK_EQ(connect_to((int)sock(SOCK_STREAM), &name, length), 0);
	expect_exit(pid, 0);
}

static void connects_later(void)
{
	char byte = 0;
	int client = (int)sock(SOCK_SEQPACKET);

	sleep_ms(10);
	CHECK_EQ(connect_to(client, &name, length), 0);
	CHECK_EQ(sys_read(client, &byte, 1), 1);
	CHECK_EQ(byte, 'y');
}

static void waits_for_connection(void)
{
	int server = listener(SOCK_SEQPACKET, &name, &length, 5);
	long pid = spawn(connects_later);
	int end = (int)accept_one(server);

	CHECK(end > 0);
	CHECK_EQ(sys_write(end, "y", 1), 1);
	expect_exit(pid, 0);
}

static void never_accepted(void)
{
	int server = listener(SOCK_STREAM, &name, &length, 5), client = (int)sock(SOCK_STREAM);
	char byte;

	CHECK_EQ(connect_to(client, &name, length), 0);
	CHECK_EQ(sys_write(client, "x", 1), 1);
	sys_close(server);
	CHECK_EQ(poll_now(client), POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP);
	CHECK_EQ(sys_read(client, &byte, 1), -ECONNRESET);
	CHECK_EQ(sys_read(client, &byte, 1), 0);
}

static void gone_before(void)
{
	int server = listener(SOCK_STREAM, &name, &length, 5), client = (int)sock(SOCK_STREAM), end;
	char buf[4];

	CHECK_EQ(connect_to(client, &name, length), 0);
	CHECK_EQ(sys_write(client, "bye", 3), 3);
	sys_close(client);
	end = (int)accept_one(server);
	CHECK(end > 0);
	CHECK_EQ(sys_read(end, buf, 4), 3);
	CHECK_EQ(sys_read(end, buf, 4), 0);
}

static void shut_listener(void)
{
	int server = listener(SOCK_STREAM, &name, &length, 5);

	CHECK_EQ(sys_call3(SYS_shutdown, server, SHUT_RD, 0), 0);
	CHECK_EQ(accept_one(server), -EINVAL);
	CHECK_EQ(connect_to((int)sock(SOCK_STREAM), &name, length), -ECONNREFUSED);
}

static void who(void)
{
	int server = listener(SOCK_STREAM, &name, &length, 5), client = (int)sock(SOCK_STREAM);
	struct identity its = {1, 2, 3};
	unsigned size = sizeof(its);

	CHECK_EQ(sys_call6(SYS_getsockopt, client, SOL_SOCKET, SO_PEERCRED, (long)&its, (long)&size,
			 0),
		0);
	CHECK(size == 12 && its.pid == 0 && its.uid == ~0U && its.gid == ~0U);
	CHECK_EQ(connect_to(client, &name, length), 0);
	CHECK_EQ(sys_call6(SYS_getsockopt, client, SOL_SOCKET, SO_PEERCRED, (long)&its, (long)&size,
			 0),
		0);
	CHECK_EQ(its.pid, sys_getpid());
	CHECK_EQ(its.uid, sys_call0(SYS_geteuid));
	(void)server;
}

static const struct test_case cases[] = {
	CASE("two meet", meets),
	CASE("in the wrong state", wrong_states),
	CASE("nobody there", nobody_there),
	CASE("the backlog", backlog),
	CASE("room in it is waited for", waits_for_room),
	CASE("a connection is waited for", waits_for_connection),
	CASE("one that is never accepted", never_accepted),
	CASE("one that is accepted too late", gone_before),
	CASE("a listener that was shut", shut_listener),
	CASE("SO_PEERCRED", who),
};
TEST_SUITE(connecting, cases);
