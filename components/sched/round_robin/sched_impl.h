/*
 * Round robin: one queue in order of arrival, the same time slice for all.
 * Only who comes next matters; priorities are kept for show.
 */
#pragma once

extern struct list round_robin_queue;

static inline void sched_init(void)
{
	list_init(&round_robin_queue);
}

static inline void sched_attach(struct sched_node *node, s32 base)
{
	*node = (struct sched_node){.base = base, .current = base, .slice = CONFIG_SCHED_ROUND_ROBIN_QUANTUM_TICKS};
	list_init(&node->link);
}

static inline void sched_enqueue(struct sched_node *node, enum sched_place place)
{
	if (place == SCHED_FRONT)
		list_push_front(&round_robin_queue, &node->link);
	else
		list_push_back(&round_robin_queue, &node->link);
}

static inline void sched_dequeue(struct sched_node *node)
{
	list_remove(&node->link);
}

static inline struct sched_node *sched_pick(void)
{
	struct sched_node *node = list_first(&round_robin_queue, struct sched_node, link);

	if (node) {
		list_remove(&node->link);
		if (node->slice == 0)
			node->slice = CONFIG_SCHED_ROUND_ROBIN_QUANTUM_TICKS;
	}
	return node;
}

static inline bool sched_tick(struct sched_node *node)
{
	if (node->slice > 0)
		node->slice--;
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
