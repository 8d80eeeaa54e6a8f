/* send: making a signal pending, and seeing to it that somebody looks. */
#include <services/process/clone.h>
#include <services/files/watch.h>
#include <services/process/process.h>
#include <services/signals/pending.h>
#include <services/signals/signals.h>

#define IGNORED_BY_DEFAULT                                                                         \
	(signal_bit(SIGCHLD) | signal_bit(SIGCONT) | signal_bit(SIGURG) | signal_bit(SIGWINCH))
#define STOPPING                                                                                   \
	(signal_bit(SIGSTOP) | signal_bit(SIGTSTP) | signal_bit(SIGTTIN) | signal_bit(SIGTTOU))

#define DUMPING                                                                                    \
	(signal_bit(SIGQUIT) | signal_bit(SIGILL) | signal_bit(SIGTRAP) | signal_bit(SIGABRT) |    \
		signal_bit(SIGBUS) | signal_bit(SIGFPE) | signal_bit(SIGSEGV) |                    \
		signal_bit(SIGXCPU) | signal_bit(SIGXFSZ) | signal_bit(SIGSYS))
enum kstatus signals_create(struct proc *proc, struct proc *creator, bool share_actions)
{
	struct signal_state *state = &proc->signals;

	*state = (struct signal_state){.stack_flags = 0};
	pending_init(&state->pending);
	pending_init(&state->shared);
	if (creator) {
		state->mask = creator->signals.mask;
		state->stack_start = creator->signals.stack_start;
		state->stack_size = creator->signals.stack_size;
		state->stack_flags = creator->signals.stack_flags;
	}
	if (share_actions) {
		state->actions = creator->signals.actions;
		state->actions->refs++;
		return K_OK;
	}
	state->actions = kalloc(sizeof(*state->actions));
	if (!state->actions)
		return K_NOMEM;
	if (creator)
		*state->actions = *creator->signals.actions;
	else
		memset(state->actions, 0, sizeof(*state->actions));
	state->actions->refs = 1;
	watch_list_init(&state->actions->watches);
	return K_OK;
}

static void forget_handlers(struct signal_actions *actions)
{
	u64 ignored = 0;

	for (int i = 0; i < SIGNALS; i++)
		ignored |= (u64)(actions->of[i].handler == SIG_IGN) << i;
	memset(actions->of, 0, sizeof(actions->of));
	for (; ignored != 0; ignored &= ignored - 1)
		actions->of[__builtin_ctzll(ignored)].handler = SIG_IGN;
}

static void forget_stack(struct signal_state *state)
{
	state->stack_start = 0;
	state->stack_size = 0;
	state->stack_flags = 0;
}

void signals_exec(struct proc *proc)
{
	forget_handlers(proc->signals.actions);
	forget_stack(&proc->signals);
	pending_discard_timers(&proc->signals.pending);
	pending_discard_timers(&proc->signals.shared);
}

enum kstatus signals_own_actions(struct proc *proc)
{
	struct signal_actions *shared = proc->signals.actions, *own;

	if (shared->refs == 1)
		return K_OK;
	own = kalloc(sizeof(*own));
	if (!own)
		return K_NOMEM;
	*own = *shared;
	own->refs = 1;
	watch_list_init(&own->watches);
	shared->refs--;
	proc->signals.actions = own;
	return K_OK;
}

