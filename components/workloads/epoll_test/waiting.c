/* waiting: levels, edges, once. */
#include <time.h>

#include "epoll_test.h"

extern const struct test_suite waiting, nesting;

const struct test_suite *const test_suites[] = {&waiting, &nesting, NULL};

static int ends[2];

static void level(void)
{
	struct epoll_event event;
	int epoll = create();
	char buf[4];

	CHECK_EQ(sys_pipe(ends), 0);
	CHECK_EQ(control(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN, 0x123456789abcdefUL), 0);
	CHECK_EQ(wait_for(epoll, &event, 1, 0), 0);
	CHECK_EQ(wait_for(epoll, &event, 1, 5), 0);
	sys_write(ends[1], "ab", 2);
	CHECK_EQ(wait_for(epoll, &event, 1, -1), 1);
	CHECK_EQ(event.events, EPOLLIN);
	CHECK_EQ(event.data.u64, 0x123456789abcdefUL);
	sys_read(ends[0], buf, 1);
	CHECK_EQ(told(epoll), EPOLLIN);
	sys_read(ends[0], buf, 1);
	CHECK_EQ(told(epoll), 0);
	sys_close(ends[1]);
	CHECK_EQ(told(epoll), EPOLLHUP);
	CHECK_EQ(told(epoll), EPOLLHUP);
}

static void edge(void)
{
	int epoll = create();
	char buf[4];

	CHECK_EQ(sys_pipe(ends), 0);
	sys_write(ends[1], "a", 1);
	add(epoll, ends[0], EPOLLIN | EPOLLET);
	CHECK_EQ(told(epoll), EPOLLIN);
	CHECK_EQ(told(epoll), 0);
	sys_write(ends[1], "b", 1);
	CHECK_EQ(told(epoll), EPOLLIN);
	CHECK_EQ(told(epoll), 0);
	sys_read(ends[0], buf, 1);
	CHECK_EQ(told(epoll), 0);
	CHECK_EQ(control(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLET, 0), 0);
	CHECK_EQ(told(epoll), EPOLLIN);
	sys_write(ends[1], "c", 1);
	sys_read(ends[0], buf, 4);
	CHECK_EQ(told(epoll), 0);
}

static void once(void)
{
	int epoll = create();

	CHECK_EQ(sys_pipe(ends), 0);
	add(epoll, ends[0], EPOLLIN | EPOLLONESHOT);
	sys_write(ends[1], "a", 1);
	CHECK_EQ(told(epoll), EPOLLIN);
	sys_write(ends[1], "a", 1);
	CHECK_EQ(told(epoll), 0);
	CHECK_EQ(control(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 0), 0);
	CHECK_EQ(told(epoll), EPOLLIN);
	CHECK_EQ(told(epoll), 0);
	sys_close(ends[1]);
	CHECK_EQ(told(epoll), 0);
}

