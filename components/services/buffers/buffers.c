/*
 * buffers: see buffers.h.
 *
 * Memory comes from caches of objects that are aligned to their size, for a transfer may not cross
 * a page. When there is none, unheld buffers are given up one after the other until there is.
 */
#include <services/buffers/buffers.h>
#include <services/errno.h>

#define SECTOR       512u
#define BUCKETS      1024u
#define COUNT_MIN    64u
#define MEMORY_SHARE 16u /* of the machine's memory: one part in so many */

static struct object_cache headers, bytes_of[3]; /* by block size: 1024 << index */

static struct object_cache *memory_for(u32 block_size)
{
	return &bytes_of[block_size >> 11];
}
_Static_assert(1024 >> 11 == 0 && 2048 >> 11 == 1 && 4096 >> 11 == 2, "the index is as it is");

static void prepare_memory(u32 block_size)
{
	if (headers.size == 0)
		object_cache_init(
			&headers, "buffer", sizeof(struct buffer), _Alignof(struct buffer));
	if (memory_for(block_size)->size == 0)
		object_cache_init(memory_for(block_size), "block", block_size, block_size);
}

long buffers_init(struct buffers *cache, u32 block_size, u64 blocks)
{
	struct env_memory memory;

	prepare_memory(block_size);
	env_memory(&memory);
	*cache = (struct buffers){.block_size = block_size, .blocks = blocks};
	cache->count_max = (u32)MIN(
		memory.total_pages / MEMORY_SHARE * (PAGE_SIZE / block_size), (u64)1 << 20);
	cache->count_max = MAX(cache->count_max, COUNT_MIN);
	list_init(&cache->unheld);
	cache->table = kalloc(BUCKETS * sizeof(cache->table[0]));
	if (!cache->table)
		return -ENOMEM;
	memset(cache->table, 0, BUCKETS * sizeof(cache->table[0]));
	return 0;
}

void buffers_fini(struct buffers *cache)
{
	if (!cache->table)
		return;
	buffers_shrink(cache, 0);
	check(cache->count == 0);
	kfree(cache->table, BUCKETS * sizeof(cache->table[0]));
	cache->table = NULL;
}

/* --- memory --- */

static struct buffer **bucket_of(struct buffers *cache, u64 block)
{
	return &cache->table[block % BUCKETS];
}

static void destroy(struct buffers *cache, struct buffer *buffer)
{
	struct buffer **at = bucket_of(cache, buffer->block);

	assert(buffer->refs == 0 && buffer->state == 0 && !list_is_linked(&buffer->user));
	while (*at != buffer)
		at = &(*at)->next;
	*at = buffer->next;
	list_remove(&buffer->unheld);
	buffer_forget(cache, buffer);
	object_free(memory_for(cache->block_size), buffer->bytes);
	object_free(&headers, buffer);
	cache->count--;
}

void buffers_shrink(struct buffers *cache, u32 count)
{
	struct buffer *buffer;

	while (cache->count > count && (buffer = list_first(&cache->unheld, struct buffer, unheld)))
		destroy(cache, buffer);
}

/* An object, at the price of a buffer that nobody holds if need be. */
static void *allocate(struct buffers *cache, struct object_cache *from)
{
	void *object = object_alloc(from);

	while (!object && !list_is_empty(&cache->unheld)) {
		buffers_shrink(cache, cache->count - 1);
		object = object_alloc(from);
	}
	return object;
}

u8 *buffers_memory(const struct buffers *cache)
{
	return object_alloc(memory_for(cache->block_size));
}

void buffers_memory_free(const struct buffers *cache, u8 *bytes)
{
	object_free(memory_for(cache->block_size), bytes);
}

/* --- the disk --- */

static long transferred(enum kstatus status)
{
	switch (status) {
	case K_OK:
		return 0;
	case K_DENIED:
		return -EROFS;
	case K_NOMEM:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

long buffers_read(struct buffers *cache, u64 block, void *bytes)
{
	u32 sectors = cache->block_size / SECTOR;

	if (block >= cache->blocks)
		return -EUCLEAN;
	cache->reads++;
	return transferred(env_disk_read(block * sectors, sectors, bytes));
}

long buffers_write(struct buffers *cache, u64 block, const void *bytes)
{
	u32 sectors = cache->block_size / SECTOR;

	if (block >= cache->blocks)
		return -EUCLEAN;
	cache->writes++;
	return transferred(env_disk_write(block * sectors, sectors, bytes));
}

long buffer_write(struct buffers *cache, struct buffer *buffer)
{
	return buffers_write(cache, buffer->block, buffer->bytes);
}

/* --- finding --- */

struct buffer *buffer_peek(struct buffers *cache, u64 block)
{
	struct buffer *buffer = *bucket_of(cache, block);

	while (buffer && buffer->block != block)
		buffer = buffer->next;
	if (!buffer)
		return NULL;
	if (buffer->refs++ == 0)
		list_remove(&buffer->unheld);
	return buffer;
}

/* A held buffer with unknown bytes, which is in the table. */
static long create(struct buffers *cache, u64 block, struct buffer **out)
{
	struct buffer *buffer;

	if (block >= cache->blocks)
		return -EUCLEAN;
	if (cache->count >= cache->count_max)
		buffers_shrink(cache, cache->count_max - 1);
	buffer = allocate(cache, &headers);
	if (!buffer)
		return -ENOMEM;
	*buffer = (struct buffer){.block = block, .refs = 1};
	buffer->bytes = allocate(cache, memory_for(cache->block_size));
	if (!buffer->bytes) {
		object_free(&headers, buffer);
		return -ENOMEM;
	}
	list_init(&buffer->unheld);
	list_init(&buffer->user);
	buffer->next = *bucket_of(cache, block);
	*bucket_of(cache, block) = buffer;
	cache->count++;
	*out = buffer;
	return 0;
}

long buffer_read(struct buffers *cache, u64 block, struct buffer **out)
{
	long error;

	*out = buffer_peek(cache, block);
	if (*out)
		return 0;
	error = create(cache, block, out);
	if (error != 0)
		return error;
	error = buffers_read(cache, block, (*out)->bytes);
	if (error != 0) {
		(*out)->refs = 0;
		destroy(cache, *out);
	}
	return error;
}

long buffer_fresh(struct buffers *cache, u64 block, struct buffer **out)
{
	long error = 0;

	*out = buffer_peek(cache, block);
	if (!*out)
		error = create(cache, block, out);
	if (error == 0)
		memset((*out)->bytes, 0, cache->block_size);
	return error;
}

void buffer_put(struct buffers *cache, struct buffer *buffer)
{
	assert(buffer->refs > 0);
	if (--buffer->refs == 0)
		list_push_back(&cache->unheld, &buffer->unheld);
}

long buffer_keep(struct buffers *cache, struct buffer *buffer)
{
	if (buffer->kept)
		return 0;
	buffer->kept = allocate(cache, memory_for(cache->block_size));
	if (!buffer->kept)
		return -ENOMEM;
	memcpy(buffer->kept, buffer->bytes, cache->block_size);
	return 0;
}

void buffer_forget(struct buffers *cache, struct buffer *buffer)
{
	if (buffer->kept)
		object_free(memory_for(cache->block_size), buffer->kept);
	buffer->kept = NULL;
}
