/*
 * The pager inside an L4 server: revocation in batches, mapping in the reply.
 *
 * L4's unmap names the server's own page, and takes it from everybody who has it from the server. A
 * page that several clients share is so taken from all; those that may keep it fault, find it in
 * their map, and get it again.
 */
#include <l4_pager.h>
#include <pager/memory_image.h>
#include <pager/pager.h>

static struct l4_utcb *utcb;
static const struct pmap *detached;
static const struct pmap *fault_map; /* NULL: no fault is being resolved */
static vaddr_t fault_page;

unsigned l4_pager_pending; /* fpages in the UTCB, from MR0 on */

void l4_pager_init(struct l4_utcb *own_utcb)
{
	utcb = own_utcb;
}

void l4_pager_detach(const struct pmap *pmap)
{
	detached = pmap;
}

void l4_pager_flush(void)
{
	if (l4_pager_pending == 0)
		return;
	s64 result = l4_unmap(l4_pager_pending, false);
	if (result < 0)
		panic("the kernel refuses to unmap: error %ld", (long)-result);
	l4_pager_pending = 0;
}

static unsigned rights_of(pte_t pte)
{
	if (!(pte & PTE_PRESENT))
		return VM_PROT_NONE;
	return VM_PROT_READ | (pte & PTE_WRITE ? VM_PROT_WRITE : 0) |
	       (pte & PTE_NX ? 0 : VM_PROT_EXECUTE);
}

/* --- what pmap asks of its image ----------------------------------------- */

void pmap_root_init(void *root_page)
{
	(void)root_page; /* no processor walks it */
}

void pmap_root_clear(void *root_page)
{
	(void)root_page;
}

void pmap_changed(struct pmap *pmap, vaddr_t address, pte_t old, pte_t value)
{
	bool same_frame = ((old ^ value) & PTE_ADDRESS) == 0;
	unsigned lost = same_frame ? rights_of(old) & ~rights_of(value) : rights_of(old);

	if (lost == 0 || pmap == detached)
		return;
	if (!same_frame && pmap == fault_map && address == fault_page && pte_present(value))
		return; /* the reply puts the new page in the place of the old */
	if (l4_pager_pending == L4_MRS)
		l4_pager_flush();
	utcb->mr[l4_pager_pending++] = l4_fpage(old & PTE_ADDRESS, L4_FPAGE_MIN, lost);
}

void pmap_commit(struct pmap *pmap)
{
	(void)pmap;
	l4_pager_flush();
}

/* --- faults -------------------------------------------------------------- */

void l4_pager_begin_fault(const struct pmap *pmap, vaddr_t address)
{
	fault_map = pmap;
	fault_page = ALIGN_DOWN(address, PAGE_SIZE);
}

void l4_pager_answer(struct l4_message *reply)
{
	pte_t pte = *pmap_find(fault_map, fault_page);

	fault_map = NULL;
	reply->tag = l4_tag(0, 0, 2);
	reply->mr[0] = l4_map_item(fault_page);
	reply->mr[1] = l4_fpage(pte & PTE_ADDRESS, L4_FPAGE_MIN, rights_of(pte));
}

/* --- memory objects: files of the initial RAM disk, which the server sees  */

enum kstatus pager_page_in(struct vm_object *object, u64 index)
{
	return memory_image_page_in(object, index);
}

void pager_object_gone(struct vm_object *object)
{
	(void)object; /* the image belongs to the file */
}
