/*
 * calls: timer_create and the calls on a timer that is there.
 *
 * The checks and their order are those of Linux's kernel/time/posix-timers.c.
 */
#include <services/process/process.h>
#include <services/timers/timers.h>

#include <unix_calls.h>

#define TIMER_ABSTIME 1

#define SIGEV_SIGNAL    0
#define SIGEV_NONE      1
#define SIGEV_THREAD    2 /* the C library's affair: to us, SIGEV_SIGNAL */
#define SIGEV_THREAD_ID 4

#define CLOCK_REALTIME_ALARM 8
#define CLOCK_BOOTTIME_ALARM 9

/* struct sigevent of Linux, as far as it goes. */
struct event {
	u64 value;
	s32 signal, notify, thread;
	s32 pad[11];
};
_Static_assert(sizeof(struct event) == 64, "struct sigevent");

static bool is_cpu_clock(int clock)
{
	return clock < 0 || clock == CLOCK_PROCESS_CPUTIME || clock == CLOCK_THREAD_CPUTIME;
}

static long check_clock(int clock)
{
	struct cpu_clock cpu;

	if (is_cpu_clock(clock))
		return cpu_clock_find(clock, false, &cpu);
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		return 0;
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

/* Whether what it asks to be told of is possible, of this process. */
static bool is_event(const struct event *event)
{
	const struct proc *thread;

	switch (event->notify) {
	case SIGEV_NONE:
		return true;
	case SIGEV_THREAD_ID:
		thread = process_find_thread(event->thread);
		if (!thread || thread->leader != process_current())
			return false;
		break;
	case SIGEV_SIGNAL:
	case SIGEV_THREAD:
		break;
	default:
		return false;
	}
	return event->signal > 0 && event->signal <= SIGNALS;
}

long sys_timer_create(int clock, vaddr_t how, vaddr_t number)
{
	struct event event = {.signal = SIGALRM, .notify = SIGEV_SIGNAL};
	struct posix_timer *t;
	long error;
	s32 id;

	if (how != 0 && env_copyin(&event, how, sizeof(event)) != K_OK)
		return -EFAULT;
	error = check_clock(clock);
	if (error != 0)
		return error;
	t = posix_timer_make(process_current());
	if (!t)
		return -EAGAIN;
	id = t->number;
	t->clock = clock;
	t->by_cpu = is_cpu_clock(clock);
	if (t->by_cpu && cpu_clock_find(clock, false, &t->cpu) == 0)
		t->cpu_of = t->cpu.whole ? t->cpu.of->pid : t->cpu.of->tid;
	t->silent = event.notify == SIGEV_NONE;
	t->thread = event.notify == SIGEV_THREAD_ID ? event.thread : 0;
	if (how == 0)
		event.value = (u64)id;
	t->signal.info = (struct signal_info){.signal = event.signal,
		.code = SI_TIMER,
		.timer = t->number,
		.timer_value = event.value};
	if (!is_event(&event))
		error = -EINVAL;
	else if (env_copyout(number, &id, sizeof(id)) != K_OK)
		error = -EFAULT;
	if (error != 0 &&
		(t = posix_timer_find(process_current(), id))) /* unless it is gone already */
		posix_timer_delete(t);
	return error;
}

static struct timer_setting setting_of(struct posix_timer *t)
{
	u64 left = posix_timer_left(t);

	return (struct timer_setting){timespec_of(t->again), timespec_of(left)};
}

long sys_timer_settime(int number, int flags, vaddr_t fresh, vaddr_t old)
{
	struct timer_setting setting, before;
	struct posix_timer *t;
	long error;

	if (fresh == 0)
		return -EINVAL;
	if (env_copyin(&setting, fresh, sizeof(setting)) != K_OK)
		return -EFAULT;
	if (!timespec_is_time(&setting.again) || !timespec_is_time(&setting.first))
		return -EINVAL;
	t = posix_timer_find(process_current(), number);
	if (!t)
		return -EINVAL;
	before = setting_of(t);
	error = posix_timer_set(
		t, timespec_ns(&setting.first), timespec_ns(&setting.again), flags & TIMER_ABSTIME);
	if (error != 0)
		return error;
	return old != 0 ? errno_of(env_copyout(old, &before, sizeof(before))) : 0;
}

long sys_timer_gettime(int number, vaddr_t current)
{
	struct posix_timer *t = posix_timer_find(process_current(), number);
	struct timer_setting setting;

	if (!t)
		return -EINVAL;
	setting = setting_of(t);
	return errno_of(env_copyout(current, &setting, sizeof(setting)));
}

long sys_timer_getoverrun(int number)
{
	const struct posix_timer *t = posix_timer_find(process_current(), number);

	return t ? (long)MIN(t->last_overrun, (s64)INT32_MAX) : -EINVAL;
}

long sys_timer_delete(int number)
{
	struct posix_timer *t = posix_timer_find(process_current(), number);

	if (!t)
		return -EINVAL;
	posix_timer_delete(t);
	return 0;
}
