/*
 * thread: waiting, waking, deadlines and hand-off, with real kernel stacks.
 *
 * Test threads never see user mode: their first kernel context is made to
 * "return" to a function of this file. The thread that runs the test is the
 * idle thread, which runs the others by letting the timer go on.
 */
#include <tap.h>
#include <thread/thread.h>

void contract_test_thread(void);

#define WAITERS 5
#define MS      1000000ull

static struct wait_queue queue;
static char order[64]; /* who did what, in order */
static unsigned order_length;
static struct thread *first, *second;

static void note(char c)
{
	if (order_length + 1 < sizeof(order))
		order[order_length++] = c;
	order[order_length] = '\0';
}

static bool noted(const char *expected)
{
	bool same = strcmp(order, expected) == 0;

	if (!same)
		tap_note(order);
	order_length = 0;
	order[0] = '\0';
	return same;
}

/* A thread whose kernel context begins at `function`, with the stack aligned as after a call. */
static struct thread *spawn(void (*function)(void))
{
	struct thread *thread;

	check(thread_create(&thread, SCHED_PRIORITY_DEFAULT) == K_OK);
	u64 *stack = (u64 *)thread->frame - 1 - 7;
	stack[6] = (u64)function;
	thread->kernel_sp = (u64)stack;
	return thread;
}

/* Lets the other threads run until none is ready. */
static void let_run(void)
{
	struct thread *self = thread_current;
	struct sched_node *node;

	while ((node = sched_pick())) {
		self->state = THREAD_READY;
		thread_hand_off(container_of(node, struct thread, sched));
	}
}

/* The same, with time passing, until `until`. */
static void let_time_pass(u64 until)
{
	while (arch_now() < until) {
		let_run();
		arch_timer_set(until);
		arch_idle();
	}
	let_run();
}

static void waiter(void)
{
	note('w');
	note(thread_wait(&queue, THREAD_FOREVER) == K_OK ? 'k' : 'x');
	thread_exit();
}

static void sleeper(void)
{
	char name = thread_current == first ? '1' : '2';
	u64 length = thread_current == first ? 30 * MS : 10 * MS;

	note(thread_wait(&queue, arch_now() + length) == K_TIMEDOUT ? name : 'x');
	thread_exit();
}

static void interrupted(void)
{
	note(thread_wait(&queue, arch_now() + 1000 * MS) == K_INTERRUPTED ? 'i' : 'x');
	thread_exit();
}

static void ping(void)
{
	for (unsigned i = 0; i < 3; i++) {
		note('p');
		thread_current->state = THREAD_BLOCKED;
		thread_hand_off(second);
	}
	thread_exit();
}

static void pong(void)
{
	for (unsigned i = 0; i < 3; i++) {
		note('q');
		thread_current->state = THREAD_BLOCKED;
		thread_hand_off(first);
	}
	panic("handed to once too often");
}

static void test_queue(void)
{
	for (unsigned i = 0; i < WAITERS; i++)
		thread_make_ready(spawn(waiter));
	let_run();
	tap_ok(noted("wwwww"), "threads run and wait");
	tap_ok(thread_wake_one(&queue), "one can be woken");
	let_run();
	tap_ok(noted("k"), "and only one goes on");
	thread_wake_all(&queue);
	let_run();
	tap_ok(noted("kkkk"), "the others when all are woken");
	tap_ok(!thread_wake_one(&queue), "then nobody is left");
}

static void test_deadlines(void)
{
	u64 start = arch_now();

	first = spawn(sleeper);
	second = spawn(sleeper);
	thread_make_ready(first);
	thread_make_ready(second);
	let_time_pass(start + 5 * MS);
	tap_ok(noted(""), "no deadline comes early");
	let_time_pass(start + 20 * MS);
	tap_ok(noted("2"), "the nearer deadline comes first, whoever slept first");
	let_time_pass(start + 40 * MS);
	tap_ok(noted("1"), "then the other");
	first = spawn(interrupted);
	thread_make_ready(first);
	let_run();
	thread_wake(first, K_INTERRUPTED);
	let_run();
	tap_ok(noted("i"), "a wait can be broken off, and says so");
}

static void test_hand_off(void)
{
	first = spawn(ping);
	second = spawn(pong);
	thread_make_ready(first);
	let_run();
	tap_ok(noted("pqpqpq"), "a hand-off runs the named thread and nobody else");
	thread_destroy(second);
}

static void test_memory(void)
{
	/* The second round needs what the first one gave back. */
	for (unsigned i = 0; i < 2; i++) {
		thread_make_ready(spawn(waiter));
		let_run();
		thread_wake_all(&queue);
		let_run();
	}
	u64 before = frames_count_free();
	for (unsigned i = 0; i < 200; i++) {
		thread_make_ready(spawn(waiter));
		let_run();
		thread_wake_all(&queue);
		let_run();
	}
	order_length = 0;
	tap_eq(frames_count_free(), before, "two hundred threads come and go without a trace");
}

void contract_test_thread(void)
{
	wait_queue_init(&queue);
	test_queue();
	test_deadlines();
	test_hand_off();
	test_memory();
}
