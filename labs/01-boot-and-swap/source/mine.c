/* LAB: solution */
/*
 * Frames in a bitmap: one bit for each, set while the frame is free.
 *
 * Invariants:
 * - a bit is set if and only if its frame may be handed out; bits from
 *   frames_limit on are never set;
 * - free_count is the number of set bits;
 * - no bit is set in a word below `lowest`, so a search begins there.
 *
 * Nothing but the bitmap is cleared at start-up: labels and memory hold rubbish
 * until a frame is first handed out.
 */
/* LAB: starter */
/*
 * A frame allocator that only ever takes: what it has handed out never comes back.
 *
 * It remembers one range of free frames, [next, end), and hands it out from
 * below. That is enough to boot three kernels and to run a program, and wrong in
 * every other way. Your task is to make it keep the whole contract, which is
 * components/frames/frames.h; handout.md says in which order. Write here what
 * your data structure is and which invariants it keeps.
 */
/* LAB: end */
#include <frames/frames.h>

/* LAB: solution */
#define WORD_BITS ((u64)64)
#define FULL_WORD (~(u64)0)

/* LAB: starter */
/* LAB: end */
struct page *frames_pages;
uintptr_t frames_window;
u64 frames_limit;
u64 frames_reserve;
bool (*frames_grow)(void);

/* LAB: solution */
static u64 *words; /* [frame number / 64] */
static u64 word_count;
static u64 lowest; /* a word */
static u64 free_count;

static u64 words_for(u64 nframes)
{
	return (nframes + WORD_BITS - 1) / WORD_BITS;
}

size_t frames_metadata_size(u64 nframes)
{
	return nframes * sizeof(struct page) + words_for(nframes) * sizeof(u64);
}

void frames_init(u64 nframes, void *metadata, uintptr_t window)
{
	frames_pages = metadata;
	frames_window = window;
	frames_limit = nframes;
	words = (u64 *)(frames_pages + nframes);
	word_count = words_for(nframes);
	lowest = 0;
	free_count = 0;
	memset(words, 0, word_count * sizeof(u64));
}

/* How many of the frames [start, start + count) have their bit in the word of the first; count is
 * not 0. */
static u64 part_in_word(u64 start, u64 count)
{
	return MIN(count, WORD_BITS - start % WORD_BITS);
}

/* The bits of those. */
static u64 mask_of(u64 start, u64 count)
{
	return FULL_WORD >> (WORD_BITS - part_in_word(start, count)) << start % WORD_BITS;
}

static void mark_free(u64 start, u64 count)
{
	lowest = MIN(lowest, start / WORD_BITS);
	free_count += count;
	while (count > 0) {
		u64 mask = mask_of(start, count), length = part_in_word(start, count);

		assert((words[start / WORD_BITS] & mask) == 0); /* else it was free already */
		words[start / WORD_BITS] |= mask;
		start += length;
		count -= length;
	}
}

static void mark_used(u64 start, u64 count)
{
	free_count -= count;
	while (count > 0) {
		u64 mask = mask_of(start, count), length = part_in_word(start, count);

		words[start / WORD_BITS] &= ~mask;
		start += length;
		count -= length;
	}
}

void frames_add(paddr_t start, paddr_t end)
{
	u64 from = ALIGN_UP(start, PAGE_SIZE) >> PAGE_SHIFT;
	u64 to = MIN(end >> PAGE_SHIFT, frames_limit);

	if (from < to)
		mark_free(from, to - from);
}

/* Nothing was found: asks for more. True if there is some, so that looking again makes sense. */
static bool grow(void)
{
	return frames_grow && frames_grow();
}

/* Whether `count` frames may go without touching those that are kept back. */
static bool may_take(u64 count)
{
	return free_count >= count && free_count - count >= frames_reserve;
}

struct page *frame_alloc(void)
{
	while (unlikely(!may_take(1)))
		if (!grow())
			return NULL;
	while (lowest < word_count && words[lowest] == 0)
		lowest++;
	assert(lowest < word_count); /* for free_count is not 0 */
	u64 bits = words[lowest];
	struct page *page = &frames_pages[lowest * WORD_BITS + (u64)__builtin_ctzll(bits)];

