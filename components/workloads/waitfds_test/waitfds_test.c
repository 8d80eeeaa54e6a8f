/* waitfds_test: timers, signals and processes as files. */
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>

#include <workloads/common/signals.h>

#define PIDFD_SEND_SIGNAL 424
#define PIDFD_OPEN        434
#define PIDFD_GETFD       438

static int fd;

static int poll_for(int timeout)
{
	struct pollfd one = {fd, POLLIN | POLLOUT, 0};

	CHECK(sys_call3(SYS_poll, (long)&one, 1, timeout) >= 0);
	return one.revents;
}

/* --- timers ----------------------------------------------------------------------------------- */

static void set_timer(long first_ms, long again_ms)
{
	struct itimerspec setting = {{again_ms / 1000, again_ms % 1000 * 1000000},
		{first_ms / 1000, first_ms % 1000 * 1000000}};

	CHECK_EQ(sys_call4(SYS_timerfd_settime, fd, 0, (long)&setting, 0), 0);
}

static void rings_once(void)
{
	unsigned long ticks = 0;
	struct itimerspec left;

	fd = (int)sys_call3(SYS_timerfd_create, CLOCK_MONOTONIC, O_NONBLOCK, 0);
	CHECK(fd >= 0);
	CHECK_EQ(sys_read(fd, &ticks, 8), -EAGAIN);
	set_timer(10, 0);
	CHECK_EQ(poll_for(0), 0);
	CHECK_EQ(sys_call3(SYS_timerfd_gettime, fd, (long)&left, 0), 0);
	CHECK(left.it_value.tv_sec == 0 && left.it_value.tv_nsec > 0);
	CHECK_EQ(poll_for(1000), POLLIN);
	CHECK_EQ(sys_read(fd, &ticks, 7), -EINVAL);
	CHECK_EQ(sys_read(fd, &ticks, 8), 8);
	CHECK_EQ(ticks, 1);
	CHECK_EQ(sys_read(fd, &ticks, 8), -EAGAIN);
	CHECK_EQ(sys_write(fd, &ticks, 8), -EINVAL);
}

static void rings_again(void)
{
	unsigned long ticks = 0, more = 0;
	int epoll = (int)sys_call3(SYS_epoll_create1, 0, 0, 0);
	struct epoll_event event = {.events = EPOLLIN};

	fd = (int)sys_call3(SYS_timerfd_create, CLOCK_REALTIME, 0, 0);
	CHECK_EQ(sys_call4(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, fd, (long)&event), 0);
	set_timer(5, 10);
	CHECK_EQ(sys_call6(SYS_epoll_pwait, epoll, (long)&event, 1, 1000, 0, 8), 1);
	sleep_ms(32);
	CHECK_EQ(sys_read(fd, &ticks, 8), 8);
	CHECK(ticks >= 3);
	CHECK_EQ(sys_read(fd, &more, 8), 8);
	CHECK(more >= 1);
	set_timer(0, 0);
	CHECK_EQ(poll_for(30), 0);
}

static void absolute(void)
{
	struct itimerspec setting = {{0, 0}, {1, 0}};
	unsigned long ticks;

	fd = (int)sys_call3(SYS_timerfd_create, CLOCK_REALTIME, O_NONBLOCK, 0);
	CHECK_EQ(sys_call4(SYS_timerfd_settime, fd, 1, (long)&setting, (long)&setting), 0);
	CHECK_EQ(poll_for(1000), POLLIN); /* long ago */
	CHECK_EQ(sys_read(fd, &ticks, 8), 8);
	setting.it_value.tv_nsec = 1000000000;
	CHECK_EQ(sys_call4(SYS_timerfd_settime, fd, 0, (long)&setting, 0), -EINVAL);
	CHECK_EQ(sys_call4(SYS_timerfd_settime, fd, 0, 8, 0), -EFAULT);
	CHECK_EQ(sys_call3(SYS_timerfd_gettime, 99, (long)&setting, 0), -EBADF);
	CHECK_EQ(sys_call3(SYS_timerfd_gettime, 0, (long)&setting, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_timerfd_create, 99, 0, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_timerfd_create, CLOCK_MONOTONIC, 1, 0), -EINVAL);
}

/* --- signals ------------------------------------------------------------------------------------
 */

struct record {
	unsigned signal;
	int error, code;
	unsigned pid, uid;
	char rest[108];
};

static long signal_file(int old, unsigned long set, int flags)
{
	return sys_call4(SYS_signalfd4, old, (long)&set, 8, flags);
}

