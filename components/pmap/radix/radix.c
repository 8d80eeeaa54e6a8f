/*
 * The four-level tree. Entries of the upper levels point to tables with full
 * rights; rights are decided in the last level. Only the lower half of the
 * root, user addresses, belongs to a pmap.
 */
#include <pmap/pmap.h>

#define LEVELS        4
#define INDEX_BITS    9
#define ENTRIES       512
#define USER_ENTRIES  256
#define TABLE_FLAGS   (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED)
#define LEVEL_SHIFT(level) (PAGE_SHIFT + INDEX_BITS * ((level)-1))

static unsigned index_at(vaddr_t address, unsigned level)
{
	return address >> LEVEL_SHIFT(level) & (ENTRIES - 1);
}

static pte_t *table_at(pte_t entry)
{
	return page_bytes(pte_page(entry));
}

enum kstatus pmap_create(struct pmap *pmap)
{
	struct page *root = frame_alloc();

	if (!root)
		return K_NOMEM;
	pmap_root_init(page_bytes(root));
	pmap->root = page_phys(root);
	return K_OK;
}

static void free_tables(pte_t *table, unsigned level, unsigned entries)
{
	for (unsigned i = 0; i < entries; i++) {
		if (!pte_present(table[i]))
			continue;
		assert(level > 1);
		if (level > 2)
			free_tables(table_at(table[i]), level - 1, ENTRIES);
		page_unref(pte_page(table[i]));
	}
}

void pmap_destroy(struct pmap *pmap)
{
	struct page *root = phys_page(pmap->root);

	free_tables(page_bytes(root), LEVELS, USER_ENTRIES);
	page_unref(root);
	pmap->root = 0;
}

pte_t *pmap_find(const struct pmap *pmap, vaddr_t address)
{
	pte_t *table = page_bytes(phys_page(pmap->root));

	for (unsigned level = LEVELS; level > 1; level--) {
		pte_t entry = table[index_at(address, level)];
		if (!pte_present(entry))
			return NULL;
		table = table_at(entry);
	}
	return &table[index_at(address, 1)];
}

static bool add_table(pte_t *entry)
{
	struct page *page = frame_alloc();

	if (!page)
		return false;
	page_zero(page_bytes(page));
	*entry = page_phys(page) | TABLE_FLAGS;
	return true;
}

pte_t *pmap_reach(struct pmap *pmap, vaddr_t address)
{
	pte_t *table = page_bytes(phys_page(pmap->root));

	for (unsigned level = LEVELS; level > 1; level--) {
		pte_t *entry = &table[index_at(address, level)];
		if (unlikely(!pte_present(*entry)) && !add_table(entry))
			return NULL;
		table = table_at(*entry);
	}
	return &table[index_at(address, 1)];
}

/* Looks at [*address, end) within one table; on a miss *address has moved past the table. */
static pte_t *next_in(pte_t *table, unsigned level, vaddr_t *address, vaddr_t end)
{
	u64 span = 1ull << LEVEL_SHIFT(level);

	for (unsigned i = index_at(*address, level); i < ENTRIES && *address < end; i++) {
		if (pte_present(table[i])) {
			if (level == 1)
				return &table[i];
			pte_t *found = next_in(table_at(table[i]), level - 1, address, end);
			if (found || *address >= end)
				return found;
		} else {
			*address = ALIGN_DOWN(*address, span) + span;
		}
	}
	return NULL;
}

pte_t *pmap_next(const struct pmap *pmap, vaddr_t *address, vaddr_t end)
{
	return next_in(page_bytes(phys_page(pmap->root)), LEVELS, address, end);
}
