/*
 * deliver: what a process does about its signals before it sees user mode again.
 *
 * Also the end of an interrupted call: the ERESTART codes become EINTR, or the
 * program is set back to its system-call instruction, to make the call again.
 */
#include <services/jobs/jobs.h>
#include <services/process/process.h>
#include <services/signals/signals.h>

#include <unix_calls.h>

#define SYSCALL_LENGTH     2
#define NR_restart_syscall 219

#define STOP_SIGNALS                                                                               \
	(signal_bit(SIGSTOP) | signal_bit(SIGTSTP) | signal_bit(SIGTTIN) | signal_bit(SIGTTOU))
#define NO_ACTION                                                                                  \
	(signal_bit(SIGCHLD) | signal_bit(SIGCONT) | signal_bit(SIGURG) | signal_bit(SIGWINCH))
#define FAULTS                                                                                     \
	(signal_bit(SIGILL) | signal_bit(SIGTRAP) | signal_bit(SIGBUS) | signal_bit(SIGFPE) |      \
		signal_bit(SIGSEGV))

static bool was_in_call(const struct user_registers *registers)
{
	return (s64)registers->call >= 0;
}

static void call_again(struct user_registers *registers, u64 number)
{
	registers->rax = number;
	registers->rip -= SYSCALL_LENGTH;
	registers->call = (u64)-1;
}

/* The interrupted call ends, since a handler will run. */
static void end_call(struct user_registers *registers, const struct signal_action *action)
{
	if (!was_in_call(registers))
		return;
	switch (-(s64)registers->rax) {
	case ERESTARTNOINTR:
		call_again(registers, registers->call);
		break;
	case ERESTARTSYS:
		if (action->flags & SA_RESTART) {
			call_again(registers, registers->call);
			break;
		}
		/* fall through */
	case ERESTARTNOHAND:
	case ERESTART_RESTARTBLOCK:
		registers->rax = (u64)-EINTR;
		break;
	default:
		break;
	}
}

/* No handler runs: the call is made again as if nothing had been. */
static bool resume_call(struct user_registers *registers)
{
	if (!was_in_call(registers))
		return false;
	switch (-(s64)registers->rax) {
	case ERESTARTSYS:
	case ERESTARTNOINTR:
	case ERESTARTNOHAND:
		call_again(registers, registers->call);
		return true;
	case ERESTART_RESTARTBLOCK:
		call_again(registers, NR_restart_syscall);
		return true;
	default:
		return false;
	}
}

static u64 mask_to_save(struct signal_state *state)
{
	u64 mask = state->restore_mask ? state->saved_mask : state->mask;

	state->restore_mask = false;
	return mask;
}

/* False: the frame could not be put on the stack. */
static bool run_handler(struct proc *proc, const struct signal_info *info)
{
	struct signal_state *state = &proc->signals;
	struct signal_action *current = &state->actions->of[info->signal - 1];
	struct signal_action action = *current;
	struct user_registers registers;

	env_get_registers(proc, &registers);
	end_call(&registers, &action);
	if (signal_push_frame(proc, &registers, &action, info, mask_to_save(state)) != K_OK)
		return false;
	if (!(action.flags & SA_NODEFER))
		action.mask |= signal_bit(info->signal);
	signals_pass_on(proc, action.mask & ~state->mask);
	state->mask |= action.mask;
	if (action.flags & SA_RESETHAND)
		current->handler = SIG_DFL; /* the rest stays, as who asks will see */
	return true;
}

/* What happens without a handler; nothing dumps core. True: the process has ended. */
static bool default_action(struct proc *proc, const struct signal_info *info)
{
	u64 bit = signal_bit(info->signal);

	if (bit & NO_ACTION)
		return false;
	if (!proc->leader->parent && !((bit & FAULTS) && info->code > 0))
		return false; /* nothing but its own faults ends process 1 */
	if (bit & STOP_SIGNALS) {
		if (IS_ENABLED(CONFIG_SERVICES_JOBS) && info->signal != SIGSTOP &&
			jobs_is_orphaned(proc->group))
			return false; /* nobody would ever continue it */
		process_stop(proc, info->signal);
		return false;
	}
	process_end(proc, info->signal);
	return true;
}

/* A signal that cannot be handled on this stack ends the process. */
static bool handle(struct proc *proc, const struct signal_info *info, bool *handled)
{
	u64 handler = proc->signals.actions->of[info->signal - 1].handler;

	if (handler == SIG_IGN)
		return false;
	if (handler == SIG_DFL)
		return default_action(proc, info);
	if (!run_handler(proc, info)) {
		process_end(proc, SIGSEGV);
		return true;
	}
	*handled = true;
	return false;
}

bool services_attention(struct proc *proc)
{
	struct signal_state *state = &proc->signals;
	struct signal_info info;
	struct user_registers registers;
	bool handled = false;

	do {
		if (unlikely(proc->leader->stopped))
			process_stay_stopped(proc);
		while (!proc->dying && signal_take(proc, ~state->mask, &info)) {
			if (handle(proc, &info, &handled))
				return false;
		}
	} while (unlikely(proc->leader->stopped) && !proc->dying);
	if (proc->dying) {
		process_die(proc);
		return false;
	}
	if (state->restore_mask) {
		state->restore_mask = false;
		signal_set_mask(proc, state->saved_mask);
	}
	if (handled)
		return true;
	env_get_registers(proc, &registers);
	if (resume_call(&registers))
		(void)!env_set_registers(proc, &registers);
	return true;
}
