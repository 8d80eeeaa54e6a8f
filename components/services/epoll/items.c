/* items: the files that an epoll watches. */
#include <services/epoll/epoll.h>

struct epoll_item *epoll_find(struct epoll *epoll, const struct open_file *file, s32 fd)
{
	struct epoll_item *item = file->epolls;

	while (item && (item->epoll != epoll || item->fd != fd))
		item = item->next;
	return item;
}

void epoll_mark_ready(struct epoll_item *item)
{
	if (list_is_linked(&item->ready))
		return;
	list_push_back(&item->epoll->ready, &item->ready);
	item->epoll->ready_count++;
}

void epoll_unmark_ready(struct epoll_item *item)
{
	if (!list_is_linked(&item->ready))
		return;
	list_remove(&item->ready);
	item->epoll->ready_count--;
}

void epoll_wake(struct epoll *epoll)
{
	if (epoll->sleepers > 0)
		env_wakeup_one(&epoll->waiting);
	watch_wake(&epoll->watches, POLL_READABLE);
}

u32 epoll_ask(struct epoll_item *item)
{
	return item->file->ops->poll(item->file, NULL) & item->event.events;
}

/* Whether waking was of use, to who shares the file with other epolls (EPOLLEXCLUSIVE). */
static bool is_of_use(const struct epoll_item *item, u32 events)
{
	u32 wanted = item->event.events;

	if (item->epoll->sleepers == 0)
		return false;
	switch (events & (POLLIN | POLLOUT)) {
	case POLLIN:
		return wanted & POLLIN;
	case POLLOUT:
		return wanted & POLLOUT;
	default:
		return true;
	}
}

/* The file has changed. */
static bool notify(struct watch *watch, u32 events)
{
	struct epoll_item *item = container_of(watch, struct epoll_item, watch);
	bool used;

	if (!(item->event.events & ~EPOLL_HOW) || !(events & item->event.events))
		return false;
	epoll_mark_ready(item);
	used = is_of_use(item, events);
	epoll_wake(item->epoll);
	return used;
}

long epoll_add(struct epoll *epoll, struct open_file *file, s32 fd, struct epoll_event event)
{
	static u64 last_serial;
	struct epoll_item *item = kalloc(sizeof(*item));

	if (!item)
		return -ENOMEM;
	*item = (struct epoll_item){
		.watch = {.notify = notify, .exclusive = event.events & EPOLLEXCLUSIVE},
		.epoll = epoll,
		.file = file,
		.next = file->epolls,
		.fd = fd,
		.serial = ++last_serial,
		.event = event,
	};
	list_init(&item->watch.link);
	list_init(&item->ready);
	list_push_back(&epoll->items, &item->link);
	file->epolls = item;
	if (file->ops->poll(file, &item->watch) & event.events) {
		epoll_mark_ready(item);
		epoll_wake(epoll);
	}
	return 0;
}

void epoll_change(struct epoll_item *item, struct epoll_event event)
{
	item->event = event;
	if (epoll_ask(item)) {
		epoll_mark_ready(item);
		epoll_wake(item->epoll);
	}
}

void epoll_remove(struct epoll_item *item)
{
	struct epoll_item **from = &item->file->epolls;

	while (*from != item)
		from = &(*from)->next;
	*from = item->next;
	if (list_is_linked(&item->watch.link))
		list_remove(&item->watch.link);
	epoll_unmark_ready(item);
	list_remove(&item->link);
	kfree(item, sizeof(*item));
}

void epoll_forget(struct open_file *file)
{
	while (file->epolls)
		epoll_remove(file->epolls);
}
