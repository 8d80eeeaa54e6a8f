/*
 * l4_common: for native programs of the L4-like kernel that are the root task
 * and all its threads at once.
 *
 * Every thread runs the program's own image: the root task is the pager of all, and maps its
 * pages, at their own addresses, into any address space that touches them. So code and
 * data are shared by all threads; what is to be private lies outside the image.
 */
#pragma once

#include <ipc/l4/l4_user.h>

#define PAGE 4096ull

#define PROT_READ  1u
#define PROT_WRITE 2u
#define PROT_EXEC  4u

#define TASK_ROOT   l4_id(1, 1)
#define TASK_STACKS 6

/* Finds free memory. First of all. */
void task_init(const struct l4_kip *kip);
/* A free page, its contents unknown; for ever. */
u64 task_page(void);

/* The UTCB of the thread that runs on stack `stack`: all threads have theirs at different
 * addresses. */
static inline struct l4_utcb *task_utcb(unsigned stack)
{
	return (struct l4_utcb *)(0x710000000000ull + stack * PAGE);
}

/*
 * A new thread that will run body(argument) on a stack of its own, in the space of thread `space`
 * (`id`: in a new one). Its pager and handler is the root task.
 */
void task_make(u64 id, u64 space, unsigned stack);
void task_start(u64 id, unsigned stack, void (*body)(void *), void *argument);
void task_delete(u64 id);

/* Called by a thread when it is done: tells the root task a value, and is not answered. */
noreturn void task_done(u64 value);

/* What happened to a thread, as task_wait() saw it. It waits for an answer, unless it sent a
 * message by itself. */
struct task_event {
	enum { TASK_DONE, TASK_FAULT, TASK_EXCEPTION } kind;
	u64 thread;
	u64 value;  /* DONE: what it told; FAULT: the address; EXCEPTION: the vector */
	u64 access; /* FAULT: PROT bits */
	u64 rip;
};

/*
 * Serves page faults until something else happens. `supply` is asked first about a page: it
 * answers with an fpage to be mapped there, or 0 if it has none.
 */
struct task_event task_wait(u64 (*supply)(u64 address, u64 access));
/* The same, but gives up after `ns` nanoseconds without any event: kind DONE, thread 0. */
struct task_event task_wait_for(u64 (*supply)(u64 address, u64 access), u32 ns);

/* The result must not be an error. */
void task_must(s64 result, const char *what);
