/* jobs: who is in which group, and what the terminal's signals do. */
#include <services/jobs/jobs.h>
#include <services/terminal/terminal.h>

void jobs_signal(s32 group, int signal)
{
	struct proc *proc, *after;

	list_for_each_safe(proc, after, process_all(), all)
	{
		if (proc->group == group && proc->state == PROC_ALIVE)
			signal_send_plain(proc, signal, SI_KERNEL);
	}
}

s32 jobs_session_of(s32 group)
{
	struct proc *proc;

	list_for_each(proc, process_all(), all)
	{
		if (proc->group == group)
			return proc->session;
	}
	return -1;
}

/* Whether the group would be orphaned if `except` were not there; NULL: as it is. */
static bool is_orphaned_without(s32 group, const struct proc *except)
{
	struct proc *proc;

	list_for_each(proc, process_all(), all)
	{
		const struct proc *parent = proc->parent;

		if (proc->group != group || proc == except || proc->state != PROC_ALIVE || !parent)
			continue;
		if (parent->group != group && parent->session == proc->session)
			return false;
	}
	return true;
}

bool jobs_is_orphaned(s32 group)
{
	return is_orphaned_without(group, NULL);
}

long jobs_check(const struct terminal *terminal, int signal)
{
	const struct proc *proc = process_current();
	const struct signal_state *state = &env_current()->signals;

	if (terminal_of(proc) != terminal || terminal_is_foreground(terminal, proc->group))
		return 0;
	if ((state->mask & signal_bit(signal)) || state->actions->of[signal - 1].handler == SIG_IGN)
		return signal == SIGTTIN ? -EIO : 0;
	if (jobs_is_orphaned(proc->group))
		return -EIO;
	jobs_signal(proc->group, signal);
	return -ERESTARTSYS;
}

/* --- the end of a process ------------------------------------------------------------- */

static bool has_stopped(s32 group)
{
	struct proc *proc;

	list_for_each(proc, process_all(), all)
	{
		if (proc->group == group && proc->stopped)
			return true;
	}
	return false;
}

/* The group of `proc` loses its tie to `parent`; `except`, who is ending, counts no more. */
static void untie(struct proc *proc, const struct proc *parent, const struct proc *except)
{
	if (!parent || parent->group == proc->group || parent->session != proc->session)
		return;
	if (!has_stopped(proc->group) || !is_orphaned_without(proc->group, except))
		return;
	jobs_signal(proc->group, SIGHUP);
	jobs_signal(proc->group, SIGCONT);
}

void jobs_untie(struct proc *child, struct proc *former)
{
	if (process_stopped > 0)
		untie(child, former, NULL);
}

void jobs_exit(struct proc *proc)
{
	if (proc->session == proc->pid)
		terminal_leave(proc);
	if (process_stopped > 0)
		untie(proc, proc->parent, proc);
}
