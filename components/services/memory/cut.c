/* cut: a file that is mapped becomes shorter, or is not to be written any more. */
#include <services/memory/mappings.h>
#include <services/process/process.h>
#include <services/tree/tree.h>

/* What of the mapping shows the file behind `size` is forgotten, private copies too: touching it is
 * SIGBUS from now on. */
static void cut_mapping(struct proc *proc, const struct mapping *m, u64 size)
{
	u64 kept = ALIGN_UP(size, PAGE_SIZE);
	vaddr_t from =
		kept > m->offset ? m->start + MIN(kept - m->offset, m->end - m->start) : m->start;

	if (from < m->end)
		env_discard(proc, from, m->end - from);
}

void memory_cut_file(const struct inode *inode, u64 size)
{
	struct proc *leader;

	list_for_each(leader, process_all(), all)
	{
		struct proc *proc = process_alive(leader);
		const struct memory *memory = proc ? proc->memory : NULL;

		if (!memory)
			continue;
		for (u32 i = 0; i < memory->count; i++) {
			const struct mapping *m = &memory->of[i];

			if (m->file.mount && m->file.node->inode == inode)
				cut_mapping(proc, m, size);
		}
	}
}

bool memory_writes_file(const struct inode *inode)
{
	struct proc *leader;

	list_for_each(leader, process_all(), all)
	{
		struct proc *proc = process_alive(leader);
		const struct memory *memory = proc ? proc->memory : NULL;

		for (u32 i = 0; memory && i < memory->count; i++) {
			const struct mapping *m = &memory->of[i];

			if (m->file.mount && m->file.node->inode == inode &&
				(m->flags & (MAPPING_SHARED | MAPPING_READ_ONLY)) == MAPPING_SHARED)
				return true;
		}
	}
	return false;
}
