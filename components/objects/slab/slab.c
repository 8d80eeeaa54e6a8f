/*
 * Slabs: a run of frames cut into objects of one size.
 *
 * What describes a slab sits at its start; an object finds it by rounding its
 * address down to the slab's size, which works because runs are aligned to
 * theirs. Free objects are chained through their first word. Objects that were
 * never handed out are not in the chain: they lie behind `carved`, so a new
 * slab costs nothing but its header.
 *
 * A slab is in `partial` while it has a free object, else in `full`. The first
 * partial slab is used, and one that gets a free object again comes first, so
 * that a few slabs are in use and the others run empty. An empty slab goes back
 * at once if its cache has another partial one: then a cache keeps one in hand
 * at most, and a program that makes and frees one object all the time does not
 * reach the frame allocator.
 */
#include <objects/objects.h>

#define SLAB_ORDER_MAX 6
#define WASTE_SHARE    8 /* a slab grows until less than one part in so many is wasted */

struct slab {
	struct list link;           /* in its cache's partial or full */
	struct object_cache *cache; /* NULL once the slab is given back */
	void *free;                 /* chain of free objects */
	u32 live;                   /* objects handed out */
	u32 carved;                 /* objects from this index on were never handed out */
};

static struct list caches = {&caches, &caches};

static size_t slab_size(const struct object_cache *cache)
{
	return PAGE_SIZE << cache->order;
}

static bool wastes_much(const struct object_cache *cache)
{
	size_t waste = slab_size(cache) - (size_t)cache->per_slab * cache->size;

	return cache->per_slab == 0 || waste * WASTE_SHARE > slab_size(cache);
}

static void choose_order(struct object_cache *cache)
{
	for (cache->order = 0;; cache->order++) {
		cache->per_slab = (u32)((slab_size(cache) - cache->offset) / cache->size);
		if (!wastes_much(cache) || cache->order == SLAB_ORDER_MAX)
			break;
	}
	check(cache->per_slab > 0);
}

void object_cache_init(struct object_cache *cache, const char *name, size_t size, size_t align)
{
	assert(size > 0 && size <= 32 * 1024);
	assert(align > 0 && (align & (align - 1)) == 0 && align <= PAGE_SIZE);
	align = MAX(align, sizeof(void *));
	*cache = (struct object_cache){.name = name};
	cache->size = (u32)ALIGN_UP(size, align);
	cache->offset = (u32)ALIGN_UP(sizeof(struct slab), align);
	choose_order(cache);
	list_init(&cache->partial);
	list_init(&cache->full);
	list_push_back(&caches, &cache->all);
}

static struct slab *slab_of(const struct object_cache *cache, const void *object)
{
	uintptr_t offset = (uintptr_t)object - frames_window;

	return (struct slab *)(frames_window + ALIGN_DOWN(offset, slab_size(cache)));
}

static noinline struct slab *slab_new(struct object_cache *cache)
{
	struct page *page = frames_alloc(cache->order);

	if (!page)
		page = frames_alloc_kept(cache->order, frames_reserve / 4 * 3);
	if (!page)
		return NULL;
	struct slab *slab = page_bytes(page);
	*slab = (struct slab){.cache = cache};
	list_push_front(&cache->partial, &slab->link);
	cache->slabs++;
	return slab;
}

static noinline void slab_give_back(struct object_cache *cache, struct slab *slab)
{
	struct page *page = page_of_bytes(slab);

	list_remove(&slab->link);
	slab->cache = NULL;
	cache->slabs--;
	page->refs = 0;
	frames_free(page, cache->order);
}

void *object_alloc(struct object_cache *cache)
{
	struct slab *slab = list_first(&cache->partial, struct slab, link);

	if (unlikely(!slab) && !(slab = slab_new(cache)))
		return NULL;
	void *object = slab->free;
	if (likely(object))
		slab->free = *(void **)object;
	else
		object = (char *)slab + cache->offset + (size_t)cache->size * slab->carved++;
	cache->live++;
	if (unlikely(++slab->live == cache->per_slab)) {
		list_remove(&slab->link);
		list_push_back(&cache->full, &slab->link);
	}
	return object;
}

static bool is_object(const struct object_cache *cache, const struct slab *slab, const void *object)
{
	u32 offset = (u32)((const char *)object - (const char *)slab) - cache->offset;

	return slab->cache == cache && slab->live > 0 && offset % cache->size == 0 &&
	       offset / cache->size < slab->carved;
}

void object_free(struct object_cache *cache, void *object)
{
	struct slab *slab = slab_of(cache, object);

	assert(is_object(cache, slab, object) && slab->free != object);
	if (unlikely(slab->live == cache->per_slab)) {
		list_remove(&slab->link);
		list_push_front(&cache->partial, &slab->link);
	}
	*(void **)object = slab->free;
	slab->free = object;
	cache->live--;
	if (unlikely(--slab->live == 0) && cache->partial.next != cache->partial.prev)
		slab_give_back(cache, slab);
}

u64 object_cache_reclaim(struct object_cache *cache)
{
	struct slab *slab, *after;
	u64 slabs = cache->slabs;

	list_for_each_safe(slab, after, &cache->partial, link)
	{
		if (slab->live == 0)
			slab_give_back(cache, slab);
	}
	return (slabs - cache->slabs) << cache->order;
}

static void tell(const char *image, const char *name, u64 value,
	void (*write)(const char *line, size_t length))
{
	char line[128];
	size_t n = format_string(line, sizeof(line),
		"{\"type\":\"count\",\"image\":\"%s\",\"name\":\"%s\",\"value\":%llu}\n", image,
		name, (unsigned long long)value);

	write(line, MIN(n, sizeof(line) - 1));
}

void object_caches_tell(
	const char *image, s64 given, void (*write)(const char *line, size_t length))
{
	struct object_cache *cache;
	u64 frames = 0;

	list_for_each(cache, &caches, all)
	{
		object_cache_reclaim(cache);
		tell(image, cache->name, cache->live, write);
		frames += cache->slabs << cache->order;
	}
	tell(image, "frames", frames + frames_count_free() - (u64)given, write);
}
