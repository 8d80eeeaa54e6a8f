/*
 * What bounds a space: the limits of its process, and the memory of the machine.
 *
 * Linux's may_expand_vm() and its first kind of overcommit: only what could never be had is
 * refused.
 */
#include <services/memory/mappings.h>
#include <services/services.h>

/* What RLIMIT_DATA counts: private memory that can be written and is no stack. */
static bool is_data(u32 prot, u32 flags)
{
	return (prot & ENV_PROT_WRITE) && !(flags & (MAPPING_SHARED | MAPPING_GROWS));
}

static u64 data_bytes(const struct memory *memory)
{
	u64 sum = 0;

	for (u32 i = 0; i < memory->count; i++) {
		const struct mapping *m = &memory->of[i];

		if (is_data(m->prot, m->flags))
			sum += m->end - m->start;
	}
	return sum;
}

static bool is_below(u64 used, u64 more, u64 limit)
{
	return limit == LIMIT_NONE || (more <= limit && used <= limit - more);
}

static bool machine_has(u64 bytes)
{
	struct env_memory memory;

	env_memory(&memory);
	return bytes >> PAGE_SHIFT <= memory.total_pages;
}

/* Few calls ask for so much that the machine must be asked. */
#define SURELY_THERE ((u64)1 << 20)

bool memory_is_within_limits(u64 length, u32 prot, u32 flags)
{
	const struct proc *proc = env_current();
	const struct memory *memory = proc->memory;
	u64 data_limit = proc->leader->limits.of[LIMIT_DATA].soft;

	if (!is_below(memory->bytes, length, proc->leader->limits.of[LIMIT_AS].soft))
		return false;
	if (data_limit != LIMIT_NONE && is_data(prot, flags) &&
		!is_below(data_bytes(memory), length, data_limit))
		return false;
	if (length <= SURELY_THERE || flags & MAPPING_NO_RESERVE || !(prot & ENV_PROT_WRITE))
		return true;
	return machine_has(length);
}

u64 memory_populate(struct proc *proc, vaddr_t start, u64 length)
{
	u64 done;
	u8 byte;

	for (done = 0; done < length; done += PAGE_SIZE) {
		if (env_read_memory(proc, &byte, start + done, 1) != 1)
			break;
	}
	return done;
}

/* --- stacks ------------------------------------------------------------------------ */

#define GUARD_GAP (256 * PAGE_SIZE) /* below a stack, to what is mapped there: Linux's default */

/* The mapping that would have to grow to reach `address`. */
static struct mapping *growing_above(const struct memory *memory, vaddr_t address)
{
	u32 i = memory_find(memory, address);

	if (i == memory->count || memory->of[i].start <= address ||
		!(memory->of[i].flags & MAPPING_GROWS))
		return NULL;
	return &memory->of[i];
}

static bool has_gap(const struct memory *memory, const struct mapping *growing, vaddr_t start)
{
	const struct mapping *below = growing > memory->of ? growing - 1 : NULL;

	if (!below)
		return true;
	if (below->end > start)
		return false;
	return below->flags & MAPPING_GROWS || below->prot == 0 || start - below->end >= GUARD_GAP;
}

bool memory_grow(struct proc *proc, vaddr_t address)
{
	struct memory *memory = memory_of(proc);
	struct mapping *growing = memory ? growing_above(memory, address) : NULL;
	vaddr_t start = ALIGN_DOWN(address, PAGE_SIZE);
	u64 length;

	if (!growing || start < ENV_USER_MIN || !has_gap(memory, growing, start))
		return false;
	length = growing->start - start;
	if (!is_below(growing->end - growing->start, length,
		    proc->leader->limits.of[LIMIT_STACK].soft) ||
		!is_below(memory->bytes, length, proc->leader->limits.of[LIMIT_AS].soft))
		return false;
	if (env_map_anonymous(
		    proc, &start, length, growing->prot, ENV_MAP_FIXED | ENV_MAP_NOREPLACE) != K_OK)
		return false;
	growing->start = start;
	memory->bytes += length;
	memory->locked += growing->flags & MAPPING_LOCKED ? length : 0;
	return true;
}
