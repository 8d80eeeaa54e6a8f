/* LAB: solution */
/*
 * Stride scheduling: shares in proportion to tickets, exactly.
 *
 * `stamp` is a thread's pass: how far it has come. Each tick that it runs moves it on by its
 * stride, STRIDE_ONE divided by its tickets, so who has many tickets takes small steps. Who is
 * furthest behind runs next; of equals the one that was queued first.
 *
 * A thread that slept, or is new, has not come far and would have the processor to itself until it
 * has caught up. So it begins where the one stands that was picked last (`front`), unless it is
 * further on by itself.
 *
 * Waldspurger and Weihl, Stride Scheduling, MIT/LCS/TM-528, 1995.
 */
/* LAB: starter */
/*
 * Stride scheduling: shares in proportion to tickets, exactly.
 *
 * To begin with this is one queue in order of arrival, in which all have the same share. A node's
 * `stamp` is a good place for its pass.
 */
/* LAB: end */
#include <sched/sched.h>

#define STRIDE_SLICE 2u /* ticks of a turn */
#define STRIDE_ONE   ((u64)1 << 20)

/* LAB: solution */
static struct list queue;
static u64 front;

void stride_init(void)
{
	list_init(&queue);
	front = 0;
}

void stride_attach(struct sched_node *node, s32 base)
{
	base = MAX(0, MIN(base, SCHED_PRIORITY_LOWEST));
	*node = (struct sched_node){
		.base = base, .current = base, .slice = STRIDE_SLICE, .stamp = front};
	list_init(&node->link);
}

void stride_enqueue(struct sched_node *node, unsigned place)
{
	assert(!list_is_linked(&node->link));
	if (place == SCHED_FRONT) {
		list_push_front(&queue, &node->link);
		return;
	}
	node->stamp = MAX(node->stamp, front);
	list_push_back(&queue, &node->link);
}

void stride_dequeue(struct sched_node *node)
{
	assert(list_is_linked(&node->link));
	list_remove(&node->link);
}

static struct sched_node *furthest_behind(void)
{
	struct sched_node *node, *found = NULL;

	list_for_each(node, &queue, link)
	{
		if (!found || node->stamp < found->stamp)
			found = node;
	}
	return found;
}

struct sched_node *stride_pick(void)
{
	struct sched_node *node = furthest_behind();

	if (!node)
		return NULL;
	list_remove(&node->link);
	front = node->stamp;
	if (node->slice == 0)
		node->slice = STRIDE_SLICE;
	return node;
}

bool stride_tick(struct sched_node *node)
{
	node->stamp += STRIDE_ONE / MINE_TICKETS(node);
	if (node->slice > 0)
		node->slice--;
	if (node->slice == 0 && list_is_empty(&queue))
		node->slice = STRIDE_SLICE; /* nobody else waits */
	return node->slice == 0;
}

void stride_tick_idle(void)
{
}

bool stride_preempts(const struct sched_node *node, const struct sched_node *running)
{
	(void)node, (void)running;
	return false;
}
/* LAB: starter */
static struct list queue;

void stride_init(void)
{
	list_init(&queue);
}

void stride_attach(struct sched_node *node, s32 base)
{
	base = MAX(0, MIN(base, SCHED_PRIORITY_LOWEST));
	*node = (struct sched_node){.base = base, .current = base, .slice = STRIDE_SLICE};
	list_init(&node->link);
}

void stride_enqueue(struct sched_node *node, unsigned place)
{
	assert(!list_is_linked(&node->link));
	if (place == SCHED_FRONT)
		list_push_front(&queue, &node->link);
	else
		list_push_back(&queue, &node->link);
}

void stride_dequeue(struct sched_node *node)
{
	assert(list_is_linked(&node->link));
	list_remove(&node->link);
}

struct sched_node *stride_pick(void)
{
	struct sched_node *node = list_first(&queue, struct sched_node, link);

	if (node) {
		list_remove(&node->link);
		if (node->slice == 0)
			node->slice = STRIDE_SLICE;
	}
	return node;
}

bool stride_tick(struct sched_node *node)
{
	if (node->slice > 0)
		node->slice--;
	if (node->slice == 0 && list_is_empty(&queue))
		node->slice = STRIDE_SLICE; /* nobody else waits */
	return node->slice == 0;
}

void stride_tick_idle(void)
{
}

bool stride_preempts(const struct sched_node *node, const struct sched_node *running)
{
	(void)node, (void)running;
	return false;
}
/* LAB: end */
