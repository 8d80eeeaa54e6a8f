/*
 * The scheduler slot's functions, handed on to the policy that POLICY names. There is nothing to
 * write here: the work is in mlfq.c, stride.c, lottery.c and edf.c.
 */
#pragma once

#include "mine.h"

#define MINE_CALL(function, ...)                                                                   \
	(CONFIG_SCHED_MINE_POLICY == 0          ? mlfq_##function(__VA_ARGS__)                     \
		: CONFIG_SCHED_MINE_POLICY == 1 ? stride_##function(__VA_ARGS__)                   \
		: CONFIG_SCHED_MINE_POLICY == 2 ? lottery_##function(__VA_ARGS__)                  \
						: edf_##function(__VA_ARGS__))

static inline void sched_init(void)
{
	MINE_CALL(init);
}

static inline void sched_attach(struct sched_node *node, s32 base)
{
	MINE_CALL(attach, node, base);
}

static inline void sched_enqueue(struct sched_node *node, enum sched_place place)
{
	MINE_CALL(enqueue, node, place);
}

static inline void sched_dequeue(struct sched_node *node)
{
	MINE_CALL(dequeue, node);
}

static inline struct sched_node *sched_pick(void)
{
	return MINE_CALL(pick);
}

static inline bool sched_tick(struct sched_node *node)
{
	return MINE_CALL(tick, node);
}

static inline void sched_tick_idle(void)
{
	MINE_CALL(tick_idle);
}

static inline bool sched_preempts(const struct sched_node *node, const struct sched_node *running)
{
	return MINE_CALL(preempts, node, running);
}
