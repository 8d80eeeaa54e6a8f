/* limits: RLIMIT_CPU. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>

#include "times_test.h"

static void set(unsigned long soft, unsigned long hard)
{
	struct rlimit limit = {soft, hard};

	CHECK_EQ(sys_call2(SYS_setrlimit, RLIMIT_CPU, (long)&limit), 0);
}

static void hard_kills(void)
{
	set(1, 1);
	compute(8000 * MS);
}

/* SIGXCPU once a second, and the soft limit follows; SIGKILL in the end. */
static void between_them(void)
{
	struct rlimit now;

	CHECK_EQ(set_action(SIGXCPU, note_signal, 0), 0);
	set(1, 2);
	while (handled < 1)
		compute(10 * MS);
	CHECK(clock_ns(cpu_clock_of_process(0, CLOCK_PROF)) >= 1000 * MS - MS);
	CHECK_EQ(sys_call2(SYS_getrlimit, RLIMIT_CPU, (long)&now), 0);
	CHECK_EQ(now.rlim_cur, 2);
	compute(8000 * MS);
}

static void compute_two_seconds(void)
{
	compute(2000 * MS);
}

/* A child has the limit, and its own time to use up. */
static void inherited(void)
{
	struct rusage told;
	int status;
	long pid;

	set(1, 2);
	compute(200 * MS);
	pid = spawn(compute_two_seconds);
	CHECK_EQ(sys_call4(SYS_wait4, pid, (long)&status, 0, (long)&told), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU);
	CHECK(user_ns(&told) + system_ns(&told) >= 900 * MS); /* as exact as ticks are */
	CHECK(user_ns(&told) + system_ns(&told) < 1900 * MS);
}

static void sleeping_is_free(void)
{
	set(1, 1);
	sleep_ms(1200);
}

static unsigned long load(void)
{
	struct sysinfo now;

	CHECK_EQ(sys_call3(SYS_sysinfo, (long)&now, 0, 0), 0);
	return now.loads[0];
}

/* The cases before have computed for nearly as long as there is between two samples. */
static void shows_in_the_load(void)
{
	char text[100] = "";
	double told;
	long fd;

	for (int i = 0; load() == 0 && i < 60; i++)
		compute(100 * MS);
	fd = sys_call3(SYS_open, (long)"/proc/loadavg", O_RDONLY, 0);
	CHECK(sys_read((int)fd, text, sizeof(text) - 1) > 14);
	told = strtod(text, NULL) - (double)load() / 65536;
	CHECK(load() > 0);
	CHECK(told > -1 && told < 1); /* a sample may have come between */
	if (!on_host)
		CHECK(told > -0.1 && told < 0.1);
}

static const struct test_case cases[] = {
	DIES("SIGKILL at the hard limit", hard_kills, SIGKILL),
	DIES("with a handler SIGXCPU at the soft one, which moves on", between_them, SIGKILL),
	CASE("SIGXCPU kills; a child has the limit, and its own time", inherited),
	CASE("what was computed shows in the load averages", shows_in_the_load),
	CASE("a process that sleeps uses nothing", sleeping_is_free),
};
TEST_SUITE(limits, cases);
