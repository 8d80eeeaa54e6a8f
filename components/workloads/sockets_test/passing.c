/* passing: descriptors and credentials that go along with the bytes. */
#include "sockets_test.h"

#define ROOM 256

/* What is sent or received, with its control messages. */
static struct {
	struct msghdr header;
	struct iovec vector;
	char bytes[16];
	union {
		char room[ROOM];
		struct cmsghdr align;
	} control;
} m;

static int ends[2];

static void prepare(long n, long control)
{
	memset(&m, 0, sizeof(m));
	memcpy(m.bytes, "abcdefghijklmno", 16);
	m.vector = (struct iovec){m.bytes, (size_t)n};
	m.header.msg_iov = &m.vector;
	m.header.msg_iovlen = 1;
	m.header.msg_control = control ? &m.control : NULL;
	m.header.msg_controllen = (size_t)control;
}

/* Sends `n` bytes with `count` times the descriptor. */
static long send_rights(int fd, long n, int passed, int count)
{
	prepare(n, CMSG_SPACE(count * sizeof(int)));
	m.control.align.cmsg_len = CMSG_LEN(count * sizeof(int));
	m.control.align.cmsg_level = SOL_SOCKET;
	m.control.align.cmsg_type = SCM_RIGHTS;
	for (int i = 0; i < count; i++)
		memcpy(m.control.room + 16 + i * 4, &passed, 4);
	return sys_call3(SYS_sendmsg, fd, (long)&m.header, MSG_NOSIGNAL);
}

static long receive_message(int fd, long n, long control, int flags)
{
	prepare(n, control);
	return sys_call3(SYS_recvmsg, fd, (long)&m.header, flags);
}

static int passed_fd(int which)
{
	int fd;

	memcpy(&fd, m.control.room + 16 + which * 4, 4);
	return fd;
}

static void one(void)
{
	int channel[2];
	char byte = 0;

	pair(SOCK_STREAM, ends);
	CHECK_EQ(sys_pipe(channel), 0);
	CHECK_EQ(send_rights(ends[0], 3, channel[0], 1), 3);
	sys_close(channel[0]);
	CHECK_EQ(sys_write(channel[1], "x", 1), 1);
	CHECK_EQ(receive_message(ends[1], 16, ROOM, MSG_CMSG_CLOEXEC), 3);
	CHECK_EQ(m.header.msg_controllen, 24);
	CHECK_EQ(m.control.align.cmsg_len, 20);
	CHECK_EQ(m.control.align.cmsg_level, SOL_SOCKET);
	CHECK_EQ(m.control.align.cmsg_type, SCM_RIGHTS);
	CHECK_EQ(m.header.msg_flags, MSG_CMSG_CLOEXEC);
	CHECK_EQ(sys_call3(SYS_fcntl, passed_fd(0), F_GETFD, 0), FD_CLOEXEC);
	CHECK_EQ(sys_read(passed_fd(0), &byte, 1), 1);
	sys_close(passed_fd(0));
	CHECK_EQ(send_bytes(channel[1], "x", 1, 0), -ENOTSOCK);
	CHECK_EQ(set_action(SIGPIPE, note_signal, 0), 0);
	CHECK_EQ(sys_write(channel[1], "x", 1), -EPIPE);
}

static void borders(void)
{
	pair(SOCK_STREAM, ends);
	CHECK_EQ(sys_write(ends[0], "ab", 2), 2);
	CHECK_EQ(send_rights(ends[0], 2, ends[0], 1), 2);
	CHECK_EQ(sys_write(ends[0], "cd", 2), 2);
	CHECK_EQ(receive_message(ends[1], 16, ROOM, 0), 4); /* up to where descriptors were */
	CHECK_EQ(m.header.msg_controllen, 24);
	CHECK_EQ(receive_message(ends[1], 16, ROOM, 0), 2);
	CHECK_EQ(m.header.msg_controllen, 0);
}

