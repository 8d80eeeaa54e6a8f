/*
 * prctl: what a thread says of itself. What is about privileges is with identity.
 *
 * An option that Linux has for other machines, or for what there is not here (speculation, memory
 * protection keys, seccomp, core scheduling), is refused as there: EINVAL.
 */
#include <services/identity/identity.h>
#include <services/memory/mappings.h>
#include <services/process/process.h>

#include <unix_calls.h>

#define PR_SET_PDEATHSIG       1
#define PR_GET_PDEATHSIG       2
#define PR_GET_DUMPABLE        3
#define PR_SET_DUMPABLE        4
#define PR_GET_TIMING          13
#define PR_SET_TIMING          14
#define PR_SET_NAME            15
#define PR_GET_NAME            16
#define PR_GET_SECCOMP         21
#define PR_GET_TSC             25
#define PR_SET_TSC             26
#define TSC_ENABLED            1
#define PR_SET_TIMERSLACK      29
#define PR_GET_TIMERSLACK      30
#define PR_PERF_EVENTS_DISABLE 31
#define PR_PERF_EVENTS_ENABLE  32
#define PR_MCE_KILL            33
#define PR_MCE_KILL_GET        34
#define MCE_KILL_CLEAR         0
#define MCE_KILL_SET           1
#define MCE_KILL_LATE          0
#define MCE_KILL_EARLY         1
#define MCE_KILL_DEFAULT       2
#define PR_SET_CHILD_SUBREAPER 36
#define PR_GET_CHILD_SUBREAPER 37
#define PR_GET_TID_ADDRESS     40
#define PR_SET_THP_DISABLE     41
#define PR_GET_THP_DISABLE     42

static long set_name(struct proc *proc, vaddr_t from)
{
	char name[PROC_NAME_SIZE] = "";
	size_t length;
	enum kstatus status = env_copyin_string(name, from, sizeof(name), &length);

	if (status == K_RANGE)
		status = env_copyin(name, from, sizeof(name) - 1);
	if (status != K_OK)
		return -EFAULT;
	name[sizeof(name) - 1] = '\0';
	memcpy(proc->name, name, sizeof(name));
	return 0;
}

static long put_int(vaddr_t to, s32 value)
{
	return errno_of(env_copyout(to, &value, sizeof(value)));
}

static long set_death_signal(struct settings *settings, u64 signal)
{
	if (signal > SIGNALS)
		return -EINVAL;
	settings->death_signal = (s32)signal;
	return 0;
}

/* What memory that has gone bad does to the process; here none ever does. */
static long set_memory_errors(struct settings *settings, u64 what, u64 policy, u64 a3, u64 a4)
{
	static const u8 of[] = {[MCE_KILL_LATE] = 1, [MCE_KILL_EARLY] = 2, [MCE_KILL_DEFAULT] = 0};

	if ((a3 | a4) != 0)
		return -EINVAL;
	if (what == MCE_KILL_CLEAR && policy == 0)
		settings->memory_errors = 0;
	else if (what == MCE_KILL_SET && policy < ARRAY_SIZE(of))
		settings->memory_errors = of[policy];
	else
		return -EINVAL;
	return 0;
}

static long get_memory_errors(const struct settings *settings)
{
	static const u8 policy[] = {MCE_KILL_DEFAULT, MCE_KILL_LATE, MCE_KILL_EARLY};

	return policy[settings->memory_errors];
}

/* What a core file, or a debugger, would show of the process. */
static long set_dumpable(struct proc *proc, u64 on)
{
	if (on > 1)
		return -EINVAL;
	proc->memory->hidden = !on;
	return 0;
}

/* The options that take nothing but arguments a1 … a4, or give nothing but their result. */
static long set(struct proc *proc, int option, u64 a1, u64 a2, u64 a3, u64 a4)
{
	struct settings *settings = &proc->settings;

	switch (option) {
	case PR_SET_PDEATHSIG:
		return set_death_signal(settings, a1);
	case PR_SET_DUMPABLE:
		return set_dumpable(proc, a1);
	case PR_SET_TIMING: /* of processor time: statistical */
	case PR_PERF_EVENTS_DISABLE:
	case PR_PERF_EVENTS_ENABLE:
		return option == PR_SET_TIMING && a1 != 0 ? -EINVAL : 0;
	case PR_SET_TSC:
		return a1 == TSC_ENABLED ? 0 : -EINVAL;
	case PR_SET_TIMERSLACK:
		settings->slack = (s64)a1 > 0 ? a1 : settings->slack_born;
		return 0;
	case PR_MCE_KILL:
		return set_memory_errors(settings, a1, a2, a3, a4);
	case PR_SET_CHILD_SUBREAPER:
		proc->leader->settings.adopts = a1 != 0;
		return 0;
	case PR_SET_THP_DISABLE:
		if ((a2 | a3 | a4) != 0)
			return -EINVAL;
		proc->leader->settings.small_pages = a1 != 0;
		return 0;
	default:
		return identity_control(option, a1, a2, a3, a4);
	}
}

long sys_prctl(int option, vaddr_t a1, long a2, long a3, long a4)
{
	struct proc *proc = env_current();
	const struct settings *settings = &proc->settings;
	long result;

	switch (option) {
	case PR_SET_NAME:
		return set_name(proc, a1);
	case PR_GET_NAME:
		return errno_of(env_copyout(a1, proc->name, sizeof(proc->name)));
	case PR_GET_PDEATHSIG:
		return put_int(a1, settings->death_signal);
	case PR_GET_DUMPABLE:
		return !proc->memory->hidden;
	case PR_GET_TIMING:
	case PR_GET_SECCOMP:
		return 0;
	case PR_GET_TSC:
		return put_int(a1, TSC_ENABLED);
	case PR_GET_TIMERSLACK:
		return (long)settings->slack;
	case PR_MCE_KILL_GET:
		return (a1 | (u64)a2 | (u64)a3 | (u64)a4) ? -EINVAL : get_memory_errors(settings);
	case PR_GET_CHILD_SUBREAPER:
		return put_int(a1, proc->leader->settings.adopts);
	case PR_GET_TID_ADDRESS:
		return errno_of(env_copyout(a1, &proc->clear_tid, sizeof(proc->clear_tid)));
	case PR_GET_THP_DISABLE:
		return (a1 | (u64)a2 | (u64)a3 | (u64)a4) ? -EINVAL
							  : proc->leader->settings.small_pages;
	default:
		result = set(proc, option, a1, (u64)a2, (u64)a3, (u64)a4);
		return result == -ENOSYS ? -EINVAL : result;
	}
}
