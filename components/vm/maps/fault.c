/*
 * Page faults: what to do when a page is not there, or not writable.
 *
 * The common case, the first touch of private anonymous memory, comes first and reads straight
 * down: look the entry up, reach the place in the pmap, take a frame, zero it, map it.
 */
#include <vm/maps/private.h>

static bool access_allowed(const struct vm_entry *entry, unsigned access)
{
	if (access & VM_FORCE)
		return true;
	if (access & VM_PROT_READ)
		return entry->prot != VM_PROT_NONE;
	return (access & ~entry->prot) == 0;
}

/* A private page that others hold too is mapped without the right to write. */
static pte_t entry_pte(const struct vm_entry *entry, const struct page *page)
{
	bool copy_on_write = !entry->shared && page->refs > 1;

	if (copy_on_write && entry->prot != VM_PROT_NONE)
		return pte_make(page, (entry->prot & ~VM_PROT_WRITE) | VM_PROT_READ);
	return pte_make(page, entry->prot);
}

/* Maps a copy of `original` that is this map's alone. */
static noinline enum kstatus map_copy(struct vm_map *map, const struct vm_entry *entry, pte_t *pte,
	vaddr_t address, struct page *original)
{
	struct page *copy = frame_alloc();

	if (!copy)
		return K_NOMEM;
	page_copy(page_bytes(copy), page_bytes(original));
	pmap_set(&map->pmap, pte, address, pte_make(copy, entry->prot));
	return K_OK;
}

/* The page is there but the access was refused: copy on write, or rights that were added since. */
static enum kstatus upgrade(struct vm_map *map, const struct vm_entry *entry, pte_t *pte,
	vaddr_t address, unsigned access)
{
	struct page *page = pte_page(*pte);

	if (!entry->shared && page->refs > 1 && (access & VM_PROT_WRITE)) {
		enum kstatus status = map_copy(map, entry, pte, address, page);
		if (status == K_OK)
			page_unref(page);
		return status;
	}
	pmap_set(&map->pmap, pte, address, entry_pte(entry, page));
	return K_OK;
}

/* The object's page, mapped or copied. An internal object grows on demand. */
static enum kstatus map_object_page(struct vm_map *map, const struct vm_entry *entry, pte_t *pte,
	vaddr_t address, struct page *page, unsigned access)
{
	if (!entry->shared && (access & VM_PROT_WRITE))
		return map_copy(map, entry, pte, address, page);
	page_ref(page);
	pmap_set(&map->pmap, pte, address, entry_pte(entry, page));
	return K_OK;
}

static enum kstatus supply(struct vm_object *object, u64 index)
{
	if (!object->internal)
		return pager_page_in(object, index);
	struct page *page = frame_alloc();
	if (!page)
		return K_NOMEM;
	page_zero(page_bytes(page));
	enum kstatus status = vm_object_insert(object, index, page);
	if (status != K_OK)
		page_unref(page);
	return status;
}

/*
 * The page is not in the pmap. When its object lacks it too, the pager is
 * asked, which may block: everything is looked up again after that (`retry`).
 */
static noinline enum kstatus fault_object(struct vm_map *map, const struct vm_entry *entry,
	vaddr_t address, unsigned access, bool *retry)
{
	u64 index = entry->offset + ((address - entry->start) >> PAGE_SHIFT);
	struct vm_object *object = entry->object;
	struct page *page = vm_object_lookup(object, index);

	if (page) {
		pte_t *pte = pmap_reach(&map->pmap, address);
		enum kstatus status =
			pte ? map_object_page(map, entry, pte, address, page, access) : K_NOMEM;
		map->filled += status == K_OK;
		return status;
	}
	if (index >= object->pages)
		return K_RANGE;
	vm_object_ref(object); /* the entry may be gone when the pager has answered */
	enum kstatus status = supply(object, index);
	vm_object_unref(object);
	*retry = status == K_OK || status == K_EXISTS;
	return status;
}

