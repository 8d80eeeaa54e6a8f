/*
 * clock: reading the time.
 *
 * All clocks but those of processor time are the machine's one clock, with or without what it was
 * at reset.
 */
#include <services/clock/clock.h>
#include <services/usage/usage.h>

#include <unix_calls.h>

/* The time on `clock`, in nanoseconds; -EINVAL: no such clock. */
static long clock_now(int clock, u64 *now)
{
	struct cpu_clock cpu;
	long error;

	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		*now = clock_epoch + env_now();
		return 0;
	case CLOCK_TAI:
		*now = clock_epoch + env_now() + (u64)clock_tai_offset * NSEC_PER_SEC;
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		*now = env_now();
		return 0;
	default:
		error = cpu_clock_find(clock, true, &cpu);
		if (error == 0)
			*now = cpu_clock_now(&cpu);
		return error;
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
	struct timespec told = {0, 1};
	struct cpu_clock cpu;
	u64 ns;
	long error = clock_now(clock, &ns);

	if (error != 0 || resolution == 0)
		return error;
	if (cpu_clock_find(clock, true, &cpu) == 0)
		told.nanoseconds = (s64)cpu_clock_resolution(&cpu);
	return errno_of(env_copyout(resolution, &told, sizeof(told)));
}

long sys_gettimeofday(vaddr_t now, vaddr_t zone)
{
	u64 ns = clock_epoch + env_now();
	s64 time[2] = {(s64)(ns / NSEC_PER_SEC), (s64)(ns % NSEC_PER_SEC / NSEC_PER_USEC)};

	if (now != 0 && env_copyout(now, time, sizeof(time)) != K_OK)
		return -EFAULT;
	if (zone != 0 && env_copyout(zone, clock_zone, sizeof(clock_zone)) != K_OK)
		return -EFAULT;
	return 0;
}

long sys_time(vaddr_t now)
{
	s64 seconds = (s64)((clock_epoch + env_now()) / NSEC_PER_SEC);

	if (now != 0 && env_copyout(now, &seconds, sizeof(seconds)) != K_OK)
		return -EFAULT;
	return seconds;
}
