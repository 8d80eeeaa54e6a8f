/*
 * Copying a map, its private memory on write.
 *
 * Each private page that is mapped gets one more reference and loses the right
 * to be written, in both maps; the first to write gets a copy (fault.c), and
 * the last one left simply gets the right back.
 */
#include <vm/maps/private.h>

static enum kstatus copy_entry(struct vm_map *child, const struct vm_entry *entry)
{
	struct vm_entry *copy = vm_map_insert(child, entry->start, entry->end);

	if (!copy)
		return K_NOMEM;
	copy->prot = entry->prot;
	copy->max_prot = entry->max_prot;
	copy->shared = entry->shared;
	copy->object = entry->object;
	copy->offset = entry->offset;
	if (copy->object)
		vm_object_ref(copy->object);
	return K_OK;
}

static enum kstatus share_pages(
	struct vm_map *child, struct vm_map *parent, const struct vm_entry *entry)
{
	pte_t *pte;

	for (vaddr_t at = entry->start;
		at < entry->end && (pte = pmap_next(&parent->pmap, &at, entry->end));
		at += PAGE_SIZE) {
		pte_t *copy = pmap_reach(&child->pmap, at);
		if (!copy)
			return K_NOMEM;
		if (!entry->shared && (*pte & PTE_WRITE))
			pmap_set(&parent->pmap, pte, at, *pte & ~PTE_WRITE);
		page_ref(pte_page(*pte));
		*copy = *pte;
		child->inherited++;
	}
	return K_OK;
}

enum kstatus vm_map_fork(struct vm_map *child, struct vm_map *parent)
{
	struct vm_entry *entry;
	enum kstatus status = K_OK;

	list_for_each(entry, &parent->entries, link)
	{
		status = copy_entry(child, entry);
		if (status == K_OK)
			status = share_pages(child, parent, entry);
		if (status != K_OK)
			break;
	}
	pmap_commit(&parent->pmap);
	return status;
}
