/*
 * Address maps: the sorted list of entries.
 *
 * Invariants: entries do not overlap; start < end, both page multiples within
 * [map->min, map->max); neighbours that could be one entry may stay two. `hint`
 * is an entry of the list or NULL.
 */
#include <objects/objects.h>
#include <vm/maps/private.h>

enum kstatus vm_map_create(struct vm_map *map, vaddr_t min, vaddr_t max)
{
	*map = (struct vm_map){.min = min, .max = max};
	list_init(&map->entries);
	return pmap_create(&map->pmap);
}

static void entry_free(struct vm_map *map, struct vm_entry *entry)
{
	list_remove(&entry->link);
	map->hint = NULL;
	map->count--;
	map->size -= entry->end - entry->start;
	if (entry->object)
		vm_object_unref(entry->object);
	kfree(entry, sizeof(*entry));
}

void vm_map_drop_pages(struct vm_map *map, vaddr_t start, vaddr_t end)
{
	pte_t *pte;

	map->peak = MAX(map->peak, vm_map_resident_count(map));
	for (vaddr_t at = start; at < end && (pte = pmap_next(&map->pmap, &at, end));
		at += PAGE_SIZE) {
		struct page *page = pte_page(*pte);
		pmap_set(&map->pmap, pte, at, 0);
		page_unref(page);
		map->dropped++;
	}
}

void vm_map_destroy(struct vm_map *map)
{
	struct vm_entry *entry;

	while ((entry = list_first(&map->entries, struct vm_entry, link))) {
		vm_map_drop_pages(map, entry->start, entry->end);
		entry_free(map, entry);
	}
	pmap_commit(&map->pmap);
	pmap_destroy(&map->pmap);
}

/* The first entry that ends above `address`, or NULL. */
static struct vm_entry *first_above(struct vm_map *map, vaddr_t address)
{
	struct vm_entry *entry;

	list_for_each(entry, &map->entries, link) if (entry->end > address) return entry;
	return NULL;
}

struct vm_entry *vm_map_lookup(struct vm_map *map, vaddr_t address)
{
	struct vm_entry *entry = map->hint;

	if (likely(entry && address >= entry->start && address < entry->end))
		return entry;
	entry = first_above(map, address);
	if (!entry || address < entry->start)
		return NULL;
	map->hint = entry;
	return entry;
}

static bool range_ok(const struct vm_map *map, vaddr_t start, u64 length)
{
	return length > 0 && ((start | length) & VM_PAGE_MASK) == 0 && start >= map->min &&
	       start < map->max && length <= map->max - start;
}

struct vm_entry *vm_map_insert(struct vm_map *map, vaddr_t start, vaddr_t end)
{
	struct vm_entry *above = first_above(map, start);
	struct vm_entry *entry = kalloc(sizeof(*entry));

	if (!entry)
		return NULL;
	*entry = (struct vm_entry){.start = start, .end = end};
	list_insert_before(above ? &above->link : &map->entries, &entry->link);
	map->count++;
	map->size += end - start;
	return entry;
}

/* Anonymous private memory next to such memory with the same rights: one entry serves both (a
 * growing brk, a stack). */
static bool is_plain(const struct vm_entry *entry, unsigned prot)
{
	return entry && !entry->object && !entry->shared && entry->prot == prot &&
	       entry->max_prot == VM_PROT_ALL;
}

/* `above`: the first entry behind the range, or NULL. */
static bool extend_neighbour(
	struct vm_map *map, struct vm_entry *above, vaddr_t start, u64 length, unsigned prot)
{
	struct vm_entry *below = vm_map_lookup(map, start - 1);

	if (is_plain(below, prot))
		below->end += length;
	else if (is_plain(above, prot) && above->start == start + length)
		above->start = start;
	else
		return false;
	map->size += length;
	return true;
}

enum kstatus vm_map_enter(struct vm_map *map, vaddr_t start, u64 length, unsigned prot, bool shared,
	struct vm_object *object, u64 offset)
{
	struct vm_object *internal = NULL;

	if (!range_ok(map, start, length))
		return K_INVAL;
	struct vm_entry *above = first_above(map, start);
	if (above && above->start < start + length)
		return K_EXISTS;
	if (!object && !shared && extend_neighbour(map, above, start, length, prot))
		return K_OK;
	if (map->count >= VM_MAP_ENTRIES_MAX)
		return K_NOMEM;
	if (!object && shared) {
		enum kstatus status = vm_object_create(&internal, length >> PAGE_SHIFT, NULL);
		if (status != K_OK)
			return status;
	}
	struct vm_entry *entry = vm_map_insert(map, start, start + length);
	if (!entry) {
		if (internal)
			vm_object_unref(internal);
		return K_NOMEM;
	}
	entry->prot = prot;
	entry->max_prot = VM_PROT_ALL;
	entry->shared = shared;
	entry->object = object ? object : internal;
	entry->offset = offset;
	return K_OK;
}

