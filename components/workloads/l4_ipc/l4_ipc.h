/* l4_ipc: what its files share. All data is seen by all threads (l4_common/task.h). */
#pragma once

#include <workloads/common/bench.h>
#include <workloads/l4_common/task.h>

/* Whose stack and UTCB is which. */
enum { ECHO, CLIENT };

/* A measurement: how much is sent, from where to where, and whether the answer is timed. */
struct trial {
	const char *name;
	unsigned bytes;
	bool same_space;
	bool round_trip;
	u64 client, echo; /* thread ids */
	struct bench_series *series;
};

/* The two threads of a trial. The client tells the root task how many samples went wrong. */
void trial_client(void *trial);
void trial_echo(void *trial);

/* The thread whose page faults are timed: touches one page after the other from `base` on. */
void fault_client(void *trial);
#define FAULT_BASE  0x40000000ull
#define FAULT_PAGES (BENCH_WARMUP + BENCH_SAMPLES)
#define FAULT_MARK  0x5au /* what the pager's page holds in each byte */

/* Median time of two readings of the clock with nothing between them. */
u64 clock_overhead(void);
/* The same of bench.h's stub, for series that are timed with it. */
u64 stub_overhead(void);
/* Writes a series to the result channel, and its summary to the console. */
void report(const struct bench_series *series);
