/*
 * objects: memory for the small fixed-size things a kernel is made of.
 *
 * A cache hands out objects of one size, carved from frames. Allocation and
 * release are on hot paths: a few instructions when the cache is warm. Objects
 * come with unknown contents. A frame that holds no live object any more can be
 * given back.
 */
#pragma once

#include <frames/frames.h>
#include <lib/lib.h>

struct object_cache {
	const char *name;
	u32 size;            /* bytes between two objects, alignment included */
	u32 per_slab;        /* objects in one slab */
	u32 order;           /* a slab is 2^order frames */
	u32 offset;          /* of the first object in its slab */
	struct list partial; /* slabs with a free object, the one to use first in front */
	struct list full;
	u64 live;        /* objects handed out */
	u64 slabs;       /* slabs held */
	struct list all; /* link in the list of all caches, for reports */
};

/* `size` up to 32 KiB; `align` a power of two up to a page. */
void object_cache_init(struct object_cache *cache, const char *name, size_t size, size_t align);

/* An object with unknown contents, or NULL when memory is out. */
void *object_alloc(struct object_cache *cache);
void object_free(struct object_cache *cache, void *object);

/* Gives the slabs that hold no live object back to the frame allocator; how many frames that freed.
 */
u64 object_cache_reclaim(struct object_cache *cache);

/*
 * Tells what is in use, for who looks for leaks: empty slabs are given back, then for each cache a
 * line of results says how many objects live, and one how many frames are free or hold slabs, less
 * `given`, those that were added since the start (docs/measuring.md). What is as it was before
 * leaves every line as it was.
 */
void object_caches_tell(
	const char *image, s64 given, void (*write)(const char *line, size_t length));

/* For things of odd sizes up to 2 MiB, in memory of the next power of two. The size must be given
 * again at release. */
void *kalloc(size_t size) must_check;
void kfree(void *object, size_t size);
