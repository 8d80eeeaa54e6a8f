/* cpu_sleep: waiting until a clock of processor time says so. */
#include <services/clock/clock.h>
#include <services/process/process.h>
#include <services/process/sleep.h>
#include <services/usage/usage.h>

/* On the stack of who sleeps. */
struct cpu_sleeper {
	struct cpu_timer timer;
	struct env_queue queue;
	bool woken;
};

static void wake(struct cpu_timer *timer)
{
	struct cpu_sleeper *sleeper = container_of(timer, struct cpu_sleeper, timer);

	sleeper->woken = true;
	env_wakeup_all(&sleeper->queue);
}

/* What is slept by may have ended when the sleep is broken off: then it is not looked at. */
static long sleep_until(const struct cpu_clock *clock, u64 deadline, vaddr_t left)
{
	struct cpu_sleeper sleeper = {.woken = false};
	bool is_set;
	long error;

	env_queue_init(&sleeper.queue);
	cpu_timer_init(&sleeper.timer, wake);
	cpu_timer_set(&sleeper.timer, clock, deadline);
	while (!sleeper.woken && call_sleep(&sleeper.queue, ENV_FOREVER) != K_INTERRUPTED)
		;
	if (sleeper.woken)
		return 0;
	is_set = cpu_timer_is_set(&sleeper.timer);
	cpu_timer_clear(&sleeper.timer);
	error = clock_tell_left(deadline, is_set ? cpu_clock_now(clock) : deadline, left);
	return error != 0 ? error : -EINTR;
}

static long sleep_again(struct proc *proc);

static long sleep_restartable(int id, const struct cpu_clock *clock, u64 deadline, vaddr_t left)
{
	struct proc *proc = env_current();
	long error = sleep_until(clock, deadline, left);

	if (error != -EINTR || !IS_ENABLED(CONFIG_SERVICES_SIGNALS))
		return error;
	proc->restart = sleep_again;
	proc->restart_deadline = deadline;
	proc->restart_count = (u32)id;
	proc->restart_address = left;
	return -ERESTART_RESTARTBLOCK;
}

static long sleep_again(struct proc *proc)
{
	int id = (int)(u32)proc->restart_count;
	struct cpu_clock clock;
	long error = cpu_clock_find(id, false, &clock);

	if (error != 0)
		return error;
	return sleep_restartable(id, &clock, proc->restart_deadline, proc->restart_address);
}

/* A thread's own clock stands still while it sleeps. */
long cpu_sleep(int id, int flags, u64 ns, vaddr_t left)
{
	struct cpu_clock clock;
	long error = cpu_clock_find(id, false, &clock);

	if (error != 0 || (!clock.whole && clock.of == env_current()))
		return -EINVAL;
	if (!(flags & TIMER_ABSTIME))
		return sleep_restartable(id, &clock, cpu_clock_now(&clock) + ns, left);
	error = sleep_until(&clock, ns, 0);
	return error == -EINTR && IS_ENABLED(CONFIG_SERVICES_SIGNALS) ? -ERESTARTNOHAND : error;
}
