/* The pager that is no task: objects are images in the kernel's own memory. */
#include <pager/memory_image.h>
#include <pager/pager.h>

enum kstatus pager_page_in(struct vm_object *object, u64 index)
{
	return memory_image_page_in(object, index);
}

void pager_object_gone(struct vm_object *object)
{
	(void)object; /* the image belongs to the file */
}
