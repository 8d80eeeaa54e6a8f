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

static u64 chunk_count(const struct vm_object *object)
{
	return (object->pages + CHUNK_PAGES - 1) / CHUNK_PAGES;
}

enum kstatus vm_object_create(struct vm_object **out, u64 pages, void *pager)
{
	if (pages == 0 || pages > OBJECT_PAGES_MAX)
		return K_NOMEM;
	struct vm_object *object = kalloc(sizeof(*object));
	if (!object)
		return K_NOMEM;
	*object = (struct vm_object){
		.refs = 1, .internal = pager == NULL, .pages = pages, .pager = pager};
	object->chunks = kalloc(chunk_count(object) * sizeof(*object->chunks));
	if (!object->chunks) {
		kfree(object, sizeof(*object));
		return K_NOMEM;
	}
	memset(object->chunks, 0, chunk_count(object) * sizeof(*object->chunks));
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

void vm_object_unref(struct vm_object *object)
{
	assert(object->refs > 0);
	if (--object->refs > 0)
		return;
	for (u64 i = 0; i < chunk_count(object); i++)
		if (object->chunks[i])
			free_chunk(object->chunks[i]);
	if (!object->internal)
		pager_object_gone(object);
	kfree(object->chunks, chunk_count(object) * sizeof(*object->chunks));
	kfree(object, sizeof(*object));
}

struct page *vm_object_lookup(const struct vm_object *object, u64 index)
{
	if (index >= object->pages || !object->chunks[index / CHUNK_PAGES])
		return NULL;
	return object->chunks[index / CHUNK_PAGES][index % CHUNK_PAGES];
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
