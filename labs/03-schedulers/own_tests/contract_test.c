/*
 * My own tests of a scheduler. They play the thread slot: whoever waits in the
 * kernel's queues when they begin is put back at the end. make mutants tries them
 * on the kit's round robin, which must pass, and on faulty parts, which should
 * not.
 *
 * tap_ok(condition, "what holds") and tap_eq(actual, expected, "what") state
 * a finding and go on.
 */
#include <sched/sched.h>
#include <tap.h>

void contract_test_sched(void);

static struct sched_node nodes[1];

static void test_one(void)
{
	sched_attach(&nodes[0], SCHED_PRIORITY_DEFAULT);
	sched_enqueue(&nodes[0], SCHED_BACK);
	tap_ok(sched_pick() == &nodes[0], "who waits is picked");
	tap_ok(sched_pick() == NULL, "and then nobody");
}

void contract_test_sched(void)
{
	struct list waiting;
	struct sched_node *node;

	list_init(&waiting);
	while ((node = sched_pick()))
		list_push_back(&waiting, &node->link);
	test_one();
	while ((node = list_first(&waiting, struct sched_node, link))) {
		list_remove(&node->link);
		sched_enqueue(node, SCHED_BACK);
	}
}
