/* affinity: on which processors a thread may run. There is one. */
#include <services/identity/identity.h>
#include <services/scheduling/scheduling.h>

#include <unix_calls.h>

long sys_sched_getaffinity(int pid, unsigned int size, vaddr_t mask)
{
	u64 first = 1;

	if (size < sizeof(first) || size % sizeof(first) != 0)
		return -EINVAL;
	if (!scheduling_find(pid))
		return -ESRCH;
	return env_copyout(mask, &first, sizeof(first)) == K_OK ? (long)sizeof(first) : -EFAULT;
}

long sys_sched_setaffinity(int pid, unsigned int size, vaddr_t mask)
{
	const struct proc *proc;
	u64 wanted = 0;

	if (env_copyin(&wanted, mask, MIN(size, (unsigned)sizeof(wanted))) != K_OK)
		return -EFAULT;
	proc = scheduling_find(pid);
	if (!proc)
		return -ESRCH;
	if (!scheduling_is_own(proc) && !identity_may(CAP_SYS_NICE))
		return -EPERM;
	return wanted & 1 ? 0 : -EINVAL;
}
