/* pmap: random changes against a flat model, and every frame given back at the end. */
#include <pmap/pmap.h>
#include <tap.h>
#include <frames/test_frames.h>

void contract_test_pmap(void);

#define SLOTS  64
#define ROUNDS 4000

static u64 random_state = 0x706d6170;

static u64 next_random(void)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return random_state >> 33;
}

/* Addresses that share tables at every level, and some that share none. */
static vaddr_t slot_address(unsigned slot)
{
	static const vaddr_t bases[4] = {
		0x400000, 0x400000 + (1ull << 21), 0x7fff00000000, 0x12345678000};

	return bases[slot % 4] + (u64)(slot / 4) * (slot % 3 == 0 ? PAGE_SIZE : 7 * PAGE_SIZE);
}

static bool matches_model(const struct pmap *pmap, const pte_t *model)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		pte_t *pte = pmap_find(pmap, slot_address(i));
		if ((pte ? *pte : 0) != model[i])
			return false;
	}
	return true;
}

/* pmap_next() finds every present entry once, in order of address. */
static bool walk_matches(const struct pmap *pmap, const pte_t *model)
{
	unsigned found = 0, present = 0;
	vaddr_t last = 0, end = 0x7ffffffff000;
	pte_t *pte;

	for (vaddr_t at = 0x10000; at < end && (pte = pmap_next(pmap, &at, end)); at += PAGE_SIZE) {
		if (at <= last || !pte_present(*pte))
			return false;
		last = at;
		found++;
	}
	for (unsigned i = 0; i < SLOTS; i++)
		present += pte_present(model[i]);
	return found == present;
}

void contract_test_pmap(void)
{
	static pte_t model[SLOTS];
	struct pmap pmap;
	bool good = true;

	test_frames_init();
	u64 before = frames_count_free();
	struct page *page = frame_alloc();
	if (!tap_ok(page && pmap_create(&pmap) == K_OK, "a map can be made"))
		return;
	for (unsigned round = 0; round < ROUNDS && good; round++) {
		unsigned slot = next_random() % SLOTS;
		pte_t *pte = pmap_reach(&pmap, slot_address(slot));
		model[slot] = next_random() % 3 == 0 ? 0 : pte_make(page, next_random() % 8);
		pmap_set(&pmap, pte, slot_address(slot), model[slot]);
		if (round % 64 == 0)
			good = matches_model(&pmap, model) && walk_matches(&pmap, model);
	}
	tap_ok(good, "finding and walking agree with a flat model");
	tap_ok(pte_present(pte_make(page, VM_PROT_NONE)) &&
			!(pte_make(page, VM_PROT_NONE) & PTE_PRESENT),
		"a page without rights is held but not accessible");
	tap_ok(!(pte_make(page, VM_PROT_READ) & PTE_WRITE) &&
			(pte_make(page, VM_PROT_READ) & PTE_NX),
		"a readable page is neither writable nor executable");
	for (unsigned i = 0; i < SLOTS; i++)
		pmap_set(&pmap, pmap_reach(&pmap, slot_address(i)), slot_address(i), 0);
	pmap_commit(&pmap);
	pmap_destroy(&pmap);
	page_unref(page);
	tap_eq(frames_count_free(), before, "every frame comes back");
}
