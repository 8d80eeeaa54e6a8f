/*
 * Fixed priority: the most urgent thread runs, always. Those of one priority
 * take turns, a time slice each. Picking takes constant time (levels.h).
 */
#pragma once

#include <sched/levels.h>

_Static_assert(LEVELS == SCHED_PRIORITIES, "a queue for each priority");

#define FIXED_PRIORITY_SLICE CONFIG_SCHED_FIXED_PRIORITY_QUANTUM_TICKS

extern struct levels fixed_priority_levels;

static inline void sched_init(void)
{
	levels_init(&fixed_priority_levels);
}

static inline void sched_attach(struct sched_node *node, s32 base)
{
	base = MAX(0, MIN(base, SCHED_PRIORITY_LOWEST));
	*node = (struct sched_node){.base = base, .current = base, .slice = FIXED_PRIORITY_SLICE};
	list_init(&node->link);
}

static inline void sched_enqueue(struct sched_node *node, enum sched_place place)
{
	levels_push(&fixed_priority_levels, &node->link, node->current, place == SCHED_FRONT);
}

static inline void sched_dequeue(struct sched_node *node)
{
	levels_remove(&fixed_priority_levels, &node->link, node->current);
}

static inline struct sched_node *sched_pick(void)
{
	struct list *link = levels_pop(&fixed_priority_levels);

	if (!link)
		return NULL;
	struct sched_node *node = list_entry(link, struct sched_node, link);
	if (node->slice == 0)
		node->slice = FIXED_PRIORITY_SLICE;
	return node;
}

static inline bool sched_tick(struct sched_node *node)
{
	if (node->slice > 0)
		node->slice--;
	if (node->slice == 0 && levels_best(&fixed_priority_levels) > node->current)
		node->slice = FIXED_PRIORITY_SLICE; /* nobody as urgent is waiting */
	return node->slice == 0;
}

static inline void sched_tick_idle(void)
{
}

static inline bool sched_preempts(const struct sched_node *node, const struct sched_node *running)
{
	return node->current < running->current;
}
