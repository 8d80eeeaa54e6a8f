/*
 * mremap: a mapping gets another size, or another place.
 *
 * The checks stand in the order of Linux's mm/mremap.c. The pages go along; no byte is copied.
 */
#include <services/memory/memory.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

#define MREMAP_MAYMOVE   1u
#define MREMAP_FIXED     2u
#define MREMAP_DONTUNMAP 4u

struct remapping {
	vaddr_t from, to; /* to: 0, wherever there is room */
	u64 old_length, new_length;
	u32 flags;
};

/* Whether the mapping at r->from can become as long as it shall. */
static long check_size(const struct remapping *r)
{
	const struct mapping *m = memory_at(env_current()->memory, r->from);
	u64 more;

	if (!m)
		return -EFAULT;
	if (r->old_length == 0 && !(m->flags & MAPPING_SHARED))
		return -EINVAL;
	if (r->old_length > m->end - r->from)
		return -EFAULT;
	if (r->new_length <= r->old_length)
		return 0;
	more = r->new_length - r->old_length;
	if (m->offset + (r->from - m->start) + r->new_length < r->new_length)
		return -EINVAL;
	if (m->flags & MAPPING_LOCKED && !memory_may_lock_more(more))
		return -EAGAIN;
	return memory_is_within_limits(more, m->prot, m->flags) ? 0 : -ENOMEM;
}

/* A file's pages must be there before they are mapped. May sleep: nothing has been looked at yet.
 */
static long prepare_file(const struct remapping *r)
{
	const struct mapping *m = memory_at(env_current()->memory, r->from);
	bool stores = m->flags & MAPPING_SHARED && !(m->flags & MAPPING_READ_ONLY);
	struct place file = m->file;
	struct inode *inode;
	long error;

	if (!IS_ENABLED(CONFIG_SERVICES_TREE) || !file.mount || r->new_length <= r->old_length ||
		!file.node->inode->ops->prepare_map)
		return 0;
	inode = file.node->inode;
	place_ref(file);
	error = inode_lock(inode);
	if (error == 0) {
		error = inode_prepare_map(
			inode, m->offset + (r->from - m->start), r->new_length, stores);
		inode_unlock(inode);
	}
	place_unref(file);
	return error;
}

static void populate_if_locked(const struct mapping *m, vaddr_t start, u64 length)
{
	if (m->flags & MAPPING_LOCKED)
		memory_populate(env_current(), start, length);
}

/* The mapping goes on behind its end, where nothing is. One place is reserved. */
static long stretch(const struct remapping *r)
{
	struct proc *proc = env_current();
	struct mapping more = *memory_at(proc->memory, r->from);
	vaddr_t end = r->from + r->old_length;
	enum kstatus status =
		env_remap(proc, r->from, r->old_length, end, r->new_length - r->old_length, 0);

	if (status != K_OK)
		return errno_of(status);
	more.offset += end - more.start;
	more.start = end;
	more.end = r->from + r->new_length;
	mapping_hold(&more);
	memory_add(proc->memory, &more);
	populate_if_locked(&more, more.start, more.end - more.start);
	return (long)r->from;
}

static bool can_stretch(const struct remapping *r)
{
	const struct memory *memory = env_current()->memory;
	const struct mapping *m = memory_at(memory, r->from);
	u64 more = r->new_length - r->old_length;

	return r->from + r->old_length == m->end && more <= ENV_STACK_TOP - m->end &&
	       memory_is_free(memory, m->end, more);
}

/* To r->to, which is free. Two places are reserved. */
static long move(const struct remapping *r)
{
	struct proc *proc = env_current();
	struct mapping moved = *memory_at(proc->memory, r->from);
	u64 taken = MIN(r->old_length, r->new_length);
	enum kstatus status = env_remap(proc, r->from, 0, r->to, r->new_length, taken);

	if (status != K_OK)
		return errno_of(status);
	moved.offset += r->from - moved.start;
	moved.start = r->to;
	moved.end = r->to + r->new_length;
	mapping_hold(&moved);
	memory_add(proc->memory, &moved);
	/* What cannot be unmapped for want of memory stays, empty: so it does on Linux. */
	if (r->flags & MREMAP_DONTUNMAP)
		memory_set_flags(proc->memory, r->from, r->from + r->old_length, MAPPING_LOCKED, 0);
	else if (r->old_length > 0)
		(void)!memory_unmap(r->from, r->old_length);
	populate_if_locked(&moved, moved.start, r->new_length);
	return (long)r->to;
}

