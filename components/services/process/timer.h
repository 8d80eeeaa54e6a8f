/* timer: something that is to happen at a time, whoever runs then. */
#pragma once

#include <lib/lib.h>

struct service_timer {
	struct list link; /* in the list of those that are set, the nearest first; else unlinked */
	u64 deadline;     /* env_now() */
	void (*expired)(struct service_timer *timer);
};

void service_timers_init(void);
void service_timer_init(struct service_timer *timer, void (*expired)(struct service_timer *timer));
/* `expired` will be called, soon after `deadline`, by when it is not set any more; it must not
 * sleep. A timer that is set already is set anew. */
void service_timer_set(struct service_timer *timer, u64 deadline);
void service_timer_clear(struct service_timer *timer);
static inline bool service_timer_is_set(const struct service_timer *timer)
{
	return list_is_linked(&timer->link);
}
