/*
 * A task's port names.
 *
 * The table is a list of pages of entries; it grows, a few entries at a time, and never moves, so
 * entries may be linked. Free entries are a stack: the name given back last is handed out next,
 * with another generation.
 */
#include <ipc.h>

void ipc_space_init(struct ipc_space *space)
{
	memset(space, 0, sizeof(*space));
	space->active = true;
}

enum kstatus ipc_space_grow(struct ipc_space *space)
{
	u32 chunk = space->limit / IPC_CHUNK_ENTRIES, begin = space->limit % IPC_CHUNK_ENTRIES;

	_Static_assert(
		IPC_CHUNK_ENTRIES * sizeof(struct ipc_entry) == PAGE_SIZE, "a chunk is a page");
	_Static_assert(IPC_CHUNK_ENTRIES % IPC_GROWTH == 0, "growth does not cross a chunk's end");
	if (!space->active)
		return K_DEAD;
	if (chunk == IPC_CHUNKS)
		return K_FULL;
	if (begin == 0) {
		struct page *page = frame_alloc();
		if (!page)
			return K_NOMEM;
		space->chunks[chunk] = page_bytes(page);
	}
	struct ipc_entry *entries = &space->chunks[chunk][begin];
	memset(entries, 0, IPC_GROWTH * sizeof(*entries));
	/* Index 0 stays unused: MACH_PORT_NULL is no name. The lowest index is to be handed out
	 * first. */
	for (u32 i = IPC_GROWTH; i-- > (space->limit == 0 ? 1u : 0u);) {
		entries[i].name = (space->limit + i) << IPC_GENERATION_BITS;
		entries[i].next = space->free;
		space->free = &entries[i];
	}
	if (space->limit == 0)
		entries[0].name = MACH_PORT_DEAD; /* no name has index 0, not even 0 itself */
	space->limit += IPC_GROWTH;
	return K_OK;
}

void ipc_space_destroy(struct ipc_space *space)
{
	space->active = false;
	for (u32 i = 0; i < space->limit; i++) {
		struct ipc_entry *entry =
			&space->chunks[i / IPC_CHUNK_ENTRIES][i % IPC_CHUNK_ENTRIES];
		if (entry->type != 0)
			ipc_entry_destroy(space, entry);
	}
	for (u32 chunk = 0; chunk * IPC_CHUNK_ENTRIES < space->limit; chunk++)
		page_unref(page_of_bytes(space->chunks[chunk]));
	space->limit = 0;
	space->free = NULL;
}

static struct ipc_entry **bucket_of(struct ipc_space *space, const struct ipc_port *port)
{
	return &space->buckets[((u64)port / sizeof(struct ipc_port)) % IPC_BUCKETS];
}

struct ipc_entry *ipc_entry_find(const struct ipc_space *space, const struct ipc_port *port)
{
	struct ipc_entry *entry = *bucket_of((struct ipc_space *)space, port);

	while (entry && entry->port != port)
		entry = entry->next;
	return entry;
}

void ipc_entry_hash(struct ipc_space *space, struct ipc_entry *entry)
{
	struct ipc_entry **bucket = bucket_of(space, entry->port);

	entry->next = *bucket;
	*bucket = entry;
}

void ipc_entry_unhash(struct ipc_space *space, struct ipc_entry *entry)
{
	struct ipc_entry **at = bucket_of(space, entry->port);

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
}
