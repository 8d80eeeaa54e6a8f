/*
 * maps: maps, smaps and smaps_rollup, and what a space consists of.
 *
 * A record is a mapping; the cursor is the address from which the next one is looked for. So a
 * space that changes while its text is read is told as Linux tells it: each mapping once, as it was
 * when its turn came.
 */
#include <objects/objects.h>
#include <services/memory/mappings.h>
#include <services/procfs/internal.h>
#include <services/procfs/state.h>

#define NAME_COLUMN 73 /* where Linux begins the last column */

/* --- what is resident ------------------------------------------------------------------ */

/* Pages of a mapping that are in memory; `buffer`: ENV_RESIDENT_MAX bytes. */
static u64 resident_pages(struct proc *proc, const struct mapping *m, u8 *buffer)
{
	u64 found = 0;

	for (vaddr_t at = m->start; at < m->end;) {
		u64 pages = MIN((m->end - at) >> PAGE_SHIFT, (u64)ENV_RESIDENT_MAX);

		env_resident(proc, at, pages, buffer);
		for (u64 i = 0; i < pages; i++)
			found += buffer[i] != 0;
		at += pages << PAGE_SHIFT;
	}
	return found;
}

/* By what they are for, as Linux sorts them for status and statm. */
static void sort(const struct memory *memory, const struct mapping *m, struct memory_kinds *kinds)
{
	u64 length = m->end - m->start;

	if (m->flags & MAPPING_GROWS || (m->start <= memory->stack && memory->stack < m->end))
		kinds->stack += length;
	else if ((m->prot & ENV_PROT_WRITE) && !(m->flags & MAPPING_SHARED))
		kinds->data += length;
	else if ((m->prot & ENV_PROT_EXEC) && m->start < memory->code_end &&
		 m->end > memory->code_start)
		kinds->code += length;
	else if ((m->prot & ENV_PROT_EXEC) && m->file.mount)
		kinds->libraries += length;
}

void memory_kinds(struct proc *proc, struct memory_kinds *kinds)
{
	const struct memory *memory = proc->memory;
	u8 *buffer = memory ? kalloc(ENV_RESIDENT_MAX) : NULL;

	*kinds = (struct memory_kinds){.resident = pages_resident(proc)};
	for (u32 i = 0; memory && i < memory->count; i++) {
		const struct mapping *m = &memory->of[i];

		sort(memory, m, kinds);
		if (buffer && !m->file.mount)
			kinds->anonymous += resident_pages(proc, m, buffer);
	}
	kinds->locked = memory ? memory->locked : 0;
	kinds->anonymous = MIN(kinds->anonymous, kinds->resident);
	kinds->file = kinds->resident - kinds->anonymous;
	if (buffer)
		kfree(buffer, ENV_RESIDENT_MAX);
}

/* --- maps --------------------------------------------------------------------------------- */

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
	while (name && text->length < begin + NAME_COLUMN && !text->cut)
		text_add(text, " ");
	text_add(text, "%s\n", name ? name : "");
}

/* The mapping at or behind the cursor, which moves behind it; NULL: there is none, or no space. */
static const struct mapping *next_mapping(const struct proc *proc, u64 *cursor)
{
	const struct memory *memory = proc->memory;
	u32 at = memory && proc->tree ? memory_find(memory, *cursor) : 0;

	if (!memory || !proc->tree || at >= memory->count)
		return NULL;
	*cursor = memory->of[at].end;
	return &memory->of[at];
}

/* Memory for a line or what follows it: without it the reader is told so. */
static void *buffer_for(struct text *text, size_t size)
{
	void *buffer = kalloc(size);

	text->cut |= buffer == NULL;
	return buffer;
}

bool records_maps(struct text *text, struct proc *proc, u64 *cursor)
{
	const struct mapping *m = next_mapping(proc, cursor);
	char *path = m ? buffer_for(text, PATH_MAX) : NULL;

	if (path) {
		add_line(text, proc, m, path);
		kfree(path, PATH_MAX);
	}
	return m != NULL;
}

/* --- smaps ------------------------------------------------------------------------------------ */

