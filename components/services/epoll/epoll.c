/* epoll: the file: its making, its end, and what it says when it is polled itself. */
#include <services/epoll/epoll.h>
#include <services/tree/status.h>

#include <unix_calls.h>

static void release(struct open_file *file)
{
	struct epoll *epoll = epoll_of(file);
	struct epoll_item *item;

	while ((item = list_first(&epoll->items, struct epoll_item, link)))
		epoll_remove(item);
	kfree(epoll, sizeof(*epoll));
}

/* Readable if an item is ready; those that are not any more leave the list. */
static u32 poll(struct open_file *file, struct watch *watch)
{
	struct epoll *epoll = epoll_of(file);
	struct epoll_item *item;

	watch_add(&epoll->watches, watch);
	while ((item = list_first(&epoll->ready, struct epoll_item, ready))) {
		if (epoll_ask(item))
			return POLL_READABLE;
		epoll_unmark_ready(item);
	}
	return 0;
}

static void status(const struct open_file *file, struct file_status *status)
{
	(void)file;
	status->mode = 0600;
}

const struct file_ops epoll_ops = {
	.name = "[eventpoll]",
	.nothing = -EINVAL,
	.seek = file_seek_nowhere,
	.read = io_never,
	.write = io_never,
	.poll = poll,
	.status = status,
	.release = release,
};

long sys_epoll_create1(int flags)
{
	struct epoll *epoll;
	long fd;

	if (((u32)flags & ~O_CLOEXEC) != 0)
		return -EINVAL;
	epoll = kalloc(sizeof(*epoll));
	if (!epoll)
		return -ENOMEM;
	*epoll = (struct epoll){.ready_count = 0};
	list_init(&epoll->items);
	list_init(&epoll->ready);
	env_queue_init(&epoll->waiting);
	watch_list_init(&epoll->watches);
	epoll->file = file_create(&epoll_ops, epoll, O_RDWR);
	if (!epoll->file) {
		kfree(epoll, sizeof(*epoll));
		return -ENOMEM;
	}
	fd = files_install(env_current(), epoll->file, ((u32)flags & O_CLOEXEC) != 0);
	if (fd < 0)
		file_unref(epoll->file);
	return fd;
}

long sys_epoll_create(int size)
{
	return size > 0 ? sys_epoll_create1(0) : -EINVAL;
}
