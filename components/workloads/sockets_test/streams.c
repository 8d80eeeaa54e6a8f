/* streams: two ends of a stream, and of a sequence of packets. */
#include "sockets_test.h"

extern const struct test_suite streams, connecting, datagrams, names, passing, options,
	bad_arguments;

const struct test_suite *const test_suites[] = {
	&streams, &connecting, &datagrams, &names, &passing, &options, &bad_arguments, NULL};

static int ends[2];

static void both_ways(void)
{
	char buf[16];

	pair(SOCK_STREAM, ends);
	CHECK_EQ(sys_write(ends[0], "there", 5), 5);
	CHECK_EQ(sys_write(ends[1], "back", 4), 4);
	CHECK_EQ(sys_read(ends[1], buf, 16), 5);
	CHECK(memcmp(buf, "there", 5) == 0);
	CHECK_EQ(sys_read(ends[0], buf, 2), 2);
	CHECK_EQ(sys_read(ends[0], buf + 2, 16), 2);
	CHECK(memcmp(buf, "back", 4) == 0);
	CHECK_EQ(receive(ends[0], buf, 1, MSG_DONTWAIT), -EAGAIN);
}

static void no_borders(void)
{
	char buf[16];
	int count = 0;

	pair(SOCK_STREAM, ends);
	sys_write(ends[0], "ab", 2);
	sys_write(ends[0], "cde", 3);
	CHECK_EQ(sys_call3(SYS_ioctl, ends[1], FIONREAD, (long)&count), 0);
	CHECK_EQ(count, 5);
	CHECK_EQ(receive(ends[1], buf, 4, MSG_PEEK), 4);
	CHECK_EQ(sys_read(ends[1], buf, 16), 5);
	CHECK(memcmp(buf, "abcde", 5) == 0);
	CHECK_EQ(send_bytes(ends[0], "", 0, 0), 0);
	CHECK_EQ(receive(ends[1], buf, 1, MSG_DONTWAIT), -EAGAIN);
}

static void packets(void)
{
	char buf[16];
	int count = 0;

	pair(SOCK_SEQPACKET, ends);
	CHECK_EQ(sys_write(ends[0], "first", 5), 5);
	CHECK_EQ(sys_write(ends[0], "2", 1), 1);
	CHECK_EQ(sys_call3(SYS_ioctl, ends[1], FIONREAD, (long)&count), 0);
	CHECK_EQ(count, 6);
	CHECK_EQ(receive(ends[1], buf, 3, MSG_TRUNC), 5);
	CHECK_EQ(receive(ends[1], buf, 16, MSG_PEEK), 1);
	CHECK_EQ(sys_read(ends[1], buf, 16), 1);
	CHECK_EQ(buf[0], '2');
	CHECK_EQ(send_bytes(ends[0], "", 0, 0), 0);
	CHECK_EQ(receive(ends[1], buf, 16, 0), 0);
}

static void the_end(void)
{
	char buf[16];

	pair(SOCK_STREAM, ends);
	sys_write(ends[0], "rest", 4);
	sys_close(ends[0]);
	CHECK_EQ(poll_now(ends[1]), POLLIN | POLLOUT | POLLHUP | POLLRDHUP);
	CHECK_EQ(sys_read(ends[1], buf, 16), 4);
	CHECK_EQ(sys_read(ends[1], buf, 16), 0);
	CHECK_EQ(send_bytes(ends[1], "x", 1, 0), -EPIPE);
	CHECK_EQ(set_action(SIGPIPE, note_signal, 0), 0);
	CHECK_EQ(sys_write(ends[1], "x", 1), -EPIPE);
	CHECK_EQ(handled, 1);
}

static void reset(void)
{
	char buf[16];

	pair(SOCK_STREAM, ends);
	sys_write(ends[1], "unread", 6);
	sys_write(ends[0], "kept", 4);
	sys_close(ends[0]);
	CHECK_EQ(poll_now(ends[1]), POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP);
	CHECK_EQ(sys_read(ends[1], buf, 16), 4);
	CHECK_EQ(sys_read(ends[1], buf, 16), -ECONNRESET);
	CHECK_EQ(sys_read(ends[1], buf, 16), 0);
}

static void reset_by_write(void)
{
	pair(SOCK_STREAM, ends);
	sys_write(ends[1], "unread", 6);
	sys_close(ends[0]);
	CHECK_EQ(send_bytes(ends[1], "x", 1, 0), -EPIPE);
	CHECK_EQ(get_option(ends[1], SO_ERROR), ECONNRESET);
	CHECK_EQ(get_option(ends[1], SO_ERROR), 0);
}

static void one_direction(void)
{
	char buf[16];

	pair(SOCK_STREAM, ends);
	sys_write(ends[0], "last", 4);
	CHECK_EQ(sys_call3(SYS_shutdown, ends[0], SHUT_WR, 0), 0);
	CHECK_EQ(send_bytes(ends[0], "x", 1, 0), -EPIPE);
	CHECK_EQ(poll_now(ends[0]), POLLOUT);
	CHECK_EQ(poll_now(ends[1]), POLLIN | POLLOUT | POLLRDHUP);
	CHECK_EQ(sys_read(ends[1], buf, 16), 4);
	CHECK_EQ(sys_read(ends[1], buf, 16), 0);
	CHECK_EQ(sys_write(ends[1], "answer", 6), 6);
	CHECK_EQ(sys_read(ends[0], buf, 16), 6);
	CHECK_EQ(sys_call3(SYS_shutdown, ends[0], SHUT_RD, 0), 0);
	CHECK_EQ(sys_read(ends[0], buf, 16), 0);
	CHECK_EQ(send_bytes(ends[1], "x", 1, 0), -EPIPE);
	CHECK_EQ(sys_call3(SYS_shutdown, ends[0], 3, 0), -EINVAL);
}

