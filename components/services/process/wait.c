/*
 * wait: how a parent learns what became of its children.
 *
 * wait4 and waitid ask the same question in two forms; here it is put to each child in turn.
 */
#include <services/pidfd/pidfd.h>
#include <services/process/process.h>
#include <services/process/sleep.h>
#include <services/usage/usage.h>

#include <unix_calls.h>

#define WNOHANG    0x00000001u
#define WUNTRACED  0x00000002u /* WSTOPPED of waitid */
#define WEXITED    0x00000004u
#define WCONTINUED 0x00000008u
#define WNOWAIT    0x01000000u
#define WNOTHREAD  0x20000000u
#define WALL       0x40000000u
#define WCLONE     0x80000000u

#define P_ALL   0
#define P_PID   1
#define P_PGID  2
#define P_PIDFD 3

struct question {
	int type; /* P_… */
	s32 id;
	u32 options;
	bool wants_usage;
	/* The answer. */
	s32 pid;
	u32 uid;
	s32 status;          /* as wait4 has it */
	struct rusage usage; /* if it is wanted */
};

static bool is_asked_for(const struct question *q, const struct proc *child)
{
	bool is_clone = child->exit_signal != SIGCHLD;

	if (!(q->options & WALL) && is_clone != !!(q->options & WCLONE))
		return false;
	return q->type == P_ALL || (q->type == P_PID ? child->pid : child->group) == q->id;
}

/* Whether the child has something to say, which it then has said. */
static bool take_answer(struct question *q, struct proc *child)
{
	bool keep = q->options & WNOWAIT;

	q->pid = child->pid;
	q->uid = child->identity.uid;
	if (q->wants_usage)
		q->usage = usage_of_child(child);
	if (child->state == PROC_ZOMBIE) {
		if (!(q->options & WEXITED))
			return false;
		q->status = child->status;
		if (!keep) {
			usage_waited_for(process_current(), child);
			process_free(child);
		}
		return true;
	}
	if ((q->options & WUNTRACED) && child->stop_unreported) {
		q->status = WAIT_STATUS_STOPPED(child->stop_signal);
		child->stop_unreported = keep;
		return true;
	}
	if ((q->options & WCONTINUED) && child->continue_unreported) {
		q->status = WAIT_STATUS_CONTINUED;
		child->continue_unreported = keep;
		return true;
	}
	return false;
}

/* The number of the child that has answered; 0: none has, with WNOHANG. */
static long ask(struct question *q)
{
	struct proc *proc = process_current(), *child;

	for (;;) {
		bool found = false;

		list_for_each(child, &proc->children, sibling)
		{
			if (!is_asked_for(q, child))
				continue;
			if (take_answer(q, child))
				return q->pid;
			found |= child->state == PROC_ALIVE || (q->options & WEXITED);
		}
		if (!found)
			return -ECHILD;
		if (q->options & WNOHANG)
			return 0;
		if (call_sleep(&proc->waiters, ENV_FOREVER) != K_OK)
			return -ERESTARTSYS;
	}
}

/* As on Linux a zombie is gone even if telling of it faults. */
static long tell_usage(const struct question *q, vaddr_t usage)
{
	return usage == 0 ? 0 : errno_of(env_copyout(usage, &q->usage, sizeof(q->usage)));
}

long sys_wait4(int pid, vaddr_t status, int options, vaddr_t usage)
{
	struct question q = {.options = (u32)options | WEXITED, .wants_usage = usage != 0};
	long result;

	if (((u32)options & ~(WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD | WALL | WCLONE)) != 0)
		return -EINVAL;
	if (pid == INT32_MIN)
		return -ESRCH;
	q.type = pid == -1 ? P_ALL : pid > 0 ? P_PID : P_PGID;
	q.id = pid > 0 ? pid : pid == 0 ? process_current()->group : -pid;
	result = ask(&q);
	if (result <= 0)
		return result;
	if (tell_usage(&q, usage) != 0)
		return -EFAULT;
	if (status != 0 && env_copyout(status, &q.status, sizeof(q.status)) != K_OK)
		return -EFAULT;
	return result;
}

static struct signal_info info_of(const struct question *q)
{
	struct signal_info info = {.signal = SIGCHLD, .pid = q->pid, .uid = q->uid};
	s32 status = q->status, low = status & 0x7f;

	if (status == WAIT_STATUS_CONTINUED) {
		info.code = CLD_CONTINUED;
		info.status = SIGCONT;
	} else if (low == 0x7f) {
		info.code = CLD_STOPPED;
		info.status = status >> 8;
	} else {
		info.code = low ? CLD_KILLED : CLD_EXITED;
		info.status = low ? low : status >> 8;
	}
	return info;
}

/* Linux fills the information whatever came of it: with zeroes where no child has answered. */
static long tell_info(long result, const struct question *q, vaddr_t info, vaddr_t usage)
{
	struct signal_info answer = {0};

	if (result > 0) {
		answer = info_of(q);
		if (tell_usage(q, usage) != 0)
			return -EFAULT;
		result = 0;
	}
	/* The part of siginfo_t that is about children. */
	if (info != 0 && env_copyout(info, &answer, 32) != K_OK)
		return -EFAULT;
	return result;
}

long sys_waitid(int type, int id, vaddr_t info, int options, vaddr_t usage)
{
	struct question q = {
		.type = type, .id = id, .options = (u32)options, .wants_usage = usage != 0};

	if ((q.options & ~(WNOHANG | WUNTRACED | WEXITED | WCONTINUED | WNOWAIT | WNOTHREAD | WALL |
				 WCLONE)) != 0 ||
		!(q.options & (WUNTRACED | WEXITED | WCONTINUED)))
		return tell_info(-EINVAL, &q, info, usage);
	if (type == P_PIDFD && id >= 0) {
		q.type = P_PID;
		q.id = IS_ENABLED(CONFIG_SERVICES_PIDFD) ? pidfd_process(id) : -EBADF;
		return tell_info(q.id < 0 ? q.id : ask(&q), &q, info, usage);
	}
	if (type < P_ALL || type > P_PGID || (type == P_PID && id <= 0) ||
		(type == P_PGID && id < 0))
		return tell_info(-EINVAL, &q, info, usage);
	if (type == P_PGID && id == 0)
		q.id = process_current()->group;
	return tell_info(ask(&q), &q, info, usage);
}
