/*
 * objects: what every allocator of kernel objects must do.
 *
 * Each object is filled with a pattern of its own and looked at again before it
 * is freed: two that overlap, or an allocator that writes into what it has
 * handed out, spoil a pattern.
 */
#include <frames/misuse.h>
#include <frames/test_frames.h>
#include <objects/objects.h>

void contract_test_objects(void);

#define HELD   400
#define ROUNDS 20000
#define SEED   0x6f626a65637473

static u64 random_state;

static const struct {
	size_t size, align;
} kinds[] = {{1, 1}, {8, 8}, {24, 8}, {40, 64}, {100, 4}, {192, 64}, {1000, 16}, {2048, 2048},
	{2700, 64}, {4096, 4096}, {5000, 8}, {32768, 8}};
#define KINDS ARRAY_SIZE(kinds)

static struct object_cache caches[KINDS];

static struct held {
	u8 *object;
	unsigned kind;
	u8 pattern;
} held[HELD];

static u64 next_random(void)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return random_state >> 33;
}

static bool holds_pattern(const u8 *bytes, size_t size, u8 pattern)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != (u8)(pattern + i))
			return false;
	return true;
}

static void fill(u8 *bytes, size_t size, u8 pattern)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (u8)(pattern + i);
}

static bool take(struct held *h)
{
	h->kind = (unsigned)(next_random() % KINDS);
	h->pattern = (u8)next_random();
	h->object = object_alloc(&caches[h->kind]);
	if (!h->object)
		return frames_count_free() <
		       1u << FRAMES_MAX_ORDER; /* refused: only when memory is short */
	if ((uintptr_t)h->object % kinds[h->kind].align != 0)
		return false;
	fill(h->object, kinds[h->kind].size, h->pattern);
	return true;
}

static bool give(struct held *h)
{
	bool right = holds_pattern(h->object, kinds[h->kind].size, h->pattern);

	object_free(&caches[h->kind], h->object);
	h->object = NULL;
	return right;
}

static u64 live(void)
{
	u64 count = 0;

	for (unsigned i = 0; i < KINDS; i++)
		count += caches[i].live;
	return count;
}

static void test_model(void)
{
	u64 before = frames_count_free(), count = 0, given = 0;
	bool right = true;

	for (unsigned round = 0; round < ROUNDS && right; round++) {
		struct held *h = &held[next_random() % HELD];
		bool had = h->object;

		right = had ? give(h) : take(h);
		count += !had && h->object ? 1 : 0;
		count -= had ? 1 : 0;
		right &= live() == count;
	}
	tap_ok(right, "20000 random requests of twelve kinds: aligned, apart, counted");
	for (unsigned i = 0; i < HELD; i++)
		right &= !held[i].object || give(&held[i]);
	tap_ok(right, "each object holds what was stored in it to the end");
	for (unsigned i = 0; i < KINDS; i++)
		given += object_cache_reclaim(&caches[i]);
	tap_eq(frames_count_free(), before, "all frames come back");
	tap_ok(given > 0, "the last of them when they are reclaimed");
	tap_eq(live(), 0, "no object is left");
}

/* Reclaiming takes slabs that are all free and no others. */
static void test_reclaim(void)
{
	static void *objects[512];
	struct object_cache *cache = &caches[5];
	u64 before = frames_count_free(), middle;

	for (unsigned i = 0; i < ARRAY_SIZE(objects); i++)
		objects[i] = object_alloc(cache);
	u64 slabs = cache->slabs;
	for (unsigned i = 0; i < ARRAY_SIZE(objects); i += 2)
		object_free(cache, objects[i]);
	tap_ok(object_cache_reclaim(cache) == 0 && cache->slabs == slabs,
		"slabs in use are not reclaimed");
	for (unsigned i = 1; i < ARRAY_SIZE(objects); i += 2)
		if (i != 255)
			object_free(cache, objects[i]);
	middle = frames_count_free();
	u64 given = object_cache_reclaim(cache);
	tap_ok(frames_count_free() == middle + given && cache->slabs == 1,
		"all but the one in use are");
	object_free(cache, objects[255]);
	object_cache_reclaim(cache);
	tap_ok(frames_count_free() == before && cache->slabs == 0, "and that too when it is empty");
}

