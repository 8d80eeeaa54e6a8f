/*
 * The kernel's side: mapping.c, compiled for the host, and as little around it as it needs.
 * Every frame of the arena is the root task's.
 */
#include <frames/test_frames.h>
#include <l4.h>
#include <stdlib.h>

#include "l4_test.h"

struct l4_utcb server_utcb;
static struct l4_space root = {.root = true};

bool l4_root_owns(paddr_t address)
{
	return address < frames_limit << PAGE_SHIFT;
}

void *l4_space_bytes(const struct l4_space *space, vaddr_t address, unsigned access)
{
	(void)space, (void)address, (void)access;
	return NULL;
}

/* No processor caches these entries. */
void kernel_pmap_changed(struct pmap *pmap, vaddr_t address, pte_t old, pte_t value)
{
	(void)pmap, (void)address, (void)old, (void)value;
}

void kernel_init(void)
{
	test_frames_init();
	l4_mapping_init();
}

struct l4_space *kernel_root_space(void)
{
	return &root;
}

struct l4_space *kernel_space(void)
{
	struct l4_space *space = calloc(1, sizeof(*space));

	check(space && pmap_create(&space->pmap) == K_OK);
	return space;
}

void kernel_space_end(struct l4_space *space)
{
	l4_unmap_all(space);
	pmap_destroy(&space->pmap);
	free(space);
}

bool kernel_look(struct l4_space *space, u64 address, u64 *frame, unsigned *rights)
{
	const pte_t *pte = pmap_find(&space->pmap, address);

	if (!pte || !pte_present(*pte))
		return false;
	*frame = *pte & PTE_ADDRESS;
	*rights = VM_PROT_READ | (*pte & PTE_WRITE ? VM_PROT_WRITE : 0) |
		  (*pte & PTE_NX ? 0 : VM_PROT_EXECUTE);
	return true;
}

unsigned kernel_map(
	struct l4_space *from, u64 source, struct l4_space *to, u64 target, unsigned rights)
{
	return l4_map(from, target, l4_fpage(source, L4_FPAGE_MIN, rights), to, L4_FPAGE_COMPLETE);
}

void kernel_unmap(struct l4_space *space, u64 address, unsigned rights, bool own)
{
	l4_unmap(space, l4_fpage(address, L4_FPAGE_MIN, rights), own);
}

void kernel_unmap_all(struct l4_space *space)
{
	l4_unmap_all(space);
}
