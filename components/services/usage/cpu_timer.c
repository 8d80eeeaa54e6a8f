/*
 * cpu_timer: what rings by a clock of processor time.
 *
 * With one processor a clock cannot go faster than time. So the nearest deadline is looked at when
 * it can have been reached at the earliest, and if others ran meanwhile again, when the rest has
 * passed; of a process that sleeps just before its deadline, every SHORTEST.
 */
#include <services/process/process.h>
#include <services/process/timer.h>
#include <services/usage/internal.h>

#define SHORTEST 2000000u /* nanoseconds: Linux looks at each tick, every 4 ms or less often */

static struct list timers;
static struct service_timer look;

static u64 left_of(const struct cpu_timer *timer)
{
	struct cpu_clock clock = {timer->of, timer->whole, timer->kind};
	u64 now = cpu_clock_now(&clock);

	return timer->deadline > now ? timer->deadline - now : 0;
}

static void look_again(u64 after)
{
	u64 at = env_now() + MAX(after, (u64)SHORTEST);

	if (!service_timer_is_set(&look) || look.deadline > at)
		service_timer_set(&look, at);
}

static void look_at_all(struct service_timer *unused)
{
	struct list due;
	struct cpu_timer *timer, *after;

	(void)unused;
	list_init(&due);
	list_for_each_safe(timer, after, &timers, link)
	{
		u64 left = left_of(timer);

		if (left > 0) {
			look_again(left);
			continue;
		}
		list_remove(&timer->link);
		list_push_back(&due, &timer->link);
	}
	while ((timer = list_first(&due, struct cpu_timer, link))) {
		list_remove(&timer->link);
		timer->expired(timer);
	}
}

void cpu_timers_init(void)
{
	list_init(&timers);
	service_timer_init(&look, look_at_all);
	usage_gone = (struct cpu_split){0, 0};
}

void cpu_timer_init(struct cpu_timer *timer, void (*expired)(struct cpu_timer *timer))
{
	list_init(&timer->link);
	timer->expired = expired;
}

void cpu_timer_clear(struct cpu_timer *timer)
{
	if (!cpu_timer_is_set(timer))
		return;
	list_remove(&timer->link);
	if (list_is_empty(&timers))
		service_timer_clear(&look);
}

void cpu_timer_set(struct cpu_timer *timer, const struct cpu_clock *clock, u64 deadline)
{
	if (cpu_timer_is_set(timer))
		list_remove(&timer->link);
	timer->of = clock->of;
	timer->whole = clock->whole;
	timer->kind = clock->kind;
	timer->deadline = deadline;
	list_push_back(&timers, &timer->link);
	look_again(left_of(timer));
}

void cpu_timers_forget(struct proc *proc)
{
	struct cpu_timer *timer, *after;

	list_for_each_safe(timer, after, &timers, link)
	{
		if (timer->of == proc)
			cpu_timer_clear(timer);
	}
}

void cpu_timers_move(struct proc *from, struct proc *to)
{
	struct cpu_timer *timer, *after;

	list_for_each_safe(timer, after, &timers, link)
	{
		if (timer->of == from && timer->whole)
			timer->of = to;
		else if (timer->of == from)
			cpu_timer_clear(timer); /* by the clock of the leader that was */
	}
}
