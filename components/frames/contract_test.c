/*
 * frames: what every allocator of frames must do.
 *
 * The model is a bitmap of the frames that may be handed out now. It is known
 * exactly, also in a kernel whose memory was in use before: the test begins by
 * taking everything there is. From then on each answer is checked, a refusal
 * too: it is right only if the model has no aligned run of that length.
 */
#include <frames/frames.h>
#include <frames/misuse.h>

void contract_test_frames(void);

#define MODEL_FRAMES ((u64)1 << 20) /* 4 GiB */
#define HELD         600
#define ROUNDS       20000
#define SEED         0x6672616d6573

static u64 is_free[MODEL_FRAMES / 64]; /* the model */
static u64 model_count;
static u64 random_state;

static struct held {
	struct page *page;
	unsigned order;
	u64 stamp; /* stored at both ends of the run, to notice when somebody else writes there */
} held[HELD];

static u64 next_random(void)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return random_state >> 33;
}

static bool model_has(u64 number)
{
	return is_free[number / 64] >> number % 64 & 1;
}

/* Turns all frames of a run over. False if one was not as it should have been. */
static bool model_turn(u64 number, unsigned order, bool to_free)
{
	bool right = true;

	for (u64 i = number; i < number + ((u64)1 << order); i++) {
		right &= model_has(i) != to_free;
		is_free[i / 64] ^= (u64)1 << i % 64;
	}
	model_count += to_free ? (u64)1 << order : -((u64)1 << order);
	return right;
}

static u64 runs_of(unsigned order)
{
	u64 length = (u64)1 << order, runs = 0;

	for (u64 at = 0; at + length <= frames_limit; at += length) {
		u64 i = 0;

		while (i < length && model_has(at + i))
			i++;
		runs += i == length;
	}
	return runs;
}

#if IS_ENABLED(CONFIG_HOST)
#define TEST_FRAMES 5003 /* no multiple of anything */

/* Memory and labels full of rubbish, and holes in the middle. */
static void set_up(void)
{
	static u8 arena[TEST_FRAMES * PAGE_SIZE] aligned(PAGE_SIZE << FRAMES_MAX_ORDER);
	static u8 metadata[TEST_FRAMES * sizeof(struct page) + 65536] aligned(PAGE_SIZE);

	memset(arena, 0xa5, sizeof(arena));
	memset(metadata, 0x5a, sizeof(metadata));
	check(frames_metadata_size(TEST_FRAMES) <= sizeof(metadata));
	frames_init(TEST_FRAMES, metadata, (uintptr_t)arena);
	tap_eq(frames_count_free(), 0, "at first no frame is free");
	tap_ok(!frame_alloc() && !frames_alloc(3), "and none can be had");
	frames_add(1, 2 * PAGE_SIZE - 1);
	tap_eq(frames_count_free(), 0, "ranges are rounded inwards");
	frames_add(PAGE_SIZE + 1, 301 * PAGE_SIZE - 1); /* 2 … 299 */
	frames_add(302 * PAGE_SIZE, 303 * PAGE_SIZE);
	frames_add(304 * PAGE_SIZE, 2051 * PAGE_SIZE);
	frames_add(2051 * PAGE_SIZE, 2053 * PAGE_SIZE); /* touches the range before it */
	frames_add(2100 * PAGE_SIZE, (TEST_FRAMES + 50) * PAGE_SIZE); /* cut at the limit */
	tap_eq(frames_count_free(), 298 + 1 + 1747 + 2 + TEST_FRAMES - 2100,
		"all frames of the ranges are free");
}
#else
static void set_up(void)
{
}
#endif

/* Takes every single frame, keeping the labels in a chain through `link`, which is the owner's now.
 */
static struct page *take_all(bool *good)
{
	struct page *chain = NULL, *page;

	while ((page = frame_alloc())) {
		*good &= page->refs == 1 && page_number(page) < frames_limit;
		page->link.next = chain ? &chain->link : NULL;
		page->owner = page_number(page) ^ SEED;
		chain = page;
	}
	return chain;
}

static void give_back(struct page *page)
{
	page->refs = 0;
	frame_free(page);
}

/* Gives a chain back: the odd-numbered frames first, so that hardly any has a free neighbour by
 * then. */
