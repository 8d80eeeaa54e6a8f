/*
 * cpu_limit: LIMIT_CPU. At the soft limit, and after each further second, SIGXCPU; at the hard one
 * SIGKILL.
 */
#include <services/clock/clock.h>
#include <services/process/process.h>
#include <services/usage/internal.h>

static void expired(struct cpu_timer *timer)
{
	struct proc *leader = timer->of;
	struct limit *limit = &leader->limits.of[LIMIT_CPU];
	struct cpu_clock clock = {leader, true, CPU_CLOCK_PROF};

	if (limit->hard != LIMIT_NONE && cpu_clock_now(&clock) >= limit->hard * (u64)NSEC_PER_SEC) {
		signal_send_plain(leader, SIGKILL, SI_KERNEL);
		return;
	}
	signal_send_plain(leader, SIGXCPU, SI_KERNEL);
	limit->soft++;
	cpu_limit_changed(leader);
}

void cpu_limit_init(struct proc *proc)
{
	cpu_timer_init(&proc->usage.limit, expired);
}

void cpu_limit_changed(struct proc *leader)
{
	struct cpu_clock clock = {leader, true, CPU_CLOCK_PROF};
	u64 seconds = leader->limits.of[LIMIT_CPU].soft;

	if (!IS_ENABLED(CONFIG_SERVICES_SIGNALS) || seconds > INT64_MAX / NSEC_PER_SEC)
		cpu_timer_clear(&leader->usage.limit);
	else
		cpu_timer_set(&leader->usage.limit, &clock, seconds * NSEC_PER_SEC);
}
