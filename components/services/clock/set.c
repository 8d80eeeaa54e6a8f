/*
 * set: changing what o'clock it is.
 *
 * Only the distance between CLOCK_REALTIME and the time since reset changes. Who waits for a time
 * of the former waits for another time since reset then, and is told. The checks and their order
 * are those of Linux's kernel/time/time.c, and posix-timers.c.
 */
#include <services/clock/clock.h>
#include <services/identity/identity.h>

#include <unix_calls.h>

#define EPOCH_AT_RESET ((u64)CONFIG_SERVICES_CLOCK_EPOCH * NSEC_PER_SEC)

#define ZONE_MAX (15 * 60)

u64 clock_epoch;
s32 clock_tai_offset;
s32 clock_zone[2];
struct env_queue clock_sleepers;
static struct list watches;

void clock_init(void)
{
	clock_epoch = EPOCH_AT_RESET;
	clock_tai_offset = 0;
	clock_zone[0] = 0;
	clock_zone[1] = 0;
	clock_quality_init();
	env_queue_init(&clock_sleepers);
	list_init(&watches);
}

void clock_watch(struct clock_watch *watch)
{
	list_push_back(&watches, &watch->link);
}

void clock_unwatch(struct clock_watch *watch)
{
	list_remove(&watch->link);
}

static void move(s64 by)
{
	struct clock_watch *watch, *after;

	clock_epoch += (u64)by;
	list_for_each_safe(watch, after, &watches, link) watch->moved(watch, by);
	env_wakeup_all(&clock_sleepers);
}

long clock_move_to(const struct timespec *time)
{
	u64 ns = (u64)(time->seconds * NSEC_PER_SEC + time->nanoseconds);

	if (time->seconds < 0 || time->seconds >= CLOCK_SECONDS_MAX || ns < env_now())
		return -EINVAL; /* the machine cannot have been started before 1970 */
	move((s64)(ns - env_now() - clock_epoch));
	return 0;
}

static bool is_settable(const struct timespec *time)
{
	return time->seconds >= 0 && time->seconds < CLOCK_SECONDS_MAX && time->nanoseconds >= 0 &&
	       time->nanoseconds < NSEC_PER_SEC;
}

/* `time` and `zone` may be NULL: they stay as they are. */
static long set(const struct timespec *time, const s32 zone[2])
{
	if (time && !is_settable(time))
		return -EINVAL;
	if (!identity_may(CAP_SYS_TIME))
		return -EPERM;
	if (zone) {
		if (zone[0] > ZONE_MAX || zone[0] < -ZONE_MAX)
			return -EINVAL;
		clock_zone[0] = zone[0];
		clock_zone[1] = zone[1];
	}
	return time ? clock_move_to(time) : 0;
}

long sys_settimeofday(vaddr_t time, vaddr_t zone)
{
	struct timespec fresh;
	s32 fresh_zone[2];

	if (time != 0) {
		if (env_copyin(&fresh, time, sizeof(fresh)) != K_OK)
			return -EFAULT;
		if (fresh.nanoseconds < 0 || fresh.nanoseconds > NSEC_PER_SEC / NSEC_PER_USEC)
			return -EINVAL;
		fresh.nanoseconds *= NSEC_PER_USEC;
	}
	if (zone != 0 && env_copyin(fresh_zone, zone, sizeof(fresh_zone)) != K_OK)
		return -EFAULT;
	return set(time != 0 ? &fresh : NULL, zone != 0 ? fresh_zone : NULL);
}

long sys_clock_settime(int clock, vaddr_t time)
{
	struct timespec fresh;

	if (clock != CLOCK_REALTIME)
		return -EINVAL;
	if (env_copyin(&fresh, time, sizeof(fresh)) != K_OK)
		return -EFAULT;
	return set(&fresh, NULL);
}
