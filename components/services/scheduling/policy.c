/*
 * policy: how a thread wants to be scheduled.
 *
 * The checks and their order are those of Linux's kernel/sched/core.c: what is asked for must be
 * possible, then the caller must have the right to it, for which CAP_SYS_NICE always does.
 */
#include <services/clock/clock.h>
#include <services/identity/identity.h>
#include <services/scheduling/scheduling.h>

#include <unix_calls.h>

#define RESET_ON_FORK 0x40000000u /* in a policy */

#define TURN_NS       4000000u   /* of an ordinary thread, as Linux has it at 250 ticks a second */
#define TURN_OF_RR_NS 100000000u /* of SCHED_RR */

static bool is_policy(u32 policy)
{
	return policy_is_fair(policy) || policy_is_real_time(policy) || policy == SCHED_IDLE ||
	       policy == SCHED_DEADLINE;
}

static bool may_set(const struct proc *proc, u32 policy, const struct policy_request *r)
{
	u64 most = proc->leader->limits.of[LIMIT_RTPRIO].soft;

	if (policy_is_fair(policy) && r->nice < proc->nice && !nice_is_allowed(proc, r->nice))
		return false;
	if (policy_is_real_time(policy)) {
		if (policy != proc->wishes.policy && most == 0)
			return false;
		if (r->priority > proc->wishes.priority && r->priority > most)
			return false;
	}
	if (policy == SCHED_DEADLINE)
		return false;
	if (proc->wishes.policy == SCHED_IDLE && policy != SCHED_IDLE &&
		!nice_is_allowed(proc, proc->nice))
		return false;
	return scheduling_is_own(proc) && !(proc->wishes.reset && !r->reset);
}

long policy_set(struct proc *proc, const struct policy_request *given)
{
	struct policy_request r = *given;

	if (r.policy == KEEP_POLICY) {
		r.policy = proc->wishes.policy;
		r.reset = proc->wishes.reset;
	}
	if (!r.has_nice)
		r.nice = proc->nice;
	if (!is_policy(r.policy) || r.priority > REAL_TIME_MAX ||
		policy_is_real_time(r.policy) != (r.priority != 0))
		return -EINVAL;
	if (!may_set(proc, r.policy, &r) && !identity_may(CAP_SYS_NICE))
		return -EPERM;
	if (r.policy == SCHED_DEADLINE)
		return -EBUSY; /* there is no processor time to be promised */
	proc->wishes.policy = (u8)r.policy;
	proc->wishes.priority = (u8)r.priority;
	proc->wishes.reset = r.reset;
	if (policy_is_fair(r.policy))
		proc->nice = r.nice;
	return 0;
}

static long set(int pid, u32 policy, vaddr_t parameter)
{
	struct policy_request r = {.policy = policy};
	struct proc *proc;

	if (parameter == 0 || pid < 0)
		return -EINVAL;
	if (env_copyin(&r.priority, parameter, sizeof(r.priority)) != K_OK)
		return -EFAULT;
	proc = scheduling_find(pid);
	if (!proc)
		return -ESRCH;
	if (policy != KEEP_POLICY && policy & RESET_ON_FORK) {
		r.policy &= ~RESET_ON_FORK;
		r.reset = true;
	}
	if (r.policy == SCHED_DEADLINE)
		return -EINVAL; /* what it takes does not come this way */
	return policy_set(proc, &r);
}

long sys_sched_setscheduler(int pid, int policy, vaddr_t parameter)
{
	return policy < 0 ? -EINVAL : set(pid, (u32)policy, parameter);
}

long sys_sched_setparam(int pid, vaddr_t parameter)
{
	return set(pid, KEEP_POLICY, parameter);
}

long sys_sched_getscheduler(int pid)
{
	const struct proc *proc = pid < 0 ? NULL : scheduling_find(pid);

	if (!proc)
		return pid < 0 ? -EINVAL : -ESRCH;
	return (long)(proc->wishes.policy | (proc->wishes.reset ? RESET_ON_FORK : 0));
}

long sys_sched_getparam(int pid, vaddr_t parameter)
{
	const struct proc *proc;
	s32 priority;

	if (parameter == 0 || pid < 0)
		return -EINVAL;
	proc = scheduling_find(pid);
	if (!proc)
		return -ESRCH;
	priority = proc->wishes.priority;
	return errno_of(env_copyout(parameter, &priority, sizeof(priority)));
}

static long bound(int policy, long of_real_time)
{
	if (policy < 0 || !is_policy((u32)policy))
		return -EINVAL;
	return policy_is_real_time((u32)policy) ? of_real_time : 0;
}

long sys_sched_get_priority_max(int policy)
{
	return bound(policy, REAL_TIME_MAX);
}

long sys_sched_get_priority_min(int policy)
{
	return bound(policy, 1);
}

long sys_sched_rr_get_interval(int pid, vaddr_t interval)
{
	const struct proc *proc = pid < 0 ? NULL : scheduling_find(pid);
	struct timespec turn = {0, 0};

	if (!proc)
		return pid < 0 ? -EINVAL : -ESRCH;
	if (proc->wishes.policy == SCHED_RR)
		turn.nanoseconds = TURN_OF_RR_NS;
	else if (proc->wishes.policy != SCHED_FIFO) /* whose turn has no end */
		turn.nanoseconds = TURN_NS;
	return errno_of(env_copyout(interval, &turn, sizeof(turn)));
}
