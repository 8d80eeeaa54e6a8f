/*
 * signals: actions set by the raw call, and what a handler was told. For the programs that test
 * a kernel from outside; see test.h.
 */
#pragma once

#include <signal.h>
#include <workloads/common/test.h>

#define SA_RESTORER_FLAG 0x04000000UL

/* struct sigaction as the kernel has it. */
struct raw_action {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

void signal_restorer(void);

static inline long set_action(
	int signal, void (*handler)(int, siginfo_t *, void *), unsigned long flags)
{
	struct raw_action action = {
		handler, flags | SA_RESTORER_FLAG | SA_SIGINFO, signal_restorer, 0};

	return sys_call4(SYS_rt_sigaction, signal, (long)&action, 0, 8);
}

static inline unsigned long bit(int signal)
{
	return 1UL << (signal - 1);
}

static inline long set_mask(unsigned long mask)
{
	return sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0, 8);
}

static inline long send_signal(long pid, int signal)
{
	return sys_call3(SYS_kill, pid, signal, 0);
}

/* Counts, and keeps what it was told last. */
extern volatile int handled;
extern siginfo_t last_info;
void note_signal(int signal, siginfo_t *info, void *context);
