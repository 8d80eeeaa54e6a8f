/*
 * objects: memory for the services, from the host's allocator, so that its sanitizer watches each
 * object. Live objects are counted, and the nth allocation can be made to fail.
 */
#include <stdlib.h>

#include <host.h>

struct object {
	struct list link;
	size_t size;
	void *memory; /* as the host's allocator gave it: the object ends it */
	u8 bytes[] aligned(16);
};

static struct list objects = {&objects, &objects};
static u64 live;
static u64 fail_in; /* allocations until one fails; 0: none will */
static bool failed;

bool host_may_allocate(void)
{
	if (fail_in == 0 || --fail_in > 0)
		return true;
	failed = true;
	return false;
}

void host_fail_allocation(u64 nth)
{
	fail_in = nth;
	failed = false;
}

void host_stop_failing(void)
{
	fail_in = 0;
}

bool host_allocation_failed(void)
{
	return failed;
}

u64 host_live_objects(void)
{
	return live;
}

static void *allocate(size_t size, size_t align)
{
	size_t head = ALIGN_UP(sizeof(struct object), align);
	struct object *object;
	u8 *memory;

	if (!host_may_allocate())
		return NULL;
	memory = align > 16 ? aligned_alloc(align, ALIGN_UP(head + size, align))
			    : malloc(head + size);
	if (!memory)
		host_die("the host is out of memory");
	object = (struct object *)(memory + head) - 1;
	object->memory = memory;
	object->size = size;
	list_push_back(&objects, &object->link);
	live++;
	return memset(object->bytes, 0xa5, size); /* unknown contents */
}

void *kalloc(size_t size)
{
	check(size > 0 && size <= 32768);
	return allocate(size, 16);
}

void kfree(void *memory, size_t size)
{
	struct object *object;

	if (!memory)
		return;
	object = container_of(memory, struct object, bytes);
	check(object->size == size);
	list_remove(&object->link);
	live--;
	free(object->memory);
}

void object_cache_init(struct object_cache *cache, const char *name, size_t size, size_t align)
{
	*cache = (struct object_cache){.name = name,
		.size = (u32)ALIGN_UP(size, align),
		.offset = (u32)MAX(align, (size_t)16)};
}

void *object_alloc(struct object_cache *cache)
{
	return allocate(cache->size, cache->offset);
}

void object_free(struct object_cache *cache, void *object)
{
	kfree(object, cache->size);
}

s64 env_given_frames(void)
{
	return 0;
}

/* All kinds are one here. */
void object_caches_tell(
	const char *image, s64 given, void (*write)(const char *line, size_t length))
{
	(void)given;
	char line[128];
	size_t n = format_string(line, sizeof(line),
		"{\"type\":\"count\",\"image\":\"%s\",\"name\":\"objects\",\"value\":%llu}\n",
		image, (unsigned long long)live);

	write(line, MIN(n, sizeof(line) - 1));
}

/* What an earlier run left behind when its machine was switched off. */
void host_objects_reset(void)
{
	struct object *object, *after;

	list_for_each_safe(object, after, &objects, link) free(object->memory);
	list_init(&objects);
	live = 0;
}
