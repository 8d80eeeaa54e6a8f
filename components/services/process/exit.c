/*
 * exit: how threads and processes end, and how a parent learns of it.
 *
 * A thread ends itself: only it knows what its call has half done. Whoever wants another one to end
 * marks it as dying and asks for its attention. The process becomes a zombie with its last thread.
 */
#include <services/accounting/accounting.h>
#include <services/alarms/alarms.h>
#include <services/files/files.h>
#include <services/futex/futex.h>
#include <services/identity/identity.h>
#include <services/jobs/jobs.h>
#include <services/memory/mappings.h>
#include <services/pidfd/pidfd.h>
#include <services/process/process.h>
#include <services/sysv/sysv.h>
#include <services/timers/timers.h>
#include <services/tree/tree.h>
#include <services/usage/usage.h>

#include <unix_calls.h>

/* What a shell would show: the exit code, or 128 and the signal. */
static int shell_status(s32 status)
{
	return (status & 0x7f) == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f);
}

/* Who gets the children of a process that ends: process 1, or whoever said so above it. */
static struct proc *heir_of(struct proc *proc)
{
	struct proc *heir = proc->parent;

	while (heir->parent && !(heir->settings.adopts && heir->state == PROC_ALIVE))
		heir = heir->parent;
	return heir;
}

/* `child` has lost its parent, and is told if it asked for that. */
static void tell_orphan(struct proc *child)
{
	if (IS_ENABLED(CONFIG_SERVICES_SIGNALS) && child->settings.death_signal != 0)
		signal_send_plain(child, child->settings.death_signal, SI_USER);
}

/* Children go to their heir, who is told of the zombies among them. */
static void give_children_away(struct proc *proc)
{
	struct proc *child, *after, *heir;
	bool zombies = false;

	if (list_is_empty(&proc->children))
		return;
	heir = heir_of(proc);
	list_for_each_safe(child, after, &proc->children, sibling)
	{
		list_remove(&child->sibling);
		list_push_back(&heir->children, &child->sibling);
		child->parent = heir;
		child->exit_signal = SIGCHLD;
		heir->children_count++;
		tell_orphan(child);
		if (IS_ENABLED(CONFIG_SERVICES_JOBS))
			jobs_untie(child, proc);
		zombies |= child->state == PROC_ZOMBIE;
	}
	proc->children_count = 0;
	if (zombies)
		env_wakeup_all(&heir->waiters);
}

