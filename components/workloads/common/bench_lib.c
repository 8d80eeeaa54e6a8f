/*
 * bench: overheads, medians and reports. See bench.h.
 */
#include <stdbool.h>

#include <workloads/common/bench.h>
#include <workloads/common/sys.h>
#include <workloads/common/text.h>

#define LINE_SIZE         8192 /* holds 256 samples of 20 digits and their frame */
#define CALIBRATION_LOOPS 1000
#define CALIBRATION_TRIES 8

_Static_assert(BENCH_SAMPLES * 21 + 512 < LINE_SIZE, "a series must fit into its line");

static uint64_t sorted[BENCH_SAMPLES];

/* Insertion sort into `sorted`: samples of one kind are nearly all alike, so it is quick, and it
 * needs no memory. */
static void sort_samples(const uint64_t *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t at = i;

		for (; at > 0 && sorted[at - 1] > samples[i]; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = samples[i];
	}
}

/* The lower of the two middle ones where the count is even: a figure that really was measured. */
static uint64_t median(const uint64_t *samples, size_t count)
{
	sort_samples(samples, count);
	return sorted[(count - 1) / 2];
}

uint64_t bench_median(const struct bench_series *series)
{
	return median(series->samples, series->count);
}

static uint64_t scratch[BENCH_SAMPLES];

uint64_t bench_stub_overhead(void)
{
	struct bench_operands nothing = {0};

	for (size_t i = 0; i < BENCH_WARMUP + BENCH_SAMPLES; i++)
		scratch[i % BENCH_SAMPLES] = bench_time_nothing(&nothing);
	return median(scratch, BENCH_SAMPLES);
}

uint64_t bench_now_overhead(void)
{
	for (size_t i = 0; i < BENCH_WARMUP + BENCH_SAMPLES; i++) {
		uint64_t begin = bench_now();

		scratch[i % BENCH_SAMPLES] = bench_now() - begin;
	}
	return median(scratch, BENCH_SAMPLES);
}

/*
 * Does the time-stamp counter count instructions? It does if a loop of a known
 * number of instructions takes exactly that many ticks. The least of several
 * tries, since a timer interrupt may fall into one.
 */
static bool ticks_are_instructions(void)
{
	uint64_t least = UINT64_MAX, overhead = bench_stub_overhead();

	for (int i = 0; i < CALIBRATION_TRIES; i++) {
		struct bench_operands loop = {.rcx = CALIBRATION_LOOPS};
		uint64_t ticks = bench_time_loop(&loop);

		if (ticks < least)
			least = ticks;
	}
	return least == overhead + 2 * CALIBRATION_LOOPS;
}

static void write_json(const struct bench_series *series, const char *unit, int fd)
{
	static char line[LINE_SIZE];
	struct text text = TEXT(line);
	long result;

	text_string(&text, "{\"type\":\"series\",\"workload\":\"");
	text_string(&text, bench_workload);
	text_string(&text, "\",\"series\":\"");
	text_string(&text, series->name);
	text_string(&text, "\",\"unit\":\"");
	text_string(&text, unit);
	text_string(&text, "\",\"overhead\":");
	text_number(&text, (int64_t)series->overhead);
	text_string(&text, ",\"samples\":[");
	for (size_t i = 0; i < series->count; i++) {
		text_string(&text, i == 0 ? "" : ",");
		text_number(&text, (int64_t)series->samples[i]);
	}
	text_string(&text, "]}\n");
	result = text_write(&text, fd);
	if (result < 0)
		bench_fail("cannot write the results", result);
}

static void write_summary(const struct bench_series *series, const char *unit)
{
	char line[256];
	struct text text = TEXT(line);

	text_string(&text, series->name);
	text_string(&text, ": median ");
	text_number(&text, (int64_t)(median(series->samples, series->count) - series->overhead));
	text_string(&text, ", minimum ");
	text_number(&text, (int64_t)(sorted[0] - series->overhead));
	text_string(&text, " ");
	text_string(&text, unit);
	text_string(&text, " (");
	text_number(&text, (int64_t)series->count);
	text_string(&text, " samples)\n");
	text_write(&text, 2); /* for the reader's eyes only: if nobody listens, nothing is lost */
}

void bench_report(const struct bench_series *series, size_t count)
{
	const char *unit = ticks_are_instructions() ? "instructions" : "tsc_ticks";
	int fd = sys_write(BENCH_CHANNEL, "", 0) == -EBADF ? 1 : BENCH_CHANNEL;

	for (size_t i = 0; i < count; i++) {
		write_json(&series[i], unit, fd);
		write_summary(&series[i], unit);
	}
}

void bench_fail(const char *what, long result)
{
	char line[256];
	struct text text = TEXT(line);

	text_string(&text, bench_workload);
	text_string(&text, ": ");
	text_string(&text, what);
	if (result < 0) {
		text_string(&text, ": error ");
		text_number(&text, -result);
	}
	text_string(&text, "\n");
	text_write(&text, 2);
	sys_exit(1);
}

void bench_wait(long pid)
{
	int status = -1;
	long result = sys_wait4(pid, &status, 0);

	if (result != pid)
		bench_fail("cannot wait for the child", result);
	if (status != 0)
		bench_fail("the child failed", 0);
}
