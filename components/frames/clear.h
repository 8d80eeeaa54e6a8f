/*
 * clear: a stack of free frames that are full of zeroes, in front of an allocator.
 *
 * Page tables go back as empty as they came, and the next process wants some at
 * once; to clear them again would cost more than all else about them. The
 * frames here are free: they are counted so, and handed out as any other when
 * there are no others. Included by the allocators alone.
 */
#pragma once

#include <frames/frames.h>

#define CLEAR_MAX  64          /* what is more goes to the others */
#define CLEAR_REFS 0xffffffffu /* `refs` of a frame that lies here: freeing it again is noticed */

static struct list *clear_top; /* chained through link.next */
static u64 clear_count;

static inline void clear_init(void)
{
	clear_top = NULL;
	clear_count = 0;
}

/* A frame from the stack, its label as before it was handed out; NULL. */
static inline struct page *clear_pop(void)
{
	struct page *page;

	if (!clear_top)
		return NULL;
	page = list_entry(clear_top, struct page, link);
	clear_top = page->link.next;
	clear_count--;
	page->refs = 0;
	return page;
}

/* False if there is no room. */
static inline bool clear_push(struct page *page)
{
	if (clear_count == CLEAR_MAX)
		return false;
	page->refs = CLEAR_REFS;
	page->link.next = clear_top;
	clear_top = &page->link;
	clear_count++;
	return true;
}
