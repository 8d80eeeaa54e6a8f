/*
 * Things of odd sizes: a cache for each power of two from 16 bytes to 32 KiB,
 * set up when it is first asked for; larger ones are runs of frames of their own.
 */
#include <objects/objects.h>

#define SHIFT_MIN 4
#define SHIFT_MAX 15
#define ALIGNMENT 16 /* what any type of C may need */

static struct object_cache sizes[SHIFT_MAX - SHIFT_MIN + 1];
static const char *const names[] = {"kalloc-16", "kalloc-32", "kalloc-64", "kalloc-128",
	"kalloc-256", "kalloc-512", "kalloc-1024", "kalloc-2048", "kalloc-4096", "kalloc-8192",
	"kalloc-16384", "kalloc-32768"};
_Static_assert(ARRAY_SIZE(names) == ARRAY_SIZE(sizes), "a name for each size");

/* The order of the run that holds so much; above FRAMES_MAX_ORDER there is none. */
static unsigned order_for(size_t size)
{
	return 64 - (unsigned)__builtin_clzll((size - 1) >> PAGE_SHIFT);
}

/* NULL if there is no cache for things so large. */
static struct object_cache *cache_for(size_t size)
{
	unsigned shift =
		size <= 1u << SHIFT_MIN ? SHIFT_MIN : 64 - (unsigned)__builtin_clzll(size - 1);

	if (shift > SHIFT_MAX)
		return NULL;
	struct object_cache *cache = &sizes[shift - SHIFT_MIN];
	if (unlikely(cache->size == 0))
		object_cache_init(cache, names[shift - SHIFT_MIN], (size_t)1 << shift, ALIGNMENT);
	return cache;
}

void *kalloc(size_t size)
{
	struct object_cache *cache = size > 0 ? cache_for(size) : NULL;

	if (likely(cache))
		return object_alloc(cache);
	struct page *page = size > 0 && size <= PAGE_SIZE << FRAMES_MAX_ORDER
				    ? frames_alloc(order_for(size))
				    : NULL;
	return page ? page_bytes(page) : NULL;
}

void kfree(void *object, size_t size)
{
	struct object_cache *cache;

	if (!object)
		return;
	cache = cache_for(size);
	if (likely(cache))
		object_free(cache, object);
	else
		frames_free(page_of_bytes(object), order_for(size));
}
