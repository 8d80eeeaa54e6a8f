/*
 * Coroutines: threads that switch when they say so.
 *
 * A thread's structure and stack are one run of frames: the structure at the
 * upper end, the stack growing down from it, a canary at the lower end. Runs are
 * never given back: an ended thread becomes a spare one.
 *
 * Who runs next, when the current thread cannot: the first of the ready; else a
 * parked worker, the last that parked, whose stack is likely in the cache; else
 * a new worker. That order makes "at most one worker listens" true: a worker is
 * taken up only when no thread at all is ready.
 */
#include <cthreads/cthreads.h>
#include <frames/frames.h>

#define STACK_SIZE   (PAGE_SIZE << CONFIG_CTHREADS_COROUTINES_STACK_ORDER)
#define STACK_CANARY 0x6d6f72746973652eull

/* What cthread_switch() pops: six registers, then its return address. */
#define SWITCH_WORDS 7

void cthread_switch(u64 *save, u64 load);

struct cthreads cthreads;
static struct cthread first; /* the caller of cthreads_init(), on the stack it came with */

void cthreads_init(void (*worker)(void *), void *argument, unsigned limit)
{
	assert(limit >= 1);
	cthreads = (struct cthreads){
		.self = &first, .worker = worker, .argument = argument, .count = 1, .limit = limit};
	list_init(&cthreads.ready);
	list_init(&cthreads.parked);
	list_init(&cthreads.spare);
	list_init(&cthreads.deadlines);
	first = (struct cthread){.state = CTHREAD_RUNNING, .body = worker, .argument = argument};
	list_init(&first.link);
	cthread_timer_init(&first.timeout);
}

unsigned cthreads_count(void)
{
	return cthreads.count;
}

u64 cthreads_frames(void)
{
	return (u64)(cthreads.count - 1) << CONFIG_CTHREADS_COROUTINES_STACK_ORDER;
}

/* The lowest word of a thread's stack; the first thread's stack is not ours. */
static u64 *canary_of(struct cthread *thread)
{
	return (u64 *)((char *)(thread + 1) - STACK_SIZE);
}

static void switch_to(struct cthread *next)
{
	struct cthread *previous = cthreads.self;

	if (previous != &first && *canary_of(previous) != STACK_CANARY)
		panic("a thread of the server has overrun its stack of %u bytes",
			(unsigned)STACK_SIZE);
	next->state = CTHREAD_RUNNING;
	if (next == previous)
		return;
	cthreads.self = next;
	cthread_switch(&previous->sp, next->sp);
}

/* Where a new thread begins. It has no caller: not a function whose stack a checker may watch. */
__attribute__((no_sanitize("address"))) static noreturn void begin(void)
{
	struct cthread *self = cthreads.self;

	self->body(self->argument);
	cthread_exit();
}

static void prepare(struct cthread *thread, void (*body)(void *), void *argument)
{
	u64 *stack = (u64 *)ALIGN_DOWN((uintptr_t)thread, 16) - SWITCH_WORDS -
		     1; /* C wants rsp = 16n + 8 in begin() */

	memset(stack, 0, SWITCH_WORDS * sizeof(*stack));
	stack[SWITCH_WORDS - 1] = (u64)(uintptr_t)begin;
	thread->sp = (u64)(uintptr_t)stack;
	thread->body = body;
	thread->argument = argument;
	thread->data = NULL;
}

/* A thread that is in no list; K_FULL at the limit, K_NOMEM. */
static enum kstatus get_thread(struct cthread **out)
{
	struct cthread *thread = list_first(&cthreads.spare, struct cthread, link);

	if (thread) {
		list_remove(&thread->link);
		*out = thread;
		return K_OK;
	}
	if (cthreads.count >= cthreads.limit)
		return K_FULL;
	struct page *block = frames_alloc_kept(CONFIG_CTHREADS_COROUTINES_STACK_ORDER, 0);
	if (!block)
		return K_NOMEM;
	thread = (struct cthread *)((char *)page_bytes(block) + STACK_SIZE) - 1;
	*thread = (struct cthread){.state = CTHREAD_PARKED};
	list_init(&thread->link);
	cthread_timer_init(&thread->timeout);
	*canary_of(thread) = STACK_CANARY;
	cthreads.count++;
	*out = thread;
	return K_OK;
}

