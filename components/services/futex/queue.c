/* queue: waiting and waking. */
#include <services/futex/futex.h>
#include <services/process/process.h>
#include <services/process/sleep.h>

void futex_enter(struct futex_waiter *waiter, const struct futex_key *key, u32 bits)
{
	waiter->key = *key;
	waiter->bits = bits;
	waiter->locks = false;
	waiter->proc = env_current();
	waiter->owner = NULL;
	waiter->dead = 0;
	env_queue_init(&waiter->own);
	waiter->queue = &waiter->own;
	list_push_back(futex_list(key), &waiter->link);
}

void futex_leave(struct futex_waiter *waiter)
{
	if (!futex_is_woken(waiter))
		list_remove(&waiter->link);
}

void futex_wake_waiter(struct futex_waiter *waiter)
{
	list_remove(&waiter->link);
	env_wakeup_one(waiter->queue);
}

long futex_sleep(struct futex_waiter *waiter, u64 deadline)
{
	enum kstatus status = deadline <= env_now() ? K_TIMEDOUT : K_OK;

	while (!futex_is_woken(waiter) && status == K_OK)
		status = call_sleep(waiter->queue, deadline);
	if (futex_is_woken(waiter))
		return 0;
	list_remove(&waiter->link);
	return status == K_TIMEDOUT ? -ETIMEDOUT : -EINTR;
}

/* --- waiting ------------------------------------------------------------------------ */

static long wait_again(struct proc *proc)
{
	return futex_wait(proc->restart_address, proc->restart_count, (u32)proc->restart_word,
		(u32)(proc->restart_word >> 32), proc->restart_deadline, true);
}

/* In the queue: whether it may sleep, as the word says. */
static long look(vaddr_t address, u32 value, const struct futex_waiter *waiter)
{
	u32 found;

	if (env_copyin(&found, address, sizeof(found)) != K_OK)
		return -EFAULT;
	return found == value || futex_is_woken(waiter) ? 0 : -EAGAIN;
}

long futex_wait(vaddr_t address, bool private, u32 value, u32 bits, u64 deadline, bool timed)
{
	struct proc *proc = env_current();
	struct futex_waiter waiter;
	struct futex_key key;
	long error;

	if (bits == 0)
		return -EINVAL;
	error = futex_key_of(address, private, &key);
	if (error != 0)
		return error;
	futex_enter(&waiter, &key, bits);
	error = look(address, value, &waiter);
	if (error != 0) {
		futex_leave(&waiter);
		return error;
	}
	error = futex_sleep(&waiter, deadline);
	if (error != -EINTR || !IS_ENABLED(CONFIG_SERVICES_SIGNALS))
		return error;
	if (!timed)
		return -ERESTARTSYS;
	proc->restart = wait_again;
	proc->restart_address = address;
	proc->restart_count = private;
	proc->restart_word = (u64)bits << 32 | value;
	proc->restart_deadline = deadline;
	return -ERESTART_RESTARTBLOCK;
}

/* --- waking ------------------------------------------------------------------------- */

long futex_wake(const struct futex_key *key, s32 count, u32 bits)
{
	struct futex_waiter *waiter, *after;
	s32 woken = 0;

	list_for_each_safe(waiter, after, futex_list(key), link)
	{
		if (!futex_is_same(&waiter->key, key))
			continue;
		if (waiter->locks)
			return -EINVAL;
		if (!(waiter->bits & bits))
			continue;
		futex_wake_waiter(waiter);
		if (++woken >= count)
			break;
	}
	return woken;
}
