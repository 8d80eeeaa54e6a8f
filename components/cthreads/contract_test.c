/*
 * What every part of slot cthreads keeps: who runs when, why a wait ends, and
 * that the limit is a limit. A script of named steps is compared with what the
 * contract says, then a random one with a model.
 */
#include <cthreads/cthreads.h>
#include <frames/test_frames.h>
#include <tap.h>

#define LIMIT 12

static char trace[256];
static unsigned traced;

static void note(char step)
{
	if (traced < sizeof(trace) - 1)
		trace[traced++] = step;
	trace[traced] = '\0';
}

static bool trace_was(const char *expected)
{
	bool same = strcmp(trace, expected) == 0;

	if (!same)
		tap_note(trace);
	traced = 0;
	trace[0] = '\0';
	return same;
}

static struct cthread_queue queue;
static unsigned serving;  /* workers that serve or sleep: all but the one that listens */
static u64 registers_bad; /* times a callee-saved register or a local did not survive a switch */

/*
 * A worker for the tests: "receiving a request" is coming back to the test's own flow,
 * which is the one thread that is always there.
 */
static struct cthread_queue test_flow;

static void worker(void *argument)
{
	(void)argument;
	for (;;) {
		cthread_listen();
		note('L');
		serving++;
		/* Nothing to receive here: the listening worker hands over to the test and sleeps.
		 */
		cthread_wake_one(&test_flow);
		check(cthread_wait(&queue, CTHREAD_FOREVER) == K_OK);
		serving--;
	}
}

static void step_body(void *argument)
{
	char name = (char)(uintptr_t)argument;

	note(name);
	cthread_yield();
	note(name);
}

static void test_order(void)
{
	struct cthread *a, *b;

	tap_ok(cthread_create(&a, step_body, (void *)(uintptr_t)'a') == K_OK,
		"a thread is created");
	tap_ok(cthread_create(&b, step_body, (void *)(uintptr_t)'b') == K_OK, "and another");
	tap_ok(trace_was(""), "neither runs before somebody gives up the processor");
	cthread_yield();
	note('t');
	cthread_yield();
	note('t');
	tap_ok(trace_was("abtabt"), "the ready run in order, each until it yields or ends");
	cthread_yield();
	tap_ok(trace_was(""), "a yield with nobody ready returns at once");
}

struct sleeper {
	u64 deadline;
	enum kstatus woken;
	char name;
};

static void sleep_body(void *argument)
{
	struct sleeper *sleeper = argument;

	sleeper->woken = cthread_wait(&queue, sleeper->deadline);
	note(sleeper->name);
}

static void start_sleepers(struct sleeper *sleepers, unsigned count)
{
	struct cthread *thread;

	cthread_queue_init(&queue);
	for (unsigned i = 0; i < count; i++)
		check(cthread_create(&thread, sleep_body, &sleepers[i]) == K_OK);
	cthread_yield();
}

static void test_waiting(void)
{
	struct sleeper s[4] = {
		{CTHREAD_FOREVER, K_OK, 'a'}, {300, K_OK, 'b'}, {100, K_OK, 'c'}, {200, K_OK, 'd'}};

	start_sleepers(s, 4);
	tap_eq(cthread_next_deadline(), 100, "the nearest deadline is told");
	cthreads_expire(99);
	cthread_yield();
	tap_ok(trace_was(""), "nothing expires early");
	cthreads_expire(200);
	cthread_yield();
	tap_ok(trace_was("cd"), "deadlines at or before now expire, the earliest first");
	tap_ok(s[2].woken == K_TIMEDOUT && s[3].woken == K_TIMEDOUT, "their waits timed out");
	tap_ok(cthread_wake_one(&queue), "one that waits is woken");
	cthread_yield();
	tap_ok(trace_was("a"), "it is the one that has waited longest");
	tap_ok(s[0].woken == K_OK, "its wait went well");
	tap_eq(cthread_next_deadline(), 300, "the deadline of the one that is left");
	cthread_wake_all(&queue);
	tap_eq(cthread_next_deadline(), CTHREAD_FOREVER, "a woken thread has no deadline any more");
	cthreads_expire(1000);
	cthread_yield();
	tap_ok(trace_was("b") && s[1].woken == K_OK, "and its wait did not time out");
	tap_ok(!cthread_wake_one(&queue), "nobody waits in the end");
}

