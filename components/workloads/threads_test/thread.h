/* thread: threads made with clone and nothing else, and futexes. */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* CLONE_… */
#endif
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>

#include <workloads/common/test.h>

/* Of linux/futex.h, which not every C library comes with. */
#define FUTEX_WAIT           0
#define FUTEX_WAKE           1
#define FUTEX_REQUEUE        3
#define FUTEX_CMP_REQUEUE    4
#define FUTEX_WAKE_OP        5
#define FUTEX_LOCK_PI        6
#define FUTEX_UNLOCK_PI      7
#define FUTEX_TRYLOCK_PI     8
#define FUTEX_WAIT_BITSET    9
#define FUTEX_WAKE_BITSET    10
#define FUTEX_PRIVATE_FLAG   128
#define FUTEX_CLOCK_REALTIME 256
#define FUTEX_WAITERS        0x80000000u
#define FUTEX_OWNER_DIED     0x40000000u
#define FUTEX_TID_MASK       0x3fffffffu
#define FUTEX_OP_SET         0
#define FUTEX_OP_ADD         1
#define FUTEX_OP_OR          2
#define FUTEX_OP_ANDN        3
#define FUTEX_OP_XOR         4
#define FUTEX_OP_OPARG_SHIFT 8
#define FUTEX_OP_CMP_EQ      0
#define FUTEX_OP_CMP_GE      5

/* What FUTEX_WAKE_OP does to its second word, and when it wakes there. */
#define OPERATION(op, argument, compare, with)                                                     \
	((long)(((unsigned)(op) << 28) | ((unsigned)(compare) << 24) |                             \
		(((unsigned)(argument)&0xfff) << 12) | ((unsigned)(with)&0xfff)))

#define STACK_SIZE 16384UL
#define THREAD_FLAGS                                                                               \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |        \
		CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

struct thread {
	volatile int tid; /* 0 once it has ended */
	volatile bool up; /* it says so itself */
	char *stack;
};

long thread_clone(
	long flags, void *stack, volatile int *parent_tid, volatile int *child_tid, void *tls);
long thread_clone3(const void *arguments, size_t size);

/* A stack on which the function is called with its argument. */
void *thread_stack(char *memory, long (*body)(void *), void *argument);
/* Starts a thread, which must work, and waits for its end. Its memory is used again. */
void thread_start(struct thread *thread, long (*body)(void *), void *argument);
void thread_join(struct thread *thread);
/* The thread sleeps in a call, or nearly: it has said that it is up, and had time to get there. */
void thread_settle(const struct thread *thread);

static inline long futex(volatile void *at, int operation, long value, const void *timeout,
	volatile void *other, long value3)
{
	return sys_call6(SYS_futex, (long)at, operation, value, (long)timeout, (long)other, value3);
}

static inline long futex_wait(volatile int *at, int value)
{
	return futex(at, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

static inline long futex_wake(volatile int *at, int count)
{
	return futex(at, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, count, NULL, NULL, 0);
}

/* How many wait there: moving them from the word to itself counts them. */
static inline long futex_waiters(volatile int *at, int private)
{
	return futex(at, FUTEX_REQUEUE | private, 0, (void *)1000L, at, 0);
}

/* Waits until so many are there. */
void await_waiters(volatile int *at, int private, long count);
/* Waits until the word is not `value` any more. */
void await_change(volatile int *at, int value);

static inline long gettid_(void)
{
	return sys_call0(SYS_gettid);
}
