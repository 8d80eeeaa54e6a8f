/*
 * limits: getrlimit, setrlimit, prlimit64.
 *
 * Who enforces what: usage CPU; files NOFILE; the file tree FSIZE; exec STACK; memory AS and DATA;
 * fork NPROC, for all but user 0.
 */
#include <services/identity/identity.h>
#include <services/limits/limits.h>
#include <services/process/process.h>
#include <services/usage/usage.h>

#include <unix_calls.h>

#define STACK_DEFAULT    ((u64)8 << 20)
#define MEMLOCK_DEFAULT  ((u64)8 << 20)
#define MSGQUEUE_DEFAULT 819200u

void limits_init(struct limits *limits)
{
	for (int i = 0; i < LIMIT_COUNT; i++)
		limits->of[i] = (struct limit){LIMIT_NONE, LIMIT_NONE};
	limits->of[LIMIT_STACK].soft = STACK_DEFAULT;
	limits->of[LIMIT_CORE].soft = 0;
	limits->of[LIMIT_NPROC] =
		(struct limit){CONFIG_SERVICES_PROCESS_MAX, CONFIG_SERVICES_PROCESS_MAX};
	limits->of[LIMIT_MEMLOCK] = (struct limit){MEMLOCK_DEFAULT, MEMLOCK_DEFAULT};
	limits->of[LIMIT_SIGPENDING] = limits->of[LIMIT_NPROC];
	limits->of[LIMIT_MSGQUEUE] = (struct limit){MSGQUEUE_DEFAULT, MSGQUEUE_DEFAULT};
	limits->of[LIMIT_NICE] = (struct limit){0, 0};
	limits->of[LIMIT_RTPRIO] = (struct limit){0, 0};
	limits->of[LIMIT_NOFILE] = (struct limit){PROC_FILES, PROC_FILES_MAX};
}

static long check_change(const struct proc *proc, unsigned resource, const struct limit *fresh)
{
	const struct limit *old = &proc->limits.of[resource];

	if (fresh->soft > fresh->hard)
		return -EINVAL;
	if (resource == LIMIT_NOFILE && fresh->hard > PROC_FILES_MAX && fresh->hard > old->hard)
		return -EPERM;
	return fresh->hard > old->hard && !identity_may(CAP_SYS_RESOURCE) ? -EPERM : 0;
}

static bool may_look_at(const struct proc *proc)
{
	const struct credentials *mine = &env_current()->identity, *its = &proc->identity;

	return proc == env_current() || identity_has(mine, CAP_SYS_RESOURCE) ||
	       (mine->uid == its->uid && mine->uid == its->euid && mine->uid == its->suid &&
		       mine->gid == its->gid && mine->gid == its->egid && mine->gid == its->sgid);
}

/* `fresh`: NULL, nothing changes. */
static long exchange(struct proc *proc, unsigned resource, const struct limit *fresh, vaddr_t old)
{
	struct limit was;
	long error = 0;

	if (resource >= LIMIT_COUNT)
		return -EINVAL;
	was = proc->limits.of[resource];
	if (fresh)
		error = check_change(proc, resource, fresh);
	if (error != 0)
		return error;
	if (fresh)
		proc->limits.of[resource] = *fresh;
	if (fresh && resource == LIMIT_CPU)
		cpu_limit_changed(proc);
	return old != 0 ? errno_of(env_copyout(old, &was, sizeof(was))) : 0;
}

long sys_prlimit64(int pid, unsigned int resource, vaddr_t fresh, vaddr_t old)
{
	struct proc *thread;
	struct limit is;

	if (fresh != 0 && env_copyin(&is, fresh, sizeof(is)) != K_OK)
		return -EFAULT;
	thread = pid == 0 ? env_current() : process_find_thread(pid);
	if (!thread)
		return -ESRCH;
	if (!may_look_at(thread))
		return -EPERM;
	return exchange(thread->leader, resource, fresh != 0 ? &is : NULL, old);
}

long sys_setrlimit(unsigned int resource, vaddr_t fresh)
{
	struct limit is;

	if (env_copyin(&is, fresh, sizeof(is)) != K_OK)
		return -EFAULT;
	return exchange(process_current(), resource, &is, 0);
}

long sys_getrlimit(unsigned int resource, vaddr_t old)
{
	if (resource >= LIMIT_COUNT)
		return -EINVAL;
	return errno_of(
		env_copyout(old, &process_current()->limits.of[resource], sizeof(struct limit)));
}