enum kstatus vm_fault(struct vm_map *map, vaddr_t address, unsigned access)
{
	bool retry;

	do {
		struct vm_entry *entry = vm_map_lookup(map, address);
		if (unlikely(!entry || !access_allowed(entry, access)))
			return entry ? K_DENIED : K_FAULT;
		pte_t *pte = pmap_reach(&map->pmap, address);
		if (unlikely(!pte))
			return K_NOMEM;
		address = ALIGN_DOWN(address, PAGE_SIZE);
		if (pte_present(*pte)) {
			map->upgraded++;
			return upgrade(map, entry, pte, address, access);
		}
		if (likely(!entry->object)) {
			struct page *page = frame_alloc();
			if (unlikely(!page))
				return K_NOMEM;
			page_zero(page_bytes(page));
			*pte = pte_make(page, entry->prot);
			map->filled++;
			return K_OK;
		}
		retry = false;
		enum kstatus status = fault_object(map, entry, address, access, &retry);
		if (!retry)
			return status;
	} while (true);
}

static bool pte_allows(pte_t pte, unsigned access)
{
	if (!(pte & PTE_PRESENT))
		return false;
	return !(access & VM_PROT_WRITE) || (pte & PTE_WRITE);
}

enum kstatus vm_map_page(struct vm_map *map, vaddr_t address, unsigned access, struct page **page)
{
	pte_t *pte = address < map->max ? pmap_find(&map->pmap, address) : NULL;

	if (!pte || !pte_allows(*pte, access)) {
		enum kstatus status = vm_fault(map, address, access);
		if (status != K_OK)
			return status;
		pte = pmap_find(&map->pmap, address);
		check(pte && pte_present(*pte));
	}
	*page = pte_page(*pte);
	return K_OK;
}

enum kstatus vm_map_copyin(struct vm_map *map, void *to, vaddr_t from, size_t n)
{
	char *out = to;

	while (n > 0) {
		struct page *page;
		u64 offset = from & VM_PAGE_MASK, part = MIN(n, PAGE_SIZE - offset);
		enum kstatus status = vm_map_page(map, from, VM_PROT_READ, &page);
		if (status != K_OK)
			return status;
		memcpy(out, (const char *)page_bytes(page) + offset, part);
		out += part;
		from += part;
		n -= part;
	}
	return K_OK;
}

enum kstatus vm_map_write(
	struct vm_map *map, vaddr_t to, const void *from, size_t n, unsigned access)
{
	const char *in = from;

	while (n > 0) {
		struct page *page;
		u64 offset = to & VM_PAGE_MASK, part = MIN(n, PAGE_SIZE - offset);
		enum kstatus status = vm_map_page(map, to, access, &page);
		if (status != K_OK)
			return status;
		memcpy((char *)page_bytes(page) + offset, in, part);
		in += part;
		to += part;
		n -= part;
	}
	return K_OK;
}

enum kstatus vm_map_copyout(struct vm_map *map, vaddr_t to, const void *from, size_t n)
{
	return vm_map_write(map, to, from, n, VM_PROT_WRITE);
}

enum kstatus vm_map_copyin_string(
	struct vm_map *map, char *to, vaddr_t from, size_t size, size_t *length)
{
	for (size_t done = 0; done < size;) {
		struct page *page;
		u64 offset = from & VM_PAGE_MASK, part = MIN(size - done, PAGE_SIZE - offset);
		enum kstatus status = vm_map_page(map, from, VM_PROT_READ, &page);
		if (status != K_OK)
			return status == K_RANGE ? K_FAULT : status; /* which has a meaning here */
		const char *bytes = (const char *)page_bytes(page) + offset;
		size_t n = strnlen(bytes, part);
		memcpy(to + done, bytes, n);
		done += n;
		from += part;
		if (n < part) {
			to[done] = '\0';
			*length = done;
			return K_OK;
		}
	}
	return K_RANGE;
}
