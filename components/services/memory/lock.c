/*
 * mlock and its kin: memory that stays.
 *
 * No page ever leaves memory here, so locking means to touch the pages now, and to count them
 * against RLIMIT_MEMLOCK.
 */
#include <services/identity/identity.h>
#include <services/memory/memory.h>

#include <unix_calls.h>

#define MLOCK_ONFAULT 1u
#define MCL_CURRENT   1u
#define MCL_FUTURE    2u
#define MCL_ONFAULT   4u

bool memory_may_lock(void)
{
	const struct proc *proc = env_current();

	return identity_has(&proc->identity, CAP_IPC_LOCK) ||
	       proc->leader->limits.of[LIMIT_MEMLOCK].soft != 0;
}

bool memory_may_lock_more(u64 more)
{
	const struct proc *proc = env_current();
	u64 limit = proc->leader->limits.of[LIMIT_MEMLOCK].soft;

	if (identity_has(&proc->identity, CAP_IPC_LOCK) || limit == LIMIT_NONE)
		return true;
	return more <= limit && proc->memory->locked <= limit - more;
}

/* What of the range is locked already does not count twice. */
static u64 locked_in(const struct memory *memory, vaddr_t start, vaddr_t end)
{
	u64 sum = 0;

	for (u32 i = memory_find(memory, start); i < memory->count && memory->of[i].start < end;
		i++) {
		const struct mapping *m = &memory->of[i];

		if (m->flags & MAPPING_LOCKED)
			sum += MIN(m->end, end) - MAX(m->start, start);
	}
	return sum;
}

/* Up to the first gap, which is -ENOMEM. */
static long set_locked(vaddr_t start, vaddr_t end, bool locked)
{
	struct memory *memory = env_current()->memory;
	vaddr_t reached;

	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	if (!memory_reserve(memory, 2))
		return -ENOMEM;
	reached = memory_end_of_run(memory, start, end);
	if (reached > start)
		memory_set_flags(
			memory, start, reached, MAPPING_LOCKED, locked ? MAPPING_LOCKED : 0);
	memory_release(memory, 2);
	return reached == end ? 0 : -ENOMEM;
}

static long lock(vaddr_t address, size_t length, bool now)
{
	struct proc *proc = env_current();
	vaddr_t start = ALIGN_DOWN(address, PAGE_SIZE);
	u64 bytes = ALIGN_UP((u64)length + (address - start), PAGE_SIZE), counted = 0;
	long error;

	if (!memory_may_lock())
		return -EPERM;
	if (start + bytes >= start)
		counted = locked_in(proc->memory, start, start + bytes);
	if (!memory_may_lock_more(bytes - counted))
		return -ENOMEM;
	error = set_locked(start, start + bytes, true);
	if (error == 0 && now && memory_populate(proc, start, bytes) != bytes)
		return -ENOMEM;
	return error;
}

long sys_mlock(vaddr_t address, size_t length)
{
	return lock(address, length, true);
}

long sys_mlock2(vaddr_t address, size_t length, int flags)
{
	if (((u32)flags & ~MLOCK_ONFAULT) != 0)
		return -EINVAL;
	return lock(address, length, !((u32)flags & MLOCK_ONFAULT));
}

long sys_munlock(vaddr_t address, size_t length)
{
	vaddr_t start = ALIGN_DOWN(address, PAGE_SIZE);

	return set_locked(
		start, start + ALIGN_UP((u64)length + (address - start), PAGE_SIZE), false);
}

long sys_mlockall(int flags)
{
	struct proc *proc = env_current();
	struct memory *memory = proc->memory;
	u32 how = (u32)flags;

	if (how == 0 || how == MCL_ONFAULT ||
		(how & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) != 0)
		return -EINVAL;
	if (!memory_may_lock())
		return -EPERM;
	if (how & MCL_CURRENT && !memory_may_lock_more(memory->bytes - memory->locked))
		return -ENOMEM;
	memory->future = how & MCL_FUTURE ? MAPPING_LOCKED : 0;
	if (!(how & MCL_CURRENT))
		return 0;
	memory_set_flags(memory, 0, ENV_USER_MAX, 0, MAPPING_LOCKED);
	for (u32 i = 0; i < memory->count && !(how & MCL_ONFAULT); i++)
		memory_populate(proc, memory->of[i].start, memory->of[i].end - memory->of[i].start);
	return 0;
}

long sys_munlockall(void)
{
	struct memory *memory = env_current()->memory;

	memory->future = 0;
	memory_set_flags(memory, 0, ENV_USER_MAX, MAPPING_LOCKED, 0);
	return 0;
}
