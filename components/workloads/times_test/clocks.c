/* clocks: of processor time: their ids, and sleeping by them. */
#include "times_test.h"

static long gettime(int clock)
{
	struct timespec now;

	return sys_call2(SYS_clock_gettime, clock, (long)&now);
}

static void ids_of_oneself(void)
{
	int pid = (int)sys_getpid();

	for (int kind = CLOCK_PROF; kind <= CLOCK_SCHED; kind++) {
		CHECK_EQ(gettime(cpu_clock_of_process(0, kind)), 0);
		CHECK_EQ(gettime(cpu_clock_of_process(pid, kind)), 0);
		CHECK_EQ(gettime(cpu_clock_of_thread(0, kind)), 0);
		CHECK_EQ(gettime(cpu_clock_of_thread(pid, kind)), 0);
	}
	CHECK_EQ(gettime(cpu_clock_of_process(0, 3)), -EINVAL);
	CHECK_EQ(gettime(cpu_clock_of_thread(0, 3)), -EINVAL);
	CHECK_EQ(gettime(cpu_clock_of_process(0x1ffffff, CLOCK_SCHED)), -EINVAL);
}

static void ids_of_others(void)
{
	int parent = (int)sys_call1(SYS_getppid, 0);

	CHECK_EQ(gettime(cpu_clock_of_process(parent, CLOCK_SCHED)), 0);
	CHECK_EQ(gettime(cpu_clock_of_thread(parent, CLOCK_SCHED)), -EINVAL);
}

static void they_agree(void)
{
	long first, second, third;

	compute(30 * MS);
	first = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	second = clock_ns(cpu_clock_of_process(0, CLOCK_SCHED));
	third = clock_ns(CLOCK_THREAD_CPUTIME_ID); /* there is one thread */
	CHECK(first <= second && second - first < 5 * MS);
	CHECK(third - first < 5 * MS && first - third < 5 * MS);
	CHECK(clock_ns(cpu_clock_of_process(0, CLOCK_VIRT)) <=
		clock_ns(cpu_clock_of_process(0, CLOCK_PROF)));
}

static void they_do_not_pass_time_of_others(void)
{
	long began = clock_ns(CLOCK_PROCESS_CPUTIME_ID), other;
	long pid = sys_fork();

	if (pid == 0) {
		compute(100 * MS);
		sys_exit(0);
	}
	do {
		sleep_ms(5);
		other = clock_ns(cpu_clock_of_process((int)pid, CLOCK_SCHED));
	} while (other < 100 * MS);
	expect_exit(pid, 0);
	CHECK(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - began < 60 * MS);
	CHECK_EQ(gettime(cpu_clock_of_process((int)pid, CLOCK_SCHED)), -EINVAL);
}

static void resolution(void)
{
	struct timespec one = {9, 9};

	CHECK_EQ(sys_call2(SYS_clock_getres, CLOCK_PROCESS_CPUTIME_ID, (long)&one), 0);
	CHECK(one.tv_sec == 0 && one.tv_nsec == 1);
	CHECK_EQ(sys_call2(SYS_clock_getres, CLOCK_THREAD_CPUTIME_ID, 0), 0);
	CHECK_EQ(sys_call2(SYS_clock_getres, cpu_clock_of_process(0, CLOCK_PROF), (long)&one), 0);
	CHECK(one.tv_sec == 0 && one.tv_nsec >= 1000000);
	CHECK_EQ(sys_call2(SYS_clock_getres, cpu_clock_of_process(0, 3), (long)&one), -EINVAL);
}

static long sleep_by(int clock, int flags, long ns)
{
	struct timespec length = {ns / (1000 * MS), ns % (1000 * MS)};

	return sys_call4(SYS_clock_nanosleep, clock, flags, (long)&length, 0);
}

static void sleep_refused(void)
{
	CHECK_EQ(sleep_by(CLOCK_THREAD_CPUTIME_ID, 0, MS), -EOPNOTSUPP);
	CHECK_EQ(sleep_by(cpu_clock_of_thread(0, CLOCK_SCHED), 0, MS), -EINVAL);
	CHECK_EQ(sleep_by(cpu_clock_of_process(0x1ffffff, CLOCK_SCHED), 0, MS), -EINVAL);
	CHECK_EQ(sleep_by(cpu_clock_of_process(0, 3), 0, MS), -EOPNOTSUPP);
	CHECK_EQ(sleep_by(CLOCK_PROCESS_CPUTIME_ID, 0, -MS), -EINVAL);
}

/* Until another process has computed so long. */
static void sleep_by_a_child(void)
{
	long pid = sys_fork(), clock;

	if (pid == 0) {
		compute(5000 * MS);
		sys_exit(0);
	}
	clock = cpu_clock_of_process((int)pid, CLOCK_SCHED);
	CHECK_EQ(sleep_by((int)clock, 0, 50 * MS), 0);
	CHECK(clock_ns((int)clock) >= 50 * MS);
	CHECK_EQ(sleep_by((int)clock, 1, 100 * MS), 0);
	CHECK(clock_ns((int)clock) >= 100 * MS);
	CHECK_EQ(sleep_by((int)clock, 1, MS), 0); /* that has been */
	CHECK_EQ(send_signal(pid, SIGKILL), 0);
	expect_killed(pid, SIGKILL);
}

/* By one's own process's clock, which stands still while it sleeps: a signal ends it. */
static void sleep_broken_off(void)
{
	struct itimerval soon = {{0, 0}, {0, 50000}};
	struct timespec length = {1, 0}, left = {0, 0};

	CHECK_EQ(set_action(SIGALRM, note_signal, 0), 0);
	CHECK_EQ(sys_call3(SYS_setitimer, ITIMER_REAL, (long)&soon, 0), 0);
	CHECK_EQ(sys_call4(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, (long)&length,
			 (long)&left),
		-EINTR);
	CHECK_EQ(handled, 1);
	CHECK(left.tv_sec == 0 && left.tv_nsec > 900 * MS);
}

static const struct test_case cases[] = {
	CASE("ids of oneself", ids_of_oneself),
	CASE("ids of others: of processes, not of their threads", ids_of_others),
	CASE("all ids tell the same", they_agree),
	CASE("a process's clock does not tell of others'", they_do_not_pass_time_of_others),
	CASE("clock_getres", resolution),
	CASE("what one cannot sleep by", sleep_refused),
	CASE("sleep by a child's clock", sleep_by_a_child),
	CASE("sleep by one's own until a signal comes", sleep_broken_off),
};
TEST_SUITE(clocks, cases);
