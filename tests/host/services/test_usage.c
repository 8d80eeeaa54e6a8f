/* Processor time: a client computes so long, and every way to ask tells that. */
#include "services_test.h"

#define MS 1000000ull

static u64 ns_at(vaddr_t at)
{
	u64 words[2];

	host_peek(words, at, sizeof(words));
	return words[0] * 1000 * MS + words[1];
}

/* Seconds and microseconds. */
static u64 us_at(vaddr_t at)
{
	u64 words[2];

	host_peek(words, at, sizeof(words));
	return words[0] * 1000000 + words[1];
}

static u64 clock_of(vaddr_t buf, long id)
{
	return host_sys(SYS_clock_gettime, id, buf) == 0 ? ns_at(buf) : 0;
}

static void compute_more(void *argument)
{
	(void)argument;
	host_compute(120 * MS, false);
}

static void never_end(void *argument)
{
	(void)argument;
	for (;;)
		host_compute(10 * MS, false);
}

static void program(void *argument)
{
	vaddr_t buf = host_alloc(4096);
	u64 limits[2] = {1, 3};
	u64 before = clock_of(buf, 2);

	(void)argument;
	host_compute(250 * MS, false);
	host_compute(110 * MS, true);
	host_sys(SYS_getrusage, 0, buf);
	tap_eq(us_at(buf) + us_at(buf + 16), (before + 360 * MS) / 1000, "all of it is told");
	tap_ok(us_at(buf + 16) >= 100000 && us_at(buf + 16) <= 120000,
		"the system's part is what the ticks found");
	tap_eq(clock_of(buf, 2), before + 360 * MS, "the process's clock tells the same");
	tap_eq(clock_of(buf, 3), before + 360 * MS, "so does the thread's");
	tap_eq(clock_of(buf, (long)(~0u << 3 | 2)), before + 360 * MS, "so does the one by number");
	host_fork(SYS_fork, compute_more, NULL);
	host_sys(SYS_getrusage, -1, buf);
	tap_eq(us_at(buf), 0, "a child does not count yet");
	host_sys(SYS_wait4, -1, 0, 0, buf);
	tap_eq(us_at(buf) + us_at(buf + 16), 120000, "when it was waited for it is told of");
	host_sys(SYS_getrusage, -1, buf);
	tap_eq(us_at(buf) + us_at(buf + 16), 120000, "and counts");
	host_poke(buf, limits, sizeof(limits));
	tap_eq(host_sys(SYS_setrlimit, 0, buf), 0, "a limit on it");
	host_fork(SYS_fork, never_end, NULL);
	host_sys(SYS_wait4, -1, buf, 0, buf + 64);
	tap_eq(peek32(buf) & 0x7f, 24, "kills who goes beyond");
	tap_ok(us_at(buf + 64) >= 1000000 && us_at(buf + 64) < 1020000, "at the time");
}

void test_usage(void);
void test_usage(void)
{
	test_run_plain(program, "processor time is counted");
}
