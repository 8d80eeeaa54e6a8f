/*
 * twin: the same random calls here and on the Linux that the tests run on; every answer, and all
 * memory that the calls may write, must be the same after each.
 */
#pragma once

#include "services_test.h"

#define TWIN_BUFFER 8192

/* A call whose arguments mean the same on both sides: numbers, or places in a small buffer. */
struct step {
	long number;
	long arguments[6];
	u8 places; /* bit i: argument i is an offset in the buffer */
};

/* A system call of either side. */
typedef long (*twin_call)(long number, long a0, long a1, long a2, long a3, long a4, long a5);

struct twin {
	const char *what; /* the finding: "random calls on … are answered as Linux does" */
	struct step (*step)(void); /* the next call, by host_random(); it must never block */
	void (*fill)(u8 *buffer);  /* what the buffer holds at first; NULL: zeros */
	/* Whether two answers that differ are both Linux's, of one version or another; NULL: never.
	 */
	bool (*both_good)(const struct step *step, long here, long on_linux);
	/* More calls after one, which the answer decides about; NULL: none. */
	void (*after)(twin_call call, const struct step *step, long result, const u8 *buffer);
};

void twin_compare(const struct twin *twin, u64 seed);

/* One of the numbers, at random. */
long twin_pick(const long *from, size_t n);
/* A descriptor: mostly one of the lowest, at times one that cannot be. */
long twin_fd(void);