#define TOTAL 600000

static unsigned char stream_byte(long at)
{
	return (unsigned char)(at * 31 + at / 1000);
}

static void writes_much(void)
{
	static unsigned char bytes[70000];

	sys_close(ends[1]);
	for (long at = 0; at < TOTAL;) {
		long n = at % 7 * 10000 + 1;

		n = n < TOTAL - at ? n : TOTAL - at;
		for (long i = 0; i < n; i++)
			bytes[i] = stream_byte(at + i);
		CHECK_EQ(sys_write(ends[0], bytes, n), n);
		at += n;
	}
}

static void much(void)
{
	static unsigned char bytes[50000];
	long at = 0, n;

	pair(SOCK_STREAM, ends);
	long pid = spawn(writes_much);
	sys_close(ends[0]);
	while ((n = sys_read(ends[1], bytes, at % 3 ? 777 : sizeof(bytes))) > 0) {
		for (long i = 0; i < n; i++, at++)
			CHECK_EQ(bytes[i], stream_byte(at));
	}
	CHECK_EQ(n, 0);
	CHECK_EQ(at, TOTAL);
	expect_exit(pid, 0);
}

static void writes_in_pieces(void)
{
	for (int i = 0; i < 4; i++) {
		sleep_ms(5);
		sys_write(ends[0], "abcd", 4);
	}
}

static void waits_for_all(void)
{
	char buf[16];

	pair(SOCK_STREAM, ends);
	long pid = spawn(writes_in_pieces);
	CHECK_EQ(receive(ends[1], buf, 14, MSG_WAITALL), 14);
	CHECK_EQ(receive(ends[1], buf, 14, 0), 2);
	expect_exit(pid, 0);
	set_option(ends[1], SO_RCVLOWAT, 6);
	pid = spawn(writes_in_pieces);
	CHECK_EQ(receive(ends[1], buf, 14, 0), 8);
	expect_exit(pid, 0);
}

static void times_out(void)
{
	struct {
		long seconds, microseconds;
	} time = {0, 20000};
	char byte;

	pair(SOCK_STREAM, ends);
	CHECK_EQ(sys_call6(SYS_setsockopt, ends[0], SOL_SOCKET, SO_RCVTIMEO, (long)&time,
			 sizeof(time), 0),
		0);
	CHECK_EQ(sys_read(ends[0], &byte, 1), -EAGAIN);
	time.microseconds = 1000000;
	CHECK_EQ(sys_call6(SYS_setsockopt, ends[0], SOL_SOCKET, SO_RCVTIMEO, (long)&time,
			 sizeof(time), 0),
		-EDOM);
}

static long parent;

static void signals_parent(void)
{
	sleep_ms(10);
	sys_call3(SYS_kill, parent, SIGUSR1, 0);
	sleep_ms(10);
	sys_write(ends[1], "x", 1);
}

static void interrupted(void)
{
	char byte;

	parent = sys_getpid();
	pair(SOCK_STREAM, ends);
	CHECK_EQ(set_action(SIGUSR1, note_signal, 0), 0);
	long pid = spawn(signals_parent);
	CHECK_EQ(sys_read(ends[0], &byte, 1), -EINTR);
	CHECK_EQ(sys_read(ends[0], &byte, 1), 1);
	expect_exit(pid, 0);
	CHECK_EQ(set_action(SIGUSR1, note_signal, SA_RESTART), 0);
	pid = spawn(signals_parent);
	CHECK_EQ(sys_read(ends[0], &byte, 1), 1);
	CHECK_EQ(handled, 2);
	expect_exit(pid, 0);
}

/* How much fits is Linux's secret, but what a socket can send it says. */
static void full(void)
{
	static char page[PAGE];
	long n, sum = 0, taken = 0;

	pair(SOCK_STREAM | SOCK_NONBLOCK, ends);
	while ((n = sys_write(ends[0], page, PAGE)) > 0)
		sum += n;
	CHECK_EQ(n, -EAGAIN);
	CHECK(sum > 60000 && sum < 400000);
	CHECK_EQ(poll_now(ends[0]), 0);
	while (poll_now(ends[0]) == 0)
		taken += sys_read(ends[1], page, PAGE);
	CHECK(taken > 0 && taken < sum);
	while ((n = sys_read(ends[1], page, PAGE)) > 0)
		taken += n;
	CHECK_EQ(taken, sum);
}

static const struct test_case cases[] = {
	CASE("both ways", both_ways),
	CASE("a stream has no borders", no_borders),
	CASE("packets have", packets),
	CASE("a closed end", the_end),
	CASE("one that was closed with bytes in it", reset),
	CASE("which SO_ERROR tells once", reset_by_write),
	CASE("shutdown of one direction", one_direction),
	CASE("much through a little", much),
	CASE("MSG_WAITALL, SO_RCVLOWAT", waits_for_all),
	CASE("SO_RCVTIMEO", times_out),
	CASE("signals", interrupted),
	CASE("a full one", full),
};
TEST_SUITE(streams, cases);
