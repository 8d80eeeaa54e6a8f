/*
 * semctl: what is told of sets of semaphores, and changed.
 *
 * Values come and go through memory of the services, for a set may be removed during a copy.
 */
#include <services/process/process.h>
#include <services/sysv/semaphores.h>

#include <unix_calls.h>

#define GETPID       11
#define GETVAL       12
#define GETALL       13
#define GETNCNT      14
#define GETZCNT      15
#define SETVAL       16
#define SETALL       17
#define SEM_STAT     18
#define SEM_INFO     19
#define SEM_STAT_ANY 20

#define SEM_UNDO_BYTES 20 /* what Linux still says */

/* struct semid64_ds */
struct set_status {
	struct ipc_status object;
	s64 otime, unused1, ctime, unused2;
	u64 count, unused3, unused4;
};
_Static_assert(sizeof(struct set_status) == 104, "struct semid64_ds");

/* struct seminfo */
struct semaphore_limits {
	s32 map, most, all, undos, set, call, undo, undo_bytes, value, adjust;
};

static long tell_limits(int command, vaddr_t to)
{
	struct semaphore_limits limits = {
		.map = SEM_ALL_MAX,
		.most = SEM_MOST,
		.all = SEM_ALL_MAX,
		.undos = SEM_ALL_MAX,
		.set = SEM_SET_MAX,
		.call = SEM_CALL_MAX,
		.undo = SEM_CALL_MAX,
		.undo_bytes = command == SEM_INFO ? (s32)semaphore_sets.used : SEM_UNDO_BYTES,
		.value = SEM_VALUE_MAX,
		.adjust = command == SEM_INFO ? (s32)semaphores_count : SEM_VALUE_MAX,
	};
	long highest = ipc_highest(&semaphore_sets);

	return env_copyout(to, &limits, sizeof(limits)) == K_OK ? highest : -EFAULT;
}

static long tell(s32 id, int command, vaddr_t to)
{
	long error;
	struct ipc_object *object = ipc_find_to_tell(
		&semaphore_sets, id, command != IPC_STAT, command == SEM_STAT_ANY, &error);
	const struct semaphore_set *set;
	struct set_status status;
	long result;

	if (!object)
		return error;
	set = container_of(object, struct semaphore_set, object);
	memset(&status, 0, sizeof(status));
	ipc_get_status(object, &status.object);
	status.otime = set->otime;
	status.ctime = set->ctime;
	status.count = set->count;
	result = command == IPC_STAT ? 0 : object->id;
	return env_copyout(to, &status, sizeof(status)) == K_OK ? result : -EFAULT;
}

/* The set that the caller may do such a thing to; *error says why not. */
static struct semaphore_set *permitted(s32 id, u32 mode, long *error)
{
	struct semaphore_set *set = semaphore_set_find(id);

	*error = !set ? -EINVAL : ipc_may(&set->object, mode) ? 0 : -EACCES;
	return *error == 0 ? set : NULL;
}

/* How many wait for semaphore `number`: to become zero, or to grow. */
static long count_waiters(const struct semaphore_set *set, u32 number, bool for_zero)
{
	const struct semaphore_waiter *waiter;
	long count = 0;

	list_for_each(waiter, &set->waiters, link)
	{
		const struct semaphore_operation *o = &waiter->operations[waiter->blocked_by];

		count += o->number == number && (o->operation == 0) == for_zero;
	}
	return count;
}

static long get_one(s32 id, s32 number, int command)
{
	long error;
	const struct semaphore_set *set = permitted(id, IPC_READ, &error);

	if (!set)
		return error;
	if (number < 0 || (u32)number >= set->count)
		return -EINVAL;
	switch (command) {
	case GETVAL:
		return set->of[number].value;
	case GETPID:
		return set->of[number].last;
	default:
		return count_waiters(set, (u32)number, command == GETZCNT);
	}
}