enum kstatus vm_map_find(struct vm_map *map, u64 length, vaddr_t hint, vaddr_t top, vaddr_t *start)
{
	vaddr_t ceiling = MIN(top, map->max);
	struct vm_entry *entry;

	if (hint && range_ok(map, hint, length)) {
		entry = first_above(map, hint);
		if (!entry || entry->start >= hint + length) {
			*start = hint;
			return K_OK;
		}
	}
	/* From the top down: the gap above each entry, then the one below the lowest. */
	for (struct list *link = map->entries.prev; link != &map->entries; link = link->prev) {
		entry = list_entry(link, struct vm_entry, link);
		if (entry->end <= ceiling && ceiling - entry->end >= length) {
			*start = ceiling - length;
			return K_OK;
		}
		ceiling = MIN(ceiling, entry->start);
	}
	if (ceiling < map->min || ceiling - map->min < length)
		return K_NOMEM;
	*start = ceiling - length;
	return K_OK;
}

/* Makes `address`, inside the entry, a border: the upper part becomes an entry of its own. */
static enum kstatus split(struct vm_map *map, struct vm_entry *entry, vaddr_t address)
{
	if (address <= entry->start || address >= entry->end)
		return K_OK;
	if (map->count >= VM_MAP_ENTRIES_MAX)
		return K_NOMEM;
	struct vm_entry *upper = kalloc(sizeof(*upper));
	if (!upper)
		return K_NOMEM;
	*upper = *entry;
	upper->start = address;
	upper->offset += (address - entry->start) >> PAGE_SHIFT;
	if (upper->object)
		vm_object_ref(upper->object);
	entry->end = address;
	list_insert_before(entry->link.next, &upper->link);
	map->count++;
	return K_OK;
}

/* Borders at both ends of a range, so that each entry lies wholly in it or out of it. */
static enum kstatus split_range(struct vm_map *map, vaddr_t start, vaddr_t end)
{
	struct vm_entry *first = first_above(map, start);
	enum kstatus status = first ? split(map, first, start) : K_OK;

	if (status != K_OK)
		return status;
	struct vm_entry *last = first_above(map, end);
	return last ? split(map, last, end) : K_OK;
}

enum kstatus vm_map_remove(struct vm_map *map, vaddr_t start, u64 length)
{
	vaddr_t end = start + length;

	if (!range_ok(map, start, length))
		return K_INVAL;
	enum kstatus status = split_range(map, start, end);
	if (status != K_OK)
		return status;
	struct vm_entry *entry = first_above(map, start);
	while (entry && entry->start < end) {
		vm_map_drop_pages(map, entry->start, entry->end);
		entry_free(map, entry);
		entry = first_above(map, start);
	}
	pmap_commit(&map->pmap);
	return K_OK;
}

/* Takes rights away from what is mapped; rights that are added come by fault. */
static void restrict_pages(struct vm_map *map, const struct vm_entry *entry)
{
	pte_t *pte;

	for (vaddr_t at = entry->start;
		at < entry->end && (pte = pmap_next(&map->pmap, &at, entry->end));
		at += PAGE_SIZE) {
		struct page *page = pte_page(*pte);
		unsigned prot = entry->prot & (*pte & PTE_WRITE ? VM_PROT_ALL : ~VM_PROT_WRITE);

		pmap_set(&map->pmap, pte, at, pte_make(page, prot));
	}
}

enum kstatus vm_map_protect(struct vm_map *map, vaddr_t start, u64 length, unsigned prot)
{
	vaddr_t end = start + length;

	if (!range_ok(map, start, length))
		return K_INVAL;
	enum kstatus status = split_range(map, start, end);
	for (vaddr_t at = start; status == K_OK && at < end;) {
		struct vm_entry *entry = vm_map_lookup(map, at);
		if (!entry) {
			status = K_NOENT;
		} else if ((prot & ~entry->max_prot) != 0) {
			status = K_DENIED;
		} else {
			entry->prot = prot;
			restrict_pages(map, entry);
			at = entry->end;
		}
	}
	pmap_commit(&map->pmap);
	return status;
}
