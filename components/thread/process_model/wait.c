/*
 * Waiting: queues, deadlines, the tick.
 *
 * Deadlines are kept in a list sorted by time; the machine's one-shot timer is
 * set to the nearest of them or of the next tick, from thread_timer_start() on.
 */
#include <thread/thread.h>

#define LOAD_PERIOD_NS 5000000000ull
#define LOAD_ONE       2048u

static struct list deadlines = {&deadlines, &deadlines};
static u64 next_tick; /* when the scheduler's tick is due */
static u64 next_load; /* when it is time to count who could run */
static u64 jitter;    /* 0: ticks are of one length */

u64 thread_loads[THREAD_LOADS];

static void arm_timer(void)
{
	struct thread *first = list_first(&deadlines, struct thread, timeout_link);
	u64 nearest = next_tick;

	if (first)
		nearest = MIN(nearest, first->deadline);
	arch_timer_set(nearest);
}

void thread_set_deadline(struct thread *thread, u64 deadline, void (*expired)(struct thread *))
{
	struct thread *other;

	if (deadline == THREAD_FOREVER)
		return;
	thread->deadline = deadline;
	thread->expired = expired;
	list_for_each(other, &deadlines, timeout_link) if (other->deadline > deadline) break;
	list_insert_before(&other->timeout_link, &thread->timeout_link);
	if (deadlines.next == &thread->timeout_link)
		arm_timer();
}

void thread_clear_deadline(struct thread *thread)
{
	if (list_is_linked(&thread->timeout_link))
		list_remove(&thread->timeout_link);
}

static void expire_deadlines(u64 now)
{
	struct thread *first;

	while ((first = list_first(&deadlines, struct thread, timeout_link)) &&
		first->deadline <= now) {
		list_remove(&first->timeout_link);
		first->expired(first);
	}
}

/*
 * With `jitter=WORD` on the command line a tick comes after a 64th to all of its time, drawn from a
 * sequence that the word decides (Marsaglia's xorshift). So threads are preempted in other places
 * than usual, the same ones in each run: what works by luck of the timing fails under some word.
 */
static void jitter_init(void)
{
	char word[32] = "";

	boot_option("jitter", word, sizeof(word));
	for (const char *at = word; *at; at++)
		jitter = jitter * 0x9e3779b97f4a7c15 + (u8)*at;
}

static u64 tick_length(void)
{
	const u64 least = THREAD_TICK_NS / 64;

	if (likely(jitter == 0))
		return THREAD_TICK_NS;
	jitter ^= jitter << 13;
	jitter ^= jitter >> 7;
	jitter ^= jitter << 17;
	return least + jitter % (THREAD_TICK_NS - least);
}

void thread_timer_start(void)
{
	jitter_init();
	next_tick = arch_now() + tick_length();
	next_load = arch_now() + LOAD_PERIOD_NS;
	arm_timer();
}

/* An idle machine has ticks too, so this wakes nobody. `user`: the current thread was running. */
static noinline void count_load(u64 now, bool user)
{
	static const u16 kept[THREAD_LOADS] = {
		1884, 2014, 2037}; /* 2048 / exp(5 s / 1, 5, 15 min) */
	u64 active = (thread_ready + user) * LOAD_ONE;

	next_load = now + LOAD_PERIOD_NS;
	for (unsigned i = 0; i < THREAD_LOADS; i++) {
		u64 sum = thread_loads[i] * kept[i] + active * (LOAD_ONE - kept[i]);

		thread_loads[i] = (sum + (active >= thread_loads[i] ? LOAD_ONE - 1 : 0)) / LOAD_ONE;
	}
}

/*
 * What did a tick find that comes `late` nanoseconds after it was due? Interrupts are off in the
 * kernel: one that was due there is held up. One that was not takes as long as the way in, the
 * shortest there is, and finds a program, which may be a server's at work for another. Under
 * -icount the way in always takes the same; where it does not, this is a guess.
 */
static void sample(u64 late)
{
	static u64 way_in = UINT64_MAX;
	struct thread *payer = thread_paying();

	way_in = MIN(way_in, late);
	if (payer == thread_current && late <= way_in + 2)
		payer->ticks_in_program++;
	else
		payer->ticks_in_system++;
}

void thread_timer(bool user)
{
	u64 now = arch_now();

	if (user && now >= next_tick)
		sample(now - next_tick);
	expire_deadlines(now);
	if (now >= next_tick) {
		if (unlikely(now >= next_load))
			count_load(now, user);
		next_tick = now + tick_length();
		if (!user)
			sched_tick_idle();
		else if (sched_tick(&thread_current->sched))
			thread_resched |= THREAD_TIME_UP;
	}
	arm_timer();
}

void wait_queue_init(struct wait_queue *queue)
{
	list_init(&queue->waiters);
}

static void wait_expired(struct thread *thread)
{
	thread_wake(thread, K_TIMEDOUT);
}

enum kstatus thread_wait(struct wait_queue *queue, u64 deadline)
{
	struct thread *self = thread_current;

	self->state = THREAD_BLOCKED;
	self->wake_status = K_OK;
	self->waits++;
	list_push_back(&queue->waiters, &self->wait_link);
	thread_set_deadline(self, deadline, wait_expired);
	thread_switch_away();
	return self->wake_status;
}

void thread_wake(struct thread *thread, enum kstatus status)
{
	assert(thread->state == THREAD_BLOCKED);
	if (list_is_linked(&thread->wait_link))
		list_remove(&thread->wait_link);
	thread_clear_deadline(thread);
	thread->wake_status = status;
	thread_make_ready(thread);
}

bool thread_wake_one(struct wait_queue *queue)
{
	struct thread *first = list_first(&queue->waiters, struct thread, wait_link);

	if (first)
		thread_wake(first, K_OK);
	return first != NULL;
}

void thread_wake_all(struct wait_queue *queue)
{
	while (thread_wake_one(queue))
		;
}
