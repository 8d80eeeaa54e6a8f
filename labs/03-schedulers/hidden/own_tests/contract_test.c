/*
 * Tests that catch every mutant of this lab: what a student's own could look
 * like. Threads that are nothing but nodes are queued, picked and ticked; whoever
 * waited in the kernel's queues before is put back at the end.
 */
#include <sched/sched.h>
#include <tap.h>

void contract_test_sched(void);

#define THREADS 3

static struct sched_node nodes[THREADS];

static void begin(unsigned count)
{
	while (sched_pick())
		continue;
	for (unsigned i = 0; i < count; i++) {
		sched_attach(&nodes[i], SCHED_PRIORITY_DEFAULT);
		sched_enqueue(&nodes[i], SCHED_BACK);
	}
}

static void test_priorities(void)
{
	sched_attach(&nodes[0], -5);
	tap_eq(nodes[0].base, 0, "a priority that is too urgent is the most urgent");
	sched_attach(&nodes[0], 1000);
	tap_eq(nodes[0].base, SCHED_PRIORITY_LOWEST, "one that is too low is the lowest");
}

static void test_order(void)
{
	begin(THREADS);
	tap_ok(!sched_preempts(&nodes[1], &nodes[0]), "an equal that wakes up pushes nobody out");
	tap_ok(sched_pick() == &nodes[0], "who came first runs first");
	sched_enqueue(&nodes[0], SCHED_FRONT);
	tap_ok(sched_pick() == &nodes[0], "who was preempted is next again");
	sched_enqueue(&nodes[0], SCHED_BACK);
	tap_ok(sched_pick() == &nodes[1], "who slept waits behind the others");
	tap_ok(sched_pick() == &nodes[2], "each of them");
	tap_ok(sched_pick() == &nodes[0] && !sched_pick(), "and is there once");
}

/* Ticks until the running thread must make room; 1000 where it never must. */
static unsigned turn(struct sched_node *running)
{
	unsigned ticks = 1;

	while (ticks < 1000 && !sched_tick(running))
		ticks++;
	return ticks;
}

static void test_turns(void)
{
	begin(2);
	struct sched_node *running = sched_pick();
	unsigned slice = running->slice;

	tap_eq(turn(running), slice, "a turn is as long as its slice");
	sched_enqueue(running, SCHED_BACK);
	running = sched_pick();
	tap_ok(running == &nodes[1], "then it is the other's turn");
	turn(running);
	sched_enqueue(running, SCHED_BACK);
	running = sched_pick();
	tap_ok(running == &nodes[0] && running->slice == slice, "and a new turn is a whole one");
	begin(1);
	tap_eq(turn(sched_pick()), 1000, "who is alone goes on and on");
}

void contract_test_sched(void)
{
	struct list waiting;
	struct sched_node *node;

	list_init(&waiting);
	while ((node = sched_pick()))
		list_push_back(&waiting, &node->link);
	test_priorities();
	test_order();
	test_turns();
	while (sched_pick())
		continue;
	while ((node = list_first(&waiting, struct sched_node, link))) {
		list_remove(&node->link);
		sched_enqueue(node, SCHED_BACK);
	}
}
