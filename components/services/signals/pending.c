/*
 * pending: signals that were sent and not taken yet.
 *
 * An element comes from a cache, or belongs to somebody who sends the same signal again and again
 * (a timer) and must never fail to: he hears when it is taken, or forgotten.
 */
#include <services/signals/pending.h>
#include <services/signals/signals.h>

#define QUEUED_MAX 1024 /* real-time signals waiting for one process, or for one thread */

/* What a thread may have brought upon itself: it comes first. */
#define SYNCHRONOUS                                                                                \
	(signal_bit(SIGSEGV) | signal_bit(SIGBUS) | signal_bit(SIGILL) | signal_bit(SIGTRAP) |     \
		signal_bit(SIGFPE) | signal_bit(SIGSYS))

static struct object_cache queue_cache;

void pending_init(struct signal_pending *pending)
{
	pending->set = 0;
	pending->queued = 0;
	list_init(&pending->queue);
}

/* The element is in no queue any more. `info`: what is told of it, or NULL: it was forgotten. */
static void let_go(struct signal_queued *item, struct signal_info *info)
{
	if (item->taken)
		item->taken(item, info);
	else
		object_free(&queue_cache, item);
}

void pending_discard(struct signal_pending *pending, u64 set)
{
	struct signal_queued *item, *after;

	if (!(pending->set & set))
		return;
	list_for_each_safe(item, after, &pending->queue, link)
	{
		if (!(signal_bit(item->info.signal) & set))
			continue;
		list_remove(&item->link);
		pending->queued--;
		let_go(item, NULL);
	}
	pending->set &= ~set;
}

void pending_discard_timers(struct signal_pending *pending)
{
	struct signal_queued *item, *after;
	u64 left = 0;

	list_for_each_safe(item, after, &pending->queue, link)
	{
		if (item->info.code != SI_TIMER || !item->taken) {
			left |= signal_bit(item->info.signal);
			continue;
		}
		list_remove(&item->link);
		pending->queued--;
		let_go(item, NULL);
	}
	pending->set = left;
}

bool pending_take(struct signal_pending *pending, u64 set, struct signal_info *info)
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
	pending->queued--;
	if (!more)
		pending->set &= ~signal_bit(signal);
	let_go(first, info);
	return true;
}

void pending_add_item(struct signal_pending *pending, struct signal_queued *item)
{
	list_push_back(&pending->queue, &item->link);
	pending->queued++;
	pending->set |= signal_bit(item->info.signal);
}

enum kstatus pending_add(struct signal_pending *pending, const struct signal_info *info)
{
	u64 bit = signal_bit(info->signal);

	if (info->signal < SIGRTMIN && (pending->set & bit))
		return K_OK;
	if (pending->queued >= QUEUED_MAX && info->signal >= SIGRTMIN)
		return K_NOMEM;
	if (queue_cache.size == 0)
		object_cache_init(&queue_cache, "signal", sizeof(struct signal_queued), 8);
	struct signal_queued *item = object_alloc(&queue_cache);
	if (!item)
		return K_NOMEM;
	item->info = *info;
	item->taken = NULL;
	pending_add_item(pending, item);
	return K_OK;
}
