/*
 * pmap: the machine-dependent half of an address space.
 *
 * Which frame is mapped at which page, with which rights. The name and the
 * division of labour are Mach's: `vm` above decides, pmap records. Here a pmap is no mere
 * cache, though: for private anonymous memory it is the only record of which frame belongs where,
 * so entries vanish only when somebody removes them.
 *
 * Each present entry holds one reference on its page; whoever overwrites an
 * entry moves the references.
 *
 * Used in two places: in a kernel, where the tree is what the processor
 * walks, and in a user-mode pager, where it mirrors what was mapped to clients.
 * The difference is in the last three functions, which the image provides.
 */
#pragma once

#include <frames/frames.h>
#include <vm/prot.h>

typedef u64 pte_t;

#define PTE_PRESENT  0x1ull
#define PTE_WRITE    0x2ull
#define PTE_USER     0x4ull
#define PTE_ACCESSED 0x20ull
#define PTE_DIRTY    0x40ull
#define PTE_HIDDEN   0x200ull /* ours: holds its page, but nobody may touch it (PROT_NONE) */
#define PTE_NX       (1ull << 63)
#define PTE_ADDRESS  0x000ffffffffff000ull

struct pmap {
	paddr_t root;       /* the root table; a page-table root in a kernel */
	struct list tables; /* the pages of all other tables, through `link` */
};

/* Holds a page (or leads to a table). */
static inline bool pte_present(pte_t pte)
{
	return pte & (PTE_PRESENT | PTE_HIDDEN);
}

static inline struct page *pte_page(pte_t pte)
{
	return phys_page(pte & PTE_ADDRESS);
}

/* The entry for `page` with rights `prot`; whoever may write or execute may read, as the processor
 * has it. */
static inline pte_t pte_make(const struct page *page, unsigned prot)
{
	if (unlikely(prot == VM_PROT_NONE))
		return page_phys(page) | PTE_HIDDEN;
	return page_phys(page) | PTE_PRESENT | PTE_USER | PTE_ACCESSED |
	       (prot & VM_PROT_WRITE ? PTE_WRITE | PTE_DIRTY : 0) |
	       (prot & VM_PROT_EXECUTE ? 0 : PTE_NX);
}

/* An empty map. K_NOMEM. */
enum kstatus must_check pmap_create(struct pmap *pmap);
/* Frees the tables. No entry may be present. */
void pmap_destroy(struct pmap *pmap);

/* Where the entry for `address` is kept; NULL if its table does not exist. */
pte_t *pmap_find(const struct pmap *pmap, vaddr_t address);
/* The same, making the tables that are missing; NULL when memory is out. */
pte_t *pmap_reach(struct pmap *pmap, vaddr_t address);
/* The first present entry in [*address, end): *address becomes its page's. NULL if there is none.
 */
pte_t *pmap_next(const struct pmap *pmap, vaddr_t *address, vaddr_t end);

/*
 * Changes an entry that may have been present. Rights that the old entry gave
 * and the new one does not are gone for certain only after pmap_commit().
 */
static inline void pmap_set(struct pmap *pmap, pte_t *entry, vaddr_t address, pte_t value);

/* --- given by the image: the kernel's hardware, or a pager's kernel ------------ */

/* Gives an empty root table its kernel's half, in a kernel; and takes it away again. */
void pmap_root_init(void *root_page);
void pmap_root_clear(void *root_page);
/* A present entry was replaced by `value`. */
void pmap_changed(struct pmap *pmap, vaddr_t address, pte_t old, pte_t value);
/* All changes so far take effect. */
void pmap_commit(struct pmap *pmap);

static inline void pmap_set(struct pmap *pmap, pte_t *entry, vaddr_t address, pte_t value)
{
	pte_t old = *entry;

	*entry = value;
	if (pte_present(old))
		pmap_changed(pmap, address, old, value);
}
