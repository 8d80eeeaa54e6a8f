/*
 * io: priorities of access to disks, in classes with eight levels each. The class stands above 13
 * bits of level. Who asked for none has what follows from its policy and nice value.
 */
#include <services/identity/identity.h>
#include <services/scheduling/scheduling.h>

#include <unix_calls.h>

#define CLASS_SHIFT     13
#define CLASS_NONE      0
#define CLASS_REAL_TIME 1
#define CLASS_BEST      2
#define CLASS_IDLE      3
#define IO_LEVELS       8
#define LEVEL_MASK      ((1 << CLASS_SHIFT) - 1)

#define WHO_PROCESS 1 /* the others follow, in the order of enum whose */
#define WHO_USER    3

static long check_priority(int priority)
{
	int class = priority >> CLASS_SHIFT, level = priority & LEVEL_MASK;

	switch (class) {
	case CLASS_REAL_TIME:
		if (!identity_may(CAP_SYS_ADMIN) && !identity_may(CAP_SYS_NICE))
			return -EPERM;
		return level >= IO_LEVELS ? -EINVAL : 0;
	case CLASS_BEST:
		return level >= IO_LEVELS ? -EINVAL : 0;
	case CLASS_IDLE:
		return 0;
	case CLASS_NONE:
		return level != 0 ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

static long set(struct proc *proc, int priority)
{
	const struct credentials *mine = &env_current()->identity;

	if (proc->identity.uid != mine->euid && proc->identity.uid != mine->uid &&
		!identity_may(CAP_SYS_NICE))
		return -EPERM;
	proc->wishes.io_priority = (u16)priority;
	return 0;
}

long sys_ioprio_set(int which, int who, int priority)
{
	struct proc *thread = NULL;
	long result = check_priority(priority);

	if (result != 0)
		return result;
	if (which < WHO_PROCESS || which > WHO_USER)
		return -EINVAL;
	result = -ESRCH;
	while ((thread = scheduling_next(thread, (enum whose)(which - WHO_PROCESS), who))) {
		result = set(thread, priority);
		if (result != 0)
			break;
	}
	return result;
}

static int class_of(const struct proc *proc)
{
	if (proc->wishes.policy == SCHED_IDLE)
		return CLASS_IDLE;
	return policy_is_real_time(proc->wishes.policy) ? CLASS_REAL_TIME : CLASS_BEST;
}

/* What it has, whether asked for or not. */
static long effective(const struct proc *proc)
{
	if (proc->wishes.io_priority >> CLASS_SHIFT != CLASS_NONE)
		return proc->wishes.io_priority;
	return class_of(proc) << CLASS_SHIFT | (proc->nice - NICE_MIN) / 5;
}

/* Of one process what was asked for, of several the best that one has. */
long sys_ioprio_get(int which, int who)
{
	struct proc *thread = NULL;
	long best = -ESRCH;

	if (which < WHO_PROCESS || which > WHO_USER)
		return -EINVAL;
	while ((thread = scheduling_next(thread, (enum whose)(which - WHO_PROCESS), who))) {
		long one = which == WHO_PROCESS ? thread->wishes.io_priority : effective(thread);

		best = best == -ESRCH ? one : MIN(best, one);
	}
	return best;
}
