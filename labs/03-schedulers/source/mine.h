/*
 * Four policies side by side, and what each must offer. They know nothing of one another; the names
 * are those of components/sched/sched.h with the policy's in front, and mean the same.
 */
#pragma once

#include <lib/lib.h>

struct sched_node;

/* A thread's tickets, where a policy shares the processor by them: 32 down to 1. */
#define MINE_TICKETS(node) ((u64)(SCHED_PRIORITIES - (node)->base))

#define MINE_POLICY(policy)                                                                        \
	void policy##_init(void);                                                                  \
	void policy##_attach(struct sched_node *node, s32 base);                                   \
	void policy##_enqueue(struct sched_node *node, unsigned place);                            \
	void policy##_dequeue(struct sched_node *node);                                            \
	struct sched_node *policy##_pick(void);                                                    \
	bool policy##_tick(struct sched_node *node);                                               \
	void policy##_tick_idle(void);                                                             \
	bool policy##_preempts(const struct sched_node *node, const struct sched_node *running)

MINE_POLICY(mlfq);
MINE_POLICY(stride);
MINE_POLICY(lottery);
MINE_POLICY(edf);

/* Numbers for the lottery. The state may be anything but 0. */
extern u64 mine_random_state;
u64 mine_random(void);
