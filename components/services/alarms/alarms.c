/*
 * alarms: alarm, setitimer, getitimer.
 *
 * One timer of real time for each process, which sends it SIGALRM. It outlives exec, and a child
 * has none.
 */
#include <services/alarms/alarms.h>
#include <services/clock/clock.h>
#include <services/process/process.h>

#include <unix_calls.h>

#define ITIMER_REAL 0

/* struct timeval and struct itimerval. */
struct interval {
	struct {
		s64 seconds, microseconds;
	} again, first;
};

static void expired(struct service_timer *timer)
{
	struct proc *proc = container_of(timer, struct proc, alarm.timer);

	if (proc->alarm.again != 0)
		service_timer_set(timer, timer->deadline + proc->alarm.again);
	signal_send_plain(proc, SIGALRM, SI_KERNEL);
}

void alarms_create(struct proc *proc)
{
	service_timer_init(&proc->alarm.timer, expired);
	proc->alarm.again = 0;
}

void alarms_exit(struct proc *proc)
{
	service_timer_clear(&proc->alarm.timer);
}

void alarms_move(struct proc *from, struct proc *to)
{
	to->alarm.again = from->alarm.again;
	if (service_timer_is_set(&from->alarm.timer))
		service_timer_set(&to->alarm.timer, from->alarm.timer.deadline);
	service_timer_clear(&from->alarm.timer);
}

/* Nanoseconds until it rings; at least a microsecond while it is set, 0 when it is not. */
static u64 left(const struct proc *proc)
{
	u64 now = env_now(), deadline = proc->alarm.timer.deadline;

	if (!service_timer_is_set(&proc->alarm.timer))
		return 0;
	return deadline > now + NSEC_PER_USEC ? deadline - now : NSEC_PER_USEC;
}

static void set(struct proc *proc, u64 first, u64 again)
{
	proc->alarm.again = again;
	if (first == 0)
		service_timer_clear(&proc->alarm.timer);
	else
		service_timer_set(&proc->alarm.timer, env_now() + first);
}

/* What is left, in whole seconds: never 0 while it is set. */
long sys_alarm(unsigned int seconds)
{
	struct proc *proc = process_current();
	u64 before = left(proc), whole = before / NSEC_PER_SEC, rest = before % NSEC_PER_SEC;

	set(proc, (u64)seconds * NSEC_PER_SEC, 0);
	return (long)(whole + ((whole == 0 && rest > 0) || rest >= NSEC_PER_SEC / 2));
}

static struct interval interval_of(u64 first, u64 again)
{
	return (struct interval){
		.first = {(s64)(first / NSEC_PER_SEC), (s64)(first % NSEC_PER_SEC) / NSEC_PER_USEC},
		.again = {(s64)(again / NSEC_PER_SEC), (s64)(again % NSEC_PER_SEC) / NSEC_PER_USEC},
	};
}

static bool is_time(s64 seconds, s64 microseconds)
{
	return seconds >= 0 && microseconds >= 0 && microseconds < NSEC_PER_SEC / NSEC_PER_USEC;
}

static u64 ns_of(s64 seconds, s64 microseconds)
{
	s64 most = INT64_MAX / NSEC_PER_SEC / 2;

	return (u64)(MIN(seconds, most) * NSEC_PER_SEC + microseconds * NSEC_PER_USEC);
}

/* The timers of processor time are left out: nobody counts it. */
long sys_getitimer(int which, vaddr_t current)
{
	struct proc *proc = process_current();
	struct interval now = interval_of(left(proc), proc->alarm.again);

	if (which != ITIMER_REAL)
		return -EINVAL;
	return errno_of(env_copyout(current, &now, sizeof(now)));
}

long sys_setitimer(int which, vaddr_t fresh, vaddr_t old)
{
	struct proc *proc = process_current();
	struct interval before = interval_of(left(proc), proc->alarm.again), next = {0};

	if (fresh != 0 && env_copyin(&next, fresh, sizeof(next)) != K_OK)
		return -EFAULT;
	if (which != ITIMER_REAL || !is_time(next.first.seconds, next.first.microseconds) ||
		!is_time(next.again.seconds, next.again.microseconds))
		return -EINVAL;
	set(proc, ns_of(next.first.seconds, next.first.microseconds),
		ns_of(next.again.seconds, next.again.microseconds));
	if (old != 0 && env_copyout(old, &before, sizeof(before)) != K_OK)
		return -EFAULT;
	return 0;
}
