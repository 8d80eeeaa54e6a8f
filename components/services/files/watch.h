/*
 * watch: telling those who wait for one of several files that something may be possible now.
 *
 * A file that is not always ready keeps a list of watches; its `poll` operation adds the caller's.
 * Whoever makes a file ready wakes the list, which costs nothing while it is empty.
 */
#pragma once

#include <services/files/watch_list.h>
#include <services/services.h>

#define POLLIN     0x001u
#define POLLPRI    0x002u
#define POLLOUT    0x004u
#define POLLERR    0x008u
#define POLLHUP    0x010u
#define POLLNVAL   0x020u
#define POLLRDNORM 0x040u
#define POLLRDBAND 0x080u
#define POLLWRNORM 0x100u
#define POLLWRBAND 0x200u
#define POLLMSG    0x400u
#define POLLRDHUP  0x2000u

#define POLL_READABLE (POLLIN | POLLRDNORM)
#define POLL_WRITABLE (POLLOUT | POLLWRNORM)

/* Who waits. */
struct watcher {
	struct env_queue queue;
	bool woken; /* since it last looked */
};

/* One file that it waits for. */
struct watch {
	struct list link;
	/*
	 * Something of `events` may be possible now; whether that is of use to who waits. Must not
	 * sleep, and takes no watch out.
	 */
	bool (*notify)(struct watch *watch, u32 events);
	bool exclusive;          /* the first of these that has a use for it is enough */
	struct watcher *watcher; /* of who just sleeps: see watch_init() */
};

/* A watch that wakes `watcher`. */
void watch_init(struct watch *watch, struct watcher *watcher);

/* `watch`, which is in no list; NULL: nobody waits. */
static inline void watch_add(struct watch_list *list, struct watch *watch)
{
	if (watch)
		list_push_back(&list->watches, &watch->link);
}

void watch_wake_all(struct watch_list *list, u32 events);

/* What the list belonged to goes: nobody who watches is in it any more, or will be woken. */
void watch_list_empty(struct watch_list *list);

/* Something of `events` (POLL…) may be possible that was not. */
static inline void watch_wake(struct watch_list *list, u32 events)
{
	if (unlikely(!list_is_empty(&list->watches)))
		watch_wake_all(list, events);
}
