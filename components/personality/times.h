/* times: what a thread has had of the processor, as data. env_times() tells it. */
#pragma once

#include <lib/lib.h>

/*
 * What a thread has had of the processor since it was created, over exec: its program's work, and
 * the system's for it, wherever that is done (a server's time is its client's). `total` is exact;
 * ticks of the kernel's timer say what of it was which. Of a client that has been destroyed: 0.
 */
struct env_times {
	u64 total;                       /* nanoseconds */
	u64 program_ticks, system_ticks; /* that found it in its program, or the system at work */
	u64 waits;                       /* times that it slept */
	u64 preemptions;                 /* times that another ran though it could */
	bool asleep;                     /* now, in env_sleep() */
};
