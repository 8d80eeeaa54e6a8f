/* In a kernel the tree is the processor's page table. */
#include <arch/arch.h>
#include <pmap/pmap.h>

void pmap_root_init(void *root_page)
{
	arch_root_init(root_page);
}

void pmap_root_clear(void *root_page)
{
	arch_root_clear(root_page);
}

void pmap_changed(struct pmap *pmap, vaddr_t address, pte_t old, pte_t value)
{
	(void)old;
	(void)value;
	if (read_cr3() == pmap->root)
		tlb_invalidate(address);
}

void pmap_commit(struct pmap *pmap)
{
	(void)pmap; /* each change took effect at once */
}