static void test_breaking_off(void)
{
	struct sleeper s = {5000, K_OK, 'x'};
	struct cthread *thread;

	cthread_queue_init(&queue);
	check(cthread_create(&thread, sleep_body, &s) == K_OK);
	cthread_wake(thread, K_INTERRUPTED);
	cthread_yield();
	tap_ok(trace_was(""), "waking one that does not wait does nothing");
	cthread_wake(thread, K_INTERRUPTED);
	cthread_wake(thread, K_OK);
	cthread_yield();
	tap_ok(trace_was("x") && s.woken == K_INTERRUPTED,
		"a wait that is broken off says so, with the first reason");
}

struct test_timer {
	struct cthread_timer timer;
	char name;
	u64 again; /* when it is to ring next; 0: not */
};

static void ring(struct cthread_timer *timer)
{
	struct test_timer *test = container_of(timer, struct test_timer, timer);

	note(test->name);
	if (test->again) {
		cthread_timer_set(timer, test->again, ring);
		test->again = 0;
	}
}

static void test_timers(void)
{
	struct test_timer a = {.name = 'a'}, b = {.name = 'b'}, c = {.name = 'c', .again = 500};
	struct sleeper s = {250, K_OK, 's'};

	cthread_timer_init(&a.timer);
	cthread_timer_init(&b.timer);
	cthread_timer_init(&c.timer);
	cthread_timer_clear(&a.timer);
	tap_eq(cthread_next_deadline(), CTHREAD_FOREVER,
		"clearing a timer that is not set does nothing");
	cthread_timer_set(&a.timer, 300, ring);
	cthread_timer_set(&b.timer, 200, ring);
	cthread_timer_set(&c.timer, 100, ring);
	start_sleepers(&s, 1);
	tap_eq(cthread_next_deadline(), 100, "timers count for the nearest deadline");
	cthreads_expire(99);
	tap_ok(trace_was(""), "no timer rings early");
	cthreads_expire(200);
	tap_ok(trace_was("cb"), "those that are due ring, the earliest first");
	tap_eq(cthread_next_deadline(), 250, "threads and timers share the deadlines");
	cthreads_expire(250);
	cthread_yield();
	tap_ok(trace_was("s") && s.woken == K_TIMEDOUT, "each is woken as what it is");
	cthread_timer_set(&a.timer, 600, ring);
	tap_eq(cthread_next_deadline(), 500, "a timer may set itself anew, and be set anew");
	cthreads_expire(550);
	tap_ok(trace_was("c"), "and rings at the new time only");
	cthread_timer_clear(&a.timer);
	cthreads_expire(10000);
	tap_ok(trace_was(""), "a timer that was cleared does not ring");
}

/* Waits as a worker does; the next worker comes up, listens, and hands back. */
static void test_workers(void)
{
	unsigned before = cthreads_count();

	cthread_queue_init(&queue);
	cthread_queue_init(&test_flow);
	tap_ok(cthread_wait(&test_flow, CTHREAD_FOREVER) == K_OK,
		"a worker takes over from one that waits");
	tap_ok(trace_was("L"), "it listens");
	tap_ok(cthread_wait(&test_flow, CTHREAD_FOREVER) == K_OK,
		"with that one asleep, another takes over");
	tap_ok(trace_was("L"), "which listens too");
	tap_eq(serving, 2, "both are busy");
	tap_ok(cthreads_count() <= before + 2, "no more than needed were made");
	cthread_wake_all(&queue);
	cthread_yield();
	tap_ok(cthreads_count() <= before + 2, "and they are used again");
	traced = 0;
}

