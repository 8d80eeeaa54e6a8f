/*
 * Virtual copies: memory that is moved from map to map without its bytes being moved.
 *
 * A copy is an internal object that holds the pages as they were. A private page is shared with it
 * and loses the right to be written, as at a fork: whoever writes first gets a page of his own
 * (fault.c). What cannot be protected so is copied: pages that others may write through an object,
 * and the two ends, where a page holds bytes that were not asked for. What nobody ever touched is
 * not in the copy: it is zero there as well.
 */
#include <vm/maps/private.h>

/* Others may write this page without a look at this map. */
static bool is_of_object(const struct vm_entry *entry, vaddr_t at, const struct page *page)
{
	u64 index = entry->offset + ((at - entry->start) >> PAGE_SHIFT);

	return entry->object && vm_object_lookup(entry->object, index) == page;
}

/* A page of its own with the bytes [low, high) of `original`, and zero around them. */
static struct page *copy_part(struct page *original, u64 low, u64 high)
{
	struct page *copy = frame_alloc();

	if (!copy)
		return NULL;
	char *bytes = page_bytes(copy);
	page_zero(bytes);
	memcpy(bytes + low, (const char *)page_bytes(original) + low, high - low);
	return copy;
}

/* The page at `at`, of which [low, high) is wanted, with a reference; NULL: it is all zero. May
 * block. */
static enum kstatus snapshot(struct vm_map *map, vaddr_t at, u64 low, u64 high, struct page **out)
{
	struct vm_entry *entry = vm_map_lookup(map, at);
	pte_t *pte = pmap_find(&map->pmap, at);
	struct page *page;

	*out = NULL;
	if (!entry || entry->prot == VM_PROT_NONE)
		return K_FAULT;
	if (!entry->object && (!pte || !pte_present(*pte)))
		return K_OK;
	enum kstatus status = vm_map_page(map, at, VM_PROT_READ, &page);
	if (status != K_OK)
		return status;
	entry = vm_map_lookup(map, at); /* it may be another by now */
	pte = pmap_find(&map->pmap, at);
	if (high - low < PAGE_SIZE || entry->shared || is_of_object(entry, at, page)) {
		*out = copy_part(page, low, high);
		return *out ? K_OK : K_NOMEM;
	}
	if (*pte & PTE_WRITE)
		pmap_set(&map->pmap, pte, at, *pte & ~PTE_WRITE);
	page_ref(page);
	*out = page;
	return K_OK;
}

enum kstatus vm_map_copy(struct vm_map *map, vaddr_t start, u64 length, struct vm_object **out)
{
	vaddr_t base = ALIGN_DOWN(start, PAGE_SIZE);
	struct vm_object *copy = NULL;

	if (length == 0 || start < map->min || start >= map->max || length > map->max - start)
		return K_FAULT;
	u64 pages = (start + length - base + VM_PAGE_MASK) >> PAGE_SHIFT;
	enum kstatus status = vm_object_create(&copy, pages, NULL);
	for (u64 i = 0; status == K_OK && i < pages; i++) {
		vaddr_t at = base + (i << PAGE_SHIFT);
		u64 low = at < start ? start - at : 0, high = MIN(start + length - at, PAGE_SIZE);
		struct page *page;

		status = snapshot(map, at, low, high, &page);
		if (status != K_OK || !page)
			continue;
		status = vm_object_insert(copy, i, page);
		if (status != K_OK)
			page_unref(page);
	}
	pmap_commit(&map->pmap);
	if (status == K_OK)
		*out = copy;
	else if (copy)
		vm_object_unref(copy);
	return status;
}

enum kstatus vm_map_paste(struct vm_map *map, const struct vm_object *copy, vaddr_t *start)
{
	u64 length = copy->pages << PAGE_SHIFT;
	enum kstatus status = vm_map_find(map, length, 0, map->max, start);

	if (status == K_OK)
		status = vm_map_enter(
			map, *start, length, VM_PROT_READ | VM_PROT_WRITE, false, NULL, 0);
	if (status != K_OK)
		return status;
	for (u64 i = 0; i < copy->pages; i++) {
		struct page *page = vm_object_lookup(copy, i);
		vaddr_t at = *start + (i << PAGE_SHIFT);
		pte_t *pte;

		if (!page)
			continue;
		pte = pmap_reach(&map->pmap, at);
		if (!pte) {
			check(vm_map_remove(map, *start, length) == K_OK); /* a whole entry */
			return K_NOMEM;
		}
		page_ref(page);
		map->inherited++;
		*pte = pte_make(page, VM_PROT_READ); /* the first write finds out whose it is */
	}
	return K_OK;
}
