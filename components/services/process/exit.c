/* exit: how a process ends, and how its parent learns of it. */
#include <services/accounting/accounting.h>
#include <services/files/files.h>
#include <services/process/process.h>

#include <unix_calls.h>

#define WNOHANG    0x00000001u
#define WUNTRACED  0x00000002u
#define WCONTINUED 0x00000008u
#define WNOTHREAD  0x20000000u
#define WALL       0x40000000u
#define WCLONE     0x80000000u

#define RUSAGE_SIZE 144

/* Every process is in the group of process 1 until there is setpgid. */
#define ONLY_GROUP 1

/* What a shell would show: the exit code, or 128 and the signal. */
static int shell_status(s32 status)
{
	return (status & 0x7f) == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f);
}

/* The children of a process that ends go to process 1, which is told of the zombies among them. */
static void give_children_away(struct proc *proc)
{
	struct proc *child, *after, *init = proc;
	bool zombies = false;

	if (list_is_empty(&proc->children))
		return;
	while (init->parent)
		init = init->parent;
	list_for_each_safe(child, after, &proc->children, sibling)
	{
		list_remove(&child->sibling);
		list_push_back(&init->children, &child->sibling);
		child->parent = init;
		child->vforked = false;
		init->children_count++;
		zombies |= child->state == PROC_ZOMBIE;
	}
	proc->children_count = 0;
	if (zombies)
		env_wakeup_all(&init->waiters);
}

void process_end(struct proc *proc, s32 status)
{
	assert(proc->state == PROC_ALIVE);
	if (!proc->parent)
		services_end(shell_status(status));
	files_exit(proc);
	give_children_away(proc);
	proc->vforked = false; /* the parent looks at it when it wakes, below */
	proc->status = status;
	proc->state = PROC_ZOMBIE;
	env_client_destroy(proc);
	env_wakeup_all(&proc->parent->waiters);
}

long process_die(int signal)
{
	process_end(env_current(), signal);
	return ENV_NO_REPLY;
}

long sys_exit(int status)
{
	process_end(env_current(), WAIT_STATUS_EXITED(status));
	return ENV_NO_REPLY;
}

long sys_exit_group(int status)
{
	return sys_exit(status);
}

/* Whether wait4(pid) is about this child. */
static bool is_waited_for(const struct proc *child, int pid)
{
	if (pid > 0)
		return child->pid == pid;
	return pid == -1 || pid == 0 || pid == -ONLY_GROUP;
}

/* Lets a zombie go and tells the caller about it. As on Linux it is gone even if that faults. */
static long reap(struct proc *child, vaddr_t status, vaddr_t usage)
{
	static const u8 no_usage[RUSAGE_SIZE]; /* times are not kept */
	s32 pid = child->pid;
	s32 ended = child->status;

	process_free(child);
	if (usage != 0 && env_copyout(usage, no_usage, sizeof(no_usage)) != K_OK)
		return -EFAULT;
	if (status != 0 && env_copyout(status, &ended, sizeof(ended)) != K_OK)
		return -EFAULT;
	return pid;
}

long sys_wait4(int pid, vaddr_t status, int options, vaddr_t usage)
{
	struct proc *proc = env_current();
	struct proc *child;

	if (((u32)options & ~(WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD | WALL | WCLONE)) != 0)
		return -EINVAL;
	if (pid == INT32_MIN)
		return -ESRCH;
	for (;;) {
		bool found = false;

		list_for_each(child, &proc->children, sibling)
		{
			if (!is_waited_for(child, pid))
				continue;
			if (child->state == PROC_ZOMBIE)
				return reap(child, status, usage);
			found = true;
		}
		if (!found)
			return -ECHILD;
		if ((u32)options & WNOHANG)
			return 0;
		if (env_sleep(&proc->waiters, ENV_FOREVER) != K_OK)
			return -EINTR;
	}
}
