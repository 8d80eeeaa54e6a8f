/*
 * usage: what a process has used, and how important it is.
 *
 * No placement counts processor time, so it is zero everywhere; priorities are kept, and change
 * nothing.
 */
#include <services/clock/clock.h>
#include <services/identity/identity.h>
#include <services/process/process.h>

#include <unix_calls.h>

#define TICKS_PER_SECOND 100 /* Linux's USER_HZ */

#define RUSAGE_SELF     0
#define RUSAGE_CHILDREN (-1)
#define RUSAGE_THREAD   1
#define RUSAGE_SIZE     144

#define PRIO_PROCESS 0
#define PRIO_PGRP    1
#define PRIO_USER    2
#define NICE_MAX     19
#define NICE_MIN     (-20)

long sys_times(vaddr_t times)
{
	static const s64 none[4];

	if (times != 0 && env_copyout(times, none, sizeof(none)) != K_OK)
		return -EFAULT;
	return (long)(env_now() / (NSEC_PER_SEC / TICKS_PER_SECOND));
}

long sys_getrusage(int who, vaddr_t usage)
{
	static const u8 none[RUSAGE_SIZE];

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return -EINVAL;
	return errno_of(env_copyout(usage, none, sizeof(none)));
}

struct sysinfo {
	s64 uptime;
	u64 loads[3];
	u64 total, free, shared, buffers, total_swap, free_swap;
	u16 processes;
	u64 total_high, free_high;
	u32 unit;
};
_Static_assert(sizeof(struct sysinfo) == 112, "struct sysinfo as Linux has it");

long sys_sysinfo(vaddr_t info)
{
	struct env_memory memory;
	struct sysinfo now = {.uptime = (s64)(env_now() / NSEC_PER_SEC), .unit = 1};
	struct proc *proc;

	env_memory(&memory);
	now.total = memory.total_pages * PAGE_SIZE;
	now.free = memory.free_pages * PAGE_SIZE;
	list_for_each(proc, process_all(), all) now.processes++;
	return errno_of(env_copyout(info, &now, sizeof(now)));
}

/* --- priorities ------------------------------------------------------------------- */

static bool is_meant(const struct proc *proc, int which, int who)
{
	const struct proc *caller = env_current();

	switch (which) {
	case PRIO_PROCESS:
		return who ? proc->tid == who : proc == caller;
	case PRIO_PGRP:
		return proc->leader->group == (who ? who : caller->leader->group);
	default:
		return proc->identity.uid == (who ? (u32)who : caller->identity.uid);
	}
}

/* The next thread of all that are meant, after `last`; NULL: none, and with `last` NULL the first.
 */
static struct proc *next_meant(struct proc *last, int which, int who)
{
	struct proc *proc, *thread;
	bool passed = last == NULL;

	list_for_each(proc, process_all(), all)
	{
		list_for_each(thread, &proc->threads, thread_link)
		{
			if (passed && is_meant(thread, which, who))
				return thread;
			passed |= thread == last;
		}
	}
	return NULL;
}

/* 20 less the nice value, so that it is never an error. */
long sys_getpriority(int which, int who)
{
	struct proc *thread = NULL;
	long best = -ESRCH;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	while ((thread = next_meant(thread, which, who)))
		best = MAX(best, (long)(20 - thread->nice));
	return best;
}

static long set_nice(struct proc *proc, int nice)
{
	const struct credentials *caller = &env_current()->identity;

	if (caller->euid != proc->identity.uid && caller->euid != proc->identity.euid &&
		!identity_has(caller, CAP_SYS_NICE))
		return -EPERM;
	if (nice < proc->nice && !identity_has(caller, CAP_SYS_NICE))
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
	while ((thread = next_meant(thread, which, who))) {
		long error = set_nice(thread, nice);

		result = error != 0 ? error : result == -ESRCH ? 0 : result;
	}
	return result;
}

/* --- processors: there is one --------------------------------------------------------- */

static bool is_process(int pid)
{
	return pid == 0 || process_find_thread(pid);
}

long sys_sched_getaffinity(int pid, unsigned int size, vaddr_t mask)
{
	u64 first = 1;

	if (size < sizeof(first) || size % sizeof(first) != 0)
		return -EINVAL;
	if (!is_process(pid))
		return -ESRCH;
	return env_copyout(mask, &first, sizeof(first)) == K_OK ? (long)sizeof(first) : -EFAULT;
}

long sys_sched_setaffinity(int pid, unsigned int size, vaddr_t mask)
{
	u64 wanted = 0;

	if (env_copyin(&wanted, mask, MIN(size, (unsigned)sizeof(wanted))) != K_OK)
		return -EFAULT;
	if (!is_process(pid))
		return -ESRCH;
	return wanted & 1 ? 0 : -EINVAL;
}
