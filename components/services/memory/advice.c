/*
 * madvise, mincore, msync: what a process says of its memory, and asks.
 *
 * There is no swap and no read-ahead, so most advice is only checked and kept.
 */
#include <services/memory/memory.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

#define MS_ASYNC      1u
#define MS_INVALIDATE 2u
#define MS_SYNC       4u

/* --- madvise ------------------------------------------------------------------------- */

/* What advice turns on and off in the record. */
static const struct {
	u32 clear, set;
} changes[] = {
	[MADV_NORMAL] = {MAPPING_RANDOM | MAPPING_SEQUENTIAL, 0},
	[MADV_RANDOM] = {MAPPING_SEQUENTIAL, MAPPING_RANDOM},
	[MADV_SEQUENTIAL] = {MAPPING_RANDOM, MAPPING_SEQUENTIAL},
	[MADV_DONTFORK] = {0, MAPPING_NOT_FORKED},
	[MADV_DOFORK] = {MAPPING_NOT_FORKED, 0},
	[MADV_DONTDUMP] = {0, MAPPING_NOT_DUMPED},
	[MADV_DODUMP] = {MAPPING_NOT_DUMPED, 0},
	[MADV_WIPEONFORK] = {0, MAPPING_WIPED},
	[MADV_KEEPONFORK] = {MAPPING_WIPED, 0},
};

static bool is_advice(int advice)
{
	return (advice >= MADV_NORMAL && advice <= MADV_DONTNEED) ||
	       (advice >= MADV_FREE && advice <= MADV_DONTNEED_LOCKED);
}

static bool is_private_memory(const struct mapping *m)
{
	return !m->file.mount && !(m->flags & MAPPING_SHARED);
}

/* Writes one byte of each page back where it is; -EFAULT. */
static long touch_pages(vaddr_t start, vaddr_t end)
{
	u8 byte;

	for (vaddr_t at = start; at < end; at += PAGE_SIZE) {
		if (env_copyin(&byte, at, 1) != K_OK || env_copyout(at, &byte, 1) != K_OK)
			return -EFAULT;
	}
	return 0;
}

static long populate(const struct mapping *m, vaddr_t start, vaddr_t end, int advice)
{
	bool writes = advice == MADV_POPULATE_WRITE;

	if (!(m->prot & (writes ? ENV_PROT_WRITE : ENV_PROT_READ)))
		return -EINVAL;
	if (writes)
		return touch_pages(start, end);
	return memory_populate(env_current(), start, end - start) == end - start ? 0 : -EFAULT;
}

/* The pages of a shared file go out of the file itself. */
static long remove_pages(const struct mapping *m)
{
	if (m->flags & MAPPING_LOCKED || !(m->flags & MAPPING_SHARED))
		return -EINVAL;
	return m->prot & ENV_PROT_WRITE ? -EOPNOTSUPP : -EACCES;
}

/* The part [start, end) of mapping `m`. */
static long advise(const struct mapping *m, vaddr_t start, vaddr_t end, int advice)
{
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
		if (m->flags & MAPPING_LOCKED && advice == MADV_DONTNEED)
			return -EINVAL;
		env_discard(env_current(), start, end - start);
		return 0;
	case MADV_FREE: /* it may go at any time: now */
		if (!is_private_memory(m) || m->flags & MAPPING_LOCKED)
			return -EINVAL;
		env_discard(env_current(), start, end - start);
		return 0;
	case MADV_COLD:
	case MADV_PAGEOUT:
		return m->flags & MAPPING_LOCKED ? -EINVAL : 0;
	case MADV_REMOVE:
		return remove_pages(m);
	case MADV_WIPEONFORK:
		return is_private_memory(m) ? 0 : -EINVAL;
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return populate(m, start, end, advice);
	default:
		return 0;
	}
}

