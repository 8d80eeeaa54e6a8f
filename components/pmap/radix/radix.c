/*
 * The four-level tree. Entries of the upper levels point to tables with full
 * rights; rights are decided in the last level. Only the lower half of the
 * root, user addresses, belongs to a pmap. All tables are chained, the newest
 * first, and know the entry that leads to them: when the map goes none has to be
 * looked for, and each is empty when it is freed.
 */
#include <pmap/pmap.h>

#define LEVELS             4
#define INDEX_BITS         9
#define ENTRIES            512
#define TABLE_FLAGS        (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED)
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
	struct page *root = frame_alloc_clear();

	if (!root)
		return K_NOMEM;
	pmap_root_init(page_bytes(root));
	pmap->root = page_phys(root);
	list_init(&pmap->tables);
	return K_OK;
}

static void free_empty(struct page *table)
{
	assert(table->refs == 1);
	table->refs = 0;
	frame_free_clear(table);
}

void pmap_destroy(struct pmap *pmap)
{
	struct page *table, *after;

	list_for_each_safe(table, after, &pmap->tables, link)
	{
		*(pte_t *)table->owner = 0;
		free_empty(table);
	}
	pmap_root_clear(page_bytes(phys_page(pmap->root)));
	free_empty(phys_page(pmap->root));
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

static noinline bool add_table(struct pmap *pmap, pte_t *entry)
{
	struct page *page = frame_alloc_clear();

	if (!page)
		return false;
	page->owner = (uintptr_t)entry;
	list_push_front(&pmap->tables, &page->link);
	*entry = page_phys(page) | TABLE_FLAGS;
	return true;
}

pte_t *pmap_reach(struct pmap *pmap, vaddr_t address)
{
	pte_t *table = page_bytes(phys_page(pmap->root));

	for (unsigned level = LEVELS; level > 1; level--) {
		pte_t *entry = &table[index_at(address, level)];
		if (unlikely(!pte_present(*entry)) && !add_table(pmap, entry))
			return NULL;
		table = table_at(*entry);
	}
	return &table[index_at(address, 1)];
}

/*
 * The first index from `i` on whose entry is not empty, or one that is not below
 * `limit`. Tables are mostly empty, so it goes eight at a time.
 */
static unsigned skip_empty(const pte_t *table, unsigned i, unsigned limit)
{
	while (i % 8 != 0 && i < limit && !table[i])
		i++;
	if (i % 8 != 0)
		return i;
	while (i < limit && !(table[i] | table[i + 1] | table[i + 2] | table[i + 3] | table[i + 4] |
				    table[i + 5] | table[i + 6] | table[i + 7]))
		i += 8;
	while (i < limit && !table[i])
		i++;
	return i;
}

/*
 * One walk from the root finds the table of the last level, or the empty entry
 * above it that says how far to skip. The walk begins anew behind what was
 * looked at: rarely, for most calls end where they began, in one table.
 */
pte_t *pmap_next(const struct pmap *pmap, vaddr_t *address, vaddr_t end)
{
	while (*address < end) {
		pte_t *table = page_bytes(phys_page(pmap->root));
		unsigned level = LEVELS, i = index_at(*address, LEVELS);

		while (level > 1 && pte_present(table[i])) {
			table = table_at(table[i]);
			i = index_at(*address, --level);
		}
		if (level == 1 && table[i])
			return &table[i];
		u64 span = 1ull << LEVEL_SHIFT(level);
		vaddr_t base = ALIGN_DOWN(*address, span * ENTRIES);
		unsigned limit = MIN((end - base + span - 1) >> LEVEL_SHIFT(level), (u64)ENTRIES);

		i = skip_empty(table, i + 1, limit);
		*address = base + i * span;
		if (level == 1 && i < limit)
			return &table[i];
	}
	return NULL;
}
