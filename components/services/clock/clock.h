/* clock: which clocks there are, and time as Linux passes it. */
#pragma once

#include <services/errno.h>
#include <services/services.h>

#define CLOCK_REALTIME         0
#define CLOCK_MONOTONIC        1
#define CLOCK_PROCESS_CPUTIME  2
#define CLOCK_THREAD_CPUTIME   3
#define CLOCK_MONOTONIC_RAW    4
#define CLOCK_REALTIME_COARSE  5
#define CLOCK_MONOTONIC_COARSE 6
#define CLOCK_BOOTTIME         7
#define CLOCK_TAI              11

#define NSEC_PER_SEC  1000000000ll
#define NSEC_PER_USEC 1000ll

#define TIMER_ABSTIME 1

/* struct timespec, and with microseconds struct timeval. */
struct timespec {
	s64 seconds;
	s64 nanoseconds;
};

/* struct itimerspec. */
struct timer_setting {
	struct timespec again, first;
};

/* Whether it is a time at all. */
static inline bool timespec_is_time(const struct timespec *time)
{
	return time->seconds >= 0 && time->nanoseconds >= 0 && time->nanoseconds < NSEC_PER_SEC;
}

/* In nanoseconds, cut to what can be waited for. */
static inline u64 timespec_ns(const struct timespec *time)
{
	s64 most = INT64_MAX / NSEC_PER_SEC / 2;

	return (u64)(MIN(time->seconds, most) * NSEC_PER_SEC + time->nanoseconds);
}

static inline struct timespec timespec_of(u64 ns)
{
	return (struct timespec){(s64)(ns / NSEC_PER_SEC), (s64)(ns % NSEC_PER_SEC)};
}

/* Reads a length or point of time in nanoseconds, cut to what can be waited for. -EFAULT, -EINVAL.
 */
long clock_read_time(vaddr_t address, u64 *ns);
/* Stores what is left until `deadline`, at `now` (0: nowhere). -EFAULT. */
long clock_tell_left(u64 deadline, u64 now, vaddr_t left);
/* clock_nanosleep by a clock of processor time, with the time already read. */
long cpu_sleep(int clock, int flags, u64 ns, vaddr_t left);

/* What CLOCK_REALTIME was at reset, as far as anybody knows: setting it changes that. */
extern u64 clock_epoch;
/* CLOCK_TAI before CLOCK_REALTIME, in seconds. */
extern s32 clock_tai_offset;
/* What gettimeofday says of the time zone: minutes west of Greenwich, and a kind of summer time. */
extern s32 clock_zone[2];

/* The clocks are what they are at reset. */
void clock_init(void);
void clock_quality_init(void);
#define CLOCK_SECONDS_MAX                                                                          \
	(INT64_MAX / NSEC_PER_SEC - 30ll * 365 * 24 * 3600) /* Linux sets no clock that far */

/* Who sleeps until a time of CLOCK_REALTIME does so here, for somebody may set it. */
extern struct env_queue clock_sleepers;

/* Hears of it when CLOCK_REALTIME is set, `by` nanoseconds forward. */
struct clock_watch {
	struct list link;
	void (*moved)(struct clock_watch *watch, s64 by);
};
void clock_watch(struct clock_watch *watch);
void clock_unwatch(struct clock_watch *watch);

/* It is `time` from now on. -EINVAL: it cannot be. */
long clock_move_to(const struct timespec *time) must_check;
