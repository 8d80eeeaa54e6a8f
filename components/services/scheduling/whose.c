/* whose: which threads a call is about, and who may change them. */
#include <services/identity/identity.h>
#include <services/process/process.h>
#include <services/scheduling/scheduling.h>

struct proc *scheduling_find(s32 pid)
{
	return pid == 0 ? env_current() : process_find_thread(pid);
}

bool scheduling_is_own(const struct proc *proc)
{
	u32 euid = env_current()->identity.euid;

	return euid == proc->identity.euid || euid == proc->identity.uid;
}

static bool is_meant(const struct proc *proc, enum whose whose, s32 who)
{
	const struct proc *caller = env_current();

	switch (whose) {
	case WHOSE_THREAD:
		return who ? proc->tid == who : proc == caller;
	case WHOSE_GROUP:
		return proc->leader->group == (who ? who : caller->leader->group);
	default:
		return proc->identity.uid == (who ? (u32)who : caller->identity.uid);
	}
}

struct proc *scheduling_next(struct proc *last, enum whose whose, s32 who)
{
	struct proc *proc, *thread;
	bool passed = last == NULL;

	list_for_each(proc, process_all(), all)
	{
		list_for_each(thread, &proc->threads, thread_link)
		{
			if (passed && is_meant(thread, whose, who))
				return thread;
			passed |= thread == last;
		}
	}
	return NULL;
}

void scheduling_fork(const struct proc *creator, struct proc *proc)
{
	proc->nice = creator->nice;
	proc->wishes = creator->wishes;
	if (!creator->wishes.reset)
		return;
	if (policy_is_real_time(proc->wishes.policy)) {
		proc->wishes.policy = SCHED_NORMAL;
		proc->wishes.priority = 0;
		proc->nice = 0;
	}
	proc->nice = MAX(proc->nice, 0);
	proc->wishes.reset = false;
}
