/*
 * waitv: sleeping on several words, until somebody is woken on one of them.
 *
 * There is a waiter for each word, and they all sleep in one queue. As with one word, all are in
 * the queues before the words are looked at.
 */
#include <services/clock/clock.h>
#include <services/futex/futex.h>
#include <services/process/sleep.h>

#include <unix_calls.h>

#define WAITV_MAX     128u
#define WAITV_32      2u /* the only size there is */
#define WAITV_PRIVATE 128u

/* struct futex_waitv of Linux. */
struct waitv {
	u64 value, address;
	u32 flags, reserved;
};

struct several {
	struct env_queue queue;
	u32 count, entered;
	struct {
		struct waitv wish;
		struct futex_key key;
		struct futex_waiter waiter;
	} of[];
};

static long read_wishes(struct several *s, vaddr_t at)
{
	for (u32 i = 0; i < s->count; i++) {
		struct waitv *wish = &s->of[i].wish;

		if (env_copyin(wish, at + i * sizeof(*wish), sizeof(*wish)) != K_OK)
			return -EFAULT;
		if ((wish->flags & ~(WAITV_32 | WAITV_PRIVATE)) != 0 || wish->reserved != 0 ||
			!(wish->flags & WAITV_32))
			return -EINVAL;
	}
	return 0;
}

/* Which of those in a queue was woken, the last if several were; -1: none. They leave the queues.
 */
static long leave_all(struct several *s)
{
	long woken = -1;

	for (u32 i = 0; i < s->entered; i++) {
		if (futex_is_woken(&s->of[i].waiter))
			woken = i;
		futex_leave(&s->of[i].waiter);
	}
	s->entered = 0;
	return woken;
}

/* Into the queues, as long as the words are as they should be. */
static long enter_all(struct several *s)
{
	for (; s->entered < s->count; s->entered++) {
		const struct waitv *wish = &s->of[s->entered].wish;
		struct futex_waiter *waiter = &s->of[s->entered].waiter;
		u32 found;
		bool readable;

		futex_enter(waiter, &s->of[s->entered].key, FUTEX_ANY);
		waiter->queue = &s->queue;
		readable = env_copyin(&found, wish->address, sizeof(found)) == K_OK;
		if (readable && (found == (u32)wish->value || futex_is_woken(waiter)))
			continue;
		futex_leave(waiter);
		return readable ? -EAGAIN : -EFAULT;
	}
	return 0;
}

static bool is_any_woken(const struct several *s)
{
	for (u32 i = 0; i < s->count; i++) {
		if (futex_is_woken(&s->of[i].waiter))
			return true;
	}
	return false;
}

static long wait_for_any(struct several *s, u64 deadline)
{
	enum kstatus status = K_OK;
	long woken, error;

	for (u32 i = 0; i < s->count; i++) {
		const struct waitv *wish = &s->of[i].wish;

		error = futex_key_of(wish->address, wish->flags & WAITV_PRIVATE, &s->of[i].key);
		if (error != 0)
			return error;
	}
	error = enter_all(s);
	while (error == 0 && status == K_OK && !is_any_woken(s))
		status = deadline > env_now() ? call_sleep(&s->queue, deadline) : K_TIMEDOUT;
	woken = leave_all(s);
	if (woken >= 0 || error != 0)
		return woken >= 0 ? woken : error;
	return status == K_TIMEDOUT ? -ETIMEDOUT : -ERESTARTSYS;
}

long sys_futex_waitv(
	vaddr_t wishes, unsigned int count, unsigned int flags, vaddr_t timeout, int clock)
{
	u64 deadline = ENV_FOREVER;
	struct several *s;
	size_t size;
	long result;

	if (flags != 0 || count == 0 || count > WAITV_MAX || wishes == 0)
		return -EINVAL;
	if (timeout != 0 && clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
		return -EINVAL;
	result = futex_read_deadline(clock == CLOCK_REALTIME, timeout, &deadline);
	if (result != 0)
		return result;
	size = sizeof(*s) + count * sizeof(s->of[0]);
	s = kalloc(size);
	if (!s)
		return -ENOMEM;
	s->count = count;
	s->entered = 0;
	env_queue_init(&s->queue);
	result = read_wishes(s, wishes);
	if (result == 0)
		result = wait_for_any(s, deadline);
	kfree(s, size);
	return result;
}
