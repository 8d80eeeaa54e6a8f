/* On the host no processor walks the tree: a root starts empty, and changes need no flush. */
#include <pmap/pmap.h>

void pmap_root_init(void *root_page)
{
	(void)root_page;
}

void pmap_root_clear(void *root_page)
{
	(void)root_page;
}

void pmap_changed(struct pmap *pmap, vaddr_t address, pte_t old, pte_t value)
{
	(void)pmap;
	(void)address;
	(void)old;
	(void)value;
}

void pmap_commit(struct pmap *pmap)
{
	(void)pmap;
}
