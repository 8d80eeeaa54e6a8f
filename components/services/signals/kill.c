/*
 * kill: sending signals to processes and to threads.
 *
 * The order of the checks is that of Linux's kernel/signal.c: who is meant, then the signal, then
 * whether the caller may. Signal 0 asks only that.
 */
#include <services/identity/identity.h>
#include <services/process/process.h>
#include <services/signals/signals.h>

#include <unix_calls.h>

static bool is_signal_or_none(int signal)
{
	return signal >= 0 && signal <= SIGNALS;
}

static bool may_send(const struct proc *to, int signal)
{
	const struct proc *caller = env_current();
	const struct credentials *mine = &caller->identity, *its = &to->identity;

	if (identity_has(mine, CAP_KILL) || caller->pid == to->pid)
		return true;
	if (signal == SIGCONT && caller->leader->session == to->leader->session)
		return true;
	return mine->euid == its->suid || mine->euid == its->uid || mine->uid == its->suid ||
	       mine->uid == its->uid;
}

/* To a process, or to one thread. */
static long send(struct proc *to, const struct signal_info *info, bool one_thread)
{
	enum kstatus status;

	if (!is_signal_or_none(info->signal))
		return -EINVAL;
	if (!may_send(to, info->signal))
		return -EPERM;
	if (info->signal == 0)
		return 0;
	status = one_thread ? signal_send_thread(to, info) : signal_send(to, info);
	return status == K_OK ? 0 : -EAGAIN;
}

/* A process by the number of any thread of it. */
static long send_to_process(int pid, const struct signal_info *info)
{
	struct proc *thread = process_find_thread(pid);

	return thread ? send(thread->leader, info, false) : -ESRCH;
}

/* A group; its members that have ended count as well. */
static long send_to_group(s32 group, const struct signal_info *info)
{
	struct proc *proc, *after;
	bool success = false;
	long result = -ESRCH;

	list_for_each_safe(proc, after, process_all(), all)
	{
		if (proc->group != group)
			continue;
		result = send(proc, info, false);
		success |= result == 0;
	}
	return success ? 0 : result;
}

/* All but process 1 and the caller's. */
static long send_to_all(const struct signal_info *info)
{
	struct proc *proc, *after;
	bool found = false;
	long result = 0;

	list_for_each_safe(proc, after, process_all(), all)
	{
		long error;

		if (!proc->parent || proc == process_current())
			continue;
		found = true;
		error = send(proc, info, false);
		result = error == -EPERM ? result : error;
	}
	return found ? result : -ESRCH;
}

static struct signal_info from_caller(int signal, int code)
{
	const struct proc *caller = env_current();

	return (struct signal_info){
		.signal = signal, .code = code, .pid = caller->pid, .uid = caller->identity.uid};
}

long sys_kill(int pid, int signal)
{
	struct signal_info info = from_caller(signal, SI_USER);

	if (pid > 0)
		return send_to_process(pid, &info);
	if (pid == INT32_MIN)
		return -ESRCH;
	if (pid == -1)
		return send_to_all(&info);
	return send_to_group(pid == 0 ? process_current()->group : -pid, &info);
}

/* `group` 0: whatever process the thread is of. */
static long send_to_thread(int group, int tid, const struct signal_info *info)
{
	struct proc *thread = process_find_thread(tid);

	if (!thread || (group > 0 && thread->pid != group))
		return -ESRCH;
	return send(thread, info, true);
}

long sys_tkill(int tid, int signal)
{
	struct signal_info info = from_caller(signal, SI_TKILL);

	return tid <= 0 ? -EINVAL : send_to_thread(0, tid, &info);
}

long sys_tgkill(int group, int tid, int signal)
{
	struct signal_info info = from_caller(signal, SI_TKILL);

	return group <= 0 || tid <= 0 ? -EINVAL : send_to_thread(group, tid, &info);
}

/* What a program says of itself it may say of nobody else: codes that only the kernel gives. */
static bool is_forged(const struct signal_info *info, int tid)
{
	return (info->code >= 0 || info->code == SI_TKILL) && tid != env_current()->tid;
}

#define INFO_BYTES    48 /* of the client's that mean something: Linux's struct kernel_siginfo */
#define CODE_ASYNC_NL (-60)
#define CODE_LOWEST   (-7) /* of those that Linux knows */

/* What lies behind them must be zero where nobody knows what the code would have there. */
static long fetch_info(int signal, vaddr_t from, struct signal_info *info)
{
	u64 rest[(sizeof(*info) - INFO_BYTES) / sizeof(u64)];

	memset(info, 0, sizeof(*info));
	if (env_copyin(info, from, INFO_BYTES) != K_OK)
		return -EFAULT;
	info->signal = signal;
	if (info->code >= CODE_LOWEST || info->code == CODE_ASYNC_NL)
		return 0;
	if (env_copyin(rest, from + INFO_BYTES, sizeof(rest)) != K_OK)
		return -EFAULT;
	for (size_t i = 0; i < ARRAY_SIZE(rest); i++) {
		if (rest[i] != 0)
			return -E2BIG;
	}
	return 0;
}

long sys_rt_sigqueueinfo(int pid, int signal, vaddr_t info)
{
	struct signal_info copy;
	long error = fetch_info(signal, info, &copy);

	if (error != 0)
		return error;
	return is_forged(&copy, pid) ? -EPERM : send_to_process(pid, &copy);
}

long sys_rt_tgsigqueueinfo(int group, int tid, int signal, vaddr_t info)
{
	struct signal_info copy;
	long error = fetch_info(signal, info, &copy);

	if (error != 0)
		return error;
	if (group <= 0 || tid <= 0)
		return -EINVAL;
	return is_forged(&copy, tid) ? -EPERM : send_to_thread(group, tid, &copy);
}
