/*
 * getpid: what reaching the personality costs.
 *
 * `getpid` is the shortest call there is: its time is the way in and out. Where
 * a library in the program answers it (Mach's emulation library), it measures
 * that library. `getppid` does the same work but can never be kept by a library,
 * since a parent may die; so it always reaches the personality, and is reported
 * as `getpid_server`.
 */
#include <workloads/common/bench.h>
#include <workloads/common/sys.h>

const char bench_workload[] = "getpid";

static struct bench_series series[] = {
	{.name = "getpid"},
	{.name = "getpid_server"},
};

/* Times system call `nr`, which takes no argument and must answer `expected` every time. */
static void measure_call(struct bench_series *into, long nr, long expected)
{
	into->overhead = bench_stub_overhead();
	into->count = BENCH_SAMPLES;
	for (size_t i = 0; i < BENCH_WARMUP + BENCH_SAMPLES; i++) {
		struct bench_operands call = {.rax = (uint64_t)nr};

		into->samples[i < BENCH_WARMUP ? 0 : i - BENCH_WARMUP] = bench_time_call(&call);
		if ((long)call.rax != expected)
			bench_fail("a call gave another answer than before", (long)call.rax);
	}
}

int main(void)
{
	long pid = sys_getpid(), parent = sys_getppid();

	if (pid <= 0)
		bench_fail("getpid does not answer with a process number", pid);
	if (parent < 0)
		bench_fail("getppid does not answer with a process number", parent);
	measure_call(&series[0], SYS_getpid, pid);
	measure_call(&series[1], SYS_getppid, parent);
	bench_report(series, sizeof(series) / sizeof(series[0]));
	return 0;
}
