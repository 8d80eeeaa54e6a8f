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
