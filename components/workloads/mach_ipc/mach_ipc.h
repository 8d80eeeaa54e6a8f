/* What the files of this program share. */
#pragma once

#include <mach.h>
#include <workloads/common/bench.h>

extern const struct mach_boot *boot;

/* Ends the machine with a failure, and says why. `code`: what a trap answered. */
noreturn void fail(const char *what, long code);

static inline void must(long code, const char *what)
{
	if (code != KERN_SUCCESS)
		fail(what, code);
}

/* One series as a line on the result channel, and its median on the console. */
void report(const char *name, u64 overhead, const u64 *samples, unsigned count);
/* The median cost of two readings of the clock with nothing between them. */
u64 now_overhead(void);
void report_end(void);

/*
 * A thread that runs body(port) on a stack of its own, in this task or in a new one that begins as
 * a copy of it. It gets the receive right of `port`; the caller keeps a send right under the same
 * name. Returns the task.
 */
mach_port_t spawn(bool own_task, void (*body)(mach_port_t), mach_port_t port);
/* A receive right with a send right beside it. */
mach_port_t new_port(void);
