/* calls: making groups and sessions, and asking for them. */
#include <services/jobs/jobs.h>

#include <unix_calls.h>

/* Whether the caller may move `proc`, itself or a child of its. */
static long may_move(const struct proc *proc)
{
	const struct proc *caller = process_current();

	if (proc->parent == caller) {
		if (proc->session != caller->session)
			return -EPERM;
		if (proc->execs > 0)
			return -EACCES;
	} else if (proc != caller) {
		return -ESRCH;
	}
	return proc->session == proc->pid ? -EPERM : 0;
}

long sys_setpgid(int pid, int group)
{
	struct proc *caller = process_current(), *proc;
	long error;

	pid = pid ? pid : caller->pid;
	group = group ? group : pid;
	if (group < 0)
		return -EINVAL;
	proc = process_find_thread(pid);
	if (!proc)
		return -ESRCH;
	if (proc->leader != proc)
		return -EINVAL;
	error = may_move(proc);
	if (error != 0)
		return error;
	if (group != pid && jobs_session_of(group) != caller->session)
		return -EPERM;
	proc->group = group;
	return 0;
}

static const struct proc *named(int pid)
{
	const struct proc *thread = pid ? process_find_thread(pid) : env_current();

	return thread ? thread->leader : NULL;
}

long sys_getpgid(int pid)
{
	const struct proc *proc = named(pid);

	return proc ? proc->group : -ESRCH;
}

long sys_getpgrp(void)
{
	return process_current()->group;
}

long sys_getsid(int pid)
{
	const struct proc *proc = named(pid);

	return proc ? proc->session : -ESRCH;
}

long sys_setsid(void)
{
	struct proc *proc = process_current();

	if (proc->session == proc->pid || jobs_session_of(proc->pid) >= 0)
		return -EPERM;
	proc->group = proc->pid;
	proc->session = proc->pid;
	proc->detached = false;
	return proc->pid;
}
