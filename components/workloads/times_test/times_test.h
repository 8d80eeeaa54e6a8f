/* times_test: what the suites share: computing, and reading clocks. */
#pragma once

#include <sys/resource.h>
#include <time.h>

#include <workloads/common/signals.h>

#define MS 1000000L /* nanoseconds */

#define sys_call1(number, a)    sys_call3(number, a, 0, 0)
#define sys_call2(number, a, b) sys_call3(number, a, b, 0)

#define CLOCK_PROF  0
#define CLOCK_VIRT  1
#define CLOCK_SCHED 2

/* Linux's ids of the clocks of processor time of process (or thread) `number`, 0 for the caller. */
static inline int cpu_clock_of_process(int number, int kind)
{
	return (int)(~(unsigned)number << 3 | (unsigned)kind);
}
static inline int cpu_clock_of_thread(int number, int kind)
{
	return cpu_clock_of_process(number, kind) | 4;
}

/* A clock in nanoseconds; the call must succeed. */
long clock_ns(int clock);
/* Computes until the process has had `ns` more of the processor. */
void compute(long ns);
/* Makes system calls for as long, that do work in the kernel: a pipe is written and read. */
void make_calls(long ns);
/* User and system time of a struct rusage, in nanoseconds. */
long user_ns(const struct rusage *usage);
long system_ns(const struct rusage *usage);
void get_usage(int who, struct rusage *usage);

extern const struct test_suite usage, clocks, timers, limits, proc;
