/* LAB: solution */
/*
 * Multi-level feedback: who computes sinks, who waits is lifted.
 *
 * A thread begins on level 0 and takes turns with its equals, a slice at a time. What it uses on a
 * level is summed up in `usage`, over all its slices and however often it sleeps between: when that
 * comes to the level's allotment it sinks by one. Every MLFQ_BOOST ticks everybody is on level 0
 * again; a thread that is not in a queue just then finds out by the number of the last boost, which
 * it keeps in `stamp`.
 *
 * Corbato, Daggett, Daley 1962; Arpaci-Dusseau, Operating Systems: Three Easy Pieces, ch. 8.
 */
/* LAB: starter */
/*
 * Multi-level feedback: who computes sinks, who waits is lifted.
 *
 * To begin with this is one queue in order of arrival. Make it keep the rules of the handout; all
 * numbers that it needs are below.
 */
/* LAB: end */
#include <sched/sched.h>

#define MLFQ_LEVELS    4u
#define MLFQ_SLICE     2u   /* ticks of a turn */
#define MLFQ_ALLOTMENT 4u   /* ticks on a level before the thread sinks */
#define MLFQ_BOOST     100u /* ticks from one boost to the next */

/* LAB: solution */
static struct list queues[MLFQ_LEVELS];
static u64 ticks, boosts;

void mlfq_init(void)
{
	for (unsigned i = 0; i < MLFQ_LEVELS; i++)
		list_init(&queues[i]);
	ticks = boosts = 0;
}

void mlfq_attach(struct sched_node *node, s32 base)
{
	base = MAX(0, MIN(base, SCHED_PRIORITY_LOWEST));
	*node = (struct sched_node){.base = base, .slice = MLFQ_SLICE, .stamp = boosts};
	list_init(&node->link);
}

/* Lifts a thread that was elsewhere at the last boost. */
static void catch_up(struct sched_node *node)
{
	if (node->stamp == boosts)
		return;
	node->stamp = boosts;
	node->current = 0;
	node->usage = 0;
}

void mlfq_enqueue(struct sched_node *node, unsigned place)
{
	assert(!list_is_linked(&node->link));
	catch_up(node);
	if (place == SCHED_FRONT)
		list_push_front(&queues[node->current], &node->link);
	else
		list_push_back(&queues[node->current], &node->link);
}

void mlfq_dequeue(struct sched_node *node)
{
	assert(list_is_linked(&node->link));
	list_remove(&node->link);
}

struct sched_node *mlfq_pick(void)
{
	for (unsigned i = 0; i < MLFQ_LEVELS; i++) {
		struct sched_node *node = list_first(&queues[i], struct sched_node, link);

		if (!node)
			continue;
		list_remove(&node->link);
		if (node->slice == 0)
			node->slice = MLFQ_SLICE;
		return node;
	}
	return NULL;
}

/* True when a boost has just lifted everybody who waits. */
static bool clock(void)
{
	struct sched_node *node, *after;

	if (++ticks % MLFQ_BOOST != 0)
		return false;
	boosts++;
	list_for_each(node, &queues[0], link) catch_up(node);
	for (unsigned i = 1; i < MLFQ_LEVELS; i++)
		list_for_each_safe(node, after, &queues[i], link)
		{
			catch_up(node);
			list_remove(&node->link);
			list_push_back(&queues[0], &node->link);
		}
	return true;
}

static s32 best(void)
{
	s32 level = 0;

	while (level < (s32)MLFQ_LEVELS && list_is_empty(&queues[level]))
		level++;
	return level;
}

bool mlfq_tick(struct sched_node *node)
{
	clock();
	catch_up(node);
	if (node->slice > 0)
		node->slice--;
	if (++node->usage >= MLFQ_ALLOTMENT) {
		node->usage = 0;
		node->current = MIN(node->current + 1, (s32)MLFQ_LEVELS - 1);
	}
	if (node->slice == 0 && best() > node->current)
		node->slice = MLFQ_SLICE; /* nobody as urgent waits */
	return node->slice == 0 || best() < node->current;
}

void mlfq_tick_idle(void)
{
	clock();
}

bool mlfq_preempts(const struct sched_node *node, const struct sched_node *running)
{
	return node->current < running->current;
}
/* LAB: starter */
static struct list queue;

void mlfq_init(void)
{
	list_init(&queue);
}

void mlfq_attach(struct sched_node *node, s32 base)
{
	base = MAX(0, MIN(base, SCHED_PRIORITY_LOWEST));
	*node = (struct sched_node){.base = base, .slice = MLFQ_SLICE};
	list_init(&node->link);
}

void mlfq_enqueue(struct sched_node *node, unsigned place)
{
	assert(!list_is_linked(&node->link));
	if (place == SCHED_FRONT)
		list_push_front(&queue, &node->link);
	else
		list_push_back(&queue, &node->link);
}

void mlfq_dequeue(struct sched_node *node)
{
	assert(list_is_linked(&node->link));
	list_remove(&node->link);
}

struct sched_node *mlfq_pick(void)
{
	struct sched_node *node = list_first(&queue, struct sched_node, link);

	if (node) {
		list_remove(&node->link);
		if (node->slice == 0)
			node->slice = MLFQ_SLICE;
	}
	return node;
}

bool mlfq_tick(struct sched_node *node)
{
	if (node->slice > 0)
		node->slice--;
	if (node->slice == 0 && list_is_empty(&queue))
		node->slice = MLFQ_SLICE; /* nobody else waits */
	return node->slice == 0;
}

void mlfq_tick_idle(void)
{
}

bool mlfq_preempts(const struct sched_node *node, const struct sched_node *running)
{
	(void)node, (void)running;
	return false;
}
/* LAB: end */
