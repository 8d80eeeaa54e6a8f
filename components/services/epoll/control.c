/*
 * control: epoll_ctl.
 *
 * An epoll may be in another, but never within itself, and neither deeper nor by more ways than
 * Linux has it: a wake-up goes all of them up.
 */
#include <services/epoll/epoll.h>

#include <unix_calls.h>

#define CTL_ADD    1
#define CTL_DELETE 2
#define CTL_MODIFY 3

#define NESTS_MAX 4

#define EXCLUSIVE_MAY                                                                              \
	(POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)

static u32 search; /* the number of the one that goes on */

/* How deep epolls lie below; above NESTS_MAX: too deep, or `forbidden` is among them. */
static u32 depth_below(struct epoll *epoll, const struct epoll *forbidden, u32 level)
{
	struct epoll_item *item;

	if (epoll == forbidden || level > NESTS_MAX)
		return NESTS_MAX + 1;
	if (epoll->search == search)
		return epoll->depth;
	epoll->search = search;
	epoll->depth = 0;
	list_for_each(item, &epoll->items, link)
	{
		if (item->file->ops == &epoll_ops)
			epoll->depth = MAX(epoll->depth,
				1 + depth_below(epoll_of(item->file), forbidden, level + 1));
	}
	return epoll->depth;
}

static u32 depth_above(struct epoll *epoll, u32 level)
{
	if (level > NESTS_MAX)
		return NESTS_MAX + 1;
	if (epoll->search == search)
		return epoll->depth;
	epoll->search = search;
	epoll->depth = 0;
	for (struct epoll_item *item = epoll->file->epolls; item; item = item->next)
		epoll->depth = MAX(epoll->depth, 1 + depth_above(item->epoll, level + 1));
	return epoll->depth;
}

static bool may_nest(struct epoll *outer, struct epoll *inner)
{
	u32 below;

	search++;
	below = depth_below(inner, outer, 0);
	search++;
	return below <= NESTS_MAX && below + 1 + depth_above(outer, 0) <= NESTS_MAX;
}

/* Counts the ways that a wake-up of `file` takes to epolls in no other, by length. */
static bool count_ways(const struct open_file *file, u32 level, u32 counts[NESTS_MAX + 1])
{
	static const u32 limits[NESTS_MAX + 1] = {UINT32_MAX, 500, 100, 50, 10};

	if (level > NESTS_MAX)
		return false;
	for (struct epoll_item *item = file->epolls; item; item = item->next) {
		const struct open_file *epoll = item->epoll->file;

		if (epoll->epolls ? !count_ways(epoll, level + 1, counts)
				  : ++counts[level] > limits[level])
			return false;
	}
	return true;
}

/* Whether no file below `file` has more ways up than a wake-up may go. */
static bool ways_are_few(struct open_file *file)
{
	u32 counts[NESTS_MAX + 1] = {0};
	struct epoll_item *item;

	if (file->ops != &epoll_ops)
		return count_ways(file, 0, counts);
	if (epoll_of(file)->search == search)
		return true;
	epoll_of(file)->search = search;
	list_for_each(item, &epoll_of(file)->items, link)
	{
		if (!ways_are_few(item->file))
			return false;
	}
	return true;
}

static long add(struct epoll *epoll, struct open_file *file, s32 fd, struct epoll_event event)
{
	bool nested = epoll->file->epolls || file->ops == &epoll_ops;
	long error;

	if (file->ops == &epoll_ops && !may_nest(epoll, epoll_of(file)))
		return -ELOOP;
	if (epoll_find(epoll, file, fd))
		return -EEXIST;
	event.events |= POLLERR | POLLHUP;
	error = epoll_add(epoll, file, fd, event);
	search++;
	if (error == 0 && nested && !ways_are_few(file)) {
		epoll_remove(epoll_find(epoll, file, fd));
		error = -EINVAL;
	}
	return error;
}

static long modify(struct epoll_item *item, struct epoll_event event)
{
	if (!item)
		return -ENOENT;
	if (item->event.events & EPOLLEXCLUSIVE)
		return -EINVAL;
	event.events |= POLLERR | POLLHUP;
	epoll_change(item, event);
	return 0;
}

/* What EPOLLEXCLUSIVE does not go together with. */
static bool is_allowed(int operation, const struct open_file *file, u32 events)
{
	if (operation == CTL_DELETE || !(events & EPOLLEXCLUSIVE))
		return true;
	if (operation == CTL_MODIFY)
		return false;
	return operation != CTL_ADD || (file->ops != &epoll_ops && !(events & ~EXCLUSIVE_MAY));
}

static long control(struct open_file *by, int operation, s32 fd, struct open_file *file,
	struct epoll_event event)
{
	struct epoll_item *item;

	if (!file->ops->poll)
		return -EPERM;
	event.events &= ~EPOLLWAKEUP;
	if (by == file || by->ops != &epoll_ops || !is_allowed(operation, file, event.events))
		return -EINVAL;
	item = epoll_find(epoll_of(by), file, fd);
	switch (operation) {
	case CTL_ADD:
		return add(epoll_of(by), file, fd, event);
	case CTL_MODIFY:
		return modify(item, event);
	case CTL_DELETE:
		if (!item)
			return -ENOENT;
		epoll_remove(item);
		return 0;
	default:
		return -EINVAL;
	}
}

long sys_epoll_ctl(int epoll, int operation, int fd, vaddr_t at)
{
	struct epoll_event event = {0, 0};
	struct open_file *by, *file;

	if (operation != CTL_DELETE && env_copyin(&event, at, sizeof(event)) != K_OK)
		return -EFAULT;
	by = files_find_usable(epoll);
	file = files_find_usable(fd);
	if (!by || !file)
		return -EBADF;
	return control(by, operation, fd, file, event);
}
