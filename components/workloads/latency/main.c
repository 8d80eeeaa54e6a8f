/*
 * latency: what the single things cost that programs ask of a kernel.
 *
 * The operations are those of lmbench (McVoy and Staelin 1996), the code is our
 * own. Processes come first: a fork costs by the page, and each series that has
 * been measured leaves some behind. All files lie in /tmp of the initial file
 * system, which is in memory on every kernel.
 *
 *	latency [name …]	these figures only
 */
#include <string.h>

#include <workloads/common/bench.h>
#include <workloads/common/child.h>
#include <workloads/common/sys.h>
#include <workloads/latency/latency.h>

#define SERIES_MAX 40

const char bench_workload[] = "latency";
char latency_nop[256];

static struct bench_series series[SERIES_MAX];

static const struct latency *const tables[] = {
	latency_processes,
	latency_calls,
	latency_waiting,
	latency_signals,
	latency_memory,
	latency_files,
	latency_rings,
};

long latency_require(const char *what, long result)
{
	if (result < 0)
		bench_fail(what, result);
	return result;
}

static long work_nothing(void)
{
	return 0;
}

static const struct latency nothing = {.samples = BENCH_SAMPLES, .work = work_nothing};

/* The loop that all figures come from. `work` is the operation's own, or what is also in it. */
static void measure(struct bench_series *into, const struct latency *one, long (*work)(void))
{
	size_t warmup = one->samples / 8 + 1;

	into->count = one->samples;
	for (size_t i = 0; i < warmup + one->samples; i++) {
		uint64_t begin, end;
		long answer;

		if (one->again != NULL)
			one->again();
		begin = bench_now();
		answer = work();
		end = bench_now();
		if (answer != one->expected)
			bench_fail(one->name, answer);
		into->samples[i < warmup ? 0 : i - warmup] =
			(end - begin) / (one->per ? one->per : 1);
	}
}

static void measure_one(struct bench_series *into, const struct latency *one)
{
	into->name = one->name;
	if (one->prepare != NULL)
		one->prepare();
	measure(into, one->also != NULL ? one : &nothing,
		one->also != NULL ? one->also : work_nothing);
	into->overhead = bench_median(into);
	if (one->also == NULL && one->per > 1)
		into->overhead /= one->per;
	measure(into, one, one->work);
	if (one->finish != NULL)
		one->finish();
}

static bool wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc <= 1;
}

int main(int argc, char **argv)
{
	size_t count = 0;
	long made = sys_call3(SYS_mkdir, (long)"/tmp", 01777, 0);

	if (made != -EEXIST)
		latency_require("mkdir /tmp", made);
	if (!child_path(latency_nop, sizeof(latency_nop), argc > 0 ? argv[0] : "", "nop"))
		bench_fail("the path of this program is too long", 0);
	for (size_t table = 0; table < sizeof(tables) / sizeof(tables[0]); table++)
		for (const struct latency *one = tables[table]; one->name != NULL; one++)
			if (wanted(one->name, argc, argv)) {
				if (count == SERIES_MAX)
					bench_fail("there are more figures than room for them", 0);
				measure_one(&series[count++], one);
			}
	if (count == 0)
		bench_fail("there is no such figure", 0);
	bench_report(series, count);
	return 0;
}