void process_tell_parent(struct proc *proc, int signal, int code, int status)
{
	struct signal_info info = {.signal = signal,
		.code = code,
		.pid = proc->pid,
		.uid = proc->identity.uid,
		.status = status};
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

void process_release(struct proc *proc)
{
	memory_unref(proc->memory);
	proc->memory = NULL;
	if (IS_ENABLED(CONFIG_SERVICES_SYSV))
		semaphores_exit(proc);
	files_exit(proc);
	identity_exit(proc);
	if (IS_ENABLED(CONFIG_SERVICES_TREE))
		tree_exit(proc);
}

/* No thread is left: a zombie, which its parent is told of. */
static void end_process(struct proc *proc)
{
	s32 status = proc->status;

	if (!proc->parent)
		services_end(shell_status(status));
	if (IS_ENABLED(CONFIG_SERVICES_ALARMS))
		alarms_exit(proc);
	usage_process_ends(proc);
	if (IS_ENABLED(CONFIG_SERVICES_TIMERS))
		timers_exit(proc);
	process_forget_stop(proc);
	give_children_away(proc);
	proc->state = PROC_ZOMBIE;
	if (IS_ENABLED(CONFIG_SERVICES_PIDFD))
		pidfds_ended(proc->pid);
	if (IS_ENABLED(CONFIG_SERVICES_JOBS))
		jobs_exit(proc);
	if (IS_ENABLED(CONFIG_SERVICES_SIGNALS)) {
		signals_exit(proc);
		process_tell_parent(proc, proc->exit_signal,
			status & 0x7f ? CLD_KILLED : CLD_EXITED,
			status & 0x7f ? status & 0x7f : status >> 8);
	}
	env_wakeup_all(&proc->parent->waiters);
	if (is_reaped_by_itself(proc))
		process_free(proc);
}

void process_end_thread(struct proc *proc, s32 status)
{
	struct proc *leader = proc->leader;

	assert(!proc->exiting);
	if (!leader->ending) /* unless all are told to end, the last one says how */
		leader->status = status;
	if (!leader->parent && leader->threads_alive == 1)
		services_end(shell_status(leader->status));
	proc->exiting = true;
	if (IS_ENABLED(CONFIG_SERVICES_FUTEX))
		futex_exit(proc);
	process_release(proc);
	if (IS_ENABLED(CONFIG_SERVICES_SIGNALS))
		signals_pass_on(proc, ~(u64)0);
	usage_thread_ends(proc);
	env_client_destroy(proc);
	process_end_vfork(proc);
	if (proc != leader)
		process_free_thread(proc);
	if (--leader->threads_alive == 0) {
		end_process(leader);
	} else {
		process_report_stop(leader);
		if (leader->execing)
			env_wakeup_all(&leader->waiters);
	}
}

/* All threads but `except` are to end. */
static void kill_threads(struct proc *leader, const struct proc *except)
{
	struct proc *thread;

	list_for_each(thread, &leader->threads, thread_link)
	{
		if (thread == except || thread->exiting)
			continue;
		thread->dying = true;
		env_attention(thread);
	}
}

void process_kill(struct proc *leader, s32 status)
{
	if (leader->ending || leader->state != PROC_ALIVE)
		return;
	leader->ending = true;
	leader->status = status;
	kill_threads(leader, NULL);
}

void process_end(struct proc *proc, s32 status)
{
	struct proc *leader = proc->leader;

	if (!leader->ending && !leader->execing) { /* whoever was first has said why it ends */
		leader->ending = true;
		leader->status = status;
		if (!leader->parent)
			services_end(shell_status(status));
		if (leader->threads_alive > 1)
			kill_threads(leader, proc);
	}
	process_end_thread(proc, status);
}

void process_die(struct proc *proc)
{
	if (proc->leader->ending || proc->leader->execing)
		process_end_thread(proc, SIGKILL);
	else
		process_end(proc, SIGKILL); /* what it runs in has given way under it */
}

/* --- exec ----------------------------------------------------------------------- */

/* The last thread of a process takes the place of its leader, which has ended, and its number. */
static void take_place(struct proc *proc, struct proc *leader)
{
	process_replace(leader, proc);
	if (IS_ENABLED(CONFIG_SERVICES_ALARMS))
		alarms_move(leader, proc);
	if (IS_ENABLED(CONFIG_SERVICES_TIMERS))
		timers_move(leader, proc);
	if (IS_ENABLED(CONFIG_SERVICES_SIGNALS))
		signals_move(leader, proc);
	process_free_thread(leader);
}

long process_become_only(struct proc *proc)
{
	struct proc *leader = proc->leader;

	if (leader->threads_alive == 1 && proc == leader)
		return 0;
	if (leader->ending || leader->execing)
		return -EAGAIN; /* it is about to end itself */
	leader->execing = proc;
	kill_threads(leader, proc);
	while (leader->threads_alive > 1 && !proc->dying)
		(void)!env_sleep(&leader->waiters, ENV_FOREVER);
	leader->execing = NULL;
	if (proc->dying)
		return -EINTR;
	if (proc != leader)
		take_place(proc, leader);
	return 0;
}

/* --- what a call does wrong -------------------------------------------------------- */

static long refuse_with(int signal, long error)
{
	if (IS_ENABLED(CONFIG_SERVICES_SIGNALS)) {
		signal_send_self(signal);
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

long sys_exit(int status)
{
	process_end_thread(env_current(), WAIT_STATUS_EXITED(status));
	return ENV_NO_REPLY;
}

long sys_exit_group(int status)
{
	process_end(env_current(), WAIT_STATUS_EXITED(status));
	return ENV_NO_REPLY;
}
