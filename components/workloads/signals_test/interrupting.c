/* interrupting: what signals do to calls that sleep, and calls that sleep for signals. */
#include <time.h>

#include <workloads/signals_test/signals_test.h>

static long parent;

/* A child that sends `signal` to its parent after `ms` milliseconds. */
static long sender(int signal, long ms)
{
	parent = sys_getpid();
	long pid = sys_fork();

	if (pid == 0) {
		sleep_ms(ms);
		send_signal(parent, signal);
		sys_exit(0);
	}
	return pid;
}

static void read_interrupted(void)
{
	int fds[2];
	char byte;

	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(set_action(SIGUSR1, note_signal, 0), 0);
	long pid = sender(SIGUSR1, 20);
	CHECK_EQ(sys_read(fds[0], &byte, 1), -EINTR);
	CHECK_EQ(handled, 1);
	expect_exit(pid, 0);
}

static void read_restarted(void)
{
	int fds[2];
	char byte = 0;

	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(set_action(SIGUSR1, note_signal, SA_RESTART), 0);
	parent = sys_getpid();
	long pid = sys_fork();
	if (pid == 0) {
		sleep_ms(20);
		send_signal(parent, SIGUSR1);
		sleep_ms(20);
		sys_write(fds[1], "x", 1);
		sys_exit(0);
	}
	CHECK_EQ(sys_read(fds[0], &byte, 1), 1);
	CHECK_EQ(byte, 'x');
	CHECK_EQ(handled, 1);
	expect_exit(pid, 0);
}

static void sleep_interrupted(void)
{
	struct timespec length = {5, 0}, left = {0, 0};

	CHECK_EQ(set_action(SIGUSR1, note_signal, SA_RESTART), 0);
	long pid = sender(SIGUSR1, 20);
	CHECK_EQ(sys_call3(SYS_nanosleep, (long)&length, (long)&left, 0), -EINTR);
	CHECK(left.tv_sec == 4 && left.tv_nsec > 0);
	expect_exit(pid, 0);
}

static void ignored_is_nothing(void)
{
	struct timespec length = {0, 60000000};
	struct timespec before, after;

	sys_call3(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&before, 0);
	long pid = sender(SIGCHLD, 10);
	CHECK_EQ(sys_call3(SYS_nanosleep, (long)&length, 0, 0), 0);
	sys_call3(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&after, 0);
	CHECK((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec >=
		60000000);
	expect_exit(pid, 0);
}

static void suspended(void)
{
	unsigned long none = 0, mask = 0;

	CHECK_EQ(set_action(SIGUSR1, note_signal, 0), 0);
	CHECK_EQ(set_mask(bit(SIGUSR1)), 0);
	long pid = sender(SIGUSR1, 10);
	CHECK_EQ(sys_call3(SYS_rt_sigsuspend, (long)&none, 8, 0), -EINTR);
	CHECK_EQ(handled, 1);
	CHECK_EQ(sys_call4(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)&mask, 8), 0);
	CHECK_EQ(mask, bit(SIGUSR1));
	expect_exit(pid, 0);
}

static void awaited(void)
{
	unsigned long set = bit(SIGUSR1);
	struct timespec soon = {0, 1000000};
	siginfo_t info;

	CHECK_EQ(set_mask(set), 0);
	CHECK_EQ(sys_call4(SYS_rt_sigtimedwait, (long)&set, 0, (long)&soon, 8), -EAGAIN);
	long pid = sender(SIGUSR1, 10);
	CHECK_EQ(sys_call4(SYS_rt_sigtimedwait, (long)&set, (long)&info, 0, 8), SIGUSR1);
	CHECK_EQ(info.si_pid, pid);
	expect_exit(pid, 0);
}

static void paused(void)
{
	CHECK_EQ(set_action(SIGUSR1, note_signal, SA_RESTART), 0);
	long pid = sender(SIGUSR1, 10);
	CHECK_EQ(sys_call0(SYS_pause), -EINTR);
	CHECK_EQ(handled, 1);
	expect_exit(pid, 0);
}

static void spins(void)
{
	for (;;)
		;
}

static void running_program(void)
{
	long pid = spawn(spins);

	sleep_ms(30);
	CHECK_EQ(send_signal(pid, SIGTERM), 0);
	expect_killed(pid, SIGTERM);
}

static void sleeps(void)
{
	sys_call0(SYS_pause);
}

static void sleeping_program(void)
{
	long pid = spawn(sleeps);

	sleep_ms(10);
	CHECK_EQ(send_signal(pid, SIGKILL), 0);
	expect_killed(pid, SIGKILL);
}

static void broken_pipe(void)
{
	int fds[2];

	CHECK_EQ(sys_pipe(fds), 0);
	sys_close(fds[0]);
	CHECK_EQ(set_action(SIGPIPE, note_signal, 0), 0);
	CHECK_EQ(sys_write(fds[1], "x", 1), -EPIPE);
	CHECK_EQ(handled, 1);
}

static void nobody(void)
{
	CHECK_EQ(send_signal(0x3fffffff, SIGTERM), -ESRCH);
	CHECK_EQ(send_signal(sys_getpid(), 65), -EINVAL);
	CHECK_EQ(send_signal(sys_getpid(), -1), -EINVAL);
	CHECK_EQ(send_signal(sys_getpid(), 0), 0);
}

static const struct test_case cases[] = {
	CASE("a read is interrupted", read_interrupted),
	CASE("a read is made again with SA_RESTART", read_restarted),
	CASE("a sleep is interrupted all the same, and says what is left", sleep_interrupted),
	CASE("an ignored signal does not shorten a sleep", ignored_is_nothing),
	CASE("sigsuspend", suspended),
	CASE("sigtimedwait", awaited),
	CASE("pause", paused),
	CASE("a program that only computes is killed", running_program),
	CASE("and one that sleeps", sleeping_program),
	CASE("a broken pipe can be handled", broken_pipe),
	CASE("kill and its errors", nobody),
};
TEST_SUITE(interrupting, cases);
