/* The timers of a process. Data types only, for struct proc; the functions are in timers.h. */
#pragma once

#include <lib/lib.h>

struct timer_table {
	struct list all; /* struct posix_timer, the oldest first */
	u32 count;
	s32 next; /* number: they are not used again soon */
};