static void no_room(void)
{
	pair(SOCK_DGRAM, ends);
	CHECK_EQ(send_rights(ends[0], 1, ends[0], 3), 1);
	CHECK_EQ(receive_message(ends[1], 16, 24, 0), 1);
	CHECK_EQ(m.header.msg_flags, MSG_CTRUNC);
	CHECK_EQ(m.control.align.cmsg_len, 24);
	CHECK_EQ(m.header.msg_controllen, 24);
	CHECK_EQ(passed_fd(1), passed_fd(0) + 1);
	CHECK_EQ(send_rights(ends[0], 1, ends[0], 3), 1);
	CHECK_EQ(receive_message(ends[1], 16, 0, 0), 1);
	CHECK_EQ(m.header.msg_flags, MSG_CTRUNC);
	CHECK_EQ(send_rights(ends[0], 1, ends[0], 3), 1);
	CHECK_EQ(receive_message(ends[1], 16, 15, 0), 1);
	CHECK_EQ(m.header.msg_flags, MSG_CTRUNC);
	CHECK_EQ(m.header.msg_controllen, 0);
	CHECK_EQ(send_rights(ends[0], 1, ends[0], 1), 1);
	CHECK_EQ(receive(ends[1], m.bytes, 16, 0), 1);
}

static void peeked(void)
{
	int first;

	pair(SOCK_DGRAM, ends);
	CHECK_EQ(send_rights(ends[0], 1, ends[0], 1), 1);
	CHECK_EQ(receive_message(ends[1], 16, ROOM, MSG_PEEK), 1);
	first = passed_fd(0);
	CHECK_EQ(receive_message(ends[1], 16, ROOM, 0), 1);
	CHECK_EQ(passed_fd(0), first + 1);
	CHECK_EQ(sys_close(first), 0);
}

static void refused(void)
{
	pair(SOCK_DGRAM, ends);
	CHECK_EQ(send_rights(ends[0], 1, 77, 1), -EBADF);
	CHECK_EQ(send_rights(ends[0], 1, ends[0], 1), 1);
	m.control.align.cmsg_len = 15;
	CHECK_EQ(sys_call3(SYS_sendmsg, ends[0], (long)&m.header, 0), -EINVAL);
	m.control.align.cmsg_len = 25;
	CHECK_EQ(sys_call3(SYS_sendmsg, ends[0], (long)&m.header, 0), -EINVAL);
	m.control.align.cmsg_len = 20;
	m.control.align.cmsg_type = 77;
	CHECK_EQ(sys_call3(SYS_sendmsg, ends[0], (long)&m.header, 0), -EINVAL);
	m.control.align.cmsg_level = 77; /* others' affairs */
	CHECK_EQ(sys_call3(SYS_sendmsg, ends[0], (long)&m.header, 0), 1);
	m.header.msg_controllen = 1 << 24;
	CHECK_EQ(sys_call3(SYS_sendmsg, ends[0], (long)&m.header, 0), -ENOBUFS);
	m.header.msg_controllen = ROOM;
	m.header.msg_control = (void *)8;
	CHECK_EQ(sys_call3(SYS_sendmsg, ends[0], (long)&m.header, 0), -EFAULT);
	m.header.msg_controllen = 0;
	m.header.msg_iovlen = 1025;
	CHECK_EQ(sys_call3(SYS_sendmsg, ends[0], (long)&m.header, 0), -EMSGSIZE);
}

static void from_whom(void)
{
	struct identity its;

	pair(SOCK_STREAM, ends);
	CHECK_EQ(sys_write(ends[0], "a", 1), 1);
	CHECK_EQ(set_option(ends[1], SO_PASSCRED, 1), 0);
	CHECK_EQ(sys_write(ends[0], "b", 1), 1);
	CHECK_EQ(receive_message(ends[1], 16, ROOM, 0), 1); /* nobody asked when that was sent */
	CHECK_EQ(m.header.msg_controllen, 32);
	CHECK_EQ(m.control.align.cmsg_type, SCM_CREDENTIALS);
	memcpy(&its, m.control.room + 16, sizeof(its));
	CHECK_EQ(its.pid, 0);
	CHECK_EQ(its.uid, 65534);
	CHECK_EQ(receive_message(ends[1], 16, ROOM, 0), 1);
	memcpy(&its, m.control.room + 16, sizeof(its));
	CHECK_EQ(its.pid, sys_getpid());
	CHECK_EQ(its.uid, sys_call0(SYS_getuid));
	CHECK_EQ(sys_write(ends[0], "b", 1), 1);
	CHECK_EQ(receive_message(ends[1], 16, 20, 0), 1);
	CHECK_EQ(m.header.msg_flags, MSG_CTRUNC);
	CHECK_EQ(m.control.align.cmsg_len, 20);
}

