/*
 * maps: /proc/PID/maps, a line for each mapping: addresses, rights, offset, device, inode and what
 * it is.
 */
#include <services/memory/mappings.h>
#include <services/procfs/text.h>

#define NAME_COLUMN 73 /* where Linux begins the last column */

static const char *special_name(const struct memory *memory, const struct mapping *m)
{
	if (m->flags & MAPPING_SHARED)
		return "/dev/zero (deleted)";
	if (m->start <= memory->brk_end && m->end >= memory->brk_start &&
		memory->brk_end > memory->brk_start)
		return "[heap]";
	return m->start <= memory->stack && memory->stack < m->end ? "[stack]" : NULL;
}

static void add_line(
	struct text *text, const struct proc *proc, const struct mapping *m, char *path)
{
	const struct inode *inode = m->file.mount ? m->file.node->inode : NULL;
	u32 device = inode ? inode->volume->device : 0;
	size_t begin = text->length;
	const char *name;
	bool reachable;

	text_add(text, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", m->start, m->end,
		m->prot & ENV_PROT_READ ? 'r' : '-', m->prot & ENV_PROT_WRITE ? 'w' : '-',
		m->prot & ENV_PROT_EXEC ? 'x' : '-', m->flags & MAPPING_SHARED ? 's' : 'p',
		inode ? m->offset : 0, DEVICE_MAJOR(device), DEVICE_MINOR(device),
		inode ? inode->number : 0);
	name = inode ? tree_path(m->file, proc->tree->root, path, PATH_MAX, true, &reachable)
		     : special_name(proc->memory, m);
	while (name && text->length < begin + NAME_COLUMN)
		text_add(text, " ");
	text_add(text, "%s\n", name ? name : "");
}

void text_maps(struct text *text, struct proc *proc)
{
	const struct memory *memory = proc->memory;
	char *path = memory && proc->tree ? kalloc(PATH_MAX) : NULL;

	for (u32 i = 0; path && i < memory->count && text->length + 256 < TEXT_BYTES; i++)
		add_line(text, proc, &memory->of[i], path);
	if (path)
		kfree(path, PATH_MAX);
}
