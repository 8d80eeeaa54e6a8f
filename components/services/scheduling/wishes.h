/* What a thread asks of the scheduler, beside its nice value. Data types only, for struct proc. */
#pragma once

#include <lib/lib.h>

struct scheduling_wishes {
	u8 policy;       /* SCHED_… */
	u8 priority;     /* of a real-time policy: 1 to 99 */
	bool reset;      /* a child begins with an ordinary policy */
	u16 io_priority; /* class and level; 0: none was asked for */
};
