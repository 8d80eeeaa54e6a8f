/*
 * The mapping database against a model that says of each place whence it has its page: random
 * mappings between address spaces, revocations and ends. For the contract test in a kernel and for
 * the host's test, which provide what is declared below.
 */
#pragma once

#include <frames/frames.h>
#include <vm/prot.h>

struct l4_space;

u64 next_random(void);
/* One of some frames that the root task has. */
u64 kernel_frame(unsigned which);
struct l4_space *kernel_root_space(void);
struct l4_space *kernel_space(void);
void kernel_space_end(struct l4_space *space);
/* What a space sees at an address: false for nothing. */
bool kernel_look(struct l4_space *space, u64 address, u64 *frame, unsigned *rights);
unsigned kernel_map(
	struct l4_space *from, u64 source, struct l4_space *to, u64 target, unsigned rights);
void kernel_unmap(struct l4_space *space, u64 address, unsigned rights, bool own);
void kernel_unmap_all(struct l4_space *space);

#define SPACES 5
#define PLACES 6
#define FRAMES 4
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

static inline u64 address_of(unsigned place)
{
	return BASE + place * PAGE_SIZE;
}

static inline bool comes_from(const struct place *place, const struct place *ancestor)
{
	for (const struct place *at = place; at; at = at->giver)
		if (at == ancestor)
			return true;
	return false;
}

/* What came of `giver` (with `own`: and itself) loses rights. */
static inline void model_revoke(struct place *giver, unsigned rights, bool own)
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
static inline void model_revoke_frame(u64 frame, unsigned rights)
{
	for (unsigned s = 0; s < SPACES; s++)
		for (unsigned p = 0; p < PLACES; p++)
			if (model[s][p].there && model[s][p].frame == frame && !model[s][p].giver)
				model_revoke(&model[s][p], rights, true);
}

static inline void model_map(
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

static inline void map_step(void)
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

static inline void unmap_step(void)
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

static inline void end_step(void)
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

static inline unsigned differences(void)
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

struct mapping_result {
	unsigned wrong;   /* places that differed from the model; at the first the run ends */
	unsigned mapped;  /* places that were mapped, summed over the steps */
	u64 tables_freed; /* frames that came back when the spaces ended */
};

static inline struct mapping_result mapping_model(unsigned steps)
{
	struct mapping_result result = {0};

	for (unsigned i = 0; i < FRAMES; i++)
		frames[i] = kernel_frame(i);
	for (unsigned s = 0; s < SPACES; s++)
		spaces[s] = kernel_space();
	for (unsigned step = 0; step < steps && result.wrong == 0; step++) {
		u64 kind = next_random() % 16;

		if (kind < 10)
			map_step();
		else if (kind < 15)
			unmap_step();
		else
			end_step();
		result.wrong = differences();
		for (unsigned p = 0; p < PLACES; p++)
			result.mapped += model[step % SPACES][p].there;
	}
	result.tables_freed = -frames_count_free();
	for (unsigned s = 0; s < SPACES; s++)
		kernel_space_end(spaces[s]);
	result.tables_freed += frames_count_free();
	return result;
}
