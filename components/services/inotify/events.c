/* events: the queue of an instance. */
#include <services/inotify/inotify.h>
#include <services/process/sleep.h>

/* What the name takes behind the record: it ends with a NUL and fills whole records. */
static u32 room_of(u32 length)
{
	return length == 0 ? 0 : ALIGN_UP(length + 1, (u32)sizeof(struct event_record));
}

static u64 size_of(const struct event *event)
{
	return sizeof(struct event_record) + room_of(event->length);
}

static bool is_same(const struct event *event, s32 wd, u32 mask, const char *name, size_t length)
{
	return event->wd == wd && event->mask == mask && event->length == length &&
	       !(event->mask & IN_IGNORED) && memcmp(event->name, name, length) == 0;
}

static struct event *create(s32 wd, u32 mask, u32 cookie, const char *name, size_t length)
{
	struct event *event = kalloc(sizeof(*event) + length);

	if (!event)
		return NULL;
	event->wd = wd;
	event->mask = mask;
	event->cookie = cookie;
	event->length = (u32)length;
	memcpy(event->name, name, length);
	return event;
}

static void take_out(struct instance *instance, struct event *event)
{
	list_remove(&event->link);
	instance->events_count--;
	instance->bytes -= size_of(event);
	if (event->mask & IN_Q_OVERFLOW)
		instance->overflowed = false;
}

static void drop(struct event *event)
{
	kfree(event, sizeof(*event) + event->length);
}

/* There is no room, or no memory: one event says so. If there is not even that, nothing does. */
static struct event *overflow(struct instance *instance)
{
	struct event *event = instance->overflowed ? NULL : create(-1, IN_Q_OVERFLOW, 0, "", 0);

	instance->overflowed |= event != NULL;
	return event;
}

void event_queue(
	struct instance *instance, s32 wd, u32 mask, u32 cookie, const char *name, size_t length)
{
	struct event *event = NULL;

	if (instance->events_count < EVENTS_MAX) {
		if (instance->events_count > 0 &&
			is_same(list_entry(instance->events.prev, struct event, link), wd, mask,
				name, length))
			return;
		event = create(wd, mask, cookie, name, length);
	}
	if (!event)
		event = overflow(instance);
	if (!event)
		return;
	list_push_back(&instance->events, &event->link);
	instance->events_count++;
	instance->bytes += size_of(event);
	env_wakeup_one(&instance->readers);
	watch_wake(&instance->watchers, POLL_READABLE);
}

void events_drop(struct instance *instance)
{
	struct event *event;

	while ((event = list_first(&instance->events, struct event, link))) {
		take_out(instance, event);
		drop(event);
	}
}

/* Copies out an event that has been taken from the queue. */
static enum kstatus put(struct io *io, const struct event *event)
{
	struct event_record record = {
		event->wd, event->mask, event->cookie, room_of(event->length)};
	size_t moved;
	enum kstatus status = io_copyout(io, &record, sizeof(record), &moved);

	if (status == K_OK && event->length > 0)
		status = io_copyout(io, event->name, event->length, &moved);
	if (status == K_OK && event->length > 0)
		status = io_clear(io, record.length - event->length, &moved);
	return status;
}

/*
 * As many events as there are and fit; waits for the first. As on Linux what cannot be stored is
 * lost, and the call fails whatever it had stored before.
 */
long events_read(struct open_file *file, struct io *io)
{
	struct instance *instance = file->object;
	u64 wanted = io->left;

	for (;;) {
		struct event *event = list_first(&instance->events, struct event, link);
		enum kstatus status;

		if (!event) {
			if (io->left < wanted)
				return (long)(wanted - io->left);
			if (file->flags & O_NONBLOCK)
				return -EAGAIN;
			status = call_sleep(&instance->readers, ENV_FOREVER);
			if (status != K_OK)
				return errno_of(status);
			continue;
		}
		if (size_of(event) > io->left)
			return io->left < wanted ? (long)(wanted - io->left) : -EINVAL;
		take_out(instance, event);
		status = put(io, event);
		drop(event);
		if (status != K_OK)
			return -EFAULT;
	}
}
