/* The mapping database against a model that says of each place whence it has its page. */
#include <frames/frames.h>
#include <tap.h>
#include <vm/prot.h>

#include "l4_test.h"

#define SPACES 5
#define PLACES 6
#define FRAMES 4
#define STEPS  60000
#define BASE   0x40000000ull

struct place {
	bool there;
	u64 frame;
	unsigned rights;
	struct place *giver; /* NULL: the root task */
};

static struct place model[SPACES][PLACES];
static struct l4_space *spaces[SPACES];
static u64 frames[FRAMES];

static u64 address_of(unsigned place)
{
	return BASE + place * PAGE_SIZE;
}

static bool comes_from(const struct place *place, const struct place *ancestor)
{
	for (const struct place *at = place; at; at = at->giver)
		if (at == ancestor)
			return true;
	return false;
}

/* What came of `giver` (with `own`: and itself) loses rights. */
static void model_revoke(struct place *giver, unsigned rights, bool own)
{
	bool lost[SPACES][PLACES];

	for (unsigned s = 0; s < SPACES; s++)
		for (unsigned p = 0; p < PLACES; p++)
			lost[s][p] = model[s][p].there && comes_from(&model[s][p], giver) &&
				     (own || &model[s][p] != giver);
	for (unsigned s = 0; s < SPACES; s++) {
		for (unsigned p = 0; p < PLACES; p++) {
			if (!lost[s][p])
				continue;
			if (rights & VM_PROT_READ)
				model[s][p].there = false;
			else
				model[s][p].rights &= ~rights;
		}
	}
}

/* The same of all that came of the root task's frame. */
static void model_revoke_frame(u64 frame, unsigned rights)
{
	for (unsigned s = 0; s < SPACES; s++)
		for (unsigned p = 0; p < PLACES; p++)
			if (model[s][p].there && model[s][p].frame == frame && !model[s][p].giver)
				model_revoke(&model[s][p], rights, true);
}

static void model_map(
	struct place *giver, u64 frame, unsigned have, struct place *to, unsigned rights)
{
	if ((rights &= have) == 0)
		return;
	if (to->there && to->frame == frame && to->giver == giver) {
		to->rights |= rights;
		return;
	}
	if (to->there)
		model_revoke(to, VM_PROT_ALL, true);
	if (giver && !giver->there)
		return; /* it was derived from what it replaces */
	*to = (struct place){true, frame, rights | VM_PROT_READ, giver};
}

static void map_step(void)
{
	unsigned s = next_random() % SPACES, p = next_random() % PLACES;
	unsigned from = next_random() % (SPACES + 2), q = next_random() % PLACES;
	unsigned rights = next_random() % 8;

	if (from >= SPACES) {
		u64 frame = frames[next_random() % FRAMES];
		check(kernel_map(kernel_root_space(), frame, spaces[s], address_of(p), rights) ==
			0);
		model_map(NULL, frame, VM_PROT_ALL, &model[s][p], rights);
		return;
	}
	struct place *giver = &model[from][q];
	check(kernel_map(spaces[from], address_of(q), spaces[s], address_of(p), rights) == 0);
	if (giver->there)
		model_map(giver, giver->frame, giver->rights, &model[s][p], rights);
}

static void unmap_step(void)
{
	unsigned s = next_random() % SPACES, p = next_random() % PLACES, rights = next_random() % 8;
	bool own = next_random() % 2;

	if (next_random() % 4 == 0) {
		u64 frame = frames[next_random() % FRAMES];
		kernel_unmap(kernel_root_space(), frame, rights, own);
		model_revoke_frame(frame, rights);
	} else {
		kernel_unmap(spaces[s], address_of(p), rights, own);
		if (model[s][p].there)
			model_revoke(&model[s][p], rights, own);
	}
}

static void end_step(void)
{
	unsigned s = next_random() % SPACES;

	for (unsigned p = 0; p < PLACES; p++)
		if (model[s][p].there)
			model_revoke(&model[s][p], VM_PROT_ALL, true);
	if (next_random() % 2) {
		kernel_unmap_all(spaces[s]);
	} else {
		kernel_space_end(spaces[s]);
		spaces[s] = kernel_space();
	}
}

static unsigned differences(void)
{
	unsigned wrong = 0;

	for (unsigned s = 0; s < SPACES; s++) {
		for (unsigned p = 0; p < PLACES; p++) {
			u64 frame = 0;
			unsigned rights = 0;
			bool there = kernel_look(spaces[s], address_of(p), &frame, &rights);
			const struct place *m = &model[s][p];

			wrong += there != m->there ||
				 (there && (frame != m->frame || rights != m->rights));
		}
	}
	return wrong;
}

void test_mapping(void)
{
	unsigned wrong = 0, mapped = 0;
	u64 free_before;

	for (unsigned i = 0; i < FRAMES; i++)
		frames[i] = page_phys(frame_alloc());
	for (unsigned s = 0; s < SPACES; s++)
		spaces[s] = kernel_space();
	for (unsigned step = 0; step < STEPS && wrong == 0; step++) {
		u64 kind = next_random() % 16;

		if (kind < 10)
			map_step();
		else if (kind < 15)
			unmap_step();
		else
			end_step();
		wrong = differences();
		for (unsigned p = 0; p < PLACES; p++)
			mapped += model[step % SPACES][p].there;
	}
	tap_eq(wrong, 0, "mapping, unmapping and ending spaces go as the model says");
	tap_ok(mapped > STEPS, "with many mappings at a time");
	free_before = frames_count_free();
	for (unsigned s = 0; s < SPACES; s++)
		kernel_space_end(spaces[s]);
	tap_ok(frames_count_free() > free_before, "a space that ends gives its tables back");
}
