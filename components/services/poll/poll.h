/*
 * poll: waiting for one of several files.
 *
 * poll and select are the same wait over two forms of the question. The form that the wait works on
 * is poll's: an array of descriptors, each with what is asked and what is answered.
 */
#pragma once

#include <services/files/files.h>
#include <services/files/watch.h>

struct pollfd {
	s32 fd;
	u16 events, found;
};

/*
 * Waits until something of what is asked holds, and fills in `found`: how many descriptors have an
 * answer; 0 at `deadline`. -EINTR: a signal came first. -ENOMEM.
 */
long poll_wait(struct pollfd *fds, u32 count, u64 deadline) must_check;

/* How long, as the caller passed it. */
struct poll_time {
	vaddr_t at;   /* where what is left goes; 0: nowhere */
	s64 unit;     /* nanoseconds that its second word counts */
	u64 deadline; /* ENV_FOREVER: as long as it takes */
};
/* Reads a timespec (unit 1) or a timeval (unit 1000) at `at`; 0: for ever. -EFAULT, -EINVAL. */
long poll_read_time(struct poll_time *time, vaddr_t at, s64 unit) must_check;

/* A mask of signals for the length of the wait: -EFAULT, -EINVAL. `set` 0: none. */
long poll_set_mask(vaddr_t set, size_t size) must_check;
/*
 * The wait with such a mask is over: puts back what was there, tells the caller how much time is
 * left, and turns `result` into what the call returns.
 */
long poll_end(long result, const struct poll_time *time, vaddr_t set);
