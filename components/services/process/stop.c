/*
 * stop: stopping a process by a signal, and letting it go on.
 *
 * A process has stopped when each of its threads has come to process_stay_stopped(); then its
 * parent is told, once.
 */
#include <services/process/process.h>

u32 process_stopped;

static void set_stopped(struct proc *leader, bool stopped)
{
	process_stopped += stopped - leader->stopped;
	leader->stopped = stopped;
}

static void tell(struct proc *leader, int code, int status)
{
	if (!leader->parent)
		return;
	process_tell_parent(leader, SIGCHLD, code, status);
	env_wakeup_all(&leader->parent->waiters);
}

void process_report_stop(struct proc *leader)
{
	if (!leader->stopped || leader->stop_told ||
		leader->threads_stopped < leader->threads_alive)
		return;
	leader->stop_told = true;
	leader->stop_unreported = true;
	leader->continue_unreported = false;
	tell(leader, CLD_STOPPED, leader->stop_signal);
}

void process_stop(struct proc *proc, int signal)
{
	struct proc *leader = proc->leader, *thread;

	if (!leader->stopped) {
		set_stopped(leader, true);
		leader->stop_told = false;
		leader->stop_signal = signal;
		list_for_each(thread, &leader->threads, thread_link)
		{
			if (thread != proc && !thread->exiting)
				env_attention(thread);
		}
	}
	process_stay_stopped(proc);
}

void process_stay_stopped(struct proc *proc)
{
	struct proc *leader = proc->leader;

	leader->threads_stopped++;
	process_report_stop(leader);
	while (leader->stopped && !proc->dying)
		(void)!env_sleep(&leader->stop_queue, ENV_FOREVER);
	leader->threads_stopped--;
}

void process_continue(struct proc *leader)
{
	if (!leader->stopped)
		return;
	set_stopped(leader, false);
	env_wakeup_all(&leader->stop_queue);
	leader->stop_unreported = false;
	if (!leader->stop_told)
		return; /* it had not stopped yet: nobody knows that it was about to */
	leader->continue_unreported = true;
	tell(leader, CLD_CONTINUED, SIGCONT);
}

void process_forget_stop(struct proc *leader)
{
	set_stopped(leader, false);
}
