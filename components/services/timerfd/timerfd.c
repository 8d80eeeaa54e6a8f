/*
 * timerfd: a timer that is a file.
 *
 * One that repeats rings once, and not again before somebody asks: how often it would have rung
 * meanwhile is reckoned then.
 */
#include <services/clock/clock.h>
#include <services/files/files.h>
#include <services/files/watch.h>
#include <services/identity/identity.h>
#include <services/process/sleep.h>
#include <services/process/timer.h>
#include <services/tree/status.h>

#include <unix_calls.h>

#define TIMER_ABSOLUTE      1u
#define TIMER_CANCEL_ON_SET 2u

#define CLOCK_REALTIME_ALARM 8
#define CLOCK_BOOTTIME_ALARM 9

struct timer_file {
	struct service_timer timer;
	u64 deadline; /* when it rings next, or has rung; env_now() */
	u64 again;    /* nanoseconds between two times; 0: once */
	u64 ticks;    /* times since the last read */
	bool rang;    /* and was not set again */
	bool realtime;
	bool absolute;              /* it waits for a time of CLOCK_REALTIME */
	bool may_cancel, cancelled; /* setting that clock cancels it; and somebody has */
	struct clock_watch watch;   /* of a realtime one */
	struct env_queue changed;
	struct watch_list watches;
};

static const struct file_ops timer_ops;

static void expired(struct service_timer *timer)
{
	struct timer_file *t = container_of(timer, struct timer_file, timer);

	t->ticks++;
	t->rang = true;
	env_wakeup_all(&t->changed);
	watch_wake(&t->watches, POLLIN);
}

/* Counts what it has missed, and sets it again. */
static void catch_up(struct timer_file *t)
{
	u64 now = env_now(), missed;

	if (!t->rang || t->again == 0)
		return;
	missed = now > t->deadline ? (now - t->deadline) / t->again : 0;
	t->ticks += missed;
	t->deadline += (missed + 1) * t->again;
	t->rang = false;
	service_timer_set(&t->timer, t->deadline);
}

/* CLOCK_REALTIME was set: what waits for a time of it waits longer, or less long. */
static void clock_moved(struct clock_watch *watch, s64 by)
{
	struct timer_file *t = container_of(watch, struct timer_file, watch);

	if (t->absolute) {
		t->deadline = (s64)t->deadline > by ? t->deadline - (u64)by : 0;
		if (service_timer_is_set(&t->timer))
			service_timer_set(&t->timer, t->deadline);
	}
	if (!t->may_cancel)
		return;
	t->cancelled = true;
	t->ticks++;
	env_wakeup_all(&t->changed);
	watch_wake(&t->watches, POLLIN);
}

static long timer_read(struct open_file *file, struct io *io)
{
	struct timer_file *t = file->object;
	size_t moved;
	u64 ticks;

	if (io->left < sizeof(ticks))
		return -EINVAL;
	while (t->ticks == 0) {
		enum kstatus status =
			file->flags & O_NONBLOCK ? K_FULL : call_sleep(&t->changed, ENV_FOREVER);

		if (status != K_OK)
			return errno_of(status);
	}
	if (t->cancelled) {
		t->cancelled = false;
		t->ticks = 0;
		return -ECANCELED;
	}
	catch_up(t);
	ticks = t->ticks;
	t->ticks = 0;
	return io_copyout(io, &ticks, sizeof(ticks), &moved) == K_OK ? (long)sizeof(ticks)
								     : -EFAULT;
}

static u32 timer_poll(struct open_file *file, struct watch *watch)
{
	struct timer_file *t = file->object;

	watch_add(&t->watches, watch);
	return t->ticks > 0 ? POLLIN : 0;
}

static void timer_status(const struct open_file *file, struct file_status *status)
{
	(void)file;
	status->mode = 0600;
}

static void timer_release(struct open_file *file)
{
	struct timer_file *t = file->object;

	service_timer_clear(&t->timer);
	if (t->realtime)
		clock_unwatch(&t->watch);
	kfree(t, sizeof(*t));
}

