/*
 * sched: what every policy must do, and what each promises besides.
 *
 * A little machine (`run`) does to the policy what the thread slot does: it
 * ticks the running thread, puts it back where it belongs when its time is up,
 * and picks the next. In a kernel the queues are borrowed: whoever waits in them
 * is put back at the end.
 */
#include <frames/misuse.h>
#include <sched/sched.h>

void contract_test_sched(void);

#define THREADS 40
#define ROUNDS  20000
#define SEED    0x7363686564

static struct actor {
	struct sched_node node;
	u64 ran;    /* ticks */
	u64 waited; /* the longest time from one tick to its next */
	u64 last;
	bool queued;
} actors[THREADS];

static u64 random_state;
static struct actor *running;
static u64 now;

static u64 next_random(void)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return random_state >> 33;
}

static void enqueue(struct actor *actor, enum sched_place place)
{
	sched_enqueue(&actor->node, place);
	actor->queued = true;
}

static struct actor *pick(void)
{
	struct sched_node *node = sched_pick();
	struct actor *actor = node ? container_of(node, struct actor, node) : NULL;

	if (actor)
		actor->queued = false;
	return actor;
}

/* Starts over with the first `count` actors, at the given priorities, ready in this order. */
static void begin(unsigned count, const s32 *priorities)
{
	sched_init();
	running = NULL;
	now = 0;
	for (unsigned i = 0; i < count; i++) {
		actors[i] = (struct actor){0};
		sched_attach(&actors[i].node, priorities[i]);
		enqueue(&actors[i], SCHED_BACK);
	}
}

static void put_back(struct actor *actor)
{
	enqueue(actor, actor->node.slice > 0 ? SCHED_FRONT : SCHED_BACK);
}

static void run(u64 ticks)
{
	for (u64 end = now + ticks; now < end; now++) {
		if (!running)
			running = pick();
		if (!running) {
			sched_tick_idle();
			continue;
		}
		running->ran++;
		running->waited = MAX(running->waited, now - running->last);
		running->last = now;
		if (sched_tick(&running->node)) {
			put_back(running);
			running = pick();
		}
	}
}

static const s32 equal[THREADS] = {[0 ... THREADS - 1] = SCHED_PRIORITY_DEFAULT};

static void test_attach(void)
{
	struct sched_node node;

	sched_init();
	tap_ok(!sched_pick(), "at first nobody is ready");
	sched_attach(&node, -3);
	tap_ok(node.base == 0 && !list_is_linked(&node.link),
		"a priority too high becomes the highest");
	sched_attach(&node, 1000);
	tap_eq(node.base, SCHED_PRIORITY_LOWEST, "one too low the lowest");
	tap_ok(node.slice > 0, "a new thread has a time slice");
}

static void test_order(void)
{
	begin(4, equal);
	sched_dequeue(&actors[1].node);
	tap_ok(pick() == &actors[0], "equals run in the order in which they became ready");
	enqueue(&actors[1], SCHED_FRONT);
	enqueue(&actors[0], SCHED_BACK);
	tap_ok(pick() == &actors[1], "who was preempted goes in front of its equals");
	tap_ok(pick() == &actors[2] && pick() == &actors[3] && pick() == &actors[0],
		"others go to the end");
	tap_ok(!pick(), "and each is there once");
}

static void test_alone(void)
{
	bool left_alone = true;

	begin(1, equal);
	running = pick();
	for (unsigned i = 0; i < 1000; i++)
		left_alone &= !sched_tick(&running->node);
	tap_ok(left_alone, "who is alone runs on");
}

static void test_slice(void)
{
	u32 slice, ticks = 1;

	begin(2, equal);
	running = pick();
	slice = running->node.slice;
	while (!sched_tick(&running->node) && ticks <= slice)
		ticks++;
	tap_eq(ticks, slice, "who is not alone runs for one slice");
	put_back(running);
	struct actor *other = pick();
	tap_ok(other == &actors[1], "then the other has its turn");
	tap_ok(pick() == &actors[0] && actors[0].node.slice == slice, "and the slice is renewed");
}

