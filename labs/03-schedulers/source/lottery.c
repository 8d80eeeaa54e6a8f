/* LAB: solution */
/*
 * Lottery scheduling: whoever holds the winning ticket runs.
 *
 * The queue is a list of ticket holders; `total` counts the tickets in it. A draw is a number below
 * the total, and the list is walked until that many tickets have gone by. So the chance of each is
 * its part of the tickets that take part, now and always: nobody can save chances up, and nobody
 * with a ticket waits for ever.
 *
 * Waldspurger and Weihl, Lottery Scheduling, OSDI 1994.
 */
/* LAB: starter */
/*
 * Lottery scheduling: whoever holds the winning ticket runs.
 *
 * To begin with this is one queue in order of arrival, in which chance has no part. mine_random()
 * gives 64 random bits.
 */
/* LAB: end */
#include <sched/sched.h>

#define LOTTERY_SLICE 2u /* ticks of a turn */

/* LAB: solution */
static struct list queue;
static u64 total;

void lottery_init(void)
{
	list_init(&queue);
	total = 0;
}

void lottery_attach(struct sched_node *node, s32 base)
{
	base = MAX(0, MIN(base, SCHED_PRIORITY_LOWEST));
	*node = (struct sched_node){.base = base, .current = base, .slice = LOTTERY_SLICE};
	list_init(&node->link);
}

void lottery_enqueue(struct sched_node *node, unsigned place)
{
	assert(!list_is_linked(&node->link));
	(void)place; /* the next draw does not care who came when */
	list_push_back(&queue, &node->link);
	total += MINE_TICKETS(node);
}

void lottery_dequeue(struct sched_node *node)
{
	assert(list_is_linked(&node->link));
	list_remove(&node->link);
	total -= MINE_TICKETS(node);
}

struct sched_node *lottery_pick(void)
{
	struct sched_node *node;

	if (total == 0)
		return NULL;
	u64 winning = mine_random() % total;
	list_for_each(node, &queue, link)
	{
		if (winning < MINE_TICKETS(node))
			break;
		winning -= MINE_TICKETS(node);
	}
	lottery_dequeue(node);
	if (node->slice == 0)
		node->slice = LOTTERY_SLICE;
	return node;
}

bool lottery_tick(struct sched_node *node)
{
	if (node->slice > 0)
		node->slice--;
	if (node->slice == 0 && total == 0)
		node->slice = LOTTERY_SLICE; /* nobody else waits */
	return node->slice == 0;
}

void lottery_tick_idle(void)
{
}

bool lottery_preempts(const struct sched_node *node, const struct sched_node *running)
{
	(void)node, (void)running;
	return false;
}
/* LAB: starter */
static struct list queue;

void lottery_init(void)
{
	list_init(&queue);
}

void lottery_attach(struct sched_node *node, s32 base)
{
	base = MAX(0, MIN(base, SCHED_PRIORITY_LOWEST));
	*node = (struct sched_node){.base = base, .current = base, .slice = LOTTERY_SLICE};
	list_init(&node->link);
}

void lottery_enqueue(struct sched_node *node, unsigned place)
{
	assert(!list_is_linked(&node->link));
	if (place == SCHED_FRONT)
		list_push_front(&queue, &node->link);
	else
		list_push_back(&queue, &node->link);
}

void lottery_dequeue(struct sched_node *node)
{
	assert(list_is_linked(&node->link));
	list_remove(&node->link);
}

struct sched_node *lottery_pick(void)
{
	struct sched_node *node = list_first(&queue, struct sched_node, link);

	if (node) {
		list_remove(&node->link);
		if (node->slice == 0)
			node->slice = LOTTERY_SLICE;
	}
	return node;
}

bool lottery_tick(struct sched_node *node)
{
	if (node->slice > 0)
		node->slice--;
	if (node->slice == 0 && list_is_empty(&queue))
		node->slice = LOTTERY_SLICE; /* nobody else waits */
	return node->slice == 0;
}

void lottery_tick_idle(void)
{
}

bool lottery_preempts(const struct sched_node *node, const struct sched_node *running)
{
	(void)node, (void)running;
	return false;
}
/* LAB: end */
