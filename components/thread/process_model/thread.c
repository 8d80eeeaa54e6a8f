/*
 * Threads: making, switching, ending.
 *
 * Kernel stack: one page, the trap frame at its very top. Whoever switches to a thread finds
 * at kernel_sp either what arch_switch_stack() pushed or, for a thread that is
 * to resume in user mode, a return address of arch_resume_point.
 *
 * A thread cannot free the stack it stands on. A dead one is parked in `dead`
 * and freed by whoever runs next.
 *
 * Bills: who stops paying is given the time of now, from who begins that is taken away. So a change
 * is an addition and a subtraction, and the time of the last one need not be remembered.
 */
#include <objects/objects.h>
#include <thread/thread.h>

#define STACK_CANARY 0x6d6f727469736521ull

struct thread *thread_current;
struct thread *thread_payer;
u8 thread_resched;
u32 thread_ready;

static struct thread idle_thread;
static struct thread *dead; /* the thread that ended last, if nobody has freed it yet */
static struct object_cache thread_cache, fpu_cache;
static u64 next_id = 1;

void thread_init(void)
{
	object_cache_init(&thread_cache, "thread", sizeof(struct thread), 64);
	object_cache_init(&fpu_cache, "fpu", FPU_AREA_SIZE, 64);
	sched_init();
	idle_thread.state = THREAD_RUNNING;
	idle_thread.arch.root = kernel_root;
	list_init(&idle_thread.wait_link);
	list_init(&idle_thread.timeout_link);
	thread_current = &idle_thread;
	thread_payer = &idle_thread;
	idle_thread.billed = 0 - arch_now();
}

static void free_memory(struct thread *thread)
{
	page_unref(page_of_bytes((void *)(thread->arch.stack_top - PAGE_SIZE)));
	if (thread->arch.fpu)
		object_free(&fpu_cache, thread->arch.fpu);
	object_free(&thread_cache, thread);
}

enum kstatus thread_create(struct thread **out, s32 priority)
{
	struct thread *thread = object_alloc(&thread_cache);
	if (!thread)
		return K_NOMEM;
	struct page *stack = frame_alloc();
	if (!stack)
		goto out_thread;
	memset(thread, 0, sizeof(*thread));
	thread->arch.fpu = object_alloc(&fpu_cache);
	if (!thread->arch.fpu)
		goto out_stack;

	memcpy(thread->arch.fpu, fpu_initial, FPU_AREA_SIZE);
	*(u64 *)page_bytes(stack) = STACK_CANARY;
	thread->arch.stack_top = (u64)page_bytes(stack) + PAGE_SIZE;
	thread->arch.root = kernel_root;
	thread->frame = (struct trapframe *)thread->arch.stack_top - 1;
	frame_init_user(thread->frame, 0, 0);
	thread_set_resume_user(thread);
	thread->state = THREAD_STOPPED;
	thread->id = next_id++;
	list_init(&thread->wait_link);
	list_init(&thread->timeout_link);
	sched_attach(&thread->sched, priority);
	*out = thread;
	return K_OK;

out_stack:
	page_unref(stack);
out_thread:
	object_free(&thread_cache, thread);
	return K_NOMEM;
}

static void bury_dead(void)
{
	if (dead && dead != thread_current) {
		free_memory(dead);
		dead = NULL;
	}
}

static always_inline void change_payer(struct thread *from, struct thread *to)
{
	u64 now = arch_now();

	from->billed += now;
	to->billed -= now;
	if (IPC_DONATES)
		thread_payer = to;
}

noinline void thread_change_payer(struct thread *thread)
{
	change_payer(thread_payer, thread);
}

void thread_get_times(const struct thread *thread, struct thread_times *times)
{
	const struct thread *of = thread ? thread : &idle_thread;

	*times = (struct thread_times){
		.total = of->billed + (of == thread_paying() ? arch_now() : 0),
		.program_ticks = of->ticks_in_program,
		.system_ticks = of->ticks_in_system,
		.waits = of->waits,
		.preemptions = of->preemptions,
	};
}

