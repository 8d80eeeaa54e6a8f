/* Inline part of the process-model threads. */
#pragma once

/* The six callee-saved registers and the return address that arch_switch_stack() pops. */
#define THREAD_SWITCH_WORDS 7

static inline void thread_set_resume_user(struct thread *thread)
{
	u64 *stack = (u64 *)thread->frame - THREAD_SWITCH_WORDS;

	stack[THREAD_SWITCH_WORDS - 1] = (u64)arch_resume_point;
	thread->kernel_sp = (u64)stack;
}

void thread_change_payer(struct thread *thread);

extern u32 thread_ready; /* threads in the scheduler's queues */

static always_inline struct thread *thread_paying(void)
{
	return IPC_DONATES ? thread_payer : thread_current;
}

static always_inline void thread_bill(struct thread *thread)
{
	if (unlikely(thread_payer != thread))
		thread_change_payer(thread);
}

static always_inline noreturn void thread_continue(struct thread *next, long (*continuation)(void))
{
	struct thread *previous = thread_current;

	assert(previous->state == THREAD_BLOCKED && next->state == THREAD_BLOCKED);
	previous->kernel_sp = (u64)((u64 *)previous->frame - THREAD_SWITCH_WORDS);
	next->state = THREAD_RUNNING;
	thread_current = next;
	arch_switch_state(&previous->arch, &next->arch);
	arch_continue(previous->frame, next->frame, continuation);
}