/* Five that only compute. */
static void test_shares(void)
{
	u64 least = UINT64_MAX, most = 0, waited = 0;
	u32 slice;

	begin(5, equal);
	slice = actors[0].node.slice;
	run(50000);
	for (unsigned i = 0; i < 5; i++) {
		least = MIN(least, actors[i].ran);
		most = MAX(most, actors[i].ran);
		waited = MAX(waited, actors[i].waited);
	}
	tap_ok(most - least <= 2 * slice,
		"equal threads share equally, to two slices in 50000 ticks");
	tap_ok(waited <= 8 * slice, "and nobody waits for eight slices among five");
}

/* Wakes, stops, hands over and ticks at random: nobody is lost, nobody is there twice. */
static void test_model(void)
{
	s32 priorities[THREADS];
	u64 queued = THREADS;
	bool right = true;

	for (unsigned i = 0; i < THREADS; i++)
		priorities[i] = (s32)(next_random() % SCHED_PRIORITIES);
	begin(THREADS, priorities);
	for (unsigned round = 0; round < ROUNDS && right; round++) {
		struct actor *actor = &actors[next_random() % THREADS], *next;

		switch (next_random() % 4) {
		case 0:
			if (!actor->queued && actor != running) {
				enqueue(actor, next_random() % 2 ? SCHED_BACK : SCHED_FRONT);
				queued++;
			}
			break;
		case 1:
			if (actor->queued) {
				sched_dequeue(&actor->node);
				actor->queued = false;
				queued--;
			}
			break;
		case 2:
			if (running && sched_tick(&running->node) && next_random() % 2) {
				put_back(running);
				queued++;
				running = NULL;
			} else if (!running) {
				sched_tick_idle();
			}
			break;
		default: /* the running one sleeps */
			running = NULL;
			next = container_of(sched_pick(), struct actor, node);
			if (next == container_of((struct sched_node *)NULL, struct actor, node)) {
				right = queued == 0;
				break;
			}
			right = next >= actors && next < actors + THREADS && next->queued &&
				next->node.slice > 0;
			next->queued = false;
			queued--;
			running = next;
		}
	}
	for (unsigned i = 0; i < THREADS; i++)
		right &= list_is_linked(&actors[i].node.link) == actors[i].queued;
	while (pick())
		queued--;
	tap_ok(right && queued == 0, "after 20000 random events everybody is where they belong");
}

static void test_round_robin(void)
{
	const s32 priorities[] = {31, 0, 16};

	begin(3, priorities);
	tap_ok(!sched_preempts(&actors[1].node, &actors[0].node), "nobody preempts");
	tap_ok(pick() == &actors[0] && pick() == &actors[1] && pick() == &actors[2],
		"priorities do not matter");
}

static void test_strict_order(void)
{
	s32 priorities[THREADS], last = 0;
	bool ordered = true;
	struct actor *actor;

	for (unsigned i = 0; i < THREADS; i++)
		priorities[i] = (s32)(next_random() % SCHED_PRIORITIES);
	begin(THREADS, priorities);
	while ((actor = pick())) {
		ordered &= actor->node.base >= last;
		last = actor->node.base;
	}
	tap_ok(ordered, "the most urgent comes first");
	begin(3, (s32[]){20, 5, 5});
	tap_ok(sched_preempts(&actors[1].node, &actors[0].node), "the more urgent preempts");
	tap_ok(!sched_preempts(&actors[2].node, &actors[1].node) &&
			!sched_preempts(&actors[0].node, &actors[1].node),
		"an equal or a lesser one does not");
}

static void test_fixed_priority(void)
{
	test_strict_order();
	begin(3, (s32[]){20, 5, 5});
	run(10000);
	tap_eq(actors[0].ran, 0, "the less urgent waits as long as it takes");
	tap_ok(actors[1].ran + actors[2].ran == 10000 && actors[1].ran >= 4900 &&
			actors[2].ran >= 4900,
		"the urgent ones share");
}

