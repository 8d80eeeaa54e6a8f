/* LAB: solution */
/*
 * Earliest deadline first, each thread in a constant-bandwidth server.
 *
 * `stamp` is a thread's deadline, in ticks since the start. Its base priority gives its period, and
 * in each period it has a budget of EDF_BUDGET ticks, of which `slice` is what is left. When that
 * is used up the deadline moves on by a period: so a thread that wants more than its share is late,
 * and nobody else is. That is what keeps an overload from becoming everybody's.
 *
 * A thread that wakes keeps deadline and budget only if it could not use them to get more than its
 * share: if what is left, at its rate, would last beyond the deadline, it begins a new period now.
 *
 * Liu and Layland, JACM 20(1), 1973; Abeni and Buttazzo, RTSS 1998.
 */
/* LAB: starter */
/*
 * Earliest deadline first, each thread in a constant-bandwidth server.
 *
 * To begin with this is one queue in order of arrival, which knows nothing of deadlines. A node's
 * `stamp` is a good place for the deadline, and `slice` is what is left of the budget.
 */
/* LAB: end */
#include <sched/sched.h>

#define EDF_BUDGET       4u                                 /* ticks in each period */
#define EDF_PERIOD(node) ((u64)4 * ((u64)(node)->base + 1)) /* ticks */

/* LAB: solution */
static struct list queue;
static u64 now;

void edf_init(void)
{
	list_init(&queue);
	now = 0;
}

static void begin_period(struct sched_node *node)
{
	node->stamp = now + EDF_PERIOD(node);
	node->slice = EDF_BUDGET;
}

void edf_attach(struct sched_node *node, s32 base)
{
	base = MAX(0, MIN(base, SCHED_PRIORITY_LOWEST));
	*node = (struct sched_node){.base = base, .current = base};
	list_init(&node->link);
	begin_period(node);
}

/* Of a thread that wakes: its budget would last beyond its deadline, were it spent at its rate. */
static bool has_saved_up(const struct sched_node *node)
{
	return node->stamp <= now ||
	       node->slice * EDF_PERIOD(node) > (node->stamp - now) * EDF_BUDGET;
}

void edf_enqueue(struct sched_node *node, unsigned place)
{
	assert(!list_is_linked(&node->link));
	if (node->slice == 0) {
		node->stamp += EDF_PERIOD(node);
		node->slice = EDF_BUDGET;
	} else if (place == SCHED_BACK && has_saved_up(node)) {
		begin_period(node);
	}
	list_push_back(&queue, &node->link);
}

void edf_dequeue(struct sched_node *node)
{
	assert(list_is_linked(&node->link));
	list_remove(&node->link);
}

static struct sched_node *earliest(void)
{
	struct sched_node *node, *found = NULL;

	list_for_each(node, &queue, link)
	{
		if (!found || node->stamp < found->stamp)
			found = node;
	}
	return found;
}

struct sched_node *edf_pick(void)
{
	struct sched_node *node = earliest();

	if (node)
		list_remove(&node->link);
	return node;
}

bool edf_tick(struct sched_node *node)
{
	struct sched_node *other = earliest();

	now++;
	if (node->slice > 0)
		node->slice--;
	if (node->slice > 0)
		return false;
	if (!other || other->stamp > node->stamp + EDF_PERIOD(node)) {
		node->stamp += EDF_PERIOD(node); /* late as it is, nobody is more urgent */
		node->slice = EDF_BUDGET;
	}
	return node->slice == 0;
}

void edf_tick_idle(void)
{
	now++;
}

bool edf_preempts(const struct sched_node *node, const struct sched_node *running)
{
	return node->stamp < running->stamp;
}
/* LAB: starter */
static struct list queue;

void edf_init(void)
{
	list_init(&queue);
}

void edf_attach(struct sched_node *node, s32 base)
{
	base = MAX(0, MIN(base, SCHED_PRIORITY_LOWEST));
	*node = (struct sched_node){.base = base, .current = base, .slice = EDF_BUDGET};
	list_init(&node->link);
}

void edf_enqueue(struct sched_node *node, unsigned place)
{
	assert(!list_is_linked(&node->link));
	if (place == SCHED_FRONT)
		list_push_front(&queue, &node->link);
	else
		list_push_back(&queue, &node->link);
}

void edf_dequeue(struct sched_node *node)
{
	assert(list_is_linked(&node->link));
	list_remove(&node->link);
}

struct sched_node *edf_pick(void)
{
	struct sched_node *node = list_first(&queue, struct sched_node, link);

	if (node) {
		list_remove(&node->link);
		if (node->slice == 0)
			node->slice = EDF_BUDGET;
	}
	return node;
}

bool edf_tick(struct sched_node *node)
{
	if (node->slice > 0)
		node->slice--;
	if (node->slice == 0 && list_is_empty(&queue))
		node->slice = EDF_BUDGET; /* nobody else waits */
	return node->slice == 0;
}

void edf_tick_idle(void)
{
}

bool edf_preempts(const struct sched_node *node, const struct sched_node *running)
{
	(void)node, (void)running;
	return false;
}
/* LAB: end */
