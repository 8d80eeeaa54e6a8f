/*
 * eventfd: a counter that is a file.
 *
 * A write adds to it, a read takes all of it, or one with EFD_SEMAPHORE. It never becomes 2^64 - 1.
 */
#include <services/files/files.h>
#include <services/files/watch.h>
#include <services/process/sleep.h>
#include <services/tree/status.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

#define EFD_SEMAPHORE 1u
#define COUNT_MAX     (UINT64_MAX - 1)

struct event {
	u64 count;
	bool semaphore;
	struct env_queue changed;
	struct watch_list watches;
};

static void changed(struct event *event, u32 events)
{
	env_wakeup_all(&event->changed);
	watch_wake(&event->watches, events);
}

/* Sleeps until somebody has changed the counter; an error when that may not or cannot be. */
static enum kstatus must_check wait_for_change(const struct open_file *file, struct event *event)
{
	return file->flags & O_NONBLOCK ? K_FULL : call_sleep(&event->changed, ENV_FOREVER);
}

static long event_read(struct open_file *file, struct io *io)
{
	struct event *event = file->object;
	size_t moved;
	u64 value;

	if (io->left < sizeof(value))
		return -EINVAL;
	while (event->count == 0) {
		enum kstatus status = wait_for_change(file, event);

		if (status != K_OK)
			return errno_of(status);
	}
	value = event->semaphore ? 1 : event->count;
	event->count -= value;
	changed(event, POLLOUT);
	/* As on Linux what was taken is gone even where it cannot be stored. */
	return io_copyout(io, &value, sizeof(value), &moved) == K_OK ? (long)sizeof(value)
								     : -EFAULT;
}

static long event_write(struct open_file *file, struct io *io)
{
	struct event *event = file->object;
	size_t moved;
	u64 value;

	if (io->left != sizeof(value)) /* reading is not so strict */
		return -EINVAL;
	if (io_copyin(io, &value, sizeof(value), &moved) != K_OK)
		return -EFAULT;
	if (value > COUNT_MAX)
		return -EINVAL;
	while (event->count > COUNT_MAX - value) {
		enum kstatus status = wait_for_change(file, event);

		if (status != K_OK)
			return errno_of(status);
	}
	event->count += value;
	changed(event, POLLIN);
	return (long)sizeof(value);
}

static u32 event_poll(struct open_file *file, struct watch *watch)
{
	struct event *event = file->object;

	watch_add(&event->watches, watch);
	return (event->count > 0 ? POLLIN : 0) | (event->count < COUNT_MAX ? POLLOUT : 0);
}

static void event_status(const struct open_file *file, struct file_status *status)
{
	(void)file;
	status->mode = 0600;
}

static void event_release(struct open_file *file)
{
	kfree(file->object, sizeof(struct event));
}

static const struct file_ops event_ops = {
	.name = "[eventfd]",
	.nothing = -EINVAL,
	.seek = file_seek_nowhere,
	.read = event_read,
	.write = event_write,
	.poll = event_poll,
	.status = event_status,
	.release = event_release,
};

long sys_eventfd2(unsigned int count, int flags)
{
	struct event *event;
	struct open_file *file;
	long fd;

	if (((u32)flags & ~(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK)) != 0)
		return -EINVAL;
	event = kalloc(sizeof(*event));
	if (!event)
		return -ENOMEM;
	*event = (struct event){.count = count, .semaphore = (u32)flags & EFD_SEMAPHORE};
	env_queue_init(&event->changed);
	watch_list_init(&event->watches);
	file = file_create(&event_ops, event, O_RDWR | ((u32)flags & O_NONBLOCK));
	if (!file) {
		kfree(event, sizeof(*event));
		return -ENOMEM;
	}
	fd = files_install(env_current(), file, ((u32)flags & O_CLOEXEC) != 0);
	if (fd < 0)
		file_unref(file);
	return fd;
}

long sys_eventfd(unsigned int count)
{
	return sys_eventfd2(count, 0);
}
