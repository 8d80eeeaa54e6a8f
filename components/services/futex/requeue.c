/* requeue: moving those who wait on one word to another, instead of waking all. */
#include <services/futex/futex.h>

static void move(struct futex_waiter *waiter, const struct futex_key *to)
{
	if (futex_list(&waiter->key) != futex_list(to)) {
		list_remove(&waiter->link);
		list_push_back(futex_list(to), &waiter->link);
	}
	waiter->key = *to;
}

/* `value`: what the first word must hold, or NULL. How many were woken or moved. */
long futex_requeue(vaddr_t from, vaddr_t to, bool private, s32 wake, s32 most, const u32 *value)
{
	struct futex_waiter *waiter, *after;
	struct futex_key first, second;
	u32 found;
	long error;
	s64 done = 0;

	if (wake < 0 || most < 0)
		return -EINVAL;
	error = futex_key_of(from, private, &first);
	if (error == 0)
		error = futex_key_of(to, private, &second);
	if (error != 0)
		return error;
	if (value && env_copyin(&found, from, sizeof(found)) != K_OK)
		return -EFAULT;
	if (value && found != *value)
		return -EAGAIN;
	list_for_each_safe(waiter, after, futex_list(&first), link)
	{
		if (done - wake >= most)
			break;
		if (!futex_is_same(&waiter->key, &first))
			continue;
		if (waiter->locks)
			return -EINVAL;
		if (++done <= wake)
			futex_wake_waiter(waiter);
		else
			move(waiter, &second);
	}
	return done;
}
