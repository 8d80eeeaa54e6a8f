/*
 * Tests that catch every mutant of this lab: what a student's own could look
 * like. They take all there is, in runs of one length, and know from a map of
 * their own which frames they hold; so whatever is handed out twice, crookedly
 * or not at all is noticed.
 */
#include <frames/frames.h>
#include <tap.h>

void contract_test_frames(void);

#define MOST_FRAMES ((u64)1 << 20)

static u64 held[MOST_FRAMES / 64];      /* what the tests hold now */
static u64 available[MOST_FRAMES / 64]; /* what could be had, frame by frame */

static bool is_set(const u64 *map, u64 number)
{
	return map[number / 64] >> number % 64 & 1;
}

/* Marks a run as held; false if something of it already was, or never could be had. */
static bool hold(u64 number, unsigned order, bool first_time)
{
	bool right = true;

	for (u64 i = number; i < number + ((u64)1 << order); i++) {
		right &= !is_set(held, i) && (first_time || is_set(available, i));
		held[i / 64] |= (u64)1 << i % 64;
	}
	return right;
}

/* All runs of a length, chained through `owner`; how many, and whether each is as it should be. */
static struct page *take_all(unsigned order, bool first_time, u64 *count, bool *right)
{
	struct page *chain = NULL, *page;

	*count = 0;
	while ((page = order ? frames_alloc(order) : frame_alloc())) {
		u64 number = page_number(page), length = (u64)1 << order;

		*right &=
			page->refs == 1 && number % length == 0 && number + length <= frames_limit;
		if (number + length > frames_limit)
			break;
		*right &= hold(number, order, first_time);
		page->owner = (uintptr_t)chain;
		chain = page;
		++*count;
	}
	return chain;
}

static void give_all(struct page *chain, unsigned order)
{
	while (chain) {
		struct page *next = (struct page *)chain->owner;
		u64 number = page_number(chain);

		for (u64 i = number; i < number + ((u64)1 << order); i++)
			held[i / 64] &= ~((u64)1 << i % 64);
		chain->refs = 0;
		if (order)
			frames_free(chain, order);
		else
			frame_free(chain);
		chain = next;
	}
}

static void test_singles(void)
{
	u64 before = frames_count_free(), count, again;
	bool right = true;
	struct page *chain = take_all(0, true, &count, &right);

	memcpy(available, held, sizeof(available));
	tap_ok(right, "no frame is handed out twice, and each comes with one reference");
	tap_eq(count, before, "as many can be had as are free");
	tap_eq(frames_count_free(), 0, "and then none is");
	give_all(chain, 0);
	tap_eq(frames_count_free(), before, "they come back");
	chain = take_all(0, false, &again, &right);
	tap_eq(again, before, "all of them, to be had again");
	tap_ok(right, "and they are the same");
	give_all(chain, 0);
}

static u64 runs_of(unsigned order)
{
	u64 length = (u64)1 << order, runs = 0;

	for (u64 at = 0; at + length <= frames_limit; at += length) {
		u64 i = 0;

		while (i < length && is_set(available, at + i))
			i++;
		runs += i == length;
	}
	return runs;
}

static void test_runs(unsigned order)
{
	u64 before = frames_count_free(), count, rest;
	bool right = true;
	struct page *runs = take_all(order, false, &count, &right);

	tap_ok(right, "runs are aligned, and of free frames only");
	tap_eq(count, runs_of(order), "each run that there is can be had");
	tap_eq(frames_count_free(), before - (count << order), "and is counted");
	struct page *others = take_all(0, false, &rest, &right);

	tap_ok(right, "what is left lies outside of them");
	give_all(others, 0);
	give_all(runs, order);
	tap_eq(frames_count_free(), before, "they come back");
}

/* Where no run begins at a multiple of 16, one of 8 begins in the middle between two. */
static void test_gaps(unsigned order)
{
	u64 count;
	bool right = true;
	struct page *chain = take_all(0, false, &count, &right), *kept = NULL, *rest = NULL;

	while (chain) {
		struct page *next = (struct page *)chain->owner;
		struct page **list = page_number(chain) % 16 ? &rest : &kept;

		chain->owner = (uintptr_t)*list;
		*list = chain;
		chain = next;
	}
	give_all(rest, 0);
	struct page *runs = take_all(order, false, &count, &right);

	tap_ok(right, "runs are aligned between frames that are in use, too");
	tap_ok(order > 3 ? count == 0 : count > 0, "and there are some if they are short");
	give_all(runs, order);
	give_all(kept, 0);
}

void contract_test_frames(void)
{
	u64 reserve = frames_reserve;

	if (!tap_ok(frames_limit <= MOST_FRAMES, "the maps are large enough"))
		return;
	frames_reserve = 0;
	test_singles();
	for (unsigned order = 1; order <= FRAMES_MAX_ORDER; order++)
		test_runs(order);
	for (unsigned order = 1; order < 5; order++)
		test_gaps(order);
	frames_reserve = reserve;
}
