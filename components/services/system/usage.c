/*
 * usage: how much of the system is in use.
 */
#include <services/clock/clock.h>
#include <services/process/process.h>

#include <unix_calls.h>

#define LOAD_SHIFT (16 - 11) /* sysinfo tells loads in 65536ths */

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

	env_loads(now.loads);
	for (unsigned i = 0; i < ENV_LOADS; i++)
		now.loads[i] <<= LOAD_SHIFT;
	env_memory(&memory);
	now.total = memory.total_pages * PAGE_SIZE;
	now.free = memory.free_pages * PAGE_SIZE;
	list_for_each(proc, process_all(), all) now.processes++;
	return errno_of(env_copyout(info, &now, sizeof(now)));
}
