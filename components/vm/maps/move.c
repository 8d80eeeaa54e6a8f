/*
 * What a mapping's owner may do to it besides: have it elsewhere, forget what it wrote, ask what is
 * there.
 */
#include <vm/maps/private.h>

static void take_pages_along(struct vm_map *map, vaddr_t from, vaddr_t to, u64 length)
{
	pte_t *pte;

	for (vaddr_t at = from;
		at < from + length && (pte = pmap_next(&map->pmap, &at, from + length));
		at += PAGE_SIZE) {
		*pmap_find(&map->pmap, to + (at - from)) = *pte;
		pmap_set(&map->pmap, pte, at, 0);
	}
}

/* The tables for the pages that are to come, so that nothing can fail any more. */
static bool make_tables(struct vm_map *map, vaddr_t from, vaddr_t to, u64 length)
{
	for (vaddr_t at = from; at < from + length && pmap_next(&map->pmap, &at, from + length);
		at += PAGE_SIZE) {
		if (!pmap_reach(&map->pmap, to + (at - from)))
			return false;
	}
	return true;
}

enum kstatus vm_map_remap(
	struct vm_map *map, vaddr_t from, u64 skip, vaddr_t to, u64 length, u64 moved)
{
	const struct vm_entry *entry = vm_map_lookup(map, from);

	if (!entry)
		return K_NOENT;
	struct vm_entry original = *entry;
	u64 offset = original.offset + ((from - original.start + skip) >> PAGE_SHIFT);
	if (!make_tables(map, from, to, moved))
		return K_NOMEM;
	if (original.object)
		vm_object_ref(original.object);
	enum kstatus status = vm_map_enter(map, to, length, original.prot, original.shared,
		original.object, original.object ? offset : 0);
	if (status != K_OK) {
		if (original.object)
			vm_object_unref(original.object);
		return status;
	}
	vm_map_lookup(map, to)->max_prot = original.max_prot;
	take_pages_along(map, from, to, moved);
	pmap_commit(&map->pmap);
	return K_OK;
}

enum kstatus vm_map_discard(struct vm_map *map, vaddr_t start, u64 length)
{
	if (length == 0 || ((start | length) & VM_PAGE_MASK) != 0 || length > map->max - start)
		return K_INVAL;
	vm_map_drop_pages(map, start, start + length);
	pmap_commit(&map->pmap);
	return K_OK;
}

/* Whether touching the page would need no more than its entry in the table. */
static bool is_resident(struct vm_map *map, vaddr_t address)
{
	const pte_t *pte = pmap_find(&map->pmap, address);

	if (pte && pte_present(*pte))
		return true;
	const struct vm_entry *entry = vm_map_lookup(map, address);
	return entry && entry->object &&
	       vm_object_lookup(
		       entry->object, entry->offset + ((address - entry->start) >> PAGE_SHIFT));
}

void vm_map_resident(struct vm_map *map, vaddr_t start, u64 pages, u8 *resident)
{
	for (u64 i = 0; i < pages; i++)
		resident[i] = is_resident(map, start + i * PAGE_SIZE);
}
