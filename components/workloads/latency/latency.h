/*
 * latency: one operation after the other, all timed by one loop.
 *
 * Each file of this program gives a table of operations. The loop calls `work`
 * between two readings of the counter and checks its answer afterwards, so that
 * a call that fails is never taken for a fast one. The overhead of every series
 * is that same loop around a function that does nothing.
 */
#pragma once

#include <stddef.h>

#define PAGE 4096

/* Absent functions are not called. All but `work` go untimed. */
struct latency {
	const char *name;
	size_t samples;     /* at most BENCH_SAMPLES; an eighth as many rounds warm up */
	long expected;      /* what `work` answers if all went well */
	unsigned int per;   /* operations in one call of `work`, 0 for 1: a sample is their mean */
	long (*work)(void); /* what is timed */
	long (*also)(void); /* part of `work` that is not meant: timed too, and made overhead */
	void (*prepare)(void); /* once, before the first sample */
	void (*again)(void);   /* before each sample */
	void (*finish)(void);  /* once, after the last */
};

/* The tables, in the order in which they are measured; each ends with an entry without a name. */
extern const struct latency latency_processes[];
extern const struct latency latency_calls[];
extern const struct latency latency_waiting[];
extern const struct latency latency_signals[];
extern const struct latency latency_memory[];
extern const struct latency latency_files[];
extern const struct latency latency_rings[];

/* `result`, unless it is an errno: then the program ends and says that `what` failed. */
long latency_require(const char *what, long result);

/* Makes, or makes anew, a file of `size` bytes, and opens it for reading and writing. */
int latency_file(const char *path, size_t size);

/* "<folder of this program>/nop". */
extern char latency_nop[256];
