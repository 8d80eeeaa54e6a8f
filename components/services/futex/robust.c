/*
 * robust: what a thread leaves behind.
 *
 * A thread registers a list, in its own memory, of the futexes that it holds; when it ends with
 * some held, each is marked as its owner's having died, and one waiter is told. The list is the
 * program's: it may be anything, and walking it ends after so many entries.
 */
#include <services/futex/futex.h>
#include <services/identity/identity.h>
#include <services/memory/mappings.h>
#include <services/process/process.h>

#include <unix_calls.h>

#define ENTRIES_MAX 2048 /* Linux's ROBUST_LIST_LIMIT */

/* struct robust_list_head of Linux. */
struct robust_head {
	u64 first;
	s64 offset;  /* from an entry to its futex */
	u64 pending; /* an entry that is about to come or go; 0: none */
};

static void wake_one(vaddr_t address)
{
	struct futex_key key;

	if (futex_key_of(address, false, &key) == 0)
		(void)futex_wake(&key, 1, FUTEX_ANY);
}

/* The lowest bit of an entry's address says that it is a lock with priority inheritance. */
static bool is_lock(u64 entry)
{
	return entry & 1;
}

/* The futex of an entry: it is freed if the thread holds it. False: the list leads nowhere. */
static bool let_go(struct proc *proc, u64 entry, s64 offset, bool pending)
{
	vaddr_t address = (entry & ~1ull) + (u64)offset;
	u32 word, seen;

	if (address % sizeof(word) != 0 || env_copyin(&seen, address, sizeof(seen)) != K_OK)
		return false;
	if (pending && !is_lock(entry) && !(seen & FUTEX_TID_MASK)) {
		wake_one(address); /* it was just let go, and perhaps nobody was told yet */
		return true;
	}
	do {
		word = seen;
		if ((word & FUTEX_TID_MASK) != (u32)proc->tid)
			return true;
		if (env_exchange_word(address, &seen, (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED) !=
			K_OK)
			return false;
	} while (seen != word);
	if (!is_lock(entry) && (word & FUTEX_WAITERS))
		wake_one(address);
	return true;
}

static void walk(struct proc *proc, vaddr_t list)
{
	struct robust_head head;
	u64 entry, next = 0;
	bool more = true;

	if (env_copyin(&head, list, sizeof(head)) != K_OK)
		return;
	entry = head.first;
	for (u32 n = 0; n < ENTRIES_MAX && more && (entry & ~1ull) != list; n++) {
		more = env_copyin(&next, entry & ~1ull, sizeof(next)) == K_OK;
		if ((entry & ~1ull) != (head.pending & ~1ull) &&
			!let_go(proc, entry, head.offset, false))
			return;
		entry = next;
	}
	if (more && (head.pending & ~1ull) != 0)
		(void)let_go(proc, head.pending, head.offset, true);
}

static void tell_of_end(struct proc *proc, vaddr_t address)
{
	static const u32 none;

	if (proc->memory->refs > 1 && env_copyout(address, &none, sizeof(none)) == K_OK)
		wake_one(address);
}

void futex_exit(struct proc *proc)
{
	vaddr_t list = proc->robust_list, word = proc->clear_tid;

	proc->robust_list = 0;
	proc->clear_tid = 0;
	if (unlikely(list != 0))
		walk(proc, list);
	futex_give_locks_away(proc);
	if (unlikely(word != 0))
		tell_of_end(proc, word);
}

/* --- calls -------------------------------------------------------------------------- */

long sys_set_robust_list(vaddr_t list, size_t size)
{
	if (size != sizeof(struct robust_head))
		return -EINVAL;
	env_current()->robust_list = list;
	return 0;
}

long sys_get_robust_list(int tid, vaddr_t list, vaddr_t size)
{
	const u64 length = sizeof(struct robust_head);
	const struct proc *proc = tid ? process_find_thread(tid) : env_current();
	vaddr_t found;

	if (!proc)
		return -ESRCH;
	if (!identity_may_look_into(proc, false))
		return -EPERM;
	found = proc->robust_list;
	if (env_copyout(size, &length, sizeof(length)) != K_OK)
		return -EFAULT;
	return errno_of(env_copyout(list, &found, sizeof(found)));
}
