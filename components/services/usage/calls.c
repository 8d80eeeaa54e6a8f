/* calls: getrusage and times. */
#include <services/clock/clock.h>
#include <services/process/process.h>
#include <services/usage/internal.h>

#include <unix_calls.h>

#define TICK_NS (NSEC_PER_SEC / 100) /* Linux's USER_HZ */

#define RUSAGE_SELF     0
#define RUSAGE_CHILDREN (-1)
#define RUSAGE_THREAD   1

struct rusage usage_told(const struct usage *usage)
{
	const struct cpu_split *cpu = &usage->cpu;

	return (struct rusage){
		.user = {(s64)(cpu->user / NSEC_PER_SEC),
			(s64)(cpu->user % NSEC_PER_SEC / NSEC_PER_USEC)},
		.system = {(s64)(cpu->system / NSEC_PER_SEC),
			(s64)(cpu->system % NSEC_PER_SEC / NSEC_PER_USEC)},
		.maxrss = (s64)(usage->peak * (PAGE_SIZE / 1024)),
		.minflt = (s64)usage->faults,
		.nvcsw = (s64)usage->waits,
		.nivcsw = (s64)usage->preemptions,
	};
}

long sys_getrusage(int who, vaddr_t at)
{
	struct usage usage;
	struct rusage told;

	switch (who) {
	case RUSAGE_SELF:
		usage_of_process(process_current(), &usage);
		break;
	case RUSAGE_CHILDREN:
		usage = process_current()->usage.children;
		break;
	case RUSAGE_THREAD:
		usage_of_thread(env_current(), &usage);
		break;
	default:
		return -EINVAL;
	}
	told = usage_told(&usage);
	return errno_of(env_copyout(at, &told, sizeof(told)));
}

/* The result is a clock too: ticks since some moment, here that of the reset. */
long sys_times(vaddr_t at)
{
	struct proc *leader = process_current();
	struct cpu_split mine = usage_process_split(leader), theirs = leader->usage.children.cpu;
	s64 times[4] = {(s64)(mine.user / TICK_NS), (s64)(mine.system / TICK_NS),
		(s64)(theirs.user / TICK_NS), (s64)(theirs.system / TICK_NS)};

	if (at != 0 && env_copyout(at, times, sizeof(times)) != K_OK)
		return -EFAULT;
	return (long)(env_now() / TICK_NS);
}