/* One object made and freed all the time must not cost a frame each time. */
static void test_warm(void)
{
	struct object_cache *cache = &caches[2];
	void *first = object_alloc(cache);
	u64 before = frames_count_free();
	bool steady = true;

	object_free(cache, first);
	for (unsigned i = 0; i < 1000; i++) {
		void *object = object_alloc(cache);
		steady &= object == first && frames_count_free() == before;
		object_free(cache, object);
		steady &= frames_count_free() == before;
	}
	tap_ok(steady, "a warm cache hands out what it got back last, and leaves the frames alone");
	object_cache_reclaim(cache);
}

/* Until memory is out, and back. */
static void test_exhaustion(struct object_cache *cache)
{
	u64 before = frames_count_free(), count = 0;
	void **chain = NULL, **object;

	while ((object = object_alloc(cache))) {
		*object = chain;
		chain = object;
		count++;
	}
	tap_ok(count > 0 && cache->live == count && cache->slabs * cache->per_slab == count,
		"objects can be had until all slabs are full");
	tap_ok(frames_count_free() < before / 8, "and nearly all memory is in use");
	while ((object = chain)) {
		chain = *object;
		object_free(cache, object);
	}
	object_cache_reclaim(cache);
	tap_eq(frames_count_free(), before, "everything comes back");
	object = object_alloc(cache);
	tap_ok(object, "and can be had again");
	object_free(cache, object);
	object_cache_reclaim(cache);
}

static void test_odd_sizes(void)
{
	static const size_t sizes[] = {
		1, 15, 16, 17, 31, 33, 100, 1000, 4095, 4096, 4097, 20000, 32768};
	u8 *objects[ARRAY_SIZE(sizes)][3];
	bool right = true;

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
		for (unsigned j = 0; j < 3; j++) {
			objects[i][j] = kalloc(sizes[i]);
			right &= objects[i][j] && (uintptr_t)objects[i][j] % 16 == 0;
			if (objects[i][j])
				fill(objects[i][j], sizes[i], (u8)(i * 3 + j));
		}
	tap_ok(right, "kalloc gives any size up to 32 KiB, aligned to 16");
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
		for (unsigned j = 0; j < 3; j++) {
			right &= holds_pattern(objects[i][j], sizes[i], (u8)(i * 3 + j));
			kfree(objects[i][j], sizes[i]);
		}
	tap_ok(right, "each apart from the others");
	tap_ok(!kalloc(0) && !kalloc((PAGE_SIZE << FRAMES_MAX_ORDER) + 1) && !kalloc(SIZE_MAX),
		"other sizes are refused");
	kfree(NULL, 100);
}

static void free_twice(void)
{
	void *object = object_alloc(&caches[4]);

	object_alloc(&caches[4]);
	object_free(&caches[4], object);
	object_free(&caches[4], object);
}

static void free_elsewhere(void)
{
	object_free(&caches[5], object_alloc(&caches[4]));
}

static void free_middle(void)
{
	object_free(&caches[4], (char *)object_alloc(&caches[4]) + 8);
}

static void free_unborn(void)
{
	object_free(&caches[4], (char *)object_alloc(&caches[4]) + caches[4].size);
}

static void bad_alignment(void)
{
	static struct object_cache cache;

	object_cache_init(&cache, "bad", 100, 24);
}

void contract_test_objects(void)
{
	random_state = SEED;
	tap_note("random seed 0x6f626a65637473");
	test_frames_init();
	for (unsigned i = 0; i < KINDS; i++)
		object_cache_init(&caches[i], "test", kinds[i].size, kinds[i].align);
	tap_ok(live() == 0 && caches[0].slabs == 0, "a new cache holds nothing");
	test_model();
	test_reclaim();
	test_warm();
	test_exhaustion(&caches[6]);
	test_exhaustion(&caches[8]);
	test_odd_sizes();
	tap_panics(free_twice, "freeing an object twice panics");
	tap_panics(free_elsewhere, "freeing it to another cache panics");
	tap_panics(free_middle, "freeing the middle of an object panics");
	tap_panics(free_unborn, "freeing what was never handed out panics");
	tap_panics(bad_alignment, "an alignment that is no power of two panics");
}
