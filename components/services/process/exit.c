/* exit: how a process ends, and how its parent learns of it. */
#include <services/accounting/accounting.h>
#include <services/alarms/alarms.h>
#include <services/files/files.h>
#include <services/identity/identity.h>
#include <services/jobs/jobs.h>
#include <services/memory/mappings.h>
#include <services/process/process.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

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
		child->exit_signal = SIGCHLD;
		child->vforked = false;
		init->children_count++;
		if (IS_ENABLED(CONFIG_SERVICES_JOBS))
			jobs_untie(child, proc);
		zombies |= child->state == PROC_ZOMBIE;
	}
	proc->children_count = 0;
	if (zombies)
		env_wakeup_all(&init->waiters);
}

/* A signal, saying what became of a child. */
static void tell_parent(struct proc *proc, int signal, int code, int status)
{
	struct signal_info info = {
		.signal = signal, .code = code, .pid = proc->pid, .status = status};
	struct proc *parent = proc->parent;
	bool about_stop = code == CLD_STOPPED || code == CLD_CONTINUED;

	if (!IS_ENABLED(CONFIG_SERVICES_SIGNALS) || signal == 0)
		return;
	if (about_stop && (parent->signals.actions->of[SIGCHLD - 1].flags & SA_NOCLDSTOP))
		return;
	(void)!signal_send(parent, &info); /* without memory the wait status still tells */
}

/* Whether the parent has said that it will never wait. */
static bool is_reaped_by_itself(const struct proc *proc)
{
	const struct signal_action *action;

	if (!IS_ENABLED(CONFIG_SERVICES_SIGNALS) || proc->parent->state != PROC_ALIVE ||
		proc->exit_signal != SIGCHLD)
		return false;
	action = &proc->parent->signals.actions->of[SIGCHLD - 1];
	return action->handler == SIG_IGN || (action->flags & SA_NOCLDWAIT);
}

static void set_stopped(struct proc *proc, bool stopped)
{
	process_stopped += stopped - proc->stopped;
	proc->stopped = stopped;
}

void process_release(struct proc *proc)
{
	memory_unref(proc->memory);
	proc->memory = NULL;
	files_exit(proc);
	identity_exit(proc);
	if (IS_ENABLED(CONFIG_SERVICES_TREE))
		tree_exit(proc);
}

void process_end(struct proc *proc, s32 status)
{
	assert(proc->state == PROC_ALIVE);
	if (!proc->parent)
		services_end(shell_status(status));
	process_release(proc);
	if (IS_ENABLED(CONFIG_SERVICES_ALARMS))
		alarms_exit(proc);
	set_stopped(proc, false);
	give_children_away(proc);
	proc->vforked = false; /* the parent looks at it when it wakes, below */
	proc->status = status;
	proc->state = PROC_ZOMBIE;
	if (IS_ENABLED(CONFIG_SERVICES_JOBS))
		jobs_exit(proc);
	env_client_destroy(proc);
	if (IS_ENABLED(CONFIG_SERVICES_SIGNALS)) {
		signals_exit(proc);
		tell_parent(proc, proc->exit_signal, status & 0x7f ? CLD_KILLED : CLD_EXITED,
			status & 0x7f ? status & 0x7f : status >> 8);
	}
	env_wakeup_all(&proc->parent->waiters);
	if (is_reaped_by_itself(proc))
		process_free(proc);
}

static long refuse_with(int signal, long error)
{
	if (IS_ENABLED(CONFIG_SERVICES_SIGNALS)) {
		signal_send_plain(env_current(), signal, SI_USER);
		return error;
	}
	process_end(env_current(), signal);
	return ENV_NO_REPLY;
}

long process_broken_pipe(void)
{
	return refuse_with(SIGPIPE, -EPIPE);
}

long process_file_too_large(void)
{
	return refuse_with(SIGXFSZ, -EFBIG);
}

/* --- stopping ------------------------------------------------------------------- */

void process_stop(struct proc *proc, int signal)
{
	set_stopped(proc, true);
	proc->stop_signal = signal;
	proc->stop_unreported = true;
	proc->continue_unreported = false;
	if (proc->parent) {
		tell_parent(proc, SIGCHLD, CLD_STOPPED, signal);
		env_wakeup_all(&proc->parent->waiters);
	}
	while (proc->stopped && !proc->dying)
		(void)!env_sleep(&proc->stop_queue, ENV_FOREVER);
}

void process_continue(struct proc *proc)
{
	if (!proc->stopped)
		return;
	set_stopped(proc, false);
	proc->stop_unreported = false;
	proc->continue_unreported = true;
	env_wakeup_all(&proc->stop_queue);
	if (proc->parent) {
		tell_parent(proc, SIGCHLD, CLD_CONTINUED, SIGCONT);
		env_wakeup_all(&proc->parent->waiters);
	}
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