/* What is told of pages, in KiB. Who else maps a page of a file is not known: it is its alone. */
static void add_pages(struct text *text, u64 rss, u64 anonymous, bool rollup)
{
	const struct {
		const char *name;
		u64 kib;
		bool in_rollup_only;
	} lines[] = {{"Rss", rss, false}, {"Pss", rss, false}, {"Pss_Dirty", anonymous, false},
		{"Pss_Anon", anonymous, true}, {"Pss_File", rss - anonymous, true},
		{"Pss_Shmem", 0, true}, {"Shared_Clean", 0, false}, {"Shared_Dirty", 0, false},
		{"Private_Clean", rss - anonymous, false}, {"Private_Dirty", anonymous, false},
		{"Referenced", rss, false}, {"Anonymous", anonymous, false}, {"LazyFree", 0, false},
		{"AnonHugePages", 0, false}, {"ShmemPmdMapped", 0, false},
		{"FilePmdMapped", 0, false}, {"Shared_Hugetlb", 0, false},
		{"Private_Hugetlb", 0, false}, {"Swap", 0, false}, {"SwapPss", 0, false}};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (lines[i].in_rollup_only && !rollup)
			continue;
		text_add(text, "%s:", lines[i].name);
		for (size_t column = strlen(lines[i].name) + 1; column < 16; column++)
			text_add(text, " ");
		text_add(text, "%8llu kB\n", (unsigned long long)lines[i].kib);
	}
}

static void add_flag(struct text *text, bool has, const char *name)
{
	if (has)
		text_add(text, " %s", name);
}

static void add_flags(struct text *text, const struct mapping *m)
{
	bool shared = m->flags & MAPPING_SHARED;

	text_add(text, "VmFlags:");
	add_flag(text, m->prot & ENV_PROT_READ, "rd");
	add_flag(text, m->prot & ENV_PROT_WRITE, "wr");
	add_flag(text, m->prot & ENV_PROT_EXEC, "ex");
	add_flag(text, shared, "sh");
	text_add(text, " mr");
	add_flag(text, !(m->flags & MAPPING_READ_ONLY), "mw");
	text_add(text, " me");
	add_flag(text, shared, "ms");
	add_flag(text, m->flags & MAPPING_GROWS, "gd");
	add_flag(text, m->flags & MAPPING_LOCKED, "lo");
	add_flag(text, m->flags & MAPPING_SEQUENTIAL, "sr");
	add_flag(text, m->flags & MAPPING_RANDOM, "rr");
	add_flag(text, m->flags & MAPPING_NOT_FORKED, "dc");
	add_flag(text, m->prot & ENV_PROT_WRITE && !shared, "ac");
	add_flag(text, m->flags & MAPPING_NO_RESERVE, "nr");
	add_flag(text, m->flags & MAPPING_WIPED, "wf");
	add_flag(text, m->flags & MAPPING_NOT_DUMPED, "dd");
	text_add(text, " \n");
}

bool records_smaps(struct text *text, struct proc *proc, u64 *cursor)
{
	const struct mapping *m = next_mapping(proc, cursor);
	char *buffer = m ? buffer_for(text, MAX(PATH_MAX, ENV_RESIDENT_MAX)) : NULL;

	if (!buffer)
		return m != NULL;
	u64 rss = resident_pages(proc, m, (u8 *)buffer) * (PAGE_SIZE / 1024);
	add_line(text, proc, m, buffer);
	kfree(buffer, MAX(PATH_MAX, ENV_RESIDENT_MAX));
	text_add(text, "Size:           %8llu kB\nKernelPageSize: %8u kB\nMMUPageSize:    %8u kB\n",
		(unsigned long long)(m->end - m->start) / 1024, (unsigned)PAGE_SIZE / 1024,
		(unsigned)PAGE_SIZE / 1024);
	add_pages(text, rss, m->file.mount ? 0 : rss, false);
	text_add(text, "Locked:         %8llu kB\nTHPeligible:           0\n",
		(unsigned long long)(m->flags & MAPPING_LOCKED ? rss : 0));
	add_flags(text, m);
	return true;
}

void text_smaps_rollup(struct text *text, struct proc *proc)
{
	const struct memory *memory = proc->memory;
	struct memory_kinds kinds;

	if (!memory || memory->count == 0)
		return;
	memory_kinds(proc, &kinds);
	text_add(text, "%08lx-%08lx ---p 00000000 00:00 0 ", memory->of[0].start,
		memory->of[memory->count - 1].end);
	while (text->length < NAME_COLUMN && !text->cut)
		text_add(text, " ");
	text_add(text, "[rollup]\n");
	add_pages(text, kinds.resident * (PAGE_SIZE / 1024), kinds.anonymous * (PAGE_SIZE / 1024),
		true);
	text_add(text, "Locked:         %8llu kB\n", (unsigned long long)kinds.locked / 1024);
}