static void give_all_back(struct page *chain, bool *good)
{
	for (unsigned parity = 2; parity-- > 0;) {
		struct page *next = NULL, *rest = NULL;

		for (struct page *page = chain; page; page = next) {
			next = page->link.next ? list_entry(page->link.next, struct page, link)
					       : NULL;
			*good &= page->owner == (page_number(page) ^ SEED);
			if (page_number(page) % 2 == parity) {
				give_back(page);
			} else {
				page->link.next = rest ? &rest->link : NULL;
				rest = page;
			}
		}
		chain = rest;
	}
}

static void test_exhaustion(void)
{
	u64 before = frames_count_free(), count = 0;
	bool good = true, distinct = true;
	struct page *chain = take_all(&good);

	for (struct page *page = chain; page;
		page = page->link.next ? list_entry(page->link.next, struct page, link) : NULL,
			 count++)
		distinct &= model_turn(page_number(page), 0, true);
	tap_ok(good, "single frames come with one reference and lie below the limit");
	tap_ok(distinct, "no frame is handed out twice");
	tap_eq(count, before, "all free frames can be had one by one");
	tap_eq(frames_count_free(), 0, "then none is free");
	tap_ok(!frame_alloc() && !frames_alloc(1) && !frames_alloc(FRAMES_MAX_ORDER),
		"and nothing more can be had");
	give_all_back(chain, &good);
	tap_ok(good, "labels of frames in use stay their owner's");
	tap_eq(frames_count_free(), before, "all can be given back");
}

/* Every aligned run that is free must be found, however the frames came back. */
static void test_joining(unsigned order)
{
	u64 expected = runs_of(order), found = 0;
	struct page *chain = NULL, *page;
	bool aligned_all = true;

	while ((page = frames_alloc(order))) {
		aligned_all &= page_number(page) % ((u64)1 << order) == 0;
		page->link.next = chain ? &chain->link : NULL;
		chain = page;
		found++;
	}
	while ((page = chain)) {
		chain = page->link.next ? list_entry(page->link.next, struct page, link) : NULL;
		page->refs = 0;
		frames_free(page, order);
	}
	tap_ok(aligned_all, "runs are aligned to their length");
	tap_ok(found == expected, "every free run is found");
}

static u64 *end_word(const struct held *h)
{
	return (u64 *)((char *)page_bytes(h->page) + (PAGE_SIZE << h->order)) - 1;
}

static bool take(struct held *h, unsigned order)
{
	h->page = frames_alloc(order);
	if (!h->page)
		return runs_of(order) == 0;
	u64 number = page_number(h->page);
	if (number % ((u64)1 << order) || number + ((u64)1 << order) > frames_limit ||
		h->page->refs != 1)
		return false;
	h->order = order;
	h->stamp = next_random();
	*(u64 *)page_bytes(h->page) = h->stamp;
	*end_word(h) = h->stamp;
	return model_turn(number, order, false);
}

static bool give(struct held *h)
{
	bool right = *(u64 *)page_bytes(h->page) == h->stamp && *end_word(h) == h->stamp;

	right &= model_turn(page_number(h->page), h->order, true);
	h->page->refs = 0;
	if (h->order == 0)
		frame_free(h->page);
	else
		frames_free(h->page, h->order);
	h->page = NULL;
	return right;
}

/* Single frames mostly, runs of all lengths now and then; phases in which more is taken than given.
 */
static void test_model(void)
{
	u64 round = 0;
	bool right = true;

	for (; round < ROUNDS && right; round++) {
		struct held *h = &held[next_random() % HELD];
		bool filling = round / 3000 % 2 == 0;

		if (!h->page)
			right = next_random() % 4 == (filling ? 0 : 1) || filling
					? take(h, next_random() % 3
							  ? 0
							  : (unsigned)(next_random() %
								       (FRAMES_MAX_ORDER + 1)))
					: true;
		else if (!filling || next_random() % 3 == 0)
			right = give(h);
		right &= frames_count_free() == model_count;
	}
	for (unsigned i = 0; i < HELD; i++)
		if (held[i].page)
			right &= give(&held[i]);
	tap_ok(right, "20000 random requests of all lengths agree with the model");
	tap_eq(frames_count_free(), model_count, "nothing is lost");
}

static void test_references(void)
{
	struct page *page = frame_alloc();
	u64 count = frames_count_free();

	page_ref(page);
	page_unref(page);
	tap_eq(frames_count_free(), count, "a frame with a reference left stays in use");
	tap_ok(page_of_bytes((char *)page_bytes(page) + 17) == page &&
			phys_page(page_phys(page)) == page,
		"label, number, address and bytes lead to each other");
	page_unref(page);
	tap_eq(frames_count_free(), count + 1, "the last reference frees it");
}

