/*
 * Frames in a bitmap: one bit for each, set while the frame is free.
 *
 * `first_word` is a lower bound: no word before it has a bit set. Allocating
 * takes the lowest free frame, so memory stays dense and runs are
 * deterministic. A run of 2^order frames is looked for from the same place.
 */
#include <frames/frames.h>

#define WORD_BITS 64

struct page *frames_pages;
uintptr_t frames_window;
u64 frames_limit;

static u64 *words;      /* [frame number / 64] */
static u64 word_count;
static u64 first_word;
static u64 free_count;

static u64 labels_size(u64 nframes)
{
	return ALIGN_UP(nframes * sizeof(struct page), 64);
}

static u64 words_for(u64 nframes)
{
	return (nframes + WORD_BITS - 1) / WORD_BITS;
}

size_t frames_metadata_size(u64 nframes)
{
	return labels_size(nframes) + words_for(nframes) * sizeof(u64);
}

void frames_init(u64 nframes, void *metadata, uintptr_t window)
{
	frames_pages = metadata;
	frames_window = window;
	frames_limit = nframes;
	words = (u64 *)((char *)metadata + labels_size(nframes));
	word_count = words_for(nframes);
	first_word = word_count;
	free_count = 0;
	memset(words, 0, word_count * sizeof(u64));
}

/* The bits [from, to) of one word. */
static u64 mask_of(unsigned from, unsigned to)
{
	u64 upper = to == WORD_BITS ? ~(u64)0 : ((u64)1 << to) - 1;

	return upper & ~(((u64)1 << from) - 1);
}

static void mark_free(u64 start, u64 end)
{
	free_count += end - start;
	first_word = MIN(first_word, start / WORD_BITS);
	while (start < end) {
		u64 word = start / WORD_BITS, stop = MIN(end, (word + 1) * WORD_BITS);
		words[word] |= mask_of(start % WORD_BITS, (unsigned)(stop - word * WORD_BITS));
		start = stop;
	}
}

void frames_add(paddr_t start, paddr_t end)
{
	u64 first = ALIGN_UP(start, PAGE_SIZE) >> PAGE_SHIFT;
	u64 last = MIN(end >> PAGE_SHIFT, frames_limit);

	if (first < last)
		mark_free(first, last);
}

static struct page *taken(u64 number, u64 count)
{
	struct page *page = &frames_pages[number];

	free_count -= count;
	page->refs = 1;
	return page;
}

struct page *frame_alloc(void)
{
	u64 word = first_word;

	while (word < word_count && words[word] == 0)
		word++;
	first_word = word;
	if (unlikely(word == word_count))
		return NULL;
	u64 bits = words[word];
	words[word] = bits & (bits - 1);
	return taken(word * WORD_BITS + (unsigned)__builtin_ctzll(bits), 1);
}

void frame_free(struct page *page)
{
	u64 number = page_number(page), word = number / WORD_BITS, bit = (u64)1 << number % WORD_BITS;

	assert(page->refs == 0 && number < frames_limit && !(words[word] & bit));
	words[word] |= bit;
	first_word = MIN(first_word, word);
	free_count++;
}

static bool run_is_free(u64 start, u64 count)
{
	if (count >= WORD_BITS) {
		for (u64 word = start / WORD_BITS; word < (start + count) / WORD_BITS; word++)
			if (words[word] != ~(u64)0)
				return false;
		return true;
	}
	u64 mask = mask_of(start % WORD_BITS, (unsigned)(start % WORD_BITS + count));
	return (words[start / WORD_BITS] & mask) == mask;
}

static void clear_run(u64 start, u64 count)
{
	if (count >= WORD_BITS)
		memset(&words[start / WORD_BITS], 0, count / WORD_BITS * sizeof(u64));
	else
		words[start / WORD_BITS] &= ~mask_of(start % WORD_BITS, (unsigned)(start % WORD_BITS + count));
}

struct page *frames_alloc(unsigned order)
{
	u64 count = (u64)1 << order;

	assert(order <= FRAMES_MAX_ORDER);
	if (order == 0)
		return frame_alloc();
	for (u64 at = ALIGN_UP(first_word * WORD_BITS, count); at + count <= word_count * WORD_BITS; at += count) {
		if (run_is_free(at, count)) {
			clear_run(at, count);
			return taken(at, count);
		}
	}
	return NULL;
}

void frames_free(struct page *page, unsigned order)
{
	assert(order <= FRAMES_MAX_ORDER && page_number(page) % ((u64)1 << order) == 0);
	mark_free(page_number(page), page_number(page) + ((u64)1 << order));
}

u64 frames_count_free(void)
{
	return free_count;
}
