/* priority: nice values. */
#include <services/identity/identity.h>
#include <services/scheduling/scheduling.h>

#include <unix_calls.h>

#define PRIO_PROCESS 0
#define PRIO_USER    2

/* The limit counts from 1, nicest, to 40. */
bool nice_is_allowed(const struct proc *proc, s32 nice)
{
	return (u64)(NICE_MAX + 1 - nice) <= proc->leader->limits.of[LIMIT_NICE].soft;
}

/* 20 less the nice value, so that it is never an error. */
long sys_getpriority(int which, int who)
{
	struct proc *thread = NULL;
	long best = -ESRCH;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	while ((thread = scheduling_next(thread, (enum whose)which, who)))
		best = MAX(best, (long)(NICE_MAX + 1 - thread->nice));
	return best;
}

static long set_nice(struct proc *proc, int nice)
{
	const struct credentials *caller = &env_current()->identity;

	if (caller->euid != proc->identity.uid && caller->euid != proc->identity.euid &&
		!identity_has(caller, CAP_SYS_NICE))
		return -EPERM;
	if (nice < proc->nice && !nice_is_allowed(proc, nice) &&
		!identity_has(caller, CAP_SYS_NICE))
		return -EACCES;
	proc->nice = nice;
	return 0;
}

long sys_setpriority(int which, int who, int nice)
{
	struct proc *thread = NULL;
	long result = -ESRCH;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	nice = MAX(MIN(nice, NICE_MAX), NICE_MIN);
	while ((thread = scheduling_next(thread, (enum whose)which, who))) {
		long error = set_nice(thread, nice);

		result = error != 0 ? error : result == -ESRCH ? 0 : result;
	}
	return result;
}
