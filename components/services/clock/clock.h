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

/* Of CLOCK_REALTIME at reset; TAI is the same, as long as nobody says how many leap seconds there
 * were. */
#define CLOCK_EPOCH_NS ((u64)CONFIG_SERVICES_CLOCK_EPOCH * NSEC_PER_SEC)

#define TIMER_ABSTIME 1

/* struct timespec, and with microseconds struct timeval. */
struct timespec {
	s64 seconds;
	s64 nanoseconds;
};

/* Reads a length or point of time in nanoseconds, cut to what can be waited for. -EFAULT, -EINVAL.
 */
long clock_read_time(vaddr_t address, u64 *ns);
/* Stores what is left until `deadline`, at `now` (0: nowhere). -EFAULT. */
long clock_tell_left(u64 deadline, u64 now, vaddr_t left);
/* clock_nanosleep by a clock of processor time, with the time already read. */
long cpu_sleep(int clock, int flags, u64 ns, vaddr_t left);