void signals_cloned(struct proc *proc, u64 flags)
{
	if ((flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM)
		forget_stack(&proc->signals);
	if (flags & CLONE_CLEAR_SIGHAND)
		forget_handlers(proc->signals.actions);
}

/* What is pending of `set` is forgotten, for the process and for each of its threads. */
static void discard_all(struct proc *leader, u64 set)
{
	struct proc *thread;

	pending_discard(&leader->signals.shared, set);
	list_for_each(thread, &leader->threads, thread_link)
		pending_discard(&thread->signals.pending, set);
}

void signals_exit(struct proc *proc)
{
	struct signal_state *state = &proc->signals;

	pending_discard(&state->pending, ~(u64)0);
	pending_discard(&state->shared, ~(u64)0);
	if (state->actions && --state->actions->refs == 0) {
		watch_list_empty(&state->actions->watches);
		kfree(state->actions, sizeof(*state->actions));
	}
	state->actions = NULL;
}

void signals_move(struct proc *from, struct proc *to)
{
	struct signal_pending *pending = &to->signals.shared;

	*pending = from->signals.shared;
	list_insert_before(&from->signals.shared.queue, &pending->queue);
	list_remove(&from->signals.shared.queue);
	pending_init(&from->signals.shared);
}

static bool is_ignored(const struct proc *proc, int signal)
{
	u64 handler = proc->signals.actions->of[signal - 1].handler;

	return handler == SIG_IGN ||
	       (handler == SIG_DFL && (signal_bit(signal) & IGNORED_BY_DEFAULT));
}

/* Process 1 gets only what it asked for. What it blocks it may still ask for. */
static bool is_spared(const struct proc *proc, int signal)
{
	return !proc->parent && proc->signals.actions->of[signal - 1].handler == SIG_DFL;
}

void signals_action_changed(struct proc *proc, int signal)
{
	if (is_ignored(proc, signal))
		discard_all(proc->leader, signal_bit(signal));
}

bool signal_take(struct proc *proc, u64 set, struct signal_info *info)
{
	return pending_take(&proc->signals.pending, set, info) ||
	       pending_take(&proc->leader->signals.shared, set, info);
}

u64 signals_pending(const struct proc *proc)
{
	return proc->signals.pending.set | proc->leader->signals.shared.set;
}

static bool is_due(const struct proc *proc, u64 set)
{
	return proc->dying || proc->leader->stopped ||
	       (signals_pending(proc) & ~proc->signals.mask & set);
}

bool signal_is_due(const struct proc *proc)
{
	return is_due(proc, ~(u64)0);
}

bool signal_breaks_off(struct proc *proc, u64 awaited)
{
	if (likely(!is_due(proc, ~awaited)))
		return false;
	env_attention(proc); /* what is pending may have been meant for another thread */
	return true;
}

/* --- whose it is -------------------------------------------------------------------- */

static bool may_take(const struct proc *thread, u64 set)
{
	const struct signal_state *state = &thread->signals;

	return !thread->exiting && !thread->dying && (set & ~(state->mask & ~state->awaited));
}

/* Whoever of the process is to see to a signal: the leader rather than another, one with nothing
 * else to see to rather than one with. NULL: all of them block it. */
static struct proc *choose(struct proc *leader, u64 bit)
{
	struct proc *thread, *busy = NULL;

	list_for_each(thread, &leader->threads, thread_link)
	{
		if (!may_take(thread, bit))
			continue;
		if (!(thread->signals.pending.set & ~thread->signals.mask))
			return thread;
		busy = busy ? busy : thread;
	}
	return busy;
}

void signals_pass_on(struct proc *proc, u64 set)
{
	struct proc *thread;

	set &= proc->leader->signals.shared.set;
	if (!set)
		return;
	list_for_each(thread, &proc->leader->threads, thread_link)
	{
		if (thread == proc || !may_take(thread, set))
			continue;
		env_attention(thread);
		set &= thread->signals.mask;
	}
}

/* --- sending ------------------------------------------------------------------------- */

/* SIGCONT undoes stopping and the other way round, whatever is blocked. */
static void settle_stop_and_continue(struct proc *leader, int signal)
{
	if (signal == SIGCONT) {
		discard_all(leader, STOPPING);
		process_continue(leader);
	} else if (signal_bit(signal) & STOPPING) {
		discard_all(leader, signal_bit(SIGCONT));
	} else if (signal == SIGKILL) {
		process_continue(leader);
	}
}

/* Whether nothing but the end of the process can come of it, so that it may come at once. */
static bool is_fatal(const struct proc *leader, int signal)
{
	return leader->parent && leader->signals.actions->of[signal - 1].handler == SIG_DFL &&
	       !(signal_bit(signal) & (IGNORED_BY_DEFAULT | STOPPING | DUMPING));
}

/*
 * Makes it pending, for a thread or (NULL) for whichever of the process, and sees to it that
 * somebody looks. `item`: what it is kept in; NULL: one of our own.
 */
static enum kstatus post(struct proc *leader, struct proc *thread, const struct signal_info *info,
	struct signal_queued *item)
{
	struct signal_pending *pending =
		thread ? &thread->signals.pending : &leader->signals.shared;
	u64 bit = signal_bit(info->signal);
	struct proc *taker = NULL;
	enum kstatus status = K_OK;

	/* Whoever is stopped looks when it goes on. */
	if (!leader->stopped || info->signal == SIGKILL)
		taker = !thread ? choose(leader, bit) : may_take(thread, bit) ? thread : NULL;
	if (taker && !(taker->signals.mask & bit) && is_fatal(leader, info->signal)) {
		process_kill(leader, info->signal);
		return K_OK;
	}
	if (item)
		pending_add_item(pending, item);
	else
		status = pending_add(pending, info);
	if (status == K_OK && taker)
		env_attention(taker);
	if (status == K_OK)
		watch_wake(&leader->signals.actions->watches, POLLIN);
	return status;
}

/* Whether the signal would come to nothing. What it does to stopping is done. */
static bool is_lost(struct proc *leader, struct proc *thread, int signal)
{
	const struct proc *judge = thread ? thread : leader;

	if (leader->state != PROC_ALIVE || judge->signals.actions == NULL)
		return true;
	settle_stop_and_continue(leader, signal);
	return !((judge->signals.mask | judge->signals.awaited) & signal_bit(signal)) &&
	       (is_ignored(leader, signal) || is_spared(leader, signal));
}

static enum kstatus send(struct proc *leader, struct proc *thread, const struct signal_info *info)
{
	return is_lost(leader, thread, info->signal) ? K_OK : post(leader, thread, info, NULL);
}

bool signal_send_item(struct proc *leader, struct proc *thread, struct signal_queued *item)
{
	if (is_lost(leader, thread, item->info.signal))
		return false;
	list_init(&item->link);
	(void)!post(leader, thread, &item->info, item); /* nothing that could run out */
	return list_is_linked(&item->link);             /* not if it has ended the process */
}

enum kstatus signal_send(struct proc *proc, const struct signal_info *info)
{
	return send(proc->leader, NULL, info);
}

enum kstatus signal_send_thread(struct proc *thread, const struct signal_info *info)
{
	return send(thread->leader, thread, info);
}

static struct signal_info plain(int signal, int code)
{
	struct signal_info info = {.signal = signal, .code = code};

	if (code != SI_KERNEL) {
		info.pid = env_current()->pid;
		info.uid = env_current()->identity.uid;
	}
	return info;
}

void signal_send_plain(struct proc *proc, int signal, int code)
{
	struct signal_info info = plain(signal, code);

	(void)!signal_send(proc, &info); /* one that cannot be queued is lost, but never SIGKILL */
}

void signal_send_self(int signal)
{
	struct signal_info info = plain(signal, SI_USER);

	(void)!signal_send_thread(env_current(), &info);
}

void signal_force(struct proc *proc, const struct signal_info *info)
{
	struct signal_state *state = &proc->signals;
	struct signal_action *action = &state->actions->of[info->signal - 1];
	u64 bit = signal_bit(info->signal);

	if ((state->mask & bit) || action->handler == SIG_IGN)
		*action = (struct signal_action){.handler = SIG_DFL};
	state->mask &= ~bit;
	if (pending_add(&state->pending, info) != K_OK)
		proc->dying = true;
	env_attention(proc);
}