static const struct file_ops timer_ops = {
	.name = "[timerfd]",
	.nothing = -EINVAL,
	.seek = file_seek_nowhere,
	.read = timer_read,
	.write = io_never,
	.poll = timer_poll,
	.status = timer_status,
	.release = timer_release,
};

long sys_timerfd_create(int clock, int flags)
{
	bool known = clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC ||
		     clock == CLOCK_BOOTTIME || clock == CLOCK_REALTIME_ALARM ||
		     clock == CLOCK_BOOTTIME_ALARM;
	struct timer_file *t;
	struct open_file *file;
	long fd;

	if (((u32)flags & ~(O_CLOEXEC | O_NONBLOCK)) != 0 || !known)
		return -EINVAL;
	if ((clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM) &&
		!identity_may(CAP_WAKE_ALARM))
		return -EPERM;
	t = kalloc(sizeof(*t));
	if (!t)
		return -ENOMEM;
	*t = (struct timer_file){
		.realtime = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM};
	service_timer_init(&t->timer, expired);
	env_queue_init(&t->changed);
	watch_list_init(&t->watches);
	file = file_create(&timer_ops, t, O_RDWR | ((u32)flags & O_NONBLOCK));
	if (!file) {
		kfree(t, sizeof(*t));
		return -ENOMEM;
	}
	t->watch.moved = clock_moved;
	if (t->realtime)
		clock_watch(&t->watch);
	fd = files_install(env_current(), file, ((u32)flags & O_CLOEXEC) != 0);
	if (fd < 0)
		file_unref(file);
	return fd;
}

/* --- setting ------------------------------------------------------------------------------- */

static struct timer_setting current_setting(struct timer_file *t)
{
	u64 now, left = 0;

	catch_up(t);
	now = env_now();
	if (service_timer_is_set(&t->timer))
		left = t->deadline > now ? t->deadline - now : 1;
	return (struct timer_setting){timespec_of(t->again), timespec_of(left)};
}

static void set(struct timer_file *t, u32 flags, const struct timer_setting *setting)
{
	u64 first = timespec_ns(&setting->first), epoch = t->realtime ? clock_epoch : 0;

	service_timer_clear(&t->timer);
	t->ticks = 0;
	t->rang = false;
	t->absolute = t->realtime && flags & TIMER_ABSOLUTE;
	t->may_cancel = t->absolute && flags & TIMER_CANCEL_ON_SET;
	t->again = timespec_ns(&setting->again);
	if (first == 0)
		return;
	if (flags & TIMER_ABSOLUTE)
		t->deadline = first > epoch ? first - epoch : 0;
	else
		t->deadline = env_now() + first;
	service_timer_set(&t->timer, t->deadline);
}

static long find(int fd, struct timer_file **timer)
{
	struct open_file *file = files_find_usable(fd);

	if (!file)
		return -EBADF;
	if (file->ops != &timer_ops)
		return -EINVAL;
	*timer = file->object;
	return 0;
}

long sys_timerfd_settime(int fd, int flags, vaddr_t fresh, vaddr_t old)
{
	struct timer_setting setting, before;
	struct timer_file *t;
	long error;

	if (env_copyin(&setting, fresh, sizeof(setting)) != K_OK)
		return -EFAULT;
	if (((u32)flags & ~(TIMER_ABSOLUTE | TIMER_CANCEL_ON_SET)) != 0 ||
		!timespec_is_time(&setting.again) || !timespec_is_time(&setting.first))
		return -EINVAL;
	error = find(fd, &t);
	if (error != 0)
		return error;
	before = current_setting(t);
	set(t, (u32)flags, &setting);
	return old != 0 ? errno_of(env_copyout(old, &before, sizeof(before))) : 0;
}

long sys_timerfd_gettime(int fd, vaddr_t current)
{
	struct timer_setting setting;
	struct timer_file *t;
	long error = find(fd, &t);

	if (error != 0)
		return error;
	setting = current_setting(t);
	return errno_of(env_copyout(current, &setting, sizeof(setting)));
}
