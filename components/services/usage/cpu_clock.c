/* cpu_clock: the clocks of processor time, and their ids. */
#include <services/clock/clock.h>
#include <services/process/process.h>
#include <services/usage/usage.h>

#define KIND_MASK 3u
#define OF_THREAD 4u

static struct proc *find_thread(s32 tid)
{
	struct proc *thread = tid == 0 ? env_current() : process_find_thread(tid);

	return thread && thread->leader == process_current() ? thread : NULL;
}

/* A process goes by the number of its leader; for `reading`, one's own also by that of the caller.
 */
static struct proc *find_process(s32 pid, bool reading)
{
	if (pid == 0 || (reading && pid == env_current()->tid))
		return process_current();
	return process_find(pid);
}

long cpu_clock_find(int id, bool reading, struct cpu_clock *clock)
{
	u32 bits = (u32)id;

	if (id == CLOCK_PROCESS_CPUTIME)
		bits = ~(u32)0 << 3 | CPU_CLOCK_SCHED;
	else if (id == CLOCK_THREAD_CPUTIME)
		bits = ~(u32)0 << 3 | OF_THREAD | CPU_CLOCK_SCHED;
	else if (id >= 0)
		return -EINVAL;
	if ((bits & KIND_MASK) >= CPU_CLOCK_KINDS)
		return -EINVAL;
	s32 number = ~((s32)bits >> 3);
	*clock = (struct cpu_clock){
		.whole = !(bits & OF_THREAD), .kind = (enum cpu_clock_kind)(bits & KIND_MASK)};
	clock->of = clock->whole ? find_process(number, reading) : find_thread(number);
	return clock->of ? 0 : -EINVAL;
}

u64 cpu_clock_now(const struct cpu_clock *clock)
{
	struct cpu_split split;

	if (clock->kind == CPU_CLOCK_SCHED)
		return clock->whole ? usage_process_time(clock->of) : usage_thread_time(clock->of);
	split = clock->whole ? usage_process_split(clock->of) : usage_thread_split(clock->of);
	return clock->kind == CPU_CLOCK_VIRT ? split.user : split.user + split.system;
}

#define TICK_NS 4000000u /* of a Linux that Debian ships; ours are an option of the kernel */

/* What ticks divide is told to be as exact as they are. */
u64 cpu_clock_resolution(const struct cpu_clock *clock)
{
	return clock->kind == CPU_CLOCK_SCHED ? 1 : TICK_NS;
}
