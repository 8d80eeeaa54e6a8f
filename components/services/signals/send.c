/* send: making a signal pending, and seeing to it that somebody looks. */
#include <services/process/process.h>
#include <services/signals/signals.h>

#define QUEUED_MAX 1024 /* real-time signals waiting for one process */

#define IGNORED_BY_DEFAULT                                                                         \
	(signal_bit(SIGCHLD) | signal_bit(SIGCONT) | signal_bit(SIGURG) | signal_bit(SIGWINCH))
#define STOPPING                                                                                   \
	(signal_bit(SIGSTOP) | signal_bit(SIGTSTP) | signal_bit(SIGTTIN) | signal_bit(SIGTTOU))

static struct object_cache queue_cache;

enum kstatus signals_create(struct proc *proc, struct proc *parent)
{
	struct signal_state *state = &proc->signals;

	if (queue_cache.size == 0)
		object_cache_init(&queue_cache, "signal", sizeof(struct signal_queued), 8);
	*state = (struct signal_state){.stack_flags = 0};
	list_init(&state->queue);
	state->actions = kalloc(sizeof(*state->actions));
	if (!state->actions)
		return K_NOMEM;
	if (parent) {
		*state->actions = *parent->signals.actions;
		state->mask = parent->signals.mask;
		state->stack_start = parent->signals.stack_start;
		state->stack_size = parent->signals.stack_size;
		state->stack_flags = parent->signals.stack_flags;
	} else {
		memset(state->actions, 0, sizeof(*state->actions));
	}
	state->actions->refs = 1;
	return K_OK;
}

void signals_exec(struct proc *proc)
{
	struct signal_action *action = proc->signals.actions->of;

	for (int i = 0; i < SIGNALS; i++) {
		u64 handler = action[i].handler == SIG_IGN ? SIG_IGN : SIG_DFL;
		action[i] = (struct signal_action){.handler = handler};
	}
	proc->signals.stack_start = 0;
	proc->signals.stack_size = 0;
	proc->signals.stack_flags = 0;
}

static void discard(struct signal_state *state, u64 set)
{
	struct signal_queued *item, *after;

	if (!(state->pending & set))
		return;
	list_for_each_safe(item, after, &state->queue, link)
	{
		if (!(signal_bit(item->info.signal) & set))
			continue;
		list_remove(&item->link);
		object_free(&queue_cache, item);
		state->queued--;
	}
	state->pending &= ~set;
}

void signals_exit(struct proc *proc)
{
	struct signal_state *state = &proc->signals;

	discard(state, ~(u64)0);
	if (state->actions && --state->actions->refs == 0)
		kfree(state->actions, sizeof(*state->actions));
	state->actions = NULL;
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
		discard(&proc->signals, signal_bit(signal));
}

/* Takes the first of `set` that is pending out of the queue: the lowest number, and of that the
 * oldest. */
bool signal_take(struct proc *proc, u64 set, struct signal_info *info)
{
	struct signal_state *state = &proc->signals;
	struct signal_queued *item, *first = NULL;
	bool more = false;

	set &= state->pending;
	if (!set)
		return false;
	int signal = __builtin_ctzll(set) + 1;
	list_for_each(item, &state->queue, link)
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
	state->queued--;
	if (!more)
		state->pending &= ~signal_bit(signal);
	return true;
}

bool signal_is_due(const struct proc *proc)
{
	return proc->signals.pending & ~proc->signals.mask;
}

/* SIGCONT undoes stopping and the other way round, whatever is blocked. */
static void settle_stop_and_continue(struct proc *proc, int signal)
{
	if (signal == SIGCONT) {
		discard(&proc->signals, STOPPING);
		process_continue(proc);
	} else if (signal_bit(signal) & STOPPING) {
		discard(&proc->signals, signal_bit(SIGCONT));
	} else if (signal == SIGKILL) {
		process_continue(proc);
	}
}

static enum kstatus enqueue(struct proc *proc, const struct signal_info *info)
{
	struct signal_state *state = &proc->signals;
	u64 bit = signal_bit(info->signal);

	if (info->signal < SIGRTMIN && (state->pending & bit))
		return K_OK;
	if (state->queued >= QUEUED_MAX && info->signal >= SIGRTMIN)
		return K_NOMEM;
	struct signal_queued *item = object_alloc(&queue_cache);
	if (!item)
		return K_NOMEM;
	item->info = *info;
	list_push_back(&state->queue, &item->link);
	state->queued++;
	state->pending |= bit;
	if (!(state->mask & bit) || (state->awaited & bit))
		env_attention(proc);
	return K_OK;
}

enum kstatus signal_send(struct proc *proc, const struct signal_info *info)
{
	u64 bit = signal_bit(info->signal);

	if (proc->state != PROC_ALIVE)
		return K_OK;
	settle_stop_and_continue(proc, info->signal);
	if (!((proc->signals.mask | proc->signals.awaited) & bit) &&
		(is_ignored(proc, info->signal) || is_spared(proc, info->signal)))
		return K_OK;
	return enqueue(proc, info);
}

void signal_send_plain(struct proc *proc, int signal, int code)
{
	struct signal_info info = {.signal = signal, .code = code};

	if (code != SI_KERNEL)
		info.pid = env_current()->pid;
	enum kstatus status = signal_send(proc, &info);
	if (status != K_OK && signal == SIGKILL) { /* no memory must not save it */
		proc->dying = true;
		env_attention(proc);
	}
}

void signal_force(struct proc *proc, const struct signal_info *info)
{
	struct signal_state *state = &proc->signals;
	struct signal_action *action = &state->actions->of[info->signal - 1];
	u64 bit = signal_bit(info->signal);

	if ((state->mask & bit) || action->handler == SIG_IGN)
		*action = (struct signal_action){.handler = SIG_DFL};
	state->mask &= ~bit;
	if (enqueue(proc, info) != K_OK) {
		proc->dying = true;
		env_attention(proc);
	}
}