static void test_ageing(void)
{
	begin(2, (s32[]){8, 12});
	sched_dequeue(&actors[1].node);
	run(1000);
	tap_ok(running->node.current >= 8 + 20, "who computes sinks by twenty levels");
	enqueue(&actors[1], SCHED_BACK);
	tap_ok(sched_preempts(&actors[1].node, &actors[0].node), "so that who wakes up preempts");
	sched_dequeue(&actors[1].node);
	running = NULL;
	run(5000);
	enqueue(&actors[0], SCHED_BACK);
	tap_eq(actors[0].node.current, 8, "who has slept for long has its priority back");
}

/* Many of the highest priority that never sleep, and one of the lowest. */
static void test_starvation(void)
{
	begin(4, (s32[]){0, 0, 0, 31});
	run(100000);
	tap_ok(actors[3].waited <= 900,
		"who waits has a turn within nine periods, whatever its priority");
	tap_ok(actors[3].ran >= 100000 / 10, "and a fair part of the time in the long run");
	begin(THREADS, (s32[THREADS]){[THREADS - 1] = 31});
	run(200000);
	tap_ok(actors[THREADS - 1].waited <= 900 + THREADS * actors[0].node.slice,
		"even among forty");
	tap_ok(actors[THREADS - 1].ran >= 200000 / THREADS / 4,
		"where it gets a quarter of an equal share at least");
}

/* One that sleeps nine ticks of ten is served as soon as it wakes. */
static void test_interactive(void)
{
	u64 prompt = 0;

	begin(4, equal);
	sched_dequeue(&actors[3].node);
	actors[3].queued = false;
	for (unsigned round = 0; round < 1000; round++) {
		run(9);
		enqueue(&actors[3], SCHED_BACK);
		prompt += sched_preempts(&actors[3].node, &running->node);
		sched_dequeue(&actors[3].node);
		actors[3].queued = false;
		put_back(running);
		running = &actors[3];
		now++;
		sched_tick(&actors[3].node);
		running = pick();
	}
	tap_ok(prompt > 900,
		"who sleeps nine ticks of ten is served when it wakes, 900 times of 1000");
}

static void test_mach_timeshare(void)
{
	test_strict_order();
	test_ageing();
	test_starvation();
	test_interactive();
}

static void queue_twice(void)
{
	begin(1, equal);
	sched_enqueue(&actors[0].node, SCHED_BACK);
}

static void remove_absent(void)
{
	begin(1, equal);
	sched_pick();
	sched_dequeue(&actors[0].node);
}

static void test_policy(void)
{
	random_state = SEED;
	test_attach();
	test_order();
	test_alone();
	test_slice();
	test_shares();
	test_model();
	if (IS_ENABLED(CONFIG_SCHED_ROUND_ROBIN))
		test_round_robin();
	if (IS_ENABLED(CONFIG_SCHED_FIXED_PRIORITY))
		test_fixed_priority();
	if (IS_ENABLED(CONFIG_SCHED_MACH_TIMESHARE))
		test_mach_timeshare();
	tap_panics(queue_twice, "queueing a thread twice panics");
	tap_panics(remove_absent, "taking out who is not queued panics");
}

void contract_test_sched(void)
{
	struct sched_node *borrowed[64], *node;
	unsigned count = 0;

	tap_note("random seed 0x7363686564");
	if (IS_ENABLED(CONFIG_HOST))
		sched_init();
	while (count < ARRAY_SIZE(borrowed) && (node = sched_pick()))
		borrowed[count++] = node;
	if (!tap_ok(count < ARRAY_SIZE(borrowed), "few enough are ready to be put aside"))
		return;
	test_policy();
	sched_init();
	for (unsigned i = 0; i < count; i++)
		sched_enqueue(borrowed[i], SCHED_BACK);
}