static void given(void)
{
	struct identity its = {(int)sys_getpid(), (unsigned)sys_call0(SYS_getuid),
		(unsigned)sys_call0(SYS_getgid)};

	pair(SOCK_DGRAM, ends);
	CHECK_EQ(set_option(ends[1], SO_PASSCRED, 1), 0);
	prepare(1, CMSG_SPACE(sizeof(its)));
	m.control.align.cmsg_len = CMSG_LEN(sizeof(its));
	m.control.align.cmsg_level = SOL_SOCKET;
	m.control.align.cmsg_type = SCM_CREDENTIALS;
	memcpy(m.control.room + 16, &its, sizeof(its));
	CHECK_EQ(sys_call3(SYS_sendmsg, ends[0], (long)&m.header, 0), 1);
	m.control.align.cmsg_len--;
	CHECK_EQ(sys_call3(SYS_sendmsg, ends[0], (long)&m.header, 0), -EINVAL);
	CHECK_EQ(receive_message(ends[1], 16, ROOM, 0), 1);
	CHECK(memcmp(&its, m.control.room + 16, sizeof(its)) == 0);
}

/* Whether the other end of `fd` was closed. */
static bool has_ended(int fd)
{
	return poll_now(fd) & POLLHUP;
}

static void cycles(void)
{
	int witness[2], ring[2][2];

	pair(SOCK_STREAM, witness);
	pair(SOCK_STREAM, ring[0]);
	pair(SOCK_STREAM, ring[1]);
	CHECK_EQ(send_rights(ring[0][0], 1, witness[1], 1), 1);
	sys_close(witness[1]);
	CHECK_EQ(send_rights(ring[0][0], 1, ring[1][1], 1), 1); /* in 0's queue: 1 */
	CHECK_EQ(send_rights(ring[1][0], 1, ring[0][1], 1), 1); /* in 1's: 0 */
	sys_close(ring[0][1]);
	sys_close(ring[1][1]);
	CHECK(!has_ended(witness[0]));
	sys_close(ring[0][0]);
	sys_close(ring[1][0]);
	for (int i = 0; i < 200 && !has_ended(witness[0]); i++) {
		int more[2];

		pair(SOCK_STREAM, more); /* whose end makes Linux look */
		sys_close(more[0]);
		sys_close(more[1]);
		sleep_ms(1);
	}
	CHECK(has_ended(witness[0]));
}

static void kept_in_a_cycle(void)
{
	int witness[2], ring[2];

	pair(SOCK_STREAM, witness);
	pair(SOCK_STREAM, ring);
	CHECK_EQ(send_rights(ring[0], 1, witness[1], 1), 1);
	CHECK_EQ(send_rights(ring[0], 1, ring[1], 1), 1);
	sys_close(witness[1]);
	pair(SOCK_STREAM, ends);
	CHECK_EQ(send_rights(ends[0], 1, ring[1], 1), 1); /* somebody may still receive it */
	sys_close(ring[0]);
	sys_close(ring[1]);
	sleep_ms(5);
	CHECK(!has_ended(witness[0]));
	CHECK_EQ(receive_message(ends[1], 16, ROOM, 0), 1);
	CHECK_EQ(receive_message(passed_fd(0), 1, ROOM, 0), 1);
	CHECK(!has_ended(witness[0]));
}

static void deep(void)
{
	int before[2], next[2];

	pair(SOCK_DGRAM, before);
	for (int i = 0; i < 2000; i++) { /* one within the other */
		pair(SOCK_DGRAM, next);
		CHECK_EQ(send_rights(next[0], 1, before[1], 1), 1);
		sys_close(before[0]);
		sys_close(before[1]);
		before[0] = next[0];
		before[1] = next[1];
	}
	sys_close(before[0]);
	sys_close(before[1]);
}

static const struct test_case cases[] = {
	CASE("a descriptor", one),
	CASE("which ends a read", borders),
	CASE("too little room", no_room),
	CASE("MSG_PEEK", peeked),
	CASE("control messages that are refused", refused),
	CASE("SO_PASSCRED", from_whom),
	CASE("credentials that are given", given),
	CASE("sockets in each other's queues are found", cycles),
	CASE("but not while they can be received", kept_in_a_cycle),
	CASE("sockets in sockets in sockets", deep),
};
TEST_SUITE(passing, cases);
