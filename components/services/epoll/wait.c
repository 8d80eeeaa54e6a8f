/*
 * wait: epoll_wait and its kin.
 *
 * Events are gathered and then stored, a few at a time: storing may give the monitor up, and items
 * may go meanwhile. So an event remembers which item it is from by a number.
 */
#include <services/clock/clock.h>
#include <services/epoll/epoll.h>
#include <services/process/sleep.h>
#include <services/signals/signals.h>

#include <unix_calls.h>

#define FEW        16 /* events that are gathered at once: on the stack */
#define EVENTS_MAX (INT32_MAX / (int)sizeof(struct epoll_event))
#define NS_PER_MS  1000000ull

struct gathered {
	struct epoll_event events[FEW];
	u64 serials[FEW];
	u32 flags[FEW]; /* events as the item had them */
	u32 count;
};

/* Takes up to `most` events from the first `*left` items that may be ready. */
static void gather(struct epoll *epoll, struct gathered *g, u32 most, u32 *left)
{
	g->count = 0;
	while (g->count<most && * left> 0) {
		struct epoll_item *item = list_first(&epoll->ready, struct epoll_item, ready);
		u32 found;

		if (!item)
			break;
		--*left;
		epoll_unmark_ready(item);
		found = epoll_ask(item);
		if (!found)
			continue;
		g->events[g->count] = (struct epoll_event){found, item->event.data};
		g->serials[g->count] = item->serial;
		g->flags[g->count++] = item->event.events;
		if (item->event.events & EPOLLONESHOT)
			item->event.events &= EPOLL_HOW;
		else if (!(item->event.events & EPOLLET))
			epoll_mark_ready(item);
	}
}

/* Events from number `first` on could not be stored: they will be told again. */
static void put_back(struct epoll *epoll, const struct gathered *g, u32 first)
{
	for (u32 i = first; i < g->count; i++) {
		struct epoll_item *item;

		list_for_each(item, &epoll->items, link)
		{
			if (item->serial != g->serials[i])
				continue;
			item->event.events = g->flags[i];
			epoll_mark_ready(item);
			break;
		}
	}
}

/* Stores them one by one, as Linux does, so that a fault costs none that was told. */
static u32 store(struct epoll *epoll, const struct gathered *g, vaddr_t to)
{
	u32 stored = 0;

	if (env_copyout(to, g->events, g->count * sizeof(g->events[0])) == K_OK)
		return g->count;
	while (stored < g->count && env_copyout(to + stored * sizeof(g->events[0]),
					    &g->events[stored], sizeof(g->events[0])) == K_OK)
		stored++;
	put_back(epoll, g, stored);
	return stored;
}

/* Tells what is ready: how many events, or -EFAULT. */
static long tell(struct epoll *epoll, vaddr_t to, u32 most)
{
	u32 left = epoll->ready_count, told = 0;
	struct gathered g;

	do {
		u32 stored;

		gather(epoll, &g, MIN(most - told, FEW), &left);
		if (g.count == 0)
			break;
		stored = store(epoll, &g, to + told * sizeof(g.events[0]));
		told += stored;
		if (stored < g.count) {
			if (told == 0)
				return -EFAULT;
			break;
		}
	} while (told < most && left > 0);
	if (epoll->ready_count > 0)
		epoll_wake(epoll); /* another may take the rest */
	return told;
}

static long wait(struct epoll *epoll, vaddr_t to, u32 most, u64 deadline)
{
	enum kstatus status = K_OK;

	for (;;) {
		long told = epoll->ready_count > 0 ? tell(epoll, to, most) : 0;

		if (told != 0)
			return told;
		if (status == K_TIMEDOUT || deadline <= env_now())
			return 0;
		if (call_is_broken_off())
			return -EINTR;
		epoll->sleepers++;
		status = env_sleep(&epoll->waiting, deadline);
		epoll->sleepers--;
		if (status == K_INTERRUPTED && epoll->ready_count > 0)
			epoll_wake(epoll); /* the wake-up was perhaps meant for us */
	}
}

static long wait_checked(int fd, vaddr_t to, int most, u64 deadline)
{
	struct open_file *file;
	long result;

	if (most <= 0 || most > EVENTS_MAX)
		return -EINVAL;
	if (!io_is_user_range(to, (u64)most * sizeof(struct epoll_event)))
		return -EFAULT;
	file = files_find_usable(fd);
	if (!file)
		return -EBADF;
	if (file->ops != &epoll_ops)
		return -EINVAL;
	file->refs++;
	result = wait(epoll_of(file), to, (u32)most, deadline);
	file_unref(file);
	return result;
}

static u64 deadline_in(int milliseconds)
{
	return milliseconds < 0 ? ENV_FOREVER : env_now() + (u64)milliseconds * NS_PER_MS;
}

long sys_epoll_wait(int fd, vaddr_t to, int most, int timeout)
{
	return wait_checked(fd, to, most, deadline_in(timeout));
}

/* With a mask of signals for as long. Unlike poll it is never begun again. */
static long wait_masked(int fd, vaddr_t to, int most, u64 deadline, vaddr_t set, size_t size)
{
	const struct poll_time none = {.at = 0, .unit = 1};
	long result = poll_set_mask(set, size);

	if (result != 0)
		return result;
	result = poll_end(wait_checked(fd, to, most, deadline), &none, set);
	return result == -ERESTARTNOHAND ? -EINTR : result;
}

long sys_epoll_pwait(int fd, vaddr_t to, int most, int timeout, vaddr_t set, size_t size)
{
	return wait_masked(fd, to, most, deadline_in(timeout), set, size);
}

long sys_epoll_pwait2(int fd, vaddr_t to, int most, vaddr_t timeout, vaddr_t set, size_t size)
{
	struct poll_time time;
	long error = poll_read_time(&time, timeout, 1);

	return error != 0 ? error : wait_masked(fd, to, most, time.deadline, set, size);
}