static void socket_edges(void)
{
	int epoll = create();
	char buf[8];

	CHECK_EQ(sys_call4(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, (long)ends), 0);
	add(epoll, ends[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
	CHECK_EQ(told(epoll), EPOLLOUT);
	CHECK_EQ(told(epoll), 0);
	sys_write(ends[1], "x", 1);
	CHECK_EQ(told(epoll), EPOLLIN | EPOLLOUT);
	sys_read(ends[0], buf, 8);
	CHECK_EQ(told(epoll), 0);
	sys_write(ends[0], "y", 1);
	CHECK_EQ(told(epoll), 0);
	sys_read(ends[1], buf, 8); /* room where there was enough: an edge all the same */
	CHECK_EQ(told(epoll), EPOLLOUT);
	sys_call3(SYS_shutdown, ends[1], SHUT_WR, 0);
	CHECK_EQ(told(epoll), EPOLLIN | EPOLLOUT | EPOLLRDHUP);
	CHECK_EQ(told(epoll), 0);
	sys_close(ends[1]);
	CHECK_EQ(told(epoll), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
}

/* Those that stay ready take turns. */
static void turns(void)
{
	struct epoll_event events[8];
	int epoll = create(), fds[3][2];

	for (int i = 0; i < 3; i++) {
		CHECK_EQ(sys_pipe(fds[i]), 0);
		CHECK_EQ(control(epoll, EPOLL_CTL_ADD, fds[i][0], EPOLLIN, (unsigned long)i), 0);
	}
	for (int i = 2; i >= 0; i--)
		sys_write(fds[i][1], "x", 1);
	for (int round = 0; round < 6; round++) {
		CHECK_EQ(wait_for(epoll, events, 1, 0), 1);
		CHECK_EQ(events[0].data.u64, 2 - round % 3);
	}
	CHECK_EQ(wait_for(epoll, events, 2, 0), 2);
	CHECK_EQ(events[1].data.u64, 1);
	CHECK_EQ(wait_for(epoll, events, 8, 0), 3);
	CHECK_EQ(events[0].data.u64, 0);
}

static void leaves(void)
{
	struct epoll_event event;
	int epoll = create(), other;

	CHECK_EQ(sys_pipe(ends), 0);
	sys_write(ends[1], "x", 1);
	add(epoll, ends[0], EPOLLIN);
	other = (int)sys_call3(SYS_dup, ends[0], 0, 0);
	CHECK_EQ(control(epoll, EPOLL_CTL_ADD, other, EPOLLIN, 77), 0);
	sys_close(ends[0]); /* the file is still open */
	CHECK_EQ(wait_for(epoll, &event, 1, 0), 1);
	CHECK_EQ(event.data.u64, ends[0]);
	CHECK_EQ(control(epoll, EPOLL_CTL_DEL, ends[0], 0, 0), -EBADF);
	sys_close(other);
	CHECK_EQ(wait_for(epoll, &event, 1, 0), 0);
}

static void refused(void)
{
	struct epoll_event event = {0};
	int epoll = create(), file;

	CHECK_EQ(sys_pipe(ends), 0);
	add(epoll, ends[0], EPOLLIN);
	CHECK_EQ(control(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN, 0), -EEXIST);
	CHECK_EQ(control(epoll, EPOLL_CTL_MOD, ends[1], EPOLLIN, 0), -ENOENT);
	CHECK_EQ(control(epoll, EPOLL_CTL_DEL, ends[1], EPOLLIN, 0), -ENOENT);
	CHECK_EQ(control(epoll, 4, ends[0], EPOLLIN, 0), -EINVAL);
	CHECK_EQ(control(epoll, EPOLL_CTL_ADD, 99, EPOLLIN, 0), -EBADF);
	CHECK_EQ(control(99, EPOLL_CTL_ADD, ends[1], EPOLLIN, 0), -EBADF);
	CHECK_EQ(control(ends[0], EPOLL_CTL_ADD, ends[1], EPOLLIN, 0), -EINVAL);
	CHECK_EQ(control(epoll, EPOLL_CTL_ADD, epoll, EPOLLIN, 0), -EINVAL);
	CHECK_EQ(sys_call4(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, ends[1], 8), -EFAULT);
	CHECK_EQ(sys_call4(SYS_epoll_ctl, epoll, EPOLL_CTL_DEL, ends[0], 8), 0);
	file = (int)sys_call3(SYS_open, (long)"/", O_RDONLY, 0);
	CHECK_EQ(control(epoll, EPOLL_CTL_ADD, file, EPOLLIN, 0), -EPERM);
	CHECK_EQ(wait_for(epoll, &event, 0, 0), -EINVAL);
	CHECK_EQ(wait_for(epoll, &event, -1, 0), -EINVAL);
	CHECK_EQ(wait_for(ends[0], &event, 1, 0), -EINVAL);
	CHECK_EQ(wait_for(99, &event, 1, 0), -EBADF);
	CHECK_EQ(wait_for(epoll, (void *)-4096L, 1, 0), -EFAULT);
	CHECK_EQ(sys_call3(SYS_epoll_create1, 1, 0, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_epoll_create, 0, 0, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_read, epoll, (long)&event, 1), -EINVAL);
}

static void not_stored(void)
{
	struct epoll_event *events = (void *)(map_guarded(1) + PAGE - 20), one;
	int epoll = create(), other[2];

	CHECK_EQ(sys_pipe(ends), 0);
	CHECK_EQ(sys_pipe(other), 0);
	sys_write(ends[1], "x", 1);
	sys_write(other[1], "x", 1);
	add(epoll, ends[0], EPOLLIN | EPOLLET);
	add(epoll, other[0], EPOLLIN | EPOLLONESHOT);
	CHECK_EQ(wait_for(epoll, (void *)8, 2, 0), -EFAULT);
	CHECK_EQ(wait_for(epoll, events, 2, 0), 1); /* the second does not fit */
	CHECK_EQ(wait_for(epoll, &one, 1, 0), 1);
	CHECK(one.data.fd == ends[0] || one.data.fd == other[0]);
	CHECK(one.data.fd != events[0].data.fd);
	CHECK_EQ(wait_for(epoll, &one, 1, 0), 0);
}

static void writes_later(void)
{
	sleep_ms(10);
	sys_write(ends[1], "x", 1);
}

static long parent;

static void signals_later(void)
{
	sleep_ms(10);
	send_signal(parent, SIGUSR1);
}

static void sleeps(void)
{
	struct epoll_event event;
	int epoll = create();
	unsigned long none = 0;
	struct timespec time = {0, 5000000};

	parent = sys_getpid();
	CHECK_EQ(sys_pipe(ends), 0);
	add(epoll, ends[0], EPOLLIN);
	CHECK_EQ(sys_call6(SYS_epoll_pwait2, epoll, (long)&event, 1, (long)&time, 0, 8), 0);
	long pid = spawn(writes_later);
	CHECK_EQ(wait_for(epoll, &event, 1, 5000), 1);
	expect_exit(pid, 0);
	sys_read(ends[0], &event, 1);
	CHECK_EQ(set_action(SIGUSR1, note_signal, SA_RESTART), 0);
	pid = spawn(signals_later);
	CHECK_EQ(wait_for(epoll, &event, 1, -1), -EINTR);
	expect_exit(pid, 0);
	CHECK_EQ(set_mask(bit(SIGUSR1)), 0);
	send_signal(parent, SIGUSR1);
	CHECK_EQ(handled, 1);
	CHECK_EQ(sys_call6(SYS_epoll_pwait, epoll, (long)&event, 1, -1, (long)&none, 8), -EINTR);
	CHECK_EQ(handled, 2);
	CHECK_EQ(sys_call6(SYS_epoll_pwait, epoll, (long)&event, 1, 0, (long)&none, 4), -EINVAL);
}

static void many(void)
{
	static struct epoll_event events[100];
	unsigned long sum = 0;
	int epoll = create();

	for (int i = 0; i < 100; i++) {
		CHECK_EQ(sys_pipe(ends), 0);
		sys_write(ends[1], "x", 1);
		CHECK_EQ(control(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN, (unsigned long)i), 0);
	}
	CHECK_EQ(wait_for(epoll, events, 100, -1), 100);
	for (int i = 0; i < 100; i++)
		sum += events[i].data.u64;
	CHECK_EQ(sum, 99 * 50);
}

static const struct test_case cases[] = {
	CASE("a level", level),
	CASE("an edge", edge),
	CASE("once", once),
	CASE("edges of a socket", socket_edges),
	CASE("turns", turns),
	CASE("a closed file leaves", leaves),
	CASE("what is refused", refused),
	CASE("what cannot be stored is told again", not_stored),
	CASE("sleeping", sleeps),
	CASE("many", many),
};
TEST_SUITE(waiting, cases);
