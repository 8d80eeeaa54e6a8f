/*
 * Slabs: a run of frames cut into objects of one size.
 *
 * Free objects of a slab are chained through their first word. What describes
 * the slab sits at its start; an object finds it by rounding its address down to
 * the slab's size, which works because runs are aligned to their size.
 *
 * A slab is in `partial` while it has a free object, else in `full`. The first
 * partial slab is the one used, so memory stays dense.
 */
#include <objects/objects.h>

#define SLAB_OBJECTS_MIN 8 /* a slab grows until it holds so many objects, if order permits */
#define SLAB_ORDER_MAX   5

struct slab {
	struct list link;
	void *free;   /* chain of free objects */
	u32 live;
	u32 unused;   /* objects never handed out lie behind this index */
};

static struct list caches = {&caches, &caches};

static u32 objects_in(const struct object_cache *cache, u32 order)
{
	return (u32)(((PAGE_SIZE << order) - cache->offset) / cache->size);
}

void object_cache_init(struct object_cache *cache, const char *name, size_t size, size_t align)
{
	align = MAX(align, sizeof(void *));
	assert((align & (align - 1)) == 0 && align <= PAGE_SIZE && size > 0 && size <= 32 * 1024);
	*cache = (struct object_cache){.name = name};
	cache->size = (u32)ALIGN_UP(MAX(size, sizeof(void *)), align);
	cache->offset = (u32)ALIGN_UP(sizeof(struct slab), align);
	while (cache->order < SLAB_ORDER_MAX && objects_in(cache, cache->order) < SLAB_OBJECTS_MIN)
		cache->order++;
	cache->per_slab = objects_in(cache, cache->order);
	check(cache->per_slab > 0);
	list_init(&cache->partial);
	list_init(&cache->full);
	list_push_back(&caches, &cache->all);
}

static struct slab *slab_of(const struct object_cache *cache, const void *object)
{
	uintptr_t offset = (uintptr_t)object - frames_window;

	return (struct slab *)(frames_window + ALIGN_DOWN(offset, (uintptr_t)PAGE_SIZE << cache->order));
}

static noinline struct slab *slab_new(struct object_cache *cache)
{
	struct page *page = frames_alloc(cache->order);

	if (!page)
		return NULL;
	struct slab *slab = page_bytes(page);
	*slab = (struct slab){0};
	list_push_front(&cache->partial, &slab->link);
	cache->slabs++;
	return slab;
}

void *object_alloc(struct object_cache *cache)
{
	struct slab *slab = list_first(&cache->partial, struct slab, link);

	if (unlikely(!slab) && !(slab = slab_new(cache)))
		return NULL;
	void *object = slab->free;
	if (object)
		slab->free = *(void **)object;
	else
		object = (char *)slab + cache->offset + (size_t)cache->size * slab->unused++;
	cache->live++;
	if (++slab->live == cache->per_slab) {
		list_remove(&slab->link);
		list_push_back(&cache->full, &slab->link);
	}
	return object;
}

void object_free(struct object_cache *cache, void *object)
{
	struct slab *slab = slab_of(cache, object);

	assert(slab->live > 0);
	if (slab->live-- == cache->per_slab) {
		list_remove(&slab->link);
		list_push_front(&cache->partial, &slab->link);
	}
	*(void **)object = slab->free;
	slab->free = object;
	cache->live--;
}

u64 object_cache_reclaim(struct object_cache *cache)
{
	struct slab *slab, *after;
	u64 frames = 0;

	list_for_each_safe(slab, after, &cache->partial, link) {
		if (slab->live > 0)
			continue;
		list_remove(&slab->link);
		struct page *page = page_of_bytes(slab);
		page->refs = 0;
		frames_free(page, cache->order);
		cache->slabs--;
		frames += (u64)1 << cache->order;
	}
	return frames;
}
