/*
 * pi: locks that are handed from owner to waiter.
 *
 * The word says who owns the lock, so the kernel can give it to the one who has waited longest,
 * rather than let whoever runs next take it. The name on Linux, priority inheritance, is for what
 * it does where threads have priorities of their own; here all have the same, and only the handing
 * over is left.
 *
 * A waiter that was woken looks at the word: it holds its number, or it must try again.
 */
#include <services/futex/futex.h>
#include <services/process/process.h>

static u32 waiting; /* for locks, all in all */

static struct futex_waiter *first_waiter(const struct futex_key *key)
{
	struct futex_waiter *waiter;

	list_for_each(waiter, futex_list(key), link)
	{
		if (futex_is_same(&waiter->key, key))
			return waiter;
	}
	return NULL;
}

/* What `proc` waits for, or (`owned`) the first that waits for something of `proc`. */
static struct futex_waiter *find_waiter(const struct proc *proc, bool owned)
{
	for (u32 i = 0; i < FUTEX_LISTS; i++) {
		struct futex_waiter *waiter;

		list_for_each(waiter, futex_list_number(i), link)
		{
			if (waiter->locks && (owned ? waiter->owner : waiter->proc) == proc)
				return waiter;
		}
	}
	return NULL;
}

/* Whether `owner` waits, over others, for `proc`, which is about to wait for it. */
static bool would_deadlock(const struct proc *owner, const struct proc *proc)
{
	for (u32 i = 0; owner && waiting > 0 && i < 64; i++) {
		const struct futex_waiter *waiter = find_waiter(owner, false);

		owner = waiter ? waiter->owner : NULL;
		if (owner == proc)
			return true;
	}
	return false;
}

/* --- taking ------------------------------------------------------------------------- */

struct attempt {
	vaddr_t address;
	struct futex_key key;
	struct proc *proc;
	u32 dead; /* the owner that has ended and left it to us; 0: none */
	u64 deadline;
	bool try;
};

/* Nobody has it, or nobody any more. 0, -EFAULT; 1: look again. */
static long take(struct attempt *a, u32 word)
{
	u32 seen = word, fresh = (u32)a->proc->tid | (word & FUTEX_OWNER_DIED);

	if (a->dead)
		fresh |= FUTEX_OWNER_DIED;
	if (first_waiter(&a->key))
		fresh |= FUTEX_WAITERS;
	if (env_exchange_word(a->address, &seen, fresh) != K_OK)
		return -EFAULT;
	return seen != word;
}

/* In the queue, with the word saying so: until it is given to us, or may be taken. */
static long queue_up(struct attempt *a, u32 word, struct proc *owner)
{
	struct futex_waiter waiter;
	u32 seen = word;
	long error = 1;

	futex_enter(&waiter, &a->key, FUTEX_ANY);
	waiter.locks = true;
	waiter.owner = owner;
	waiting++;
	if (env_exchange_word(a->address, &seen, word | FUTEX_WAITERS) != K_OK)
		error = -EFAULT;
	if (error == 1 && seen == word && !a->try)
		error = futex_sleep(&waiter, a->deadline);
	if (error == 1 && seen == word)
		error = -EAGAIN;
	waiting--;
	futex_leave(&waiter);
	a->dead = waiter.dead;
	return error == 0 ? 1 : error;
}

/* 0: the lock is ours; 1: look again. */
static long attempt(struct attempt *a, bool again)
{
	struct futex_waiter *first;
	struct proc *owner;
	u32 word;

	if (env_copyin(&word, a->address, sizeof(word)) != K_OK)
		return -EFAULT;
	if ((word & FUTEX_TID_MASK) == (u32)a->proc->tid)
		return again ? 0 : -EDEADLK;
	first = first_waiter(&a->key);
	if (first && !first->locks)
		return -EINVAL;
	if (!(word & FUTEX_TID_MASK) || (a->dead && (word & FUTEX_TID_MASK) == a->dead))
		return take(a, word);
	owner = process_find_thread((s32)(word & FUTEX_TID_MASK));
	if (!owner || owner->exiting)
		return -ESRCH;
	if (would_deadlock(owner, a->proc))
		return -EDEADLK;
	return queue_up(a, word, owner);
}

long futex_lock(vaddr_t address, bool private, u64 deadline, bool try)
{
	struct attempt a = {
		.address = address, .proc = env_current(), .deadline = deadline, .try = try};
	long result = futex_key_of(address, private, &a.key);

	if (result != 0)
		return result;
	result = attempt(&a, false);
	while (result == 1)
		result = attempt(&a, true);
	return result == -EINTR ? -ERESTARTNOINTR : result;
}

/* --- giving ------------------------------------------------------------------------- */

/* From now on `owner` has what those who go on waiting for the key wait for. */
static void set_owner(const struct futex_key *key, struct proc *owner)
{
	struct futex_waiter *waiter;

	list_for_each(waiter, futex_list(key), link)
	{
		if (waiter->locks && futex_is_same(&waiter->key, key))
			waiter->owner = owner;
	}
}

static void hand_over(struct futex_waiter *to)
{
	struct futex_key key = to->key;
	struct proc *owner = to->proc;

	futex_wake_waiter(to);
	set_owner(&key, owner);
}

long futex_unlock(vaddr_t address, bool private)
{
	u32 word, seen, mine = (u32)env_current()->tid;
	struct futex_waiter *heir;
	struct futex_key key;
	long error;

	if (address % sizeof(word) != 0)
		return -EINVAL;
	if (env_copyin(&seen, address, sizeof(seen)) != K_OK)
		return -EFAULT;
	if ((seen & FUTEX_TID_MASK) != mine)
		return -EPERM;
	error = futex_key_of(address, private, &key);
	if (error != 0)
		return error;
	do {
		word = seen;
		heir = first_waiter(&key);
		if (heir && !heir->locks)
			return -EINVAL;
		if (env_exchange_word(address, &seen,
			    heir ? (u32)heir->proc->tid | FUTEX_WAITERS : 0) != K_OK)
			return -EFAULT;
		if (seen != word && (seen & FUTEX_TID_MASK) != mine)
			return -EINVAL;
	} while (seen != word);
	if (heir)
		hand_over(heir);
	return 0;
}

void futex_give_locks_away(struct proc *proc)
{
	struct futex_waiter *heir;

	while (waiting > 0 && (heir = find_waiter(proc, true))) {
		heir->dead = (u32)proc->tid;
		hand_over(heir);
	}
}
