/*
 * Address spaces: a page table, and for the root task the memory itself.
 *
 * The root task sees every frame that the kernel does not keep, at its
 * physical address, from the start (as sigma0 would give it away on request): in runs of
 * 2 MiB, mapped by one entry each, which the last level of its page table knows nothing
 * of. So what it owns is asked of a bit map.
 */
#include <l4.h>
#include <objects/objects.h>

#define RUN_SHIFT      (PAGE_SHIFT + FRAMES_MAX_ORDER)
#define RUNS_MAX       32768 /* 64 GiB */
#define ENTRY_LARGE    0x80ull
#define ENTRY_UNCACHED 0x18ull

static struct object_cache space_cache;
static u64 root_runs[RUNS_MAX / 64];

void l4_space_init(void)
{
	object_cache_init(&space_cache, "l4_space", sizeof(struct l4_space), 8);
}

enum kstatus l4_space_create(struct l4_space **out)
{
	struct l4_space *space = object_alloc(&space_cache);

	if (!space)
		return K_NOMEM;
	*space = (struct l4_space){0};
	enum kstatus status = pmap_create(&space->pmap);
	if (status != K_OK)
		object_free(&space_cache, space);
	else
		*out = space;
	return status;
}

void l4_space_destroy(struct l4_space *space)
{
	assert(space->threads == 0 && !space->root);
	l4_unmap_all(space);
	pmap_destroy(&space->pmap);
	object_free(&space_cache, space);
}

enum kstatus l4_space_pin(struct l4_space *space, vaddr_t address, bool writable, void **bytes)
{
	pte_t *pte = pmap_reach(&space->pmap, address);

	if (!pte)
		return K_NOMEM;
	if (pte_present(*pte))
		return K_EXISTS;
	struct page *page = frame_alloc();
	if (!page)
		return K_NOMEM;
	*bytes = page_bytes(page);
	page_zero(*bytes);
	*pte = pte_make(page, writable ? VM_PROT_READ | VM_PROT_WRITE : VM_PROT_READ) |
	       L4_PTE_PINNED;
	return K_OK;
}

void l4_space_unpin(struct l4_space *space, vaddr_t address)
{
	pte_t *pte = pmap_find(&space->pmap, address);

	assert(pte && (*pte & L4_PTE_PINNED));
	struct page *page = pte_page(*pte);
	pmap_set(&space->pmap, pte, address, 0);
	page_unref(page);
}

bool l4_root_owns(paddr_t address)
{
	u64 run = address >> RUN_SHIFT;

	return run < RUNS_MAX && (root_runs[run / 64] >> run % 64 & 1);
}

void *l4_space_bytes(const struct l4_space *space, vaddr_t address, unsigned access)
{
	if (space->root)
		return l4_root_owns(address) ? phys_to_virt(address) : NULL;
	if (address >= USER_MAX)
		return NULL;
	const pte_t *pte = pmap_find(&space->pmap, address);
	if (!pte || !(*pte & PTE_PRESENT) || ((access & VM_PROT_WRITE) && !(*pte & PTE_WRITE)))
		return NULL;
	return (char *)page_bytes(pte_page(*pte)) + (address & (PAGE_SIZE - 1));
}

/* The table one level below, made if it is missing. */
static pte_t *table_below(pte_t *entry)
{
	if (!pte_present(*entry)) {
		struct page *page = frame_alloc();
		if (!page)
			panic("no memory for the root task's page tables");
		page_zero(page_bytes(page));
		*entry = page_phys(page) | PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED;
	}
	return page_bytes(pte_page(*entry));
}

static void map_large(struct l4_space *space, paddr_t start, u64 flags)
{
	pte_t *level4 = page_bytes(phys_page(space->pmap.root));
	pte_t *level3 = table_below(&level4[start >> 39 & 511]);
	pte_t *level2 = table_below(&level3[start >> 30 & 511]);

	level2[start >> 21 & 511] = start | flags | PTE_PRESENT | PTE_WRITE | PTE_USER |
				    PTE_ACCESSED | PTE_DIRTY | ENTRY_LARGE | PTE_NX;
}

void l4_root_give_device(struct l4_space *space, paddr_t start)
{
	map_large(space, start, ENTRY_UNCACHED);
}

void l4_root_give(struct l4_space *space, paddr_t start, bool map)
{
	u64 run = start >> RUN_SHIFT;

	assert(run < RUNS_MAX);
	root_runs[run / 64] |= 1ull << run % 64;
	if (map)
		map_large(space, start, 0);
}