static always_inline void switch_to(struct thread *next, bool donates)
{
	struct thread *previous = thread_current;

	if (next == previous) {
		next->state = THREAD_RUNNING;
		if (IPC_DONATES && !donates)
			thread_bill(next);
		return;
	}
	if (!donates)
		change_payer(thread_paying(), next);
	assert(previous == &idle_thread ||
		*(u64 *)(previous->arch.stack_top - PAGE_SIZE) == STACK_CANARY);
	next->state = THREAD_RUNNING;
	thread_current = next;
	arch_switch_state(&previous->arch, &next->arch);
	if (unlikely(next->on_return))
		thread_resched |= THREAD_HAS_CALL;
	arch_switch_stack(&previous->kernel_sp, next->kernel_sp);
	/* Some time later, back on this stack. */
	bury_dead();
}

/* From here on it runs. */
static always_inline struct sched_node *take_first(void)
{
	struct sched_node *node = sched_pick();

	if (node)
		thread_ready--;
	return node;
}

void thread_switch_away(void)
{
	struct sched_node *node = take_first();

	assert(thread_current->state != THREAD_RUNNING);
	thread_resched = 0;
	switch_to(node ? container_of(node, struct thread, sched) : &idle_thread, false);
}

void thread_hand_off(struct thread *next)
{
	assert(thread_current->state != THREAD_RUNNING);
	switch_to(next, IPC_DONATES);
}

void thread_idle(void)
{
	thread_timer_start();
	arch_mark_user_start();
	for (;;) {
		struct sched_node *node = take_first();

		thread_resched = 0;
		if (node) {
			idle_thread.state = THREAD_READY;
			switch_to(container_of(node, struct thread, sched), false);
		} else {
			arch_idle();
		}
	}
}

void thread_exit(void)
{
	struct thread *self = thread_current;

	assert(self != &idle_thread);
	bury_dead();
	thread_clear_deadline(self);
	self->state = THREAD_DEAD;
	dead = self;
	thread_switch_away();
	panic("a dead thread ran again");
}

void thread_destroy(struct thread *thread)
{
	assert(thread != thread_current);
	if (IPC_DONATES && thread_payer == thread) /* a server ends its client */
		thread_bill(thread_current);
	thread_stop(thread);
	thread->state = THREAD_DEAD;
	free_memory(thread);
}

void thread_make_ready(struct thread *thread)
{
	assert(thread->state == THREAD_STOPPED || thread->state == THREAD_BLOCKED);
	thread->state = THREAD_READY;
	thread_ready++;
	sched_enqueue(&thread->sched, SCHED_BACK);
	if (thread_current != &idle_thread &&
		sched_preempts(&thread->sched, &thread_current->sched))
		thread_resched |= THREAD_TIME_UP;
}

void thread_stop(struct thread *thread)
{
	if (thread->state == THREAD_READY) {
		thread_ready--;
		sched_dequeue(&thread->sched);
	}
	if (list_is_linked(&thread->wait_link))
		list_remove(&thread->wait_link);
	thread_clear_deadline(thread);
	thread->state = THREAD_STOPPED;
}

void thread_call_on_return(struct thread *thread, void (*call)(void))
{
	thread->on_return = call;
	if (thread == thread_current)
		thread_resched |= THREAD_HAS_CALL;
}

void thread_preempt(void)
{
	struct thread *self = thread_current;

	while (thread_resched) {
		void (*call)(void) = self->on_return;

		thread_resched &= ~THREAD_HAS_CALL;
		if (call) {
			self->on_return = NULL;
			call();
			continue;
		}
		/* Not by choice (time is up), so the rest of a slice is kept. */
		thread_resched = 0;
		self->preemptions++;
		self->state = THREAD_READY;
		thread_ready++;
		sched_enqueue(&self->sched, self->sched.slice > 0 ? SCHED_FRONT : SCHED_BACK);
		thread_switch_away();
	}
}

void thread_yield(void)
{
	thread_current->state = THREAD_READY;
	thread_ready++;
	sched_enqueue(&thread_current->sched, SCHED_BACK);
	thread_switch_away();
}

void thread_set_root(struct thread *thread, paddr_t root)
{
	thread->arch.root = root;
	if (thread == thread_current)
		write_cr3(root);
}
