/*
 * semaphores: semget and semop.
 *
 * The operations of a call happen all together or not at all. They are tried one by one, and taken
 * back when one cannot be. Who has to wait is woken when another has carried them out for it, in
 * queue order, so that nobody who comes later overtakes between the waking and the running.
 *
 * The order of the checks is that of Linux's ipc/sem.c.
 */
#include <services/process/process.h>
#include <services/process/sleep.h>
#include <services/sysv/semaphores.h>
#include <services/sysv/sysv.h>
#include <services/clock/clock.h>

#include <unix_calls.h>

#define WOULD_BLOCK 1

struct ipc_table semaphore_sets;
u32 semaphores_count;

void semaphore_sets_init(void)
{
	ipc_table_init(&semaphore_sets, SEM_MOST);
	semaphores_count = 0;
}

struct semaphore_set *semaphore_set_find(s32 id)
{
	struct ipc_object *object = ipc_find(&semaphore_sets, id);

	return object ? container_of(object, struct semaphore_set, object) : NULL;
}

/* --- making --- */

static size_t set_size(u32 count)
{
	return sizeof(struct semaphore_set) + count * sizeof(struct semaphore);
}

static long create_set(s32 key, u32 count, u32 flags)
{
	struct semaphore_set *set;
	long error;

	if (count == 0)
		return -EINVAL;
	if (semaphores_count + count > SEM_ALL_MAX)
		return -ENOSPC;
	set = kalloc(set_size(count));
	if (!set)
		return -ENOMEM;
	memset(set, 0, set_size(count));
	error = ipc_add(&semaphore_sets, &set->object, key, flags);
	if (error != 0) {
		kfree(set, set_size(count));
		return error;
	}
	set->count = count;
	set->ctime = ipc_now();
	list_init(&set->waiters);
	list_init(&set->undos);
	semaphores_count += count;
	return set->object.id;
}

long sys_semget(int key, int count, int flags)
{
	struct ipc_object *found;
	long error;

	if (count < 0 || (u32)count > SEM_SET_MAX)
		return -EINVAL;
	found = ipc_look_up(&semaphore_sets, key, (u32)flags, &error);
	if (error != 0)
		return error;
	if (!found)
		return create_set(key, (u32)count, (u32)flags);
	if ((u32)count > container_of(found, struct semaphore_set, object)->count)
		return -EINVAL;
	return ipc_may(found, (u32)flags) ? found->id : -EACCES;
}

static void finish(struct semaphore_waiter *waiter, long result)
{
	list_remove(&waiter->link);
	waiter->done = true;
	waiter->result = result;
	env_wakeup_all(&waiter->queue);
}

void semaphore_set_destroy(struct semaphore_set *set)
{
	struct semaphore_waiter *waiter;

	while ((waiter = list_first(&set->waiters, struct semaphore_waiter, link)))
		finish(waiter, -EIDRM);
	undo_drop(set);
	ipc_remove(&semaphore_sets, &set->object);
	semaphores_count -= set->count;
	kfree(set, set_size(set->count));
}

/* --- operating --- */

/* One operation: 0, WOULD_BLOCK or -ERANGE, which have changed nothing. */
static long operate(
	struct semaphore_set *set, const struct semaphore_operation *o, struct semaphore_undo *undo)
{
	struct semaphore *semaphore = &set->of[o->number];
	s32 value = semaphore->value + o->operation;

	if (o->operation == 0)
		return semaphore->value != 0 ? WOULD_BLOCK : 0;
	if (value < 0)
		return WOULD_BLOCK;
	if (value > SEM_VALUE_MAX)
		return -ERANGE;
	if (o->flags & SEM_UNDO) {
		s32 adjust = undo->adjust[o->number] - o->operation;

		if (adjust < -SEM_VALUE_MAX - 1 || adjust > SEM_VALUE_MAX)
			return -ERANGE;
		undo->adjust[o->number] = (int16_t)adjust;
	}
	semaphore->value = (u16)value;
	return 0;
}

static void take_back(
	struct semaphore_set *set, const struct semaphore_operation *o, struct semaphore_undo *undo)
{
	set->of[o->number].value = (u16)(set->of[o->number].value - o->operation);
	if (o->flags & SEM_UNDO && o->operation != 0)
		undo->adjust[o->number] = (int16_t)(undo->adjust[o->number] + o->operation);
}