static long move_anywhere(struct remapping *r)
{
	r->to = memory_find_gap(env_current()->memory, r->new_length, ENV_MMAP_TOP);
	return r->to != 0 ? move(r) : -ENOMEM;
}

/* With an address, or with the old mapping to stay. */
static long move_to(struct remapping *r)
{
	struct memory *memory = env_current()->memory;
	bool fixed = r->flags & MREMAP_FIXED;
	long error = 0;

	if (!is_page_aligned(r->to) || r->new_length > ENV_USER_MAX ||
		r->to > ENV_USER_MAX - r->new_length)
		return -EINVAL;
	if (r->from + r->old_length > r->to && r->to + r->new_length > r->from)
		return -EINVAL;
	if (fixed && r->to < ENV_USER_MIN)
		return -EPERM;
	if (fixed && r->to > ENV_STACK_TOP - r->new_length)
		return -ENOMEM;
	if (fixed && !memory_is_free(memory, r->to, r->new_length))
		error = memory_unmap(r->to, r->new_length);
	if (error == 0 && r->old_length > r->new_length) {
		error = memory_unmap(r->from + r->new_length, r->old_length - r->new_length);
		r->old_length = r->new_length;
	}
	if (error == 0)
		error = check_size(r);
	if (error != 0)
		return error;
	if (!fixed && (r->to < ENV_USER_MIN || r->to > ENV_STACK_TOP - r->new_length ||
			      !memory_is_free(memory, r->to, r->new_length)))
		return move_anywhere(r);
	return move(r);
}

static long resize(struct remapping *r)
{
	long error;

	if (r->old_length >= r->new_length) {
		vaddr_t cut = r->from + r->new_length;
		u64 length = r->old_length - r->new_length;

		if (length > 0 && (cut > ENV_USER_MAX || length > ENV_USER_MAX - cut))
			return -EINVAL;
		if (length > 0 && cut < ENV_STACK_TOP) {
			error = memory_unmap(cut, MIN(length, ENV_STACK_TOP - cut));
			if (error != 0)
				return error;
		}
		return (long)r->from;
	}
	error = check_size(r);
	if (error != 0)
		return error;
	if (can_stretch(r))
		return stretch(r);
	return r->flags & MREMAP_MAYMOVE ? move_anywhere(r) : -ENOMEM;
}

long sys_mremap(vaddr_t address, size_t old_length, size_t new_length, long flags, vaddr_t to)
{
	struct memory *memory = env_current()->memory;
	struct remapping r = {.from = address,
		.to = to,
		.old_length = ALIGN_UP((u64)old_length, PAGE_SIZE),
		.new_length = ALIGN_UP((u64)new_length, PAGE_SIZE),
		.flags = (u32)flags};
	long result;

	if ((flags & ~(long)(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) != 0)
		return -EINVAL;
	if (flags & MREMAP_FIXED && !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if (flags & MREMAP_DONTUNMAP && (!(flags & MREMAP_MAYMOVE) || old_length != new_length))
		return -EINVAL;
	if (!is_page_aligned(address) || r.new_length == 0)
		return -EINVAL;
	if (!memory_at(memory, address))
		return -EFAULT;
	result = prepare_file(&r);
	if (result != 0)
		return result;
	if (!memory_reserve(memory, 3))
		return -ENOMEM;
	result = flags & (MREMAP_FIXED | MREMAP_DONTUNMAP) ? move_to(&r) : resize(&r);
	memory_release(memory, 3);
	return result;
}
