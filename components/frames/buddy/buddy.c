/*
 * The buddy system: runs of 2^order frames, split in halves and joined again.
 *
 * There is a list of free blocks for each order. A block's buddy is the other
 * half of the block twice its size: their numbers differ in one bit. Whether
 * two buddies can be joined is asked of a bitmap, not of the buddy's label,
 * because labels hold rubbish until their frame is first used: one bit for
 * each pair of each order, which is turned over whenever either of the two
 * becomes free or stops being it. So it is set while exactly one is free, and a
 * block that is freed and turns it to 0 has found its buddy free (Knuth; Linux
 * did the same until 2.6).
 *
 * Single frames are what nearly everybody asks for. A stack of them lies in
 * front of the lists, as Linux' per-CPU lists do: a page fault pops, an exit
 * pushes, and nothing is split or joined. It is filled from a block when it is
 * empty, and half of it goes back when it is full, or all of it when a longer
 * run cannot be had otherwise.
 */
#include <frames/clear.h>

#define ORDERS       (FRAMES_MAX_ORDER + 1)
#define REFILL_ORDER 4  /* a block of 16 frames fills the empty stack */
#define STACK_MAX    64 /* and so many at most lie on it */
#define IN_USE                                                                                     \
	0x75736564u /* `state` of a label while its frame, or its run, is handed out; plus the     \
		       order */

struct page *frames_pages;
uintptr_t frames_window;
u64 frames_limit;
u64 frames_reserve;
bool (*frames_grow)(void);

static struct list blocks[ORDERS];
static u64 *pairs[ORDERS]; /* [order], a bit for each pair; the largest blocks have no buddy */
static struct list *stack; /* single frames, chained through link.next */
static u64 stack_depth;
static u64 block_frames; /* free frames in the lists; those on the stack come on top */

static u64 labels_size(u64 nframes)
{
	return ALIGN_UP(nframes * sizeof(struct page), sizeof(u64));
}

/* Words in the bitmap of an order; a last pair may be half outside. */
static u64 pair_words(u64 nframes, unsigned order)
{
	u64 npairs = (nframes >> (order + 1)) + 1;

	return (npairs + 63) / 64;
}

size_t frames_metadata_size(u64 nframes)
{
	size_t size = labels_size(nframes);

	for (unsigned order = 0; order < FRAMES_MAX_ORDER; order++)
		size += pair_words(nframes, order) * sizeof(u64);
	return size;
}

void frames_init(u64 nframes, void *metadata, uintptr_t window)
{
	u64 *bits = (u64 *)((char *)metadata + labels_size(nframes));

	frames_pages = metadata;
	frames_window = window;
	frames_limit = nframes;
	stack = NULL;
	stack_depth = 0;
	block_frames = 0;
	clear_init();
	frames_reserve = 0;
	memset(bits, 0, frames_metadata_size(nframes) - labels_size(nframes));
	for (unsigned order = 0; order < ORDERS; order++) {
		list_init(&blocks[order]);
		pairs[order] = bits;
		bits += order < FRAMES_MAX_ORDER ? pair_words(nframes, order) : 0;
	}
}

/* Turns the pair's bit over and answers what it is then: true if exactly one of the two is free. */
static bool turn_pair(u64 number, unsigned order)
{
	u64 pair = number >> (order + 1), bit = (u64)1 << pair % 64;

	return (pairs[order][pair / 64] ^= bit) & bit;
}

static void put_block(u64 number, unsigned order)
{
	block_frames += (u64)1 << order;
	while (order < FRAMES_MAX_ORDER && !turn_pair(number, order)) {
		u64 buddy = number ^ (u64)1 << order;

		list_remove(&frames_pages[buddy].link);
		number &= ~((u64)1 << order);
		order++;
	}
	list_push_front(&blocks[order], &frames_pages[number].link);
}

/* A block of exactly this order, split off the smallest that is large enough. */
static struct page *take_block(unsigned order)
{
	unsigned from = order;