static long get_all(s32 id, vaddr_t to)
{
	long error;
	const struct semaphore_set *set = permitted(id, IPC_READ, &error);
	size_t size;
	u16 *values;

	if (!set)
		return error;
	size = set->count * sizeof(*values);
	values = kalloc(size);
	if (!values)
		return -ENOMEM;
	for (u32 i = 0; i < set->count; i++)
		values[i] = set->of[i].value;
	error = errno_of(env_copyout(to, values, size));
	kfree(values, size);
	return error;
}

static void was_set(struct semaphore_set *set)
{
	set->ctime = ipc_now();
	semaphores_settle(set);
}

/* Fetches as many values as the set has; -ERANGE: one is too large. */
static long fetch_values(u16 *values, u32 count, vaddr_t from)
{
	if (env_copyin(values, from, count * sizeof(*values)) != K_OK)
		return -EFAULT;
	for (u32 i = 0; i < count; i++) {
		if (values[i] > SEM_VALUE_MAX)
			return -ERANGE;
	}
	return 0;
}

static long set_all(s32 id, vaddr_t from)
{
	long error;
	struct semaphore_set *set = permitted(id, IPC_WRITE, &error);
	u32 count;
	u16 *values;

	if (!set)
		return error;
	count = set->count;
	values = kalloc(count * sizeof(*values));
	if (!values)
		return -ENOMEM;
	error = fetch_values(values, count, from);
	set = semaphore_set_find(id);
	if (error == 0 && !set) /* it was removed meanwhile */
		error = -EIDRM;
	for (u32 i = 0; error == 0 && i < count; i++) {
		set->of[i].value = values[i];
		set->of[i].last = process_current()->pid;
	}
	if (error == 0) {
		undo_forget(set, UINT32_MAX);
		was_set(set);
	}
	kfree(values, count * sizeof(*values));
	return error;
}

static long set_one(s32 id, s32 number, s32 value)
{
	struct semaphore_set *set;

	if (value < 0 || value > SEM_VALUE_MAX)
		return -ERANGE;
	set = semaphore_set_find(id);
	if (!set || number < 0 || (u32)number >= set->count)
		return -EINVAL;
	if (!ipc_may(&set->object, IPC_WRITE))
		return -EACCES;
	undo_forget(set, (u32)number);
	set->of[number].value = (u16)value;
	set->of[number].last = process_current()->pid;
	was_set(set);
	return 0;
}

static long change(s32 id, int command, vaddr_t from)
{
	struct set_status status;
	struct semaphore_set *set;
	long error = 0;

	if (command == IPC_SET && env_copyin(&status, from, sizeof(status)) != K_OK)
		return -EFAULT;
	set = semaphore_set_find(id);
	if (!set)
		return -EINVAL;
	if (!ipc_is_own(&set->object))
		return -EPERM;
	if (command == IPC_RMID) {
		semaphore_set_destroy(set);
		return 0;
	}
	error = ipc_set_status(&set->object, &status.object);
	if (error == 0)
		set->ctime = ipc_now();
	return error;
}

long sys_semctl(int id, int number, int command, long argument)
{
	if (id < 0)
		return -EINVAL;
	switch (command) {
	case IPC_INFO:
	case SEM_INFO:
		return tell_limits(command, (vaddr_t)argument);
	case IPC_STAT:
	case SEM_STAT:
	case SEM_STAT_ANY:
		return tell(id, command, (vaddr_t)argument);
	case GETVAL:
	case GETPID:
	case GETNCNT:
	case GETZCNT:
		return get_one(id, number, command);
	case GETALL:
		return get_all(id, (vaddr_t)argument);
	case SETALL:
		return set_all(id, (vaddr_t)argument);
	case SETVAL:
		return set_one(id, number, (s32)argument);
	case IPC_SET:
	case IPC_RMID:
		return change(id, command, (vaddr_t)argument);
	default:
		return -EINVAL;
	}
}
