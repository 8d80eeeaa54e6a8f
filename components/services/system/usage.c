/*
 * usage: what a process has used.
 *
 * No placement counts processor time, so it is zero everywhere.
 */
#include <services/clock/clock.h>
#include <services/process/process.h>

#include <unix_calls.h>

#define TICKS_PER_SECOND 100 /* Linux's USER_HZ */

#define RUSAGE_SELF     0
#define RUSAGE_CHILDREN (-1)
#define RUSAGE_THREAD   1
#define RUSAGE_SIZE     144

long sys_times(vaddr_t times)
{
	static const s64 none[4];

	if (times != 0 && env_copyout(times, none, sizeof(none)) != K_OK)
		return -EFAULT;
	return (long)(env_now() / (NSEC_PER_SEC / TICKS_PER_SECOND));
}

long sys_getrusage(int who, vaddr_t usage)
{
	static const u8 none[RUSAGE_SIZE];

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return -EINVAL;
	return errno_of(env_copyout(usage, none, sizeof(none)));
}

struct sysinfo {
	s64 uptime;
	u64 loads[3];
	u64 total, free, shared, buffers, total_swap, free_swap;
	u16 processes;
	u64 total_high, free_high;
	u32 unit;
};
_Static_assert(sizeof(struct sysinfo) == 112, "struct sysinfo as Linux has it");

long sys_sysinfo(vaddr_t info)
{
	struct env_memory memory;
	struct sysinfo now = {.uptime = (s64)(env_now() / NSEC_PER_SEC), .unit = 1};
	struct proc *proc;

	env_memory(&memory);
	now.total = memory.total_pages * PAGE_SIZE;
	now.free = memory.free_pages * PAGE_SIZE;
	list_for_each(proc, process_all(), all) now.processes++;
	return errno_of(env_copyout(info, &now, sizeof(now)));
}
