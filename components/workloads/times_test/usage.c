/* usage: getrusage, times, and what wait4 tells of a child. */
#include <sched.h>
#include <sys/times.h>
#include <sys/wait.h>

#include "times_test.h"

static void computing_is_user_time(void)
{
	struct rusage before, after;

	get_usage(RUSAGE_SELF, &before);
	compute(150 * MS);
	get_usage(RUSAGE_SELF, &after);
	CHECK(user_ns(&after) - user_ns(&before) > 110 * MS);
	CHECK(system_ns(&after) - system_ns(&before) < 40 * MS);
}

static void calls_are_system_time(void)
{
	struct rusage before, after;

	get_usage(RUSAGE_SELF, &before);
	make_calls(200 * MS);
	get_usage(RUSAGE_SELF, &after);
	CHECK(system_ns(&after) - system_ns(&before) > 60 * MS);
}

static void sleeping_is_neither(void)
{
	long before = clock_ns(CLOCK_PROCESS_CPUTIME_ID), began = clock_ns(CLOCK_MONOTONIC);
	struct rusage first, usage_after;

	get_usage(RUSAGE_SELF, &first);
	sleep_ms(100);
	get_usage(RUSAGE_SELF, &usage_after);
	CHECK(clock_ns(CLOCK_MONOTONIC) - began >= 100 * MS);
	CHECK(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - before < 50 * MS);
	CHECK(usage_after.ru_nvcsw > first.ru_nvcsw);
}

static void time_never_shrinks(void)
{
	struct rusage last = {.ru_maxrss = 0}, now;

	for (int i = 0; i < 300; i++) {
		if (i % 3 == 0)
			make_calls(MS / 2);
		compute(MS / 4);
		get_usage(RUSAGE_SELF, &now);
		CHECK(user_ns(&now) >= user_ns(&last));
		CHECK(system_ns(&now) >= system_ns(&last));
		last = now;
	}
}

static void the_sum_is_the_clock(void)
{
	struct rusage now;
	long before, after, sum;

	compute(50 * MS);
	make_calls(50 * MS);
	before = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	get_usage(RUSAGE_SELF, &now);
	after = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	sum = user_ns(&now) + system_ns(&now);
	CHECK(sum >= before - 10000 && sum <= after + 10000);
}

static void faults_are_counted(void)
{
	struct rusage before, after;
	char *pages = map_pages(64, 3);

	get_usage(RUSAGE_SELF, &before);
	for (int i = 0; i < 64; i++)
		pages[i * 4096] = 1;
	get_usage(RUSAGE_SELF, &after);
	CHECK(after.ru_minflt - before.ru_minflt >= 64);
	CHECK(after.ru_minflt - before.ru_minflt < 200);
	CHECK(after.ru_maxrss >= before.ru_maxrss && after.ru_maxrss >= 64 * 4);
}

static void compute_100(void)
{
	compute(100 * MS);
}

static void compute_with_child(void)
{
	expect_exit(spawn(compute_100), 0);
	compute(50 * MS);
}

static void children_count_when_waited_for(void)
{
	struct rusage none, children, told;
	long pid = spawn(compute_with_child);
	int status;

	sleep_ms(10);
	get_usage(RUSAGE_CHILDREN, &none);
	CHECK_EQ(user_ns(&none) + system_ns(&none), 0);
	CHECK_EQ(sys_call4(SYS_wait4, pid, (long)&status, 0, (long)&told), pid);
	get_usage(RUSAGE_CHILDREN, &children);
	/* its own child is in it */
	CHECK(user_ns(&told) + system_ns(&told) >= 150 * MS - 10000);
	CHECK(user_ns(&told) + system_ns(&told) < 1000 * MS);
	CHECK_EQ(user_ns(&children), user_ns(&told));
	CHECK_EQ(system_ns(&children), system_ns(&told));
}

static void who_ignores_its_children_hears_nothing(void)
{
	struct rusage children;
	long pid;

	CHECK_EQ(sys_call4(SYS_rt_sigaction, SIGCHLD,
			 (long)&(struct raw_action){.handler = (void *)1}, 0, 8),
		0);
	pid = spawn(compute_100);
	CHECK_EQ(sys_wait4(pid, NULL, 0), -ECHILD);
	get_usage(RUSAGE_CHILDREN, &children);
	CHECK_EQ(user_ns(&children) + system_ns(&children), 0);
}

static void times_in_ticks(void)
{
	struct tms first, second;
	long began = sys_call1(SYS_times, (long)&first), ended;

	CHECK(began > 0);
	compute(200 * MS);
	expect_exit(spawn(compute_100), 0);
	ended = sys_call1(SYS_times, (long)&second);
	CHECK(ended - began >= 29);
	CHECK(second.tms_utime + second.tms_stime - first.tms_utime - first.tms_stime >= 19);
	CHECK(second.tms_cutime + second.tms_cstime >= 9);
	CHECK(sys_call1(SYS_times, 0) >= ended);
	CHECK_EQ(sys_call1(SYS_times, 8), -EFAULT);
}

static void bad_arguments(void)
{
	struct rusage now;

	CHECK_EQ(sys_call2(SYS_getrusage, 2, (long)&now), -EINVAL);
	CHECK_EQ(sys_call2(SYS_getrusage, -2, (long)&now), -EINVAL);
	CHECK_EQ(sys_call2(SYS_getrusage, 2, 8), -EINVAL);
	CHECK_EQ(sys_call2(SYS_getrusage, 0, 8), -EFAULT);
}

static void waitid_tells_too(void)
{
	struct rusage told;
	siginfo_t info;
	long pid = spawn(compute_100);

	CHECK_EQ(sys_call6(SYS_waitid, P_PID, pid, (long)&info, WEXITED | WNOWAIT, (long)&told, 0),
		0);
	CHECK(user_ns(&told) + system_ns(&told) >= 100 * MS - 10000);
	get_usage(RUSAGE_CHILDREN, &told);
	CHECK_EQ(user_ns(&told) + system_ns(&told), 0);
	CHECK_EQ(sys_call6(SYS_waitid, P_PID, pid, (long)&info, WEXITED, 0, 0), 0);
	get_usage(RUSAGE_CHILDREN, &told);
	CHECK(user_ns(&told) + system_ns(&told) >= 100 * MS - 10000);
}

static const struct test_case cases[] = {
	CASE("computing is user time", computing_is_user_time),
	CASE("system calls are system time", calls_are_system_time),
	CASE("sleeping is neither, and a wait", sleeping_is_neither),
	CASE("neither ever shrinks", time_never_shrinks),
	CASE("their sum is the process's clock", the_sum_is_the_clock),
	CASE("page faults and memory are counted", faults_are_counted),
	CASE("children count once they were waited for", children_count_when_waited_for),
	CASE("but not for who ignores them", who_ignores_its_children_hears_nothing),
	CASE("waitid tells of a child, and counts it when it takes it", waitid_tells_too),
	CASE("times counts ticks", times_in_ticks),
	CASE("what makes no sense is refused", bad_arguments),
};
TEST_SUITE(usage, cases);
