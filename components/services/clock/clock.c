/*
 * clock: reading the time.
 *
 * All clocks are the machine's one clock, with or without what it was at reset. The clocks of
 * processor time (2 and 3) are left out: no placement counts it yet.
 */
#include <services/clock/clock.h>

#include <unix_calls.h>

/* The time on `clock`, in nanoseconds; -EINVAL: no such clock. */
static long clock_now(int clock, u64 *now)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_TAI:
		*now = CLOCK_EPOCH_NS + env_now();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		*now = env_now();
		return 0;
	default:
		return -EINVAL;
	}
}

long sys_clock_gettime(int clock, vaddr_t now)
{
	struct timespec time;
	u64 ns;
	long error = clock_now(clock, &ns);

	if (unlikely(error != 0))
		return error;
	time.seconds = (s64)(ns / NSEC_PER_SEC);
	time.nanoseconds = (s64)(ns % NSEC_PER_SEC);
	return errno_of(env_copyout(now, &time, sizeof(time)));
}

long sys_clock_getres(int clock, vaddr_t resolution)
{
	static const struct timespec one = {0, 1};
	u64 ns;
	long error = clock_now(clock, &ns);

	if (error != 0 || resolution == 0)
		return error;
	return errno_of(env_copyout(resolution, &one, sizeof(one)));
}

long sys_gettimeofday(vaddr_t now, vaddr_t zone)
{
	static const s32 greenwich[2];
	u64 ns = CLOCK_EPOCH_NS + env_now();
	s64 time[2] = {(s64)(ns / NSEC_PER_SEC), (s64)(ns % NSEC_PER_SEC / NSEC_PER_USEC)};

	if (now != 0 && env_copyout(now, time, sizeof(time)) != K_OK)
		return -EFAULT;
	if (zone != 0 && env_copyout(zone, greenwich, sizeof(greenwich)) != K_OK)
		return -EFAULT;
	return 0;
}

long sys_time(vaddr_t now)
{
	s64 seconds = (s64)((CLOCK_EPOCH_NS + env_now()) / NSEC_PER_SEC);

	if (now != 0 && env_copyout(now, &seconds, sizeof(seconds)) != K_OK)
		return -EFAULT;
	return seconds;
}
