/* send: making a signal pending, and seeing to it that somebody looks. */
#include <services/process/clone.h>
#include <services/files/watch.h>
#include <services/process/process.h>
#include <services/signals/signals.h>

#define QUEUED_MAX 1024 /* real-time signals waiting for one process, or for one thread */

#define IGNORED_BY_DEFAULT                                                                         \
	(signal_bit(SIGCHLD) | signal_bit(SIGCONT) | signal_bit(SIGURG) | signal_bit(SIGWINCH))
#define STOPPING                                                                                   \
	(signal_bit(SIGSTOP) | signal_bit(SIGTSTP) | signal_bit(SIGTTIN) | signal_bit(SIGTTOU))

#define DUMPING                                                                                    \
	(signal_bit(SIGQUIT) | signal_bit(SIGILL) | signal_bit(SIGTRAP) | signal_bit(SIGABRT) |    \
		signal_bit(SIGBUS) | signal_bit(SIGFPE) | signal_bit(SIGSEGV) |                    \
		signal_bit(SIGXCPU) | signal_bit(SIGXFSZ) | signal_bit(SIGSYS))
/* What a thread may have brought upon itself: it comes first. */
#define SYNCHRONOUS                                                                                \
	(signal_bit(SIGSEGV) | signal_bit(SIGBUS) | signal_bit(SIGILL) | signal_bit(SIGTRAP) |     \
		signal_bit(SIGFPE) | signal_bit(SIGSYS))

static struct object_cache queue_cache;

static void pending_init(struct signal_pending *pending)
{
	pending->set = 0;
	pending->queued = 0;
	list_init(&pending->queue);
}

enum kstatus signals_create(struct proc *proc, struct proc *creator, bool share_actions)
{
	struct signal_state *state = &proc->signals;

	if (queue_cache.size == 0)
		object_cache_init(&queue_cache, "signal", sizeof(struct signal_queued), 8);
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

static void discard(struct signal_pending *pending, u64 set)
{
	struct signal_queued *item, *after;

	if (!(pending->set & set))
		return;
	list_for_each_safe(item, after, &pending->queue, link)
	{
		if (!(signal_bit(item->info.signal) & set))
			continue;
		list_remove(&item->link);
		object_free(&queue_cache, item);
		pending->queued--;
	}
	pending->set &= ~set;
}

/* What is pending of `set` is forgotten, for the process and for each of its threads. */
static void discard_all(struct proc *leader, u64 set)
{
	struct proc *thread;

	discard(&leader->signals.shared, set);
	list_for_each(thread, &leader->threads, thread_link) discard(&thread->signals.pending, set);
}

void signals_exit(struct proc *proc)
{
	struct signal_state *state = &proc->signals;

	discard(&state->pending, ~(u64)0);
	discard(&state->shared, ~(u64)0);
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

/* Takes the first of `set` out of the queue: what the thread has done itself, then the lowest
 * number, and of that the oldest. */
static bool take_from(struct signal_pending *pending, u64 set, struct signal_info *info)
{
	struct signal_queued *item, *first = NULL;
	bool more = false;

	set &= pending->set;
	if (!set)
		return false;
	int signal = __builtin_ctzll(set & SYNCHRONOUS ? set & SYNCHRONOUS : set) + 1;
	list_for_each(item, &pending->queue, link)
	{
		if (item->info.signal != signal)
			continue;
		more = first != NULL;
		if (more)
			break;
		first = item;
	}
	*info = first->info;
	list_remove(&first->link);
	object_free(&queue_cache, first);
	pending->queued--;
	if (!more)
		pending->set &= ~signal_bit(signal);
	return true;
}

bool signal_take(struct proc *proc, u64 set, struct signal_info *info)
{
	return take_from(&proc->signals.pending, set, info) ||
	       take_from(&proc->leader->signals.shared, set, info);
}

u64 signals_pending(const struct proc *proc)
{
	return proc->signals.pending.set | proc->leader->signals.shared.set;
}

bool signal_is_due(const struct proc *proc)
{
	return proc->dying || (signals_pending(proc) & ~proc->signals.mask);
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

static enum kstatus enqueue(struct signal_pending *pending, const struct signal_info *info)
{
	u64 bit = signal_bit(info->signal);

	if (info->signal < SIGRTMIN && (pending->set & bit))
		return K_OK;
	if (pending->queued >= QUEUED_MAX && info->signal >= SIGRTMIN)
		return K_NOMEM;
	struct signal_queued *item = object_alloc(&queue_cache);
	if (!item)
		return K_NOMEM;
	item->info = *info;
	list_push_back(&pending->queue, &item->link);
	pending->queued++;
	pending->set |= bit;
	return K_OK;
}

/* Makes it pending, for a thread or (NULL) for whichever of the process, and sees to it that
 * somebody looks. */
static enum kstatus post(struct proc *leader, struct proc *thread, const struct signal_info *info)
{
	u64 bit = signal_bit(info->signal);
	struct proc *taker = NULL;
	enum kstatus status;

	/* Whoever is stopped looks when it goes on. */
	if (!leader->stopped || info->signal == SIGKILL)
		taker = !thread ? choose(leader, bit) : may_take(thread, bit) ? thread : NULL;
	if (taker && !(taker->signals.mask & bit) && is_fatal(leader, info->signal)) {
		process_kill(leader, info->signal);
		return K_OK;
	}
	status = enqueue(thread ? &thread->signals.pending : &leader->signals.shared, info);
	if (status == K_OK && taker)
		env_attention(taker);
	if (status == K_OK)
		watch_wake(&leader->signals.actions->watches, POLLIN);
	return status;
}

static enum kstatus send(struct proc *leader, struct proc *thread, const struct signal_info *info)
{
	const struct proc *judge = thread ? thread : leader;
	u64 bit = signal_bit(info->signal);

	if (leader->state != PROC_ALIVE || judge->signals.actions == NULL)
		return K_OK;
	settle_stop_and_continue(leader, info->signal);
	if (!((judge->signals.mask | judge->signals.awaited) & bit) &&
		(is_ignored(leader, info->signal) || is_spared(leader, info->signal)))
		return K_OK;
	return post(leader, thread, info);
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
	if (enqueue(&state->pending, info) != K_OK)
		proc->dying = true;
	env_attention(proc);
}