	words[lowest] = bits & (bits - 1);
	free_count--;
	page->refs = 1;
	return page;
}

void frame_free(struct page *page)
{
	u64 number = page_number(page), word = number / WORD_BITS;
	u64 bit = (u64)1 << number % WORD_BITS;

	assert(number < frames_limit && page->refs == 0 && !(words[word] & bit));
	words[word] |= bit;
	lowest = MIN(lowest, word);
	free_count++;
}

static bool run_is_free(u64 start, u64 count)
{
	for (u64 at = start; at < start + count; at += WORD_BITS) {
		u64 mask = mask_of(at, start + count - at);

		if ((words[at / WORD_BITS] & mask) != mask)
			return false;
	}
	return true;
}

/*
 * The first frame of a free run, or frames_limit. Runs are aligned to their length, so one that
 * fits into a word never crosses into the next.
 */
static u64 find_run(u64 count)
{
	for (u64 start = ALIGN_UP(lowest * WORD_BITS, count); start + count <= frames_limit;
		start += count) {
		if (run_is_free(start, count))
			return start;
	}
	return frames_limit;
}

struct page *frames_alloc(unsigned order)
{
	u64 count = (u64)1 << order, start;

	assert(order <= FRAMES_MAX_ORDER);
	do
		start = may_take(count) ? find_run(count) : frames_limit;
	while (start == frames_limit && grow());
	if (start == frames_limit)
		return NULL;
	mark_used(start, count);
	frames_pages[start].refs = 1;
	return &frames_pages[start];
}

void frames_free(struct page *page, unsigned order)
{
	u64 number = page_number(page), count = (u64)1 << order;

	assert(order <= FRAMES_MAX_ORDER && number % count == 0 && number + count <= frames_limit);
	assert(page->refs <= 1);
	page->refs = 0;
	mark_free(number, count);
}

u64 frames_count_free(void)
{
	return free_count;
}
/* LAB: starter */
static u64 next, end; /* frame numbers */

/* How much your bookkeeping needs, the labels included. */
size_t frames_metadata_size(u64 nframes)
{
	return nframes * sizeof(struct page);
}

void frames_init(u64 nframes, void *metadata, uintptr_t window)
{
	frames_pages = metadata;
	frames_window = window;
	frames_limit = nframes;
	next = 0;
	end = 0;
}

/*
 * Keeps only the longest range: holes in memory are lost, and so is the rest. What begins where
 * that ends makes it longer: so a server's memory grows.
 */
void frames_add(paddr_t start, paddr_t stop)
{
	u64 from = ALIGN_UP(start, PAGE_SIZE) >> PAGE_SHIFT;
	u64 to = MIN(stop >> PAGE_SHIFT, frames_limit);

	if (from < to && from == end) {
		end = to;
	} else if (from < to && to - from > end - next) {
		next = from;
		end = to;
	}
}

struct page *frame_alloc(void)
{
	return frames_alloc(0);
}

/* Your turn: nothing that is given back is ever used again. */
void frame_free(struct page *page)
{
	page->refs = 0;
}

/* The next aligned run; the frames that are skipped are lost. Your turn: nothing is kept back. */
struct page *frames_alloc(unsigned order)
{
	u64 count = (u64)1 << order, start;

	do
		start = ALIGN_UP(next, count);
	while (start + count > end && frames_grow && frames_grow());
	if (start + count > end)
		return NULL;
	next = start + count;
	frames_pages[start].refs = 1;
	return &frames_pages[start];
}

/* Your turn: as above. */
void frames_free(struct page *page, unsigned order)
{
	(void)order;
	page->refs = 0;
}

u64 frames_count_free(void)
{
	return end - next;
}
/* LAB: end */

/* Frames full of zeroes, the plain way: cleared each time. clear.h shows how not to. */
struct page *frame_alloc_clear(void)
{
	struct page *page = frame_alloc();

	if (page)
		page_zero(page_bytes(page));
	return page;
}

void frame_free_clear(struct page *page)
{
	frame_free(page);
}