	while (from < ORDERS && list_is_empty(&blocks[from]))
		from++;
	if (from == ORDERS)
		return NULL;
	struct page *page = list_first(&blocks[from], struct page, link);
	list_remove(&page->link);
	if (from < FRAMES_MAX_ORDER)
		turn_pair(page_number(page), from);
	while (from > order) {
		from--;
		struct page *upper = page + ((u64)1 << from);
		turn_pair(page_number(page), from);
		list_push_front(&blocks[from], &upper->link);
	}
	block_frames -= (u64)1 << order;
	return page;
}

void frames_add(paddr_t start, paddr_t end)
{
	u64 from = ALIGN_UP(start, PAGE_SIZE) >> PAGE_SHIFT;
	u64 to = MIN(end >> PAGE_SHIFT, frames_limit);

	while (from < to) {
		unsigned order = 0;

		while (order < FRAMES_MAX_ORDER && from % ((u64)2 << order) == 0 &&
			from + ((u64)2 << order) <= to)
			order++;
		put_block(from, order);
		from += (u64)1 << order;
	}
}

static void push(struct page *page)
{
	page->link.next = stack;
	stack = &page->link;
	stack_depth++;
}

static struct page *pop(void)
{
	struct page *page = list_entry(stack, struct page, link);

	stack = stack->next;
	stack_depth--;
	return page;
}

/* The clear frames become like all others; false if there were none. */
static noinline bool give_up_clear(void)
{
	struct page *page = clear_pop();

	if (!page)
		return false;
	for (; page; page = clear_pop())
		push(page);
	return true;
}

/* A block for the stack, a smaller one if memory is in pieces; pushed so that the lowest frame
 * comes out first. The clear frames where there is no block. */
static noinline bool refill(void)
{
	struct page *page = NULL;
	unsigned order;

	do {
		order = REFILL_ORDER + 1;
		while (!page && block_frames > frames_reserve && order-- > 0)
			page = take_block(order);
	} while (!page && frames_grow && frames_grow());
	if (!page)
		return give_up_clear();
	for (u64 i = (u64)1 << order; i-- > 0;)
		push(page + i);
	return true;
}

static noinline void drain(u64 depth)
{
	while (stack_depth > depth)
		put_block(page_number(pop()), 0);
}

struct page *frame_alloc(void)
{
	if (unlikely(!stack) && !refill())
		return NULL;
	struct page *page = pop();
	page->refs = 1;
	page->state = IN_USE;
	return page;
}

void frame_free(struct page *page)
{
	assert(page_number(page) < frames_limit && page->refs == 0 && page->state == IN_USE);
	page->state = 0;
	push(page);
	if (unlikely(stack_depth > STACK_MAX))
		drain(STACK_MAX / 2);
}

struct page *frame_alloc_clear(void)
{
	struct page *page = clear_pop();

	if (page) {
		page->refs = 1;
		page->state = IN_USE;
		return page;
	}
	page = frame_alloc();
	if (page)
		page_zero(page_bytes(page));
	return page;
}

void frame_free_clear(struct page *page)
{
	assert(page_number(page) < frames_limit && page->refs == 0 && page->state == IN_USE);
	if (clear_push(page))
		page->state = 0;
	else
		frame_free(page);
}

/* A block, unless it is of what is kept back. */
static struct page *take_run(unsigned order)
{
	if (block_frames + stack_depth < frames_reserve + ((u64)1 << order))
		return NULL;
	return take_block(order);
}

struct page *frames_alloc(unsigned order)
{
	assert(order <= FRAMES_MAX_ORDER);
	if (order == 0)
		return frame_alloc();
	struct page *page;
	do {
		page = take_run(order);
		if (!page && (give_up_clear() || stack)) {
			drain(0);
			page = take_run(order);
		}
	} while (!page && frames_grow && frames_grow());
	if (page) {
		page->refs = 1;
		page->state = IN_USE + order;
	}
	return page;
}

void frames_free(struct page *page, unsigned order)
{
	assert(page_number(page) < frames_limit && page->refs <= 1);
	assert(order <= FRAMES_MAX_ORDER && page->state == IN_USE + order);
	page->refs = 0;
	if (order == 0) {
		frame_free(page);
		return;
	}
	page->state = 0;
	put_block(page_number(page), order);
}

u64 frames_count_free(void)
{
	return block_frames + stack_depth + clear_count;
}
