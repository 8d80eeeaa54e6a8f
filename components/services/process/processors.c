/*
 * processors: getcpu and membarrier, where there is one processor.
 *
 * What one thread has written every other sees, for they run one after the other: a barrier is
 * there already, and only who may ask for it is looked at.
 */
#include <services/memory/mappings.h>
#include <services/process/process.h>

#include <unix_calls.h>

#define BARRIER_QUERY            0
#define BARRIER_GLOBAL           0x01
#define BARRIER_GLOBAL_EXPEDITED 0x02
#define BARRIER_REGISTER_GLOBAL  0x04
#define BARRIER_PRIVATE          0x08
#define BARRIER_REGISTER_PRIVATE 0x10
#define BARRIER_PRIVATE_CORE     0x20
#define BARRIER_REGISTER_CORE    0x40
#define BARRIERS                 0x7f

long sys_getcpu(vaddr_t cpu, vaddr_t node, vaddr_t unused)
{
	static const u32 first;

	(void)unused; /* Linux keeps nothing there any more either */
	if (cpu != 0 && env_copyout(cpu, &first, sizeof(first)) != K_OK)
		return -EFAULT;
	if (node != 0 && env_copyout(node, &first, sizeof(first)) != K_OK)
		return -EFAULT;
	return 0;
}

long sys_membarrier(int command, unsigned int flags, int cpu)
{
	struct memory *memory = env_current()->memory;

	(void)cpu;
	if (flags != 0)
		return -EINVAL;
	switch (command) {
	case BARRIER_QUERY:
		return BARRIERS;
	case BARRIER_GLOBAL:
	case BARRIER_GLOBAL_EXPEDITED:
	case BARRIER_REGISTER_GLOBAL:
		return 0;
	case BARRIER_REGISTER_PRIVATE:
	case BARRIER_REGISTER_CORE:
		memory->barriers |= (u32)command;
		return 0;
	case BARRIER_PRIVATE:
		return memory->barriers & BARRIER_REGISTER_PRIVATE ? 0 : -EPERM;
	case BARRIER_PRIVATE_CORE:
		return memory->barriers & BARRIER_REGISTER_CORE ? 0 : -EPERM;
	default:
		return -EINVAL;
	}
}
