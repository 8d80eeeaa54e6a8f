/*
 * Frames in a bitmap: one bit for each, set while the frame is free.
 *
 * Two levels: bit n of `words` says that frame n is free; bit n of `summary` is
 * set if word n has a bit set, and may be left set for a while when it has none
 * any more. 256 MiB are 1024 words and 16 summary words, so the search for a
 * word is short however full memory is.
 *
 * Single frames come from the word at `hint` until that is empty; then from the
 * lowest that is not. So memory stays dense, which leaves long runs at the top,
 * and a page fault hardly ever searches.
 */
#include <frames/clear.h>

#define WORD_BITS ((u64)64)

struct page *frames_pages;
uintptr_t frames_window;
u64 frames_limit;
u64 frames_reserve;
bool (*frames_grow)(void);

static u64 *words;   /* [frame number / 64] */
static u64 *summary; /* [word number / 64] */
static u64 word_count;
static u64 summary_count;
static u64 *hint;              /* a word; */
static struct page *hint_page; /* the label of its first frame */
static u64 free_count;

static u64 words_for(u64 bits)
{
	return (bits + WORD_BITS - 1) / WORD_BITS;
}

static u64 labels_size(u64 nframes)
{
	return ALIGN_UP(nframes * sizeof(struct page), sizeof(u64));
}

size_t frames_metadata_size(u64 nframes)
{
	return labels_size(nframes) +
	       (words_for(nframes) + words_for(words_for(nframes))) * sizeof(u64);
}

void frames_init(u64 nframes, void *metadata, uintptr_t window)
{
	frames_pages = metadata;
	frames_window = window;
	frames_limit = nframes;
	word_count = words_for(nframes);
	summary_count = words_for(word_count);
	words = (u64 *)((char *)metadata + labels_size(nframes));
	summary = words + word_count;
	hint = words;
	hint_page = frames_pages;
	free_count = 0;
	clear_init();
	memset(words, 0, (word_count + summary_count) * sizeof(u64));
}

/* The bits [from, from + count) of one word; count is not 0. */
static u64 mask_of(u64 from, u64 count)
{
	return ~(u64)0 >> (WORD_BITS - count) << from;
}

static void mark_free(u64 start, u64 count)
{
	free_count += count;
	while (count > 0) {
		u64 word = start / WORD_BITS, part = MIN(count, WORD_BITS - start % WORD_BITS);
		u64 mask = mask_of(start % WORD_BITS, part);

		assert((words[word] & mask) == 0);
		words[word] |= mask;
		summary[word / WORD_BITS] |= (u64)1 << word % WORD_BITS;
		start += part;
		count -= part;
	}
}

void frames_add(paddr_t start, paddr_t end)
{
	u64 from = ALIGN_UP(start, PAGE_SIZE) >> PAGE_SHIFT;
	u64 to = MIN(end >> PAGE_SHIFT, frames_limit);

	if (from < to)
		mark_free(from, to - from);
}

/* The first word from `word` on that has a free frame; word_count if none has. Puts the summary
 * right as it goes. */
static u64 next_word(u64 word)
{
	while (word < word_count) {
		u64 at = word / WORD_BITS, bits = summary[at] >> word % WORD_BITS;

		if (bits == 0) {
			word = (at + 1) * WORD_BITS;
			continue;
		}
		word += (u64)__builtin_ctzll(bits);
		if (words[word] != 0)
			return word;
		summary[at] &= ~((u64)1 << word % WORD_BITS);
	}
	return word_count;
}

/* Makes the hint the lowest word with a free frame; false if there is none. */
static bool move_hint(void)
{
	u64 word;

	do
		word = free_count > frames_reserve ? next_word(0) : word_count;
	while (word == word_count && frames_grow && frames_grow());
	if (word == word_count)
		return false;
	hint = &words[word];
	hint_page = &frames_pages[word * WORD_BITS];
	return true;
}

/* The clear frames become like all others; false if there were none. */
static noinline bool give_up_clear(void)
{
	struct page *page = clear_pop();

	if (!page)
		return false;
	for (; page; page = clear_pop())
		mark_free(page_number(page), 1);
	return true;
}