enum kstatus cthread_create(struct cthread **out, void (*body)(void *), void *argument)
{
	struct cthread *thread;
	enum kstatus status = get_thread(&thread);

	if (status != K_OK)
		return status;
	prepare(thread, body, argument);
	thread->state = CTHREAD_READY;
	list_push_back(&cthreads.ready, &thread->link);
	*out = thread;
	return K_OK;
}

/* Takes the thread to run when the current one cannot; NULL if there is none and none can be made.
 */
static struct cthread *take_next(void)
{
	struct cthread *next = list_first(&cthreads.ready, struct cthread, link);

	if (!next)
		next = list_first(&cthreads.parked, struct cthread, link);
	if (next) {
		list_remove(&next->link);
		return next;
	}
	if (get_thread(&next) != K_OK)
		return NULL;
	prepare(next, cthreads.worker, cthreads.argument);
	return next;
}

noreturn void cthread_exit(void)
{
	struct cthread *self = cthreads.self, *next = take_next();

	if (next) {
		self->state = CTHREAD_PARKED;
		list_push_back(&cthreads.spare, &self->link);
		switch_to(next);
		panic("a thread of the server that had ended ran again");
	}
	/* Everybody waits, and no worker is left to listen: this thread becomes one. */
	self->data = NULL;
	cthreads.worker(cthreads.argument);
	panic("a worker of the server came to its end");
}

void cthread_yield(void)
{
	struct cthread *self = cthreads.self,
		       *next = list_first(&cthreads.ready, struct cthread, link);

	if (!next)
		return;
	list_remove(&next->link);
	self->state = CTHREAD_READY;
	list_push_back(&cthreads.ready, &self->link);
	switch_to(next);
}

void cthread_park(void)
{
	struct cthread *self = cthreads.self,
		       *next = list_first(&cthreads.ready, struct cthread, link);

	list_remove(&next->link);
	self->state = CTHREAD_PARKED;
	list_push_front(&cthreads.parked, &self->link);
	switch_to(next);
}

void cthread_queue_init(struct cthread_queue *queue)
{
	list_init(&queue->waiters);
}

void cthread_timer_init(struct cthread_timer *timer)
{
	list_init(&timer->link);
}

void cthread_timer_clear(struct cthread_timer *timer)
{
	if (list_is_linked(&timer->link))
		list_remove(&timer->link);
}

void cthread_timer_set(
	struct cthread_timer *timer, u64 deadline, void (*expired)(struct cthread_timer *timer))
{
	struct cthread_timer *other;

	cthread_timer_clear(timer);
	timer->deadline = deadline;
	timer->expired = expired;
	list_for_each(other, &cthreads.deadlines, link) if (other->deadline > deadline) break;
	list_insert_before(&other->link, &timer->link);
}

static void wait_expired(struct cthread_timer *timer)
{
	cthread_wake(container_of(timer, struct cthread, timeout), K_TIMEDOUT);
}

enum kstatus cthread_wait(struct cthread_queue *queue, u64 deadline)
{
	struct cthread *self = cthreads.self, *next = take_next();

	if (!next)
		return K_NOMEM;
	self->state = CTHREAD_WAITING;
	self->wake_status = K_OK;
	list_push_back(&queue->waiters, &self->link);
	if (deadline != CTHREAD_FOREVER)
		cthread_timer_set(&self->timeout, deadline, wait_expired);
	switch_to(next);
	return self->wake_status;
}

void cthread_wake(struct cthread *thread, enum kstatus status)
{
	if (thread->state != CTHREAD_WAITING)
		return;
	list_remove(&thread->link);
	cthread_timer_clear(&thread->timeout);
	thread->wake_status = status;
	thread->state = CTHREAD_READY;
	list_push_back(&cthreads.ready, &thread->link);
}

bool cthread_wake_one(struct cthread_queue *queue)
{
	struct cthread *longest = list_first(&queue->waiters, struct cthread, link);

	if (longest)
		cthread_wake(longest, K_OK);
	return longest != NULL;
}

void cthread_wake_all(struct cthread_queue *queue)
{
	while (cthread_wake_one(queue))
		;
}

void cthreads_expire(u64 now)
{
	struct cthread_timer *nearest;

	while ((nearest = list_first(&cthreads.deadlines, struct cthread_timer, link)) &&
		nearest->deadline <= now) {
		list_remove(&nearest->link);
		nearest->expired(nearest);
	}
}
