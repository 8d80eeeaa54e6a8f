/*
 * l4_ipc: what its files share.
 *
 * The program is the root task, and with the very same image also the client and
 * the echo: address spaces of their own into which the root task, their pager, maps its image page by page as they
 * fault. So all data here is seen by all of them.
 */
#pragma once

#include <ipc/l4/l4_user.h>
#include <workloads/common/bench.h>

#define PAGE 4096ull

#define ROOT_ID   l4_id(1, 1)
#define UTCB_BASE 0x710000000000ull /* the client's; the echo's is a page above */

/* A measurement: how much is sent, from where to where, and whether the answer is timed. */
struct trial {
	const char *name;
	unsigned bytes;
	bool same_space;
	bool round_trip;
	u64 client, echo; /* thread ids */
	struct l4_utcb *client_utcb, *echo_utcb;
	struct bench_series *series;
};

/* The two threads of a trial. The client ends by a message of label 0 to the root task, whose MR1 is 0 if all bytes arrived as sent. */
noreturn void trial_client(const struct trial *trial);
noreturn void trial_echo(const struct trial *trial);

/* The thread whose page faults are timed: touches one page after the other from `base` on. */
noreturn void fault_client(const struct trial *trial);
#define FAULT_BASE  0x40000000ull
#define FAULT_PAGES (BENCH_WARMUP + BENCH_SAMPLES)
#define FAULT_MARK  0x5au /* what the pager's page holds in each byte */

/* Median time of two readings of the clock with nothing between them. */
u64 clock_overhead(void);
/* Writes a series to the result channel, and its summary to the console. */
void report(const struct bench_series *series);
