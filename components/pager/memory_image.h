/*
 * A memory object whose pager is a run of bytes in the same image: a file of
 * the initial RAM disk, where the services run beside the maps. The object's `pager` points to one
 * of these.
 */
#pragma once

#include <vm/vm.h>

struct memory_image {
	const void *bytes;
	u64 size;
};

/* Copies the page at `index`, zero-filled past the end of the image, and caches it. */
static inline enum kstatus must_check memory_image_page_in(struct vm_object *object, u64 index)
{
	const struct memory_image *image = object->pager;
	u64 start = index << PAGE_SHIFT;
	struct page *page = frame_alloc();

	if (!page)
		return K_NOMEM;
	char *bytes = page_bytes(page);
	u64 n = start < image->size ? MIN(image->size - start, PAGE_SIZE) : 0;
	memcpy(bytes, (const char *)image->bytes + start, n);
	memset(bytes + n, 0, PAGE_SIZE - n);
	enum kstatus status = vm_object_insert(object, index, page);
	if (status != K_OK)
		page_unref(page);
	return status;
}
