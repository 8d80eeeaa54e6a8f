/*
 * threads: turns, time and sleep. See threads.h.
 */
#include <stdio.h>
#include <stdlib.h>

#include "threads.h"

struct proc *host_current;
struct host_machine host_machine = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.controller = {.turn = PTHREAD_COND_INITIALIZER},
	.running = &host_machine.controller,
	.ready = {&host_machine.ready, &host_machine.ready},
	.threads = {&host_machine.threads, &host_machine.threads},
};

u64 host_random(void)
{
	host_machine.random_state ^= host_machine.random_state
				     << 13; /* Marsaglia 2003, xorshift64 */
	host_machine.random_state ^= host_machine.random_state >> 7;
	host_machine.random_state ^= host_machine.random_state << 17;
	return host_machine.random_state;
}

bool host_chance(u32 n)
{
	return n > 0 && host_random() % n == 0;
}

noreturn void host_die(const char *what)
{
	fprintf(stderr, "%s (seed %llu)\n", what, (unsigned long long)host_machine.chances.seed);
	abort();
}

/* Gives the turn to `next` and waits for it to come back. */
void host_hand_over(struct host_thread *next)
{
	struct host_thread *self = host_machine.running;

	if (next == self)
		return;
	host_machine.running = next;
	host_current = next->proc;
	pthread_cond_signal(&next->turn);
	if (self->state == HOST_GONE) {
		self->state = HOST_ENDED;
		return;
	}
	while (host_machine.running != self)
		pthread_cond_wait(&self->turn, &host_machine.lock);
	if (host_machine.stopping && self != &host_machine.controller) {
		self->state = HOST_GONE;
		host_hand_over(&host_machine.controller);
		pthread_mutex_unlock(&host_machine.lock);
		pthread_exit(NULL);
	}
}

void host_make_ready(struct host_thread *thread, enum kstatus reason)
{
	list_remove(&thread->link);
	thread->state = HOST_READY;
	thread->reason = reason;
	list_push_back(&host_machine.ready, &thread->link);
}

/* Moves time on to the earliest deadline and acts on it; false if there is none. */
static bool pass_time(void)
{
	struct host_thread *each, *first = NULL;

	list_for_each(each, &host_machine.threads, all)
	{
		if (each->state == HOST_ASLEEP && each->deadline != ENV_FOREVER &&
			(!first || each->deadline < first->deadline))
			first = each;
	}
	if (host_machine.timer != ENV_FOREVER && (!first || host_machine.timer < first->deadline)) {
		host_machine.now = MAX(host_machine.now, host_machine.timer);
		host_machine.timer = ENV_FOREVER;
		services_timer();
		return true;
	}
	if (!first)
		return false;
	host_machine.now = MAX(host_machine.now, first->deadline);
	host_make_ready(first, K_TIMEDOUT);
	return true;
}

/* Somebody else's turn, chosen by chance; the controller's when nobody can run. */
void host_switch_away(void)
{
	struct host_thread *next;
	u64 count = 0, pick;

	while (list_is_empty(&host_machine.ready)) {
		if (!pass_time()) {
			host_machine.status = HOST_DEADLOCK;
			host_hand_over(&host_machine.controller);
			return;
		}
	}
	list_for_each(next, &host_machine.ready, link) count++;
	pick = host_random() % count;
	list_for_each(next, &host_machine.ready, link)
	{
		if (pick-- == 0)
			break;
	}
	list_remove(&next->link);
	host_hand_over(next);
}

void host_give_way(void)
{
	if (host_machine.running == &host_machine.controller || list_is_empty(&host_machine.ready))
		return;
	list_push_back(&host_machine.ready, &host_machine.running->link);
	host_switch_away();
}

u64 host_now(void)
{
	return host_machine.now += 10;
}

#define TICK_NS 10000000ull

/* Time goes on to `until`, with a stop at each timer. */
static void run_until(u64 until)
{
	while (host_machine.timer <= until) {
		host_machine.now = MAX(host_machine.now, host_machine.timer);
		host_machine.timer = ENV_FOREVER;
		services_timer();
	}
	host_machine.now = MAX(host_machine.now, until);
}

void host_compute(u64 ns, bool in_system)
{
	struct env_times *times = &host_machine.running->times;
	u64 end = host_machine.now + ns;

	while (host_machine.now < end) {
		u64 until = MIN(end, (host_machine.now / TICK_NS + 1) * TICK_NS);

		times->total += until - host_machine.now;
		if (until % TICK_NS == 0)
			*(in_system ? &times->system_ticks : &times->program_ticks) += 1;
		run_until(until);
	}
	host_see_to(host_machine.running);
}

void env_times(struct proc *thread, struct env_times *times)
{
	*times = (struct env_times){0};
	if (thread->client.thread)
		*times = thread->client.thread->times;
	times->asleep = thread->client.thread && thread->client.thread->state == HOST_ASLEEP;
}

/* Nobody is idle but who waits for a deadline, and that takes no time. */
u64 env_idle(void)
{
	return 0;
}

/* There are no ticks at which to count. */
void env_loads(u64 loads[ENV_LOADS])
{
	memset(loads, 0, ENV_LOADS * sizeof(loads[0]));
}

void env_timer(u64 deadline)
{
	host_machine.timer = deadline;
}

u64 env_random(void)
{
	return host_random();
}

/* --- sleeping --- */

void env_queue_init(struct env_queue *queue)
{
	list_init(&queue->sleepers);
}

enum kstatus env_sleep(struct env_queue *queue, u64 deadline)
{
	struct host_thread *self = host_machine.running;

	check(self != &host_machine.controller);
	self->times.waits++;
	self->state = HOST_ASLEEP;
	self->deadline = deadline;
	list_push_back(&queue->sleepers, &self->link);
	host_switch_away();
	return self->reason;
}

void env_wakeup_one(struct env_queue *queue)
{
	if (!list_is_empty(&queue->sleepers))
		host_make_ready(list_entry(queue->sleepers.next, struct host_thread, link), K_OK);
}

void env_wakeup_all(struct env_queue *queue)
{
	while (!list_is_empty(&queue->sleepers))
		env_wakeup_one(queue);
}

void env_interrupt(struct proc *proc)
{
	struct host_thread *thread = proc->client.thread;

	if (thread && thread->state == HOST_ASLEEP)
		host_make_ready(thread, K_INTERRUPTED);
}

void env_yield(void)
{
	host_give_way();
}
