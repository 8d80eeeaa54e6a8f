/* twin: see twin.h. */
#include <stdio.h>

#include <services/files/files.h>

#include "linux_side.h"
#include "twin.h"

#define STEPS 4000
#define LOW   12 /* the descriptors that most calls are about */

struct trace {
	struct step steps[STEPS];
	long answers[STEPS];
	u8 buffers[STEPS][TWIN_BUFFER]; /* after each step */
};

struct run {
	const struct twin *twin;
	struct trace *trace;
};

long twin_pick(const long *from, size_t n)
{
	return from[host_random() % n];
}

long twin_fd(void)
{
	static const long odd[] = {-1, -100, 60, PROC_FILES, 1000, INT32_MAX};

	return host_chance(20) ? twin_pick(odd, 6) : (long)(host_random() % LOW);
}

static long make_call(twin_call call, const struct step *step, long base)
{
	long a[6];

	for (int j = 0; j < 6; j++)
		a[j] = step->places >> j & 1 ? base + step->arguments[j] : step->arguments[j];
	return call(step->number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* In a process of its own with no descriptor open. */
static void run_on_linux(void *argument)
{
	static u8 buffer[TWIN_BUFFER];
	const struct run *run = argument;

	linux_close_all(PROC_FILES);
	if (run->twin->fill)
		run->twin->fill(buffer);
	for (size_t i = 0; i < STEPS; i++) {
		const struct step *step = &run->trace->steps[i];
		long result = make_call(linux_call, step, (long)buffer);

		run->trace->answers[i] = result;
		memcpy(run->trace->buffers[i], buffer, sizeof(buffer));
		if (run->twin->after)
			run->twin->after(linux_call, step, result, buffer);
	}
}

static size_t first_difference(const u8 *one, const u8 *other)
{
	size_t i = 0;

	while (i < TWIN_BUFFER && one[i] == other[i])
		i++;
	return i;
}

static void tell(const struct run *run, size_t i, long result, const u8 *here)
{
	const struct step *step = &run->trace->steps[i];
	const u8 *there = run->trace->buffers[i];
	const long *a = step->arguments;
	size_t at = first_difference(here, there);
	char text[300];
	int n = snprintf(text, sizeof(text),
		"step %zu: call %ld(%ld, %ld, %ld, %lx, %ld, %ld): here %ld, on Linux %ld", i,
		step->number, a[0], a[1], a[2], a[3], a[4], a[5], result, run->trace->answers[i]);

	if (at < TWIN_BUFFER)
		snprintf(text + n, sizeof(text) - (size_t)n,
			"; byte %zu of the memory: here %x, on Linux %x", at, here[at], there[at]);
	tap_ok(false, text);
}

static bool is_same(const struct run *run, size_t i, long result)
{
	long expected = run->trace->answers[i];

	return result == expected ||
	       (run->twin->both_good &&
		       run->twin->both_good(&run->trace->steps[i], result, expected));
}

static void run_here(void *argument)
{
	static u8 seen[TWIN_BUFFER];
	const struct run *run = argument;
	vaddr_t buffer = host_alloc(TWIN_BUFFER);

	for (int fd = 0; fd < 4; fd++)
		host_sys(SYS_close, fd);
	memset(seen, 0, sizeof(seen));
	if (run->twin->fill)
		run->twin->fill(seen);
	host_poke(buffer, seen, sizeof(seen));
	for (size_t i = 0; i < STEPS; i++) {
		const struct step *step = &run->trace->steps[i];
		long result = make_call(host_call, step, (long)buffer);

		host_peek(seen, buffer, sizeof(seen));
		if (first_difference(seen, run->trace->buffers[i]) < TWIN_BUFFER ||
			!is_same(run, i, result)) {
			tell(run, i, result, seen);
			return;
		}
		if (run->twin->after)
			run->twin->after(host_call, step, result, seen);
	}
	tap_ok(true, run->twin->what);
}

static void make_steps(void *argument)
{
	const struct run *run = argument;

	for (size_t i = 0; i < STEPS; i++)
		run->trace->steps[i] = run->twin->step();
}

void twin_compare(const struct twin *twin, u64 seed)
{
	struct run run = {twin, linux_share(sizeof(struct trace))};

	test_run(make_steps, &run, (struct host_chances){.seed = seed},
		"the random calls are made up");
	tap_eq(linux_run(run_on_linux, &run), 0, "the calls are made on Linux");
	test_run(run_here, &run, (struct host_chances){.seed = seed}, "the calls are made here");
	linux_unshare(run.trace, sizeof(*run.trace));
}