static void takes(void)
{
	struct record records[3];

	CHECK_EQ(set_mask(bit(SIGUSR1) | bit(SIGUSR2)), 0);
	fd = (int)signal_file(-1, bit(SIGUSR1), O_NONBLOCK);
	CHECK(fd >= 0);
	CHECK_EQ(sys_read(fd, records, sizeof(records)), -EAGAIN);
	CHECK_EQ(poll_for(0), 0);
	send_signal(sys_getpid(), SIGUSR2);
	CHECK_EQ(poll_for(0), 0);
	send_signal(sys_getpid(), SIGUSR1);
	CHECK_EQ(poll_for(0), POLLIN);
	CHECK_EQ(sys_read(fd, records, 127), -EINVAL);
	CHECK_EQ(sys_read(fd, records, sizeof(records)), 128);
	CHECK_EQ(records[0].signal, SIGUSR1);
	CHECK_EQ(records[0].pid, sys_getpid());
	CHECK_EQ(signal_file(fd, bit(SIGUSR1) | bit(SIGUSR2), 0), fd);
	send_signal(sys_getpid(), SIGUSR1);
	CHECK_EQ(sys_read(fd, records, sizeof(records)), 256);
	CHECK_EQ(records[1].signal, SIGUSR2);
	CHECK_EQ(signal_file(99, 0, 0), -EBADF);
	CHECK_EQ(signal_file(0, 0, 0), -EINVAL);
	CHECK_EQ(signal_file(-1, 0, 1), -EINVAL);
}

static long parent;

static void signals_later(void)
{
	sleep_ms(10);
	send_signal(parent, SIGUSR1);
}

static void waits(void)
{
	struct record record;

	parent = sys_getpid();
	CHECK_EQ(set_mask(bit(SIGUSR1)), 0);
	fd = (int)signal_file(-1, bit(SIGUSR1), 0);
	long pid = spawn(signals_later);
	CHECK_EQ(sys_read(fd, &record, sizeof(record)), 128);
	CHECK_EQ(record.pid, pid);
	expect_exit(pid, 0);
	pid = spawn(signals_later);
	CHECK_EQ(poll_for(5000), POLLIN);
	expect_exit(pid, 0);
}

/* --- processes -----------------------------------------------------------------------------------
 */

static void exits_later(void)
{
	sleep_ms(10);
	sys_exit(9);
}

static void ends(void)
{
	siginfo_t info;
	long pid = spawn(exits_later);

	fd = (int)sys_call3(PIDFD_OPEN, pid, 0, 0);
	CHECK(fd >= 0);
	CHECK_EQ(sys_call3(SYS_fcntl, fd, F_GETFD, 0), FD_CLOEXEC);
	CHECK_EQ(poll_for(0), 0);
	CHECK_EQ(poll_for(5000) & POLLIN, POLLIN);
	CHECK_EQ(sys_call6(SYS_waitid, 3, fd, (long)&info, WEXITED, 0, 0), 0);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_status, 9);
	CHECK_EQ(poll_for(0) & POLLIN, POLLIN);
	CHECK_EQ(sys_call4(PIDFD_SEND_SIGNAL, fd, 0, 0, 0), -ESRCH);
	CHECK_EQ(sys_call6(SYS_waitid, 3, fd, (long)&info, WEXITED, 0, 0), -ECHILD);
	CHECK_EQ(sys_call3(PIDFD_OPEN, pid, 0, 0), -ESRCH);
	CHECK_EQ(sys_call3(PIDFD_OPEN, 0, 0, 0), -EINVAL);
	CHECK_EQ(sys_call3(PIDFD_OPEN, sys_getpid(), 1, 0), -EINVAL);
}

static void pauses(void)
{
	for (;;)
		sys_call0(SYS_pause);
}

static void killed(void)
{
	long pid = spawn(pauses);

	fd = (int)sys_call3(PIDFD_OPEN, pid, 0, 0);
	CHECK_EQ(sys_call4(PIDFD_SEND_SIGNAL, fd, 0, 0, 0), 0);
	CHECK_EQ(sys_call4(PIDFD_SEND_SIGNAL, fd, 99, 0, 0), -EINVAL);
	CHECK_EQ(sys_call4(PIDFD_SEND_SIGNAL, 0, SIGTERM, 0, 0), -EBADF);
	CHECK_EQ(sys_call4(PIDFD_SEND_SIGNAL, fd, SIGTERM, 0, 0), 0);
	expect_killed(pid, SIGTERM);
}

static void lends(void)
{
	int ends_[2], theirs;
	char byte = 0;

	CHECK_EQ(sys_pipe(ends_), 0);
	long pid = spawn(pauses);
	sys_close(ends_[1]);
	fd = (int)sys_call3(PIDFD_OPEN, pid, 0, 0);
	theirs = (int)sys_call3(PIDFD_GETFD, fd, ends_[1], 0);
	CHECK(theirs >= 0);
	CHECK_EQ(sys_write(theirs, "x", 1), 1);
	CHECK_EQ(sys_read(ends_[0], &byte, 1), 1);
	CHECK_EQ(sys_call3(PIDFD_GETFD, fd, 99, 0), -EBADF);
	CHECK_EQ(sys_call3(PIDFD_GETFD, fd, 0, 1), -EINVAL);
	CHECK_EQ(sys_call3(PIDFD_GETFD, ends_[0], 0, 0), -EBADF);
	send_signal(pid, SIGKILL);
	expect_killed(pid, SIGKILL);
}

static const struct test_case cases[] = {
	CASE("a timer rings", rings_once),
	CASE("and again", rings_again),
	CASE("at a time; bad ones", absolute),
	CASE("signals are read", takes),
	CASE("and waited for", waits),
	CASE("a process ends", ends),
	CASE("a signal by descriptor", killed),
	CASE("a descriptor of another's", lends),
};
TEST_SUITE(waitfds, cases);

const struct test_suite *const test_suites[] = {&waitfds, NULL};
