/* polling: poll and ppoll. */
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <time.h>

#include <workloads/common/signals.h>

extern const struct test_suite polling, selecting, events;

const struct test_suite *const test_suites[] = {&polling, &selecting, &events, NULL};

static long poll_for(struct pollfd *fds, long count, long timeout)
{
	return sys_call3(SYS_poll, (long)fds, count, timeout);
}

static long now_ms(void)
{
	struct timespec now;

	sys_call3(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void ready(void)
{
	int ends[2];

	CHECK_EQ(sys_pipe(ends), 0);
	struct pollfd fds[2] = {{ends[0], POLLIN, 7}, {ends[1], POLLOUT, 7}};
	CHECK_EQ(poll_for(fds, 2, 0), 1);
	CHECK_EQ(fds[0].revents, 0);
	CHECK_EQ(fds[1].revents, POLLOUT);
	sys_write(ends[1], "x", 1);
	fds[0].events = POLLIN | POLLRDNORM;
	CHECK_EQ(poll_for(fds, 2, -1), 2);
	CHECK_EQ(fds[0].revents, POLLIN | POLLRDNORM);
	fds[0].events = 0;
	CHECK_EQ(poll_for(fds, 1, 0), 0);
}

static void closed_ends(void)
{
	int ends[2], other[2];
	char byte;

	CHECK_EQ(sys_pipe(ends), 0);
	CHECK_EQ(sys_pipe(other), 0);
	sys_write(ends[1], "x", 1);
	sys_close(ends[1]);
	sys_close(other[0]);
	struct pollfd fds[2] = {{ends[0], POLLIN, 0}, {other[1], POLLOUT, 0}};
	CHECK_EQ(poll_for(fds, 2, -1), 2);
	CHECK_EQ(fds[0].revents, POLLIN | POLLHUP);
	CHECK_EQ(fds[1].revents, POLLOUT | POLLERR);
	sys_read(ends[0], &byte, 1);
	fds[0].events = 0;
	CHECK_EQ(poll_for(fds, 1, -1), 1);
	CHECK_EQ(fds[0].revents, POLLHUP);
}

static void not_open(void)
{
	struct pollfd fds[2] = {{-1, POLLIN, 7}, {77, POLLIN, 0}};

	CHECK_EQ(poll_for(fds, 2, -1), 1);
	CHECK_EQ(fds[0].revents, 0);
	CHECK_EQ(fds[1].revents, POLLNVAL);
	CHECK_EQ(poll_for(fds, 1, 10), 0);
	CHECK_EQ(poll_for((void *)8, 1, 0), -EFAULT);
}

static void limited(void)
{
	struct rlimit few = {10, 10};

	CHECK_EQ(sys_call3(SYS_setrlimit, RLIMIT_NOFILE, (long)&few, 0), 0);
	CHECK_EQ(poll_for(NULL, 11, 0), -EINVAL);
}

static void timed(void)
{
	long before = now_ms();

	CHECK_EQ(poll_for(NULL, 0, 30), 0);
	CHECK(now_ms() - before >= 30);
}

static int ends_[2];

static void writes_later(void)
{
	sleep_ms(20);
	sys_write(ends_[1], "x", 1);
	sleep_ms(20);
	sys_close(ends_[0]);
}

static void woken_by_write(void)
{
	int other[2];

	CHECK_EQ(sys_pipe(ends_), 0);
	CHECK_EQ(sys_pipe(other), 0);
	long pid = spawn(writes_later);
	struct pollfd fds[2] = {{other[0], POLLIN, 0}, {ends_[0], POLLIN, 0}};
	CHECK_EQ(poll_for(fds, 2, 5000), 1);
	CHECK_EQ(fds[1].revents, POLLIN);
	expect_exit(pid, 0);
}

static void drains_later(void)
{
	static char page[PAGE];

	sleep_ms(20);
	for (int i = 0; i < 16; i++)
		sys_read(ends_[0], page, PAGE);
}

static void woken_by_room(void)
{
	static char page[PAGE];

	CHECK_EQ(sys_pipe2(ends_, O_NONBLOCK), 0);
	while (sys_write(ends_[1], page, PAGE) > 0)
		;
	struct pollfd out = {ends_[1], POLLOUT, 0};
	CHECK_EQ(poll_for(&out, 1, 0), 0);
	long pid = spawn(drains_later);
	CHECK_EQ(poll_for(&out, 1, 5000), 1);
	CHECK_EQ(out.revents, POLLOUT);
	expect_exit(pid, 0);
}

static void closes_later(void)
{
	sleep_ms(20);
	sys_exit(0); /* closes its ends */
}

static void woken_by_close(void)
{
	CHECK_EQ(sys_pipe(ends_), 0);
	long pid = spawn(closes_later);
	sys_close(ends_[1]);
	struct pollfd in = {ends_[0], POLLIN, 0};
	CHECK_EQ(poll_for(&in, 1, 5000), 1);
	CHECK_EQ(in.revents, POLLHUP);
	expect_exit(pid, 0);
}

static void many(void)
{
	static struct pollfd fds[200];
	int ends[2];

	CHECK_EQ(sys_pipe(ends), 0);
	for (int i = 0; i < 200; i++)
		fds[i] = (struct pollfd){ends[i == 150], i == 150 ? POLLOUT : POLLIN, 0};
	CHECK_EQ(poll_for(fds, 200, -1), 1);
	CHECK_EQ(fds[150].revents, POLLOUT);
	sys_write(ends[1], "x", 1);
	CHECK_EQ(poll_for(fds, 200, -1), 200);
}

static long parent;

static void signals_later(void)
{
	sleep_ms(20);
	send_signal(parent, SIGUSR1);
}

static void interrupted(void)
{
	parent = sys_getpid();
	CHECK_EQ(set_action(SIGUSR1, note_signal, SA_RESTART), 0);
	long pid = spawn(signals_later);
	CHECK_EQ(poll_for(NULL, 0, 5000), -EINTR);
	CHECK_EQ(handled, 1);
	expect_exit(pid, 0);
}

static void stops_parent(void)
{
	sleep_ms(10);
	send_signal(parent, SIGSTOP);
	sleep_ms(10);
	send_signal(parent, SIGCONT);
}

static void resumed(void)
{
	long before = now_ms();

	parent = sys_getpid();
	long pid = spawn(stops_parent);
	CHECK_EQ(poll_for(NULL, 0, 60), 0);
	long took = now_ms() - before;
	CHECK(took >= 60);
	if (!on_host) /* where others take the processor, nothing is certain */
		CHECK(took < 70);
	expect_exit(pid, 0);
}

static void with_mask(void)
{
	unsigned long none = 0, now = 0;
	struct timespec time = {5, 0};

	CHECK_EQ(set_action(SIGUSR1, note_signal, 0), 0);
	CHECK_EQ(set_mask(bit(SIGUSR1)), 0);
	send_signal(sys_getpid(), SIGUSR1);
	CHECK_EQ(handled, 0);
	CHECK_EQ(sys_call6(SYS_ppoll, 0, 0, (long)&time, (long)&none, 8, 0), -EINTR);
	CHECK_EQ(handled, 1);
	sys_call4(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)&now, 8);
	CHECK_EQ(now, bit(SIGUSR1));
	CHECK(time.tv_sec == 4 && time.tv_nsec > 0);
	time = (struct timespec){0, 1000000};
	CHECK_EQ(sys_call6(SYS_ppoll, 0, 0, (long)&time, (long)&none, 8, 0), 0);
	CHECK(time.tv_sec == 0 && time.tv_nsec == 0);
	sys_call4(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)&now, 8);
	CHECK_EQ(now, bit(SIGUSR1));
	CHECK_EQ(sys_call6(SYS_ppoll, 0, 0, (long)&time, (long)&none, 4, 0), -EINVAL);
	time.tv_nsec = 1000000000;
	CHECK_EQ(sys_call6(SYS_ppoll, 0, 0, (long)&time, 0, 8, 0), -EINVAL);
}

static const struct test_case cases[] = {
	CASE("what is ready", ready),
	CASE("closed ends", closed_ends),
	CASE("what is not open", not_open),
	CASE("RLIMIT_NOFILE", limited),
	CASE("the time-out", timed),
	CASE("a write wakes", woken_by_write),
	CASE("room wakes", woken_by_room),
	CASE("a close wakes", woken_by_close),
	CASE("many descriptors", many),
	CASE("a handler ends the wait", interrupted),
	CASE("being stopped does not, nor makes it longer", resumed),
	CASE("ppoll, its mask and its time", with_mask),
};
TEST_SUITE(polling, cases);
