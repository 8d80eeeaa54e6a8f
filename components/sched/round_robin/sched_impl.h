/*
 * Round robin: one queue in order of arrival, the same time slice for all.
 * Priorities are kept, so that they can be asked for, and ignored.
 */
#pragma once

#define ROUND_ROBIN_SLICE CONFIG_SCHED_ROUND_ROBIN_QUANTUM_TICKS

extern struct list round_robin_queue;

static inline void sched_init(void)
{
	list_init(&round_robin_queue);
}

static inline void sched_attach(struct sched_node *node, s32 base)
{
	base = MAX(0, MIN(base, SCHED_PRIORITY_LOWEST));
	*node = (struct sched_node){.base = base, .current = base, .slice = ROUND_ROBIN_SLICE};
	list_init(&node->link);
}

static inline void sched_enqueue(struct sched_node *node, enum sched_place place)
{
	assert(!list_is_linked(&node->link));
	if (place == SCHED_FRONT)
		list_push_front(&round_robin_queue, &node->link);
	else
		list_push_back(&round_robin_queue, &node->link);
}

static inline void sched_dequeue(struct sched_node *node)
{
	assert(list_is_linked(&node->link));
	list_remove(&node->link);
}

static inline struct sched_node *sched_pick(void)
{
	struct sched_node *node = list_first(&round_robin_queue, struct sched_node, link);

	if (node) {
		list_remove(&node->link);
		if (node->slice == 0)
			node->slice = ROUND_ROBIN_SLICE;
	}
	return node;
}

static inline bool sched_tick(struct sched_node *node)
{
	if (node->slice > 0)
		node->slice--;
	if (node->slice == 0 && list_is_empty(&round_robin_queue))
		node->slice = ROUND_ROBIN_SLICE; /* nobody else is waiting */
	return node->slice == 0;
}

static inline void sched_tick_idle(void)
{
}

static inline bool sched_preempts(const struct sched_node *node, const struct sched_node *running)
{
	(void)node;
	(void)running;
	return false;
}
