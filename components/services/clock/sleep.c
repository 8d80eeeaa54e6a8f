/* sleep: waiting for a time to come. */
#include <services/clock/clock.h>
#include <services/process/sleep.h>

#include <unix_calls.h>

long clock_read_time(vaddr_t address, u64 *ns)
{
	struct timespec time;

	if (env_copyin(&time, address, sizeof(time)) != K_OK)
		return -EFAULT;
	if (time.seconds < 0 || time.nanoseconds < 0 || time.nanoseconds >= NSEC_PER_SEC)
		return -EINVAL;
	if (time.seconds >= INT64_MAX / NSEC_PER_SEC)
		*ns = INT64_MAX;
	else
		*ns = (u64)(time.seconds * NSEC_PER_SEC + time.nanoseconds);
	return 0;
}

long clock_tell_left(u64 deadline, u64 now, vaddr_t left)
{
	u64 ns = deadline > now ? deadline - now : 0;
	struct timespec rest = {(s64)(ns / NSEC_PER_SEC), (s64)(ns % NSEC_PER_SEC)};

	return left != 0 ? errno_of(env_copyout(left, &rest, sizeof(rest))) : 0;
}

/* Sleeps until `deadline`. When that is broken off, stores what is left at `left` (0: nowhere). */
static long sleep_until(u64 deadline, vaddr_t left)
{
	struct env_queue nobody; /* no one knows it, so only time or a kill ends the sleep */
	long error;

	env_queue_init(&nobody);
	if (call_sleep(&nobody, deadline) != K_INTERRUPTED)
		return 0;
	error = clock_tell_left(deadline, env_now(), left);
	return error != 0 ? error : -EINTR;
}

/* Sleeps until it is `time` by CLOCK_REALTIME, or what is `ahead` of it, whoever sets it meanwhile.
 */
static long sleep_until_wall(u64 time, u64 ahead)
{
	enum kstatus status = K_OK;

	while (status == K_OK) {
		u64 zero = clock_epoch + ahead;

		status = call_sleep(&clock_sleepers, time > zero ? time - zero : 0);
	}
	return status == K_INTERRUPTED ? -EINTR : 0;
}

static long sleep_again(struct proc *proc);

/* A relative sleep, which goes on after a signal that has no handler. */
static long sleep_restartable(u64 deadline, vaddr_t left)
{
	struct proc *proc = env_current();
	long error = sleep_until(deadline, left);

	if (error != -EINTR || !IS_ENABLED(CONFIG_SERVICES_SIGNALS))
		return error;
	proc->restart = sleep_again;
	proc->restart_deadline = deadline;
	proc->restart_address = left;
	return -ERESTART_RESTARTBLOCK;
}

static long sleep_again(struct proc *proc)
{
	return sleep_restartable(proc->restart_deadline, proc->restart_address);
}

/* Only delivery makes a program call it; called by itself it has nothing to go on with. */
long sys_restart_syscall(void)
{
	struct proc *proc = env_current();
	long (*restart)(struct proc *) = proc->restart;

	proc->restart = NULL;
	return restart ? restart(proc) : -EINTR;
}

long sys_nanosleep(vaddr_t length, vaddr_t left)
{
	u64 ns;
	long error = clock_read_time(length, &ns);

	return error != 0 ? error : sleep_restartable(env_now() + ns, left);
}

#define CLOCK_FILE_MASK 7 /* a negative id of this kind is a clock that is a device */
#define CLOCK_FILE      3

/* Whether one can sleep by that clock. */
static long check_clock(int clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		return 0;
	case CLOCK_PROCESS_CPUTIME:
		return 0;
	case CLOCK_THREAD_CPUTIME:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
		return -EOPNOTSUPP;
	default:
		if (clock >= 0)
			return -EINVAL;
		return (clock & CLOCK_FILE_MASK) == CLOCK_FILE ? -EOPNOTSUPP : 0;
	}
}

long sys_clock_nanosleep(int clock, int flags, vaddr_t length, vaddr_t left)
{
	bool is_wall = clock == CLOCK_REALTIME || clock == CLOCK_TAI;
	u64 ns;
	long error = check_clock(clock);

	if (error == 0)
		error = clock_read_time(length, &ns);
	if (error != 0)
		return error;
	if (clock < 0 || clock == CLOCK_PROCESS_CPUTIME)
		return cpu_sleep(clock, flags, ns, left);
	if (!(flags & TIMER_ABSTIME))
		return sleep_restartable(env_now() + ns, left);
	if (is_wall)
		error = sleep_until_wall(
			ns, clock == CLOCK_TAI ? (u64)clock_tai_offset * NSEC_PER_SEC : 0);
	else
		error = sleep_until(ns, 0);
	return error == -EINTR && IS_ENABLED(CONFIG_SERVICES_SIGNALS) ? -ERESTARTNOHAND : error;
}
