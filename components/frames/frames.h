/*
 * frames: who owns which frame of physical memory.
 *
 * A frame is PAGE_SIZE bytes of physical memory; `struct page` is its label,
 * one for each frame below the limit, in the array `frames_pages`. The frame
 * with number n lies at physical address n * PAGE_SIZE, and its bytes are seen
 * at frames_window + n * PAGE_SIZE: the kernel's direct map, or in a user-mode
 * pager the memory that its kernel gave it.
 *
 * Hot paths (a page fault) allocate and free single frames: a few instructions.
 * Nothing may touch every frame at start-up, and nothing may assume that
 * memory or the label array starts out as zeroes.
 *
 * Callers are serialised (one processor, not preemptible, or a monitor).
 */
#pragma once

#include <lib/lib.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  ((u64)1 << PAGE_SHIFT)

#define FRAMES_MAX_ORDER 9 /* the largest run asked for: 2^9 frames, 2 MiB */

/* The label of a frame. `state` is the allocator's always, `link` while the frame is free. */
struct page {
	u32 refs;         /* how many mappings, caches … hold it; 0 while free */
	u32 state;        /* the allocator's */
	struct list link; /* the allocator's while free, its owner's while allocated */
	u64 owner;        /* the owner's, e.g. the offset in its memory object */
};
_Static_assert(sizeof(struct page) == 32, "a shift turns a page into its frame number");

extern struct page *frames_pages; /* [frame number] */
extern uintptr_t frames_window;   /* where physical address 0 is seen */
extern u64 frames_limit;          /* frame numbers end below this */

/* Bytes of bookkeeping that frames_init() wants for `nframes` frames (labels included). */
size_t frames_metadata_size(u64 nframes);

/*
 * Begins with no free frame at all. `metadata` is page aligned, of the size
 * above, in memory that is never handed to frames_add(); `window` is stored in
 * frames_window.
 */
void frames_init(u64 nframes, void *metadata, uintptr_t window);

/* Makes the frames of [start, end) free. Unaligned ends are rounded inwards. Ranges never overlap.
 */
void frames_add(paddr_t start, paddr_t end);

/* One frame with refs = 1, its contents unknown; NULL when there is none. */
struct page *frame_alloc(void);

/* Takes back one frame whose refs have come to 0. */
void frame_free(struct page *page);

/*
 * The same for frames full of zeroes: one that is known to be is not cleared again. Whoever gives
 * one back vouches for its bytes.
 */
struct page *frame_alloc_clear(void);
void frame_free_clear(struct page *page);

/* 2^order frames in a row, aligned to their size, the first's label with refs = 1; NULL when there
 * are none. */
struct page *frames_alloc(unsigned order);
void frames_free(struct page *page, unsigned order);

/* How many frames are free. */
u64 frames_count_free(void);

/*
 * So many are kept back (0 at first): while no more are free, only frames_alloc_kept() finds any,
 * and that leaves `keep` of them. So that what programs touch cannot take what is needed to end one
 * of them. Some more may be handed out where that saves the hot path a check.
 */
extern u64 frames_reserve;

static inline struct page *frames_alloc_kept(unsigned order, u64 keep)
{
	u64 reserve = frames_reserve;

	frames_reserve = keep;
	struct page *page = frames_alloc(order);
	frames_reserve = reserve;
	return page;
}

/* Asked when no frame is left: true, and frames_add() has been called for some more. NULL: never.
 */
extern bool (*frames_grow)(void);

static inline u64 page_number(const struct page *page)
{
	return (u64)(page - frames_pages);
}

static inline paddr_t page_phys(const struct page *page)
{
	return page_number(page) << PAGE_SHIFT;
}

static inline struct page *phys_page(paddr_t phys)
{
	return &frames_pages[phys >> PAGE_SHIFT];
}

/* The frame's bytes. */
static inline void *page_bytes(const struct page *page)
{
	return (void *)(frames_window + page_phys(page));
}

static inline struct page *page_of_bytes(const void *bytes)
{
	return phys_page((uintptr_t)bytes - frames_window);
}

static inline void page_ref(struct page *page)
{
	page->refs++;
}

/* Gives up one reference; the last one frees the frame. */
static inline void page_unref(struct page *page)
{
	assert(page->refs > 0);
	if (--page->refs == 0)
		frame_free(page);
}

/*
 * A frame's bytes at once, by 512 iterations of one string instruction: the
 * unit that every figure ending in "_net" leaves out.
 */
static inline void page_zero(void *bytes)
{
	u64 count = PAGE_SIZE / 8;
	__asm__ volatile("rep stosq" : "+D"(bytes), "+c"(count) : "a"(0) : "memory");
}

static inline void page_copy(void *to, const void *from)
{
	u64 count = PAGE_SIZE / 8;
	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}