/* All of them, or none: WOULD_BLOCK, -EAGAIN where that is not wanted, -ERANGE. */
static long operate_all(struct semaphore_set *set, struct semaphore_waiter *w)
{
	long result = 0;
	u32 i = 0;

	while (i < w->count && (result = operate(set, &w->operations[i], w->undo)) == 0)
		i++;
	if (result == 0) {
		while (i-- > 0)
			set->of[w->operations[i].number].last = w->pid;
		set->otime = ipc_now();
		return 0;
	}
	w->blocked_by = i;
	if (result == WOULD_BLOCK && (u16)w->operations[i].flags & IPC_NOWAIT)
		result = -EAGAIN;
	while (i-- > 0)
		take_back(set, &w->operations[i], w->undo);
	return result;
}

/* Those who wait just for zero go first, as they change nothing; true: somebody changed something.
 */
static bool settle_some(struct semaphore_set *set, bool changes)
{
	struct semaphore_waiter *waiter, *next;

	list_for_each_safe(waiter, next, &set->waiters, link)
	{
		long result;

		if (waiter->changes != changes)
			continue;
		result = operate_all(set, waiter);
		if (result == WOULD_BLOCK)
			continue;
		finish(waiter, result);
		if (changes && result == 0)
			return true;
	}
	return false;
}

void semaphores_settle(struct semaphore_set *set)
{
	do
		settle_some(set, false);
	while (settle_some(set, true));
}

/* Sleeps until somebody has done it, or the set is gone. No handler restarts it. */
static long wait(struct semaphore_set *set, struct semaphore_waiter *waiter, u64 deadline)
{
	enum kstatus status = K_OK;

	env_queue_init(&waiter->queue);
	list_push_back(&set->waiters, &waiter->link);
	while (!waiter->done && status == K_OK)
		status = call_sleep(&waiter->queue, deadline);
	if (waiter->done)
		return waiter->result;
	list_remove(&waiter->link);
	return status == K_TIMEDOUT ? -EAGAIN : -EINTR;
}

static long operate_or_wait(s32 id, struct semaphore_waiter *w, u64 deadline)
{
	struct semaphore_set *set;
	bool undoes = false;
	u32 highest = 0;
	long result;

	for (u32 i = 0; i < w->count; i++) {
		const struct semaphore_operation *o = &w->operations[i];

		highest = MAX(highest, (u32)o->number);
		undoes |= (o->flags & SEM_UNDO) != 0;
		w->changes |= o->operation != 0;
	}
	set = semaphore_set_find(id);
	if (!set)
		return -EINVAL;
	if (highest >= set->count)
		return -EFBIG;
	if (!ipc_may(&set->object, w->changes ? IPC_WRITE : IPC_READ))
		return -EACCES;
	if (undoes) {
		w->undo = undo_of_caller(set);
		if (!w->undo)
			return -ENOMEM;
	}
	result = operate_all(set, w);
	if (result == 0 && w->changes)
		semaphores_settle(set);
	return result == WOULD_BLOCK ? wait(set, w, deadline) : result;
}

static long fetch_and_operate(s32 id, vaddr_t operations, u32 count, const struct timespec *length)
{
	struct semaphore_operation few[8], *all = few;
	struct semaphore_waiter waiter = {.count = count, .pid = process_current()->pid};
	u64 deadline = ENV_FOREVER;
	long result;

	if (count > SEM_CALL_MAX)
		return -E2BIG;
	if (count < 1)
		return -EINVAL;
	if (count > ARRAY_SIZE(few)) {
		all = kalloc(count * sizeof(*all));
		if (!all)
			return -ENOMEM;
	}
	waiter.operations = all;
	result = errno_of(env_copyin(all, operations, count * sizeof(*all)));
	if (result == 0 && id < 0)
		result = -EINVAL;
	if (result == 0 && length) {
		if (length->seconds < 0 || (u64)length->nanoseconds >= NSEC_PER_SEC)
			result = -EINVAL;
		else if (length->seconds < INT32_MAX)
			deadline = env_now() + (u64)length->seconds * NSEC_PER_SEC +
				   (u64)length->nanoseconds;
	}
	if (result == 0)
		result = operate_or_wait(id, &waiter, deadline);
	if (all != few)
		kfree(all, count * sizeof(*all));
	return result;
}

long sys_semtimedop(int id, vaddr_t operations, unsigned int count, vaddr_t timeout)
{
	struct timespec length;

	if (timeout == 0)
		return fetch_and_operate(id, operations, count, NULL);
	if (env_copyin(&length, timeout, sizeof(length)) != K_OK)
		return -EFAULT;
	return fetch_and_operate(id, operations, count, &length);
}

long sys_semop(int id, vaddr_t operations, unsigned int count)
{
	return fetch_and_operate(id, operations, count, NULL);
}