static void test_limit(void)
{
	static struct sleeper s[LIMIT];
	struct cthread *thread;
	unsigned made = 0;
	enum kstatus status = K_OK;

	struct cthread_queue alone;
	cthread_queue_init(&alone);
	cthread_queue_init(&queue);
	for (unsigned i = 0; i < 2; i++) /* the two workers that were made above go to sleep, too */
		check(cthread_wait(&test_flow, CTHREAD_FOREVER) == K_OK);
	while (made < LIMIT) {
		s[made] = (struct sleeper){CTHREAD_FOREVER, K_OK, 's'};
		status = cthread_create(&thread, sleep_body, &s[made]);
		if (status != K_OK)
			break;
		made++;
		cthread_yield();
	}
	tap_eq(status, K_FULL, "no more than the limit are made");
	tap_ok(cthreads_count() == LIMIT, "all that were allowed exist");
	tap_eq(cthread_wait(&alone, CTHREAD_FOREVER), K_NOMEM,
		"the last that can run does not wait");
	tap_ok(!cthread_wake_one(&alone), "and is in no queue");
	traced = 0;
	cthread_wake_all(&queue);
	cthread_yield();
	cthread_yield();
}

/* --- a random run against a model ---------------------------------------- */

#define ACTORS 6

static struct cthread_queue queues[ACTORS];
static enum { IDLE, ASLEEP, WOKEN } model[ACTORS];
static enum kstatus expected[ACTORS];
static u64 model_deadline[ACTORS];
static unsigned mistakes, wakes;
static bool stop;
static u64 random_state = 88172645463325252ull;

static u64 next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void actor(void *argument)
{
	unsigned i = (unsigned)(uintptr_t)argument;
	volatile u64 local[16];

	while (!stop) {
		for (unsigned k = 0; k < 16; k++)
			local[k] = (u64)i << 32 | k;
		model[i] = ASLEEP;
		enum kstatus status = cthread_wait(&queues[i], model_deadline[i]);
		mistakes += model[i] != WOKEN || status != expected[i];
		for (unsigned k = 0; k < 16; k++)
			registers_bad += local[k] != ((u64)i << 32 | k);
		model_deadline[i] = next_random() % 3 ? CTHREAD_FOREVER : next_random() % 1000;
		wakes++;
	}
}

static void model_wake(unsigned i, enum kstatus status)
{
	if (model[i] != ASLEEP)
		return;
	model[i] = WOKEN;
	expected[i] = status;
}

static void random_step(u64 *now)
{
	unsigned i = (unsigned)(next_random() % ACTORS);

	switch (next_random() % 4) {
	case 0:
		mistakes += cthread_wake_one(&queues[i]) != (model[i] == ASLEEP);
		model_wake(i, K_OK);
		break;
	case 1:
		*now += next_random() % 200;
		cthreads_expire(*now);
		for (unsigned k = 0; k < ACTORS; k++)
			if (model[k] == ASLEEP && model_deadline[k] <= *now)
				model_wake(k, K_TIMEDOUT);
		break;
	default:
		cthread_yield();
	}
}

static void test_random(void)
{
	struct cthread *thread;
	u64 now = 0;

	for (uintptr_t i = 0; i < ACTORS; i++) {
		cthread_queue_init(&queues[i]);
		model_deadline[i] = CTHREAD_FOREVER;
		check(cthread_create(&thread, actor, (void *)i) == K_OK);
	}
	for (unsigned step = 0; step < 20000; step++)
		random_step(&now);
	stop = true;
	for (unsigned i = 0; i < ACTORS; i++) {
		cthread_wake_all(&queues[i]);
		model_wake(i, K_OK);
	}
	cthread_yield();
	tap_eq(mistakes, 0, "20000 random steps went as the model says");
	tap_ok(wakes > 2000, "and they woke many");
	tap_eq(registers_bad, 0, "each thread found its stack as it left it");
}

void contract_test_cthreads(void)
{
	test_frames_init();
	cthreads_init(worker, NULL, LIMIT);
	tap_ok(cthread_self() != NULL && cthread_self()->data == NULL,
		"the caller is the first thread");
	test_order();
	test_waiting();
	test_breaking_off();
	test_timers();
	test_workers();
	test_random();
	test_limit();
}