static bool is_clear(const struct page *page)
{
	const u64 *words = page_bytes(page);
	u64 any = 0;

	for (size_t i = 0; i < PAGE_SIZE / sizeof(u64); i++)
		any |= words[i];
	return any == 0;
}

#define CLEAR_FRAMES 100 /* more than an allocator keeps */

/* Clear frames are clear, those that were dirty in between too, and are free like all others. */
static void test_clear(void)
{
	static struct page *pages[CLEAR_FRAMES];
	u64 before = frames_count_free();
	bool clear = true;

	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < CLEAR_FRAMES; i++) {
			pages[i] = frame_alloc_clear();
			clear &= pages[i] && pages[i]->refs == 1 && is_clear(pages[i]);
			memset(page_bytes(pages[i]), 0x77, PAGE_SIZE);
		}
		for (unsigned i = 0; i < CLEAR_FRAMES; i++) {
			pages[i]->refs = 0;
			if (i % 3 == round) {
				page_zero(page_bytes(pages[i]));
				frame_free_clear(pages[i]);
			} else {
				frame_free(pages[i]);
			}
		}
		tap_eq(frames_count_free(), before, "clear frames that are given back are free");
	}
	tap_ok(clear, "a frame that is asked for clear is clear");
}

/* What was kept clear is to be had by those who ask for any frame, and for runs. */
static void test_clear_are_given_up(void)
{
	u64 before = frames_count_free();
	struct page *page = frame_alloc_clear();
	bool good = true;

	page->refs = 0;
	frame_free_clear(page);
	struct page *chain = take_all(&good);
	tap_eq(frames_count_free(), 0, "where memory is short the clear frames go too");
	tap_ok(!frame_alloc_clear(), "and then no clear one can be had");
	give_all_back(chain, &good);
	tap_ok(good && frames_count_free() == before, "all come back");
	for (unsigned i = 0; i < 3; i++) {
		page = frame_alloc_clear();
		page->refs = 0;
		frame_free_clear(page);
	}
	test_joining(FRAMES_MAX_ORDER);
}

static void free_clear_twice(void)
{
	struct page *page = frame_alloc_clear();

	page->refs = 0;
	frame_free_clear(page);
	frame_free_clear(page);
}

static void free_what_is_clear(void)
{
	struct page *page = frame_alloc_clear();

	page->refs = 0;
	frame_free_clear(page);
	frame_free(page);
}

static void free_twice(void)
{
	struct page *page = frame_alloc();

	give_back(page);
	give_back(page);
}

static void free_run_twice(void)
{
	struct page *page = frames_alloc(3);

	frames_free(page, 3);
	frames_free(page, 3);
}

static void free_referenced(void)
{
	frame_free(frame_alloc());
}

static void free_misaligned(void)
{
	frames_free(frames_alloc(2) + 1, 2);
}

static void take_too_long(void)
{
	frames_alloc(FRAMES_MAX_ORDER + 1);
}

static void test_all(void)
{
	random_state = SEED;
	tap_note("random seed 0x6672616d6573");
	set_up();
	if (!tap_ok(frames_limit <= MODEL_FRAMES, "memory is small enough for the model"))
		return;
	test_exhaustion();
	for (unsigned order = 1; order <= FRAMES_MAX_ORDER; order += 2)
		test_joining(order);
	test_model();
	test_joining(FRAMES_MAX_ORDER);
	test_references();
	test_clear();
	test_clear_are_given_up();
	tap_panics(free_clear_twice, "freeing a clear frame twice panics");
	tap_panics(free_what_is_clear, "freeing a frame that is free and clear panics");
	tap_panics(free_twice, "freeing a frame twice panics");
	tap_panics(free_run_twice, "freeing a run twice panics");
	tap_panics(free_referenced, "freeing a frame that has a reference panics");
	tap_panics(free_misaligned, "freeing the middle of a run panics");
	tap_panics(take_too_long, "asking for more than the longest run panics");
}

/* In a kernel, which keeps frames back and knows where to get more: neither, for the while. */
void contract_test_frames(void)
{
	u64 reserve = frames_reserve;
	bool (*grow)(void) = frames_grow;

	frames_reserve = 0;
	frames_grow = NULL;
	test_all();
	frames_reserve = reserve;
	frames_grow = grow;
}
