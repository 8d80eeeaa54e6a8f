/* Things of odd sizes: caches of powers of two from 16 bytes to 32 KiB. */
#include <objects/objects.h>

#define SIZE_SHIFT_MIN 4
#define SIZE_SHIFT_MAX 15

static struct object_cache sizes[SIZE_SHIFT_MAX - SIZE_SHIFT_MIN + 1];
static const char *const names[] = {"16", "32", "64", "128", "256", "512", "1024", "2048", "4096", "8192", "16384", "32768"};
_Static_assert(ARRAY_SIZE(names) == ARRAY_SIZE(sizes), "a name for each size");

static struct object_cache *cache_for(size_t size)
{
	unsigned shift = size <= 1u << SIZE_SHIFT_MIN ? SIZE_SHIFT_MIN : 64 - (unsigned)__builtin_clzll(size - 1);

	if (shift > SIZE_SHIFT_MAX)
		return NULL;
	struct object_cache *cache = &sizes[shift - SIZE_SHIFT_MIN];
	if (!cache->size)
		object_cache_init(cache, names[shift - SIZE_SHIFT_MIN], (size_t)1 << shift, 16);
	return cache;
}

void *kalloc(size_t size)
{
	struct object_cache *cache = size > 0 ? cache_for(size) : NULL;

	return cache ? object_alloc(cache) : NULL;
}

void kfree(void *object, size_t size)
{
	if (object)
		object_free(cache_for(size), object);
}
