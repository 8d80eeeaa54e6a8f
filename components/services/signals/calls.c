/* calls: actions, masks, the alternative stack. */
#include <services/process/process.h>
#include <services/signals/signals.h>

#include <unix_calls.h>

#define SET_SIZE 8

#define SIG_BLOCK   0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2

#define SS_ONSTACK    1
#define SS_DISABLE    2
#define SS_AUTODISARM (1u << 31)
#define MINSIGSTKSZ   2048

static bool is_signal(int signal)
{
	return signal >= 1 && signal <= SIGNALS;
}

long sys_rt_sigaction(int signal, vaddr_t action, vaddr_t old, size_t size)
{
	struct proc *proc = env_current();
	struct signal_action fresh, *current;

	if (size != SET_SIZE)
		return -EINVAL;
	if (action != 0 && env_copyin(&fresh, action, sizeof(fresh)) != K_OK)
		return -EFAULT;
	if (!is_signal(signal) || (action != 0 && (signal_bit(signal) & SIGNALS_UNBLOCKABLE)))
		return -EINVAL;
	current = &proc->signals.actions->of[signal - 1];
	struct signal_action before = *current;
	if (action != 0) {
		fresh.mask &= ~SIGNALS_UNBLOCKABLE;
		*current = fresh;
		signals_action_changed(proc, signal);
	}
	if (old != 0 && env_copyout(old, &before, sizeof(before)) != K_OK)
		return -EFAULT;
	return 0;
}

void signal_set_mask(struct proc *proc, u64 mask)
{
	u64 before = proc->signals.mask;

	proc->signals.mask = mask & ~SIGNALS_UNBLOCKABLE;
	signals_pass_on(proc, mask & ~before);
	if (signal_is_due(proc))
		env_attention(proc);
}

long sys_rt_sigprocmask(int how, vaddr_t set, vaddr_t old, size_t size)
{
	struct proc *proc = env_current();
	u64 before = proc->signals.mask, given = 0;

	if (size != SET_SIZE)
		return -EINVAL;
	if (set != 0) {
		if (env_copyin(&given, set, sizeof(given)) != K_OK)
			return -EFAULT;
		if (how == SIG_BLOCK)
			given = before | given;
		else if (how == SIG_UNBLOCK)
			given = before & ~given;
		else if (how != SIG_SETMASK)
			return -EINVAL;
		signal_set_mask(proc, given);
	}
	if (old != 0 && env_copyout(old, &before, sizeof(before)) != K_OK)
		return -EFAULT;
	return 0;
}

long sys_rt_sigpending(vaddr_t set, size_t size)
{
	const struct proc *proc = env_current();
	u64 pending = signals_pending(proc) & proc->signals.mask;

	if (size > SET_SIZE)
		return -EINVAL;
	return errno_of(env_copyout(set, &pending, size));
}

struct stack {
	u64 start;
	u32 flags, pad;
	u64 size;
};

static long set_stack(struct signal_state *state, const struct stack *stack, u64 pointer)
{
	u32 mode = stack->flags & ~SS_AUTODISARM;

	if (signal_on_stack(state, pointer))
		return -EPERM;
	if (mode != 0 && mode != SS_ONSTACK && mode != SS_DISABLE)
		return -EINVAL;
	if (stack->start == state->stack_start && stack->size == state->stack_size &&
		stack->flags == state->stack_flags)
		return 0; /* nothing changes: its size is not looked at */
	if (mode == SS_DISABLE) {
		state->stack_start = 0;
		state->stack_size = 0;
	} else if (stack->size < MINSIGSTKSZ) {
		return -ENOMEM;
	} else {
		state->stack_start = stack->start;
		state->stack_size = stack->size;
	}
	state->stack_flags = stack->flags;
	return 0;
}

long sys_sigaltstack(vaddr_t stack, vaddr_t old)
{
	struct proc *proc = env_current();
	struct signal_state *state = &proc->signals;
	struct user_registers registers;
	struct stack fresh, before = {.start = state->stack_start, .size = state->stack_size};
	long error = 0;

	env_get_registers(proc, &registers);
	before.flags = state->stack_size == 0                  ? SS_DISABLE
		       : signal_on_stack(state, registers.rsp) ? SS_ONSTACK
							       : 0;
	before.flags |= state->stack_flags & SS_AUTODISARM;
	if (stack != 0 && env_copyin(&fresh, stack, sizeof(fresh)) != K_OK)
		return -EFAULT;
	if (stack != 0)
		error = set_stack(state, &fresh, registers.rsp);
	if (error == 0 && old != 0 && env_copyout(old, &before, sizeof(before)) != K_OK)
		return -EFAULT;
	return error;
}
