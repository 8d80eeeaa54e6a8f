/* What the contract test of slot ipc runs for this part: the mapping database in a kernel. */
#pragma once

#include <l4.h>

#include <mapping_model.h>

#define MODEL_STEPS 3000

static struct l4_space model_root = {.root = true};
static paddr_t model_run; /* frames that the root task of the test has */

u64 next_random(void)
{
	static u64 state = 0x9e3779b97f4a7c15ull;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

u64 kernel_frame(unsigned which)
{
	return model_run + which * PAGE_SIZE;
}

struct l4_space *kernel_root_space(void)
{
	return &model_root;
}

struct l4_space *kernel_space(void)
{
	struct l4_space *space;

	check(l4_space_create(&space) == K_OK);
	return space;
}

void kernel_space_end(struct l4_space *space)
{
	l4_space_destroy(space);
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

static inline struct mapping_result contract_mapping(void)
{
	struct page *run = frames_alloc(FRAMES_MAX_ORDER);

	check(run);
	model_run = page_phys(run);
	l4_root_give(&model_root, model_run, false);
	return mapping_model(MODEL_STEPS);
}
