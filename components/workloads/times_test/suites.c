/* suites: which there are, and what they share. */
#include "times_test.h"

const struct test_suite *const test_suites[] = {&usage, &clocks, &timers, &limits, &proc, NULL};

long clock_ns(int clock)
{
	struct timespec now = {0, 0};

	CHECK_EQ(sys_call2(SYS_clock_gettime, clock, (long)&now), 0);
	return now.tv_sec * 1000 * MS + now.tv_nsec;
}

void compute(long ns)
{
	long end = clock_ns(CLOCK_PROCESS_CPUTIME_ID) + ns;

	do
		for (volatile int i = 0; i < 100000; i++)
			;
	while (clock_ns(CLOCK_PROCESS_CPUTIME_ID) < end);
}

void make_calls(long ns)
{
	static char bytes[4096];
	long end = clock_ns(CLOCK_PROCESS_CPUTIME_ID) + ns;
	int ends[2];

	CHECK_EQ(sys_call2(SYS_pipe2, (long)ends, 0), 0);
	do {
		for (int i = 0; i < 20; i++) {
			CHECK_EQ(sys_write(ends[1], bytes, sizeof(bytes)), sizeof(bytes));
			CHECK_EQ(sys_read(ends[0], bytes, sizeof(bytes)), sizeof(bytes));
		}
	} while (clock_ns(CLOCK_PROCESS_CPUTIME_ID) < end);
	sys_close(ends[0]);
	sys_close(ends[1]);
}

long user_ns(const struct rusage *usage)
{
	return usage->ru_utime.tv_sec * 1000 * MS + usage->ru_utime.tv_usec * 1000;
}

long system_ns(const struct rusage *usage)
{
	return usage->ru_stime.tv_sec * 1000 * MS + usage->ru_stime.tv_usec * 1000;
}

void get_usage(int who, struct rusage *usage)
{
	CHECK_EQ(sys_call2(SYS_getrusage, who, (long)usage), 0);
}
