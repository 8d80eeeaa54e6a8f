/*
 * alarms: alarm, setitimer, getitimer.
 *
 * Three timers for each process: of real time (SIGALRM), of its user time (SIGVTALRM), of all its
 * processor time (SIGPROF). They outlive exec, and a child has none.
 */
#include <services/alarms/alarms.h>
#include <services/clock/clock.h>
#include <services/process/process.h>
#include <services/usage/usage.h>

#include <unix_calls.h>

#define ITIMER_REAL    0
#define ITIMER_VIRTUAL 1
#define ITIMER_PROF    2

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

static struct cpu_clock clock_of(struct proc *proc, int index)
{
	return (struct cpu_clock){proc, true, index == 0 ? CPU_CLOCK_VIRT : CPU_CLOCK_PROF};
}

static void cpu_expired(struct cpu_timer *timer)
{
	struct proc *proc = timer->of;
	int index = timer == &proc->cpu_alarms[1].timer;
	struct cpu_clock clock = clock_of(proc, index);
	u64 again = proc->cpu_alarms[index].again;

	if (again != 0)
		cpu_timer_set(timer, &clock, timer->deadline + again);
	signal_send_plain(proc, index == 0 ? SIGVTALRM : SIGPROF, SI_KERNEL);
}

void alarms_create(struct proc *proc)
{
	service_timer_init(&proc->alarm.timer, expired);
	proc->alarm.again = 0;
	for (int i = 0; i < 2; i++) {
		cpu_timer_init(&proc->cpu_alarms[i].timer, cpu_expired);
		proc->cpu_alarms[i].again = 0;
	}
}

void alarms_exit(struct proc *proc)
{
	service_timer_clear(&proc->alarm.timer);
	for (int i = 0; i < 2; i++)
		cpu_timer_clear(&proc->cpu_alarms[i].timer);
}

static void move_cpu_alarm(struct proc *from, struct proc *to, int index)
{
	struct cpu_timer *timer = &from->cpu_alarms[index].timer;
	struct cpu_clock clock = clock_of(to, index);

	to->cpu_alarms[index].again = from->cpu_alarms[index].again;
	if (cpu_timer_is_set(timer))
		cpu_timer_set(&to->cpu_alarms[index].timer, &clock, timer->deadline);
	cpu_timer_clear(timer);
}

void alarms_move(struct proc *from, struct proc *to)
{
	to->alarm.again = from->alarm.again;
	if (service_timer_is_set(&from->alarm.timer))
		service_timer_set(&to->alarm.timer, from->alarm.timer.deadline);
	service_timer_clear(&from->alarm.timer);
	for (int i = 0; i < 2; i++)
		move_cpu_alarm(from, to, i);
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

/* The same of a timer of processor time; one that is due rings at the next tick. */
static u64 cpu_left(struct proc *proc, int index)
{
	const struct cpu_timer *timer = &proc->cpu_alarms[index].timer;
	struct cpu_clock clock = clock_of(proc, index);
	u64 now;

	if (!cpu_timer_is_set(timer))
		return 0;
	now = cpu_clock_now(&clock);
	return timer->deadline > now ? timer->deadline - now : cpu_clock_resolution(&clock);
}

static void cpu_set(struct proc *proc, int index, u64 first, u64 again)
{
	struct cpu_timer *timer = &proc->cpu_alarms[index].timer;
	struct cpu_clock clock = clock_of(proc, index);

	proc->cpu_alarms[index].again = again;
	if (first == 0)
		cpu_timer_clear(timer);
	else
		cpu_timer_set(timer, &clock, cpu_clock_now(&clock) + first);
}

static struct interval interval_now(struct proc *proc, int which)
{
	if (which == ITIMER_REAL)
		return interval_of(left(proc), proc->alarm.again);
	return interval_of(cpu_left(proc, which - ITIMER_VIRTUAL),
		proc->cpu_alarms[which - ITIMER_VIRTUAL].again);
}

long sys_getitimer(int which, vaddr_t current)
{
	struct interval now;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	now = interval_now(process_current(), which);
	return errno_of(env_copyout(current, &now, sizeof(now)));
}

long sys_setitimer(int which, vaddr_t fresh, vaddr_t old)
{
	struct proc *proc = process_current();
	struct interval before, next = {0};

	if (fresh != 0 && env_copyin(&next, fresh, sizeof(next)) != K_OK)
		return -EFAULT;
	if (which < ITIMER_REAL || which > ITIMER_PROF ||
		!is_time(next.first.seconds, next.first.microseconds) ||
		!is_time(next.again.seconds, next.again.microseconds))
		return -EINVAL;
	u64 first = ns_of(next.first.seconds, next.first.microseconds);
	u64 again = ns_of(next.again.seconds, next.again.microseconds);
	before = interval_now(proc, which);
	if (which == ITIMER_REAL)
		set(proc, first, again);
	else
		cpu_set(proc, which - ITIMER_VIRTUAL, first, again);
	if (old != 0 && env_copyout(old, &before, sizeof(before)) != K_OK)
		return -EFAULT;
	return 0;
}
