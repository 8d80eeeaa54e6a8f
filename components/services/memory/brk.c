/*
 * brk: the heap, which exec places behind the program's data.
 *
 * As on Linux it fails by answering the old end, and the C library compares.
 */
#include <services/memory/memory.h>

#include <unix_calls.h>

#define HEAP_PROT (ENV_PROT_READ | ENV_PROT_WRITE)

/* RLIMIT_DATA bounds heap and data together here. */
static bool is_within_data_limit(const struct proc *proc, vaddr_t end)
{
	const struct memory *memory = proc->memory;
	u64 limit = proc->leader->limits.of[LIMIT_DATA].soft;

	return limit == LIMIT_NONE ||
	       end - memory->brk_start + (memory->data_end - memory->data_start) <= limit;
}

/* A page stays free below the next mapping, and more below one that grows. */
static bool has_room(const struct memory *memory, vaddr_t from, vaddr_t to)
{
	u32 i = memory_find(memory, from);
	u64 gap = i < memory->count && memory->of[i].flags & MAPPING_GROWS ? 256 * PAGE_SIZE : 0;

	return i == memory->count || memory->of[i].start >= to + PAGE_SIZE + gap;
}

/* Takes the memory from `from` to `to`, both page multiples; false if it is not to be had. */
static bool grow(struct proc *proc, vaddr_t from, vaddr_t to)
{
	struct memory *memory = proc->memory;
	struct mapping heap = {
		.start = from, .end = to, .prot = HEAP_PROT, .flags = memory->future};
	enum kstatus status;

	if (!has_room(memory, from, to) || !memory_is_within_limits(to - from, HEAP_PROT, 0) ||
		(memory->future && !memory_may_lock_more(to - from)) || !memory_reserve(memory, 1))
		return false;
	status = env_map_anonymous(
		proc, &from, to - from, HEAP_PROT, ENV_MAP_FIXED | ENV_MAP_NOREPLACE);
	if (status == K_OK)
		memory_add(memory, &heap);
	memory_release(memory, 1);
	if (status == K_OK && heap.flags & MAPPING_LOCKED)
		memory_populate(proc, from, to - from);
	return status == K_OK;
}

long sys_brk(vaddr_t end)
{
	struct proc *proc = env_current();
	struct memory *memory = proc->memory;
	vaddr_t old_top = ALIGN_UP(memory->brk_end, PAGE_SIZE);
	vaddr_t new_top = ALIGN_UP(end, PAGE_SIZE);

	if (end < memory->brk_start || end > ENV_STACK_TOP || !is_within_data_limit(proc, end))
		return (long)memory->brk_end;
	if (new_top > old_top && !grow(proc, old_top, new_top))
		return (long)memory->brk_end;
	if (new_top < old_top && memory_unmap(new_top, old_top - new_top) != 0)
		return (long)memory->brk_end;
	memory->brk_end = end;
	return (long)end;
}
