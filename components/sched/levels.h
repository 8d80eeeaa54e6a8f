/*
 * Queues of 32 levels, for schedulers that have priorities: who is first on the
 * most urgent level is found in constant time, by a bitmap of the levels that
 * are not empty (Linux 2.6's and L4's way, and that of the 4.3BSD run queues).
 */
#pragma once

#include <lib/lib.h>

#define LEVELS 32 /* as many as a u32 has bits */

struct levels {
	u32 ready; /* bit n: queue n is not empty */
	struct list queue[LEVELS];
};

static inline void levels_init(struct levels *levels)
{
	levels->ready = 0;
	for (unsigned i = 0; i < LEVELS; i++)
		list_init(&levels->queue[i]);
}

static inline void levels_push(struct levels *levels, struct list *link, s32 level, bool front)
{
	assert(!list_is_linked(link));
	if (front)
		list_push_front(&levels->queue[level], link);
	else
		list_push_back(&levels->queue[level], link);
	levels->ready |= (u32)1 << level;
}

static inline void levels_remove(struct levels *levels, struct list *link, s32 level)
{
	assert(list_is_linked(link));
	list_remove(link);
	if (list_is_empty(&levels->queue[level]))
		levels->ready &= ~((u32)1 << level);
}

/* The most urgent level that is not empty; LEVELS if all are. */
static inline s32 levels_best(const struct levels *levels)
{
	return levels->ready ? __builtin_ctz(levels->ready) : LEVELS;
}

/* Takes out the first of the most urgent level; NULL if all are empty. */
static inline struct list *levels_pop(struct levels *levels)
{
	if (!levels->ready)
		return NULL;
	s32 level = __builtin_ctz(levels->ready);
	struct list *link = levels->queue[level].next;

	levels_remove(levels, link, level);
	return link;
}
