/* l4_ipc: results, through the kernel debugger's call. */
#include <workloads/l4_ipc/l4_ipc.h>

#define CALIBRATION_LOOPS 1000
#define CALIBRATION_TRIES 8

static u64 sorted[BENCH_SAMPLES];

/* The lower of the two middle ones where the count is even: a figure that really was measured. */
static u64 median(const u64 *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t at = i;
		for (; at > 0 && sorted[at - 1] > samples[i]; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = samples[i];
	}
	return sorted[(count - 1) / 2];
}

static u64 samples[BENCH_SAMPLES];

u64 stub_overhead(void)
{
	struct bench_operands nothing = {0};

	for (size_t i = 0; i < BENCH_WARMUP + BENCH_SAMPLES; i++)
		samples[i % BENCH_SAMPLES] = bench_time_nothing(&nothing);
	return median(samples, BENCH_SAMPLES);
}

u64 clock_overhead(void)
{

	for (size_t i = 0; i < BENCH_WARMUP + BENCH_SAMPLES; i++) {
		u64 begin = bench_now();
		samples[i % BENCH_SAMPLES] = bench_now() - begin;
	}
	return median(samples, BENCH_SAMPLES);
}

/* A loop of a known number of instructions takes exactly that many ticks, or they are something
 * else. */
static bool ticks_are_instructions(void)
{
	u64 least = UINT64_MAX, overhead = clock_overhead();

	for (int i = 0; i < CALIBRATION_TRIES; i++) {
		u64 count = CALIBRATION_LOOPS, begin = bench_now();
		__asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(count));
		u64 ticks = bench_now() - begin;
		least = MIN(least, ticks);
	}
	return least - overhead - 2 * CALIBRATION_LOOPS <= 1; /* and the loading of the counter */
}

void report(const struct bench_series *series)
{
	static char line[8192];
	size_t n = format_string(line, sizeof(line),
		"{\"type\":\"series\",\"workload\":\"l4_ipc\",\"series\":\"%s\",\"unit\":\"%s\","
		"\"overhead\":%lu,\"samples\":[",
		series->name, ticks_are_instructions() ? "instructions" : "tsc_ticks",
		series->overhead);

	for (size_t i = 0; i < series->count; i++)
		n += format_string(
			line + n, sizeof(line) - n, i ? ",%lu" : "%lu", series->samples[i]);
	n += format_string(line + n, sizeof(line) - n, "]}\n");
	if (n >= sizeof(line) || l4_debugger(L4_DEBUGGER_RESULT, line, n) < 0)
		panic("l4_ipc: cannot write the results of %s", series->name);
	u64 middle = median(series->samples, series->count);
	kprintf("%s: median %lu, minimum %lu instructions (%zu samples)\n", series->name,
		middle - series->overhead, sorted[0] - series->overhead, series->count);
}
