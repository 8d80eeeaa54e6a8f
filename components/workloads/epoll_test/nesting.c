/* nesting: an epoll in another, in a poll; one of several. */
#include "epoll_test.h"

static int ends[2];

static void in_a_poll(void)
{
	int epoll = create();
	struct pollfd one = {epoll, POLLIN | POLLOUT, 0};

	CHECK_EQ(sys_pipe(ends), 0);
	add(epoll, ends[0], EPOLLIN);
	CHECK_EQ(sys_call3(SYS_poll, (long)&one, 1, 0), 0);
	sys_write(ends[1], "x", 1);
	CHECK_EQ(sys_call3(SYS_poll, (long)&one, 1, -1), 1);
	CHECK_EQ(one.revents, POLLIN);
}

static void in_another(void)
{
	int inner = create(), outer = create();
	char byte;

	CHECK_EQ(sys_pipe(ends), 0);
	add(inner, ends[0], EPOLLIN);
	add(outer, inner, EPOLLIN);
	CHECK_EQ(told(outer), 0);
	sys_write(ends[1], "x", 1);
	CHECK_EQ(told(outer), EPOLLIN);
	CHECK_EQ(told(inner), EPOLLIN);
	CHECK_EQ(told(outer), EPOLLIN);
	sys_read(ends[0], &byte, 1);
	CHECK_EQ(told(outer), 0);
}

static void loops(void)
{
	int a = create(), b = create(), c = create();

	add(a, b, EPOLLIN);
	add(b, c, EPOLLIN);
	CHECK_EQ(control(c, EPOLL_CTL_ADD, a, EPOLLIN, 0), -ELOOP);
	CHECK_EQ(control(b, EPOLL_CTL_ADD, a, EPOLLIN, 0), -ELOOP);
	sys_close(b);
	CHECK_EQ(control(c, EPOLL_CTL_ADD, a, EPOLLIN, 0), 0);
}

static void deep(void)
{
	int above = create(), first = above;
	long error = 0;
	int levels = 0;

	while (error == 0 && levels < 20) {
		int next = create();

		error = control(next, EPOLL_CTL_ADD, above, EPOLLIN, 0);
		levels += error == 0;
		above = next;
	}
	CHECK_EQ(error, -ELOOP);
	CHECK(levels >= 4 && levels < 8);
	CHECK_EQ(control(first, EPOLL_CTL_ADD, first, EPOLLIN, 0), -EINVAL);
}

/* As many sleepers as are woken by one byte write one byte each. */
static int report[2], sleeping[2];

static void sleeps_on(unsigned how)
{
	struct epoll_event event;
	int epoll = create();

	add(epoll, ends[0], EPOLLIN | how);
	sys_write(sleeping[1], "s", 1);
	if (wait_for(epoll, &event, 1, 200) == 1)
		sys_write(report[1], "w", 1);
}

static void sleeps_alone(void)
{
	sleeps_on(EPOLLEXCLUSIVE);
}

static void sleeps_with_all(void)
{
	sleeps_on(0);
}

static int woken(void (*sleeper)(void))
{
	char buf[8];
	long pids[3], n;

	CHECK_EQ(sys_pipe(ends), 0);
	CHECK_EQ(sys_pipe(sleeping), 0);
	CHECK_EQ(sys_pipe2(report, O_NONBLOCK), 0);
	for (int i = 0; i < 3; i++)
		pids[i] = spawn(sleeper);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(sys_read(sleeping[0], buf, 1), 1);
	sleep_ms(20);
	sys_write(ends[1], "x", 1);
	for (int i = 0; i < 3; i++)
		expect_exit(pids[i], 0);
	n = sys_read(report[0], buf, 8);
	return n < 0 ? 0 : (int)n;
}

static void exclusive(void)
{
	int epoll = create(), other = create();

	CHECK_EQ(woken(sleeps_with_all), 3);
	CHECK_EQ(woken(sleeps_alone), 1);
	add(epoll, ends[0], EPOLLIN | EPOLLEXCLUSIVE);
	CHECK_EQ(control(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN, 0), -EINVAL);
	CHECK_EQ(control(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLEXCLUSIVE, 0), -EINVAL);
	CHECK_EQ(control(epoll, EPOLL_CTL_ADD, other, EPOLLIN | EPOLLEXCLUSIVE, 0), -EINVAL);
	CHECK_EQ(control(epoll, EPOLL_CTL_ADD, ends[1], EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT, 0),
		-EINVAL);
}

static const struct test_case cases[] = {
	CASE("in a poll", in_a_poll),
	CASE("in another epoll", in_another),
	CASE("never within itself", loops),
	CASE("not too deep", deep),
	CASE("EPOLLEXCLUSIVE", exclusive),
};
TEST_SUITE(nesting, cases);
