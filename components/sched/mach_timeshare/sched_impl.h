/*
 * Timesharing as in Mach 3.0: 32 levels; whoever uses the processor sinks,
 * whoever waits rises, so everybody gets a turn.
 *
 * - A thread's level is its base priority plus its usage, scaled.
 * - Usage grows at each tick it runs through, by the number of threads that want
 *   the processor then. So a fair share weighs the same among two or twenty.
 * - Usage decays by 5/8 in each period of about a second. That is done when a
 *   thread is next looked at: `stamp` is the period up to which it has been.
 *   Those that wait in a queue are looked at when a period begins.
 * - Who waits in a queue when a period begins also rises by some levels, above
 *   its base if need be, until it runs through a tick. This bounds the wait of
 *   everybody; decay alone does not, where many compute at a better priority.
 *
 * Black, Scheduling support for concurrency and parallelism in the Mach operating
 * system, IEEE Computer 1990; Mach 3.0, kern/sched_prim.c and kern/priority.c.
 */
#pragma once

#include <sched/levels.h>

_Static_assert(LEVELS == SCHED_PRIORITIES, "a queue for each priority");

#define TIMESHARE_SLICE CONFIG_SCHED_MACH_TIMESHARE_QUANTUM_TICKS
/*
 * Among threads that compute all the time, the usage of each comes to
 * 100 / (1 - 5/8) = 266 before and 166 after a decay: 20 to 33 levels.
 */
#define TIMESHARE_PERIOD 100 /* ticks */
#define TIMESHARE_SHIFT  3   /* usage for one level: 8 */
#define TIMESHARE_RISE   4   /* levels for each period spent waiting */

struct timeshare {
	struct levels levels;
	u32 waiting; /* threads in the queues */
	u32 ticks;   /* of the period that have passed */
	u64 period;  /* the number of it */
};

extern struct timeshare timeshare;

/* Brings usage and level up to date. */
void timeshare_age(struct sched_node *node);
/* A period begins: all that wait age and rise. */
void timeshare_begin_period(void);

static inline void sched_init(void)
{
	levels_init(&timeshare.levels);
	timeshare.waiting = 0;
	timeshare.ticks = 0;
	timeshare.period = 0;
}

static inline void sched_attach(struct sched_node *node, s32 base)
{
	base = MAX(0, MIN(base, SCHED_PRIORITY_LOWEST));
	*node = (struct sched_node){
		.base = base, .current = base, .slice = TIMESHARE_SLICE, .stamp = timeshare.period};
	list_init(&node->link);
}

static inline void sched_enqueue(struct sched_node *node, enum sched_place place)
{
	if (unlikely(node->stamp != timeshare.period))
		timeshare_age(node);
	levels_push(&timeshare.levels, &node->link, node->current, place == SCHED_FRONT);
	timeshare.waiting++;
}

static inline void sched_dequeue(struct sched_node *node)
{
	levels_remove(&timeshare.levels, &node->link, node->current);
	timeshare.waiting--;
}

static inline struct sched_node *sched_pick(void)
{
	struct list *link = levels_pop(&timeshare.levels);

	if (!link)
		return NULL;
	struct sched_node *node = list_entry(link, struct sched_node, link);
	timeshare.waiting--;
	if (node->slice == 0)
		node->slice = TIMESHARE_SLICE;
	return node;
}

/* True when a period has just begun. */
static inline bool timeshare_clock(void)
{
	if (++timeshare.ticks < TIMESHARE_PERIOD)
		return false;
	timeshare_begin_period();
	return true;
}

static inline bool sched_tick(struct sched_node *node)
{
	bool moved = timeshare_clock();

	if (unlikely(node->stamp != timeshare.period))
		timeshare_age(node);
	node->usage += timeshare.waiting + 1;
	node->current =
		MIN(node->base + (s32)(node->usage >> TIMESHARE_SHIFT), SCHED_PRIORITY_LOWEST);
	if (node->slice > 0)
		node->slice--;
	s32 best = levels_best(&timeshare.levels);
	if (node->slice == 0 && best > node->current)
		node->slice = TIMESHARE_SLICE; /* nobody as urgent is waiting */
	return node->slice == 0 || (moved && best < node->current);
}

static inline void sched_tick_idle(void)
{
	timeshare_clock();
}

static inline bool sched_preempts(const struct sched_node *node, const struct sched_node *running)
{
	return node->current < running->current;
}
