/*
 * futex: sleeping on a word of a program's memory.
 *
 * Nothing is kept of a word on which nobody sleeps. Who sleeps is in a queue found by the word's
 * key: its place in an address space or, for one that processes share, in an object.
 *
 * A waiter first enters the queue and then reads the word, for reading may block. So a waker who
 * has changed the word before finds the waiter, or the waiter finds the change.
 */
#pragma once

#include <services/errno.h>
#include <services/services.h>

/* The thread being served ends, or execs: others get the futexes that it held, and those who wait
 * for its end are told. */
void futex_exit(struct proc *proc);

/* --- between the files of this part ------------------------------------------------ */

#define FUTEX_WAITERS    0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_TID_MASK   0x3fffffffu
#define FUTEX_ANY        UINT32_MAX /* bits that match every waiter's */

/* What is the same for all who mean the same word. */
struct futex_key {
	u64 space; /* an address space, an object: see key.c */
	u64 offset;
	u32 kind;
};

/* Somebody who sleeps; on the stack of his call. */
struct futex_waiter {
	struct list link; /* among those with the same hash; unlinked once woken */
	struct futex_key key;
	u32 bits;
	bool locks; /* it waits to be given the lock */
	struct proc *proc;
	struct proc *owner; /* whom the lock belongs to; only if `locks` */
	u32 dead;           /* the number of an owner that has ended and left it the lock; or 0 */
	struct env_queue
		*queue; /* where he sleeps: `own`, or that of one who waits on several words */
	struct env_queue own;
};

/* -EINVAL: unaligned; -EFAULT. */
long futex_key_of(vaddr_t address, bool private, struct futex_key *key) must_check;
static inline bool futex_is_same(const struct futex_key *a, const struct futex_key *b)
{
	return a->space == b->space && a->offset == b->offset && a->kind == b->kind;
}
/* The list that waiters on the key are in, among others; the longest asleep first. */
struct list *futex_list(const struct futex_key *key);
#define FUTEX_LISTS 64u
struct list *futex_list_number(u32 number);

void futex_enter(struct futex_waiter *waiter, const struct futex_key *key, u32 bits);
void futex_leave(struct futex_waiter *waiter);
static inline bool futex_is_woken(const struct futex_waiter *waiter)
{
	return !list_is_linked(&waiter->link);
}
/* Takes it out of the queue; it goes on. */
void futex_wake_waiter(struct futex_waiter *waiter);
/* Sleeps until woken (0), `deadline` (-ETIMEDOUT) or a signal (-EINTR); then it is in the queue no
 * more. */
long futex_sleep(struct futex_waiter *waiter, u64 deadline);

/* The end of a wait, as a point in time, and by which clock: 0 is none. -EFAULT, -EINVAL. */
long futex_read_deadline(bool realtime, vaddr_t at, u64 *deadline) must_check;

/* Wakes at most `count` of those whose bits match, but one at least if there is one: how many. */
long futex_wake(const struct futex_key *key, s32 count, u32 bits);

long futex_wait(vaddr_t address, bool private, u32 value, u32 bits, u64 deadline, bool timed);
long futex_requeue(vaddr_t from, vaddr_t to, bool private, s32 wake, s32 move, const u32 *value);
long futex_wake_operation(
	vaddr_t first, vaddr_t second, bool private, s32 wake, s32 wake_second, u32 operation);
long futex_lock(vaddr_t address, bool private, u64 deadline, bool try);
long futex_unlock(vaddr_t address, bool private);
/* The thread ends with locks on which others sleep: they get them, and are told. */
void futex_give_locks_away(struct proc *proc);