/* The word at the hint is empty. */
static noinline struct page *alloc_elsewhere(void)
{
	return move_hint() || (give_up_clear() && move_hint()) ? frame_alloc() : NULL;
}

struct page *frame_alloc(void)
{
	if (unlikely(*hint == 0))
		return alloc_elsewhere();
	u64 bits = *hint;
	struct page *page = hint_page + __builtin_ctzll(bits);

	*hint = bits & (bits - 1);
	free_count--;
	page->refs = 1;
	return page;
}

void frame_free(struct page *page)
{
	u64 number = page_number(page), word = number / WORD_BITS;
	u64 bits = words[word], bit = (u64)1 << number % WORD_BITS;

	assert(number < frames_limit && page->refs == 0 && !(bits & bit));
	words[word] = bits | bit;
	if (bits == 0)
		summary[word / WORD_BITS] |= (u64)1 << word % WORD_BITS;
	free_count++;
}

struct page *frame_alloc_clear(void)
{
	struct page *page = clear_pop();

	if (page) {
		page->refs = 1;
		return page;
	}
	page = frame_alloc();
	if (page)
		page_zero(page_bytes(page));
	return page;
}

void frame_free_clear(struct page *page)
{
	assert(page_number(page) < frames_limit && page->refs == 0);
	assert(!(words[page_number(page) / WORD_BITS] >> page_number(page) % WORD_BITS & 1));
	if (!clear_push(page))
		frame_free(page);
}

/* A run that fits into one word: the first bit of 2^order set ones, aligned; WORD_BITS if there is
 * none. */
static u64 run_in_word(u64 bits, unsigned order)
{
	static const u64 aligned_starts[] = {~(u64)0, 0x5555555555555555, 0x1111111111111111,
		0x0101010101010101, 0x0001000100010001, 0x0000000100000001};

	for (unsigned i = 0; i < order; i++)
		bits &= bits >> ((u64)1 << i);
	bits &= aligned_starts[order];
	return bits != 0 ? (u64)__builtin_ctzll(bits) : WORD_BITS;
}

/* Both answer the number of the first frame of a free run, or frames_limit. */
static u64 find_short_run(unsigned order)
{
	for (u64 word = next_word(0); word < word_count; word = next_word(word + 1)) {
		u64 bit = run_in_word(words[word], order);

		if (bit < WORD_BITS)
			return word * WORD_BITS + bit;
	}
	return frames_limit;
}

static u64 find_long_run(u64 length)
{
	u64 word = ALIGN_UP(next_word(0), length);

	while (word + length <= word_count) {
		u64 full = 0;

		while (full < length && words[word + full] == ~(u64)0)
			full++;
		if (full == length)
			return word * WORD_BITS;
		word = ALIGN_UP(next_word(word + full + 1), length);
	}
	return frames_limit;
}

static void mark_used(u64 start, u64 count)
{
	free_count -= count;
	while (count > 0) {
		u64 word = start / WORD_BITS, part = MIN(count, WORD_BITS - start % WORD_BITS);

		words[word] &= ~mask_of(start % WORD_BITS, part);
		start += part;
		count -= part;
	}
}

static u64 find_run(unsigned order)
{
	u64 count = (u64)1 << order;

	return count < WORD_BITS ? find_short_run(order) : find_long_run(count / WORD_BITS);
}

struct page *frames_alloc(unsigned order)
{
	u64 count = (u64)1 << order;

	assert(order <= FRAMES_MAX_ORDER);
	if (order == 0)
		return frame_alloc();
	u64 number;
	do {
		number = find_run(order);
		if (number >= frames_limit && give_up_clear())
			number = find_run(order);
	} while (number >= frames_limit && frames_grow && frames_grow());
	if (number >= frames_limit)
		return NULL;
	mark_used(number, count);
	frames_pages[number].refs = 1;
	return &frames_pages[number];
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
	return free_count + clear_count;
}
