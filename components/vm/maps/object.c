/*
 * Memory objects: a length, a pager, and the pages seen so far.
 *
 * The cache is an array of arrays of 512 page pointers, each a frame of its
 * own, made when first needed. The object holds one reference on each page.
 */
#include <objects/objects.h>
#include <vm/maps/private.h>

#define CHUNK_PAGES 512
#define OBJECT_PAGES_MAX                                                                           \
	((u64)CHUNK_PAGES * 4096) /* 8 GiB: the array of arrays stays within 32 KiB */

static u64 last_id;

static u64 chunks_for(u64 pages)
{
	return (pages + CHUNK_PAGES - 1) / CHUNK_PAGES;
}

/* An array of `count` empty places; an object of no pages has one all the same. */
static struct page ***chunks_alloc(u64 count)
{
	size_t size = MAX(count, 1) * sizeof(struct page **);
	struct page ***chunks = kalloc(size);

	if (chunks)
		memset(chunks, 0, size);
	return chunks;
}

static void chunks_free(struct page ***chunks, u64 count)
{
	kfree(chunks, MAX(count, 1) * sizeof(struct page **));
}

enum kstatus vm_object_create(struct vm_object **out, u64 pages, void *pager)
{
	if (pages > OBJECT_PAGES_MAX)
		return K_NOMEM;
	struct vm_object *object = kalloc(sizeof(*object));
	if (!object)
		return K_NOMEM;
	*object = (struct vm_object){.id = ++last_id,
		.refs = 1,
		.internal = pager == NULL,
		.pages = pages,
		.pager = pager};
	object->room = chunks_for(pages);
	object->chunks = chunks_alloc(object->room);
	if (!object->chunks) {
		kfree(object, sizeof(*object));
		return K_NOMEM;
	}
	*out = object;
	return K_OK;
}

void vm_object_ref(struct vm_object *object)
{
	object->refs++;
}

static void free_chunk(struct page **chunk)
{
	for (unsigned i = 0; i < CHUNK_PAGES; i++)
		if (chunk[i])
			page_unref(chunk[i]);
	page_unref(page_of_bytes(chunk));
}

/* Drops the cached pages from `first` on, whole chunks where it can. */
static void drop_from(struct vm_object *object, u64 first)
{
	u64 whole = chunks_for(first);

	for (u64 i = first; i < MIN(object->pages, whole * CHUNK_PAGES); i++) {
		struct page **chunk = object->chunks[i / CHUNK_PAGES];
		if (chunk && chunk[i % CHUNK_PAGES]) {
			page_unref(chunk[i % CHUNK_PAGES]);
			chunk[i % CHUNK_PAGES] = NULL;
		}
	}
	for (u64 i = whole; i < chunks_for(object->pages); i++) {
		if (object->chunks[i])
			free_chunk(object->chunks[i]);
		object->chunks[i] = NULL;
	}
}

void vm_object_unref(struct vm_object *object)
{
	assert(object->refs > 0);
	if (--object->refs > 0)
		return;
	drop_from(object, 0);
	if (!object->internal)
		pager_object_gone(object);
	chunks_free(object->chunks, object->room);
	kfree(object, sizeof(*object));
}

/* Room for twice as many chunks as before, or for `count`: growing page by page stays cheap. */
static bool grow_room(struct vm_object *object, u64 count)
{
	u64 room = MIN(MAX(count, object->room * 2), chunks_for(OBJECT_PAGES_MAX));
	struct page ***chunks = chunks_alloc(room);

	if (!chunks)
		return false;
	memcpy(chunks, object->chunks, object->room * sizeof(*chunks));
	chunks_free(object->chunks, object->room);
	object->chunks = chunks;
	object->room = room;
	return true;
}

enum kstatus vm_object_resize(struct vm_object *object, u64 pages)
{
	u64 count = chunks_for(pages);

	if (pages > OBJECT_PAGES_MAX || (count > object->room && !grow_room(object, count)))
		return K_NOMEM;
	drop_from(object, pages);
	object->pages = pages;
	return K_OK;
}

struct page *vm_object_lookup(const struct vm_object *object, u64 index)
{
	if (index >= object->pages || !object->chunks[index / CHUNK_PAGES])
		return NULL;
	return object->chunks[index / CHUNK_PAGES][index % CHUNK_PAGES];
}

u64 vm_object_next(const struct vm_object *object, u64 index)
{
	while (index < object->pages) {
		struct page **chunk = object->chunks[index / CHUNK_PAGES];

		if (!chunk)
			index = ALIGN_DOWN(index, (u64)CHUNK_PAGES) + CHUNK_PAGES;
		else if (chunk[index % CHUNK_PAGES])
			return index;
		else
			index++;
	}
	return object->pages;
}

enum kstatus vm_object_insert(struct vm_object *object, u64 index, struct page *page)
{
	if (index >= object->pages)
		return K_RANGE;
	struct page ***chunk = &object->chunks[index / CHUNK_PAGES];
	if (!*chunk) {
		struct page *frame = frame_alloc();
		if (!frame)
			return K_NOMEM;
		*chunk = page_bytes(frame);
		page_zero(*chunk);
	}
	if ((*chunk)[index % CHUNK_PAGES])
		return K_EXISTS;
	(*chunk)[index % CHUNK_PAGES] = page;
	return K_OK;
}