/* Two places are reserved. */
static long advise_range(struct memory *memory, vaddr_t start, vaddr_t end, int advice)
{
	long unmapped = 0;
	vaddr_t at = start;

	while (at < end) {
		u32 i = memory_find(memory, at);
		vaddr_t from, to;
		long error;

		if (i == memory->count || memory->of[i].start >= end)
			return -ENOMEM;
		if (memory->of[i].start > at) {
			unmapped = -ENOMEM;
			if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
				return unmapped;
		}
		from = MAX(memory->of[i].start, at);
		to = MIN(memory->of[i].end, end);
		error = advise(&memory->of[i], from, to, advice);
		if (error != 0)
			return error;
		if ((u32)advice < ARRAY_SIZE(changes) &&
			(changes[advice].clear | changes[advice].set) != 0)
			memory_set_flags(
				memory, from, to, changes[advice].clear, changes[advice].set);
		at = to;
	}
	return unmapped;
}

long memory_advise(struct memory *memory, vaddr_t address, u64 length, int advice)
{
	u64 pages = ALIGN_UP(length, PAGE_SIZE);
	vaddr_t end = address + pages;
	long result;

	if (!is_advice(advice) || !is_page_aligned(address))
		return -EINVAL;
	if ((length > 0 && pages == 0) || end < address)
		return -EINVAL;
	if (end == address)
		return 0;
	if (!memory_reserve(memory, 2))
		return -EAGAIN;
	result = advise_range(memory, address, end, advice);
	memory_release(memory, 2);
	return result;
}

long sys_madvise(vaddr_t address, size_t length, int advice)
{
	return memory_advise(env_current()->memory, address, length, advice);
}

/* --- mincore --------------------------------------------------------------------------- */

#define PIECE 256u /* pages told at once */

long sys_mincore(vaddr_t address, size_t length, vaddr_t vector)
{
	const struct memory *memory = env_current()->memory;
	u64 pages = ((u64)length + PAGE_SIZE - 1) >> PAGE_SHIFT;
	u8 resident[PIECE];

	if (!is_page_aligned(address))
		return -EINVAL;
	if (length > ENV_USER_MAX || address > ENV_USER_MAX - length)
		return -ENOMEM;
	if (pages > ENV_USER_MAX || vector > ENV_USER_MAX - pages)
		return -EFAULT;
	while (pages > 0) {
		const struct mapping *m = memory_at(memory, address);
		u64 n = m ? MIN(MIN(pages, PIECE), (m->end - address) >> PAGE_SHIFT) : 0;

		if (!m)
			return -ENOMEM;
		env_resident(env_current(), address, n, resident);
		if (env_copyout(vector, resident, n) != K_OK)
			return -EFAULT;
		address += n << PAGE_SHIFT;
		vector += n;
		pages -= n;
	}
	return 0;
}

/* --- msync ------------------------------------------------------------------------------ */

/* Stores to a shared mapping are the file's own memory at once; a disk may have to hear of them. */
static long sync_mapping(const struct mapping *m)
{
	struct inode *inode;
	struct place file = m->file;
	long error;

	if (!IS_ENABLED(CONFIG_SERVICES_TREE) || !file.mount || !(m->flags & MAPPING_SHARED))
		return 0;
	inode = file.node->inode;
	if (!inode->ops->sync)
		return 0;
	place_ref(file); /* the mapping may go while the disk works */
	error = inode->ops->sync(inode);
	place_unref(file);
	return error;
}

long sys_msync(vaddr_t address, size_t length, int flags)
{
	const struct memory *memory = env_current()->memory;
	vaddr_t end = address + ALIGN_UP((u64)length, PAGE_SIZE);
	long unmapped = 0;

	if (((u32)flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) != 0 || !is_page_aligned(address))
		return -EINVAL;
	if (((u32)flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
		return -EINVAL;
	if (end < address)
		return -ENOMEM;
	for (vaddr_t at = address; at < end;) {
		u32 i = memory_find(memory, at);
		struct mapping m;
		long error = 0;

		if (i == memory->count || memory->of[i].start >= end)
			return -ENOMEM;
		m = memory->of[i];
		if (m.start > at) {
			unmapped = -ENOMEM;
			if (flags == (int)MS_ASYNC)
				break;
		}
		if ((u32)flags & MS_INVALIDATE && m.flags & MAPPING_LOCKED)
			return -EBUSY;
		if ((u32)flags & MS_SYNC)
			error = sync_mapping(&m);
		if (error != 0)
			return error;
		at = m.end;
	}
	return unmapped;
}
