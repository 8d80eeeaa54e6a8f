/*
 * pager: who supplies the pages of a memory object.
 *
 * vm_fault() fills private anonymous memory with zeroes by itself, wherever
 * `vm` runs. A page of a memory object that is not cached comes from the object's
 * pager: bytes in memory copied by the kernel; a user-mode task behind a Mach port; or, when `vm`
 * itself runs in the user-mode pager of an L4 system, that server's own memory.
 */
#pragma once

#include <vm/vm.h>

/*
 * Puts page `index` of `object` into its cache (vm_object_insert). May block.
 * K_OK when it is there; K_FAULT when the pager says that the data is
 * not to be had; K_NOMEM; K_DEAD when the pager is gone.
 */
enum kstatus must_check pager_page_in(struct vm_object *object, u64 index);

/* The last reference to the object is gone: its pager need not be asked any more. */
void pager_object_gone(struct vm_object *object);
