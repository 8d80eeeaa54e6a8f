/* What the files of this part know of each other. */
#pragma once

#include <pager/pager.h>
#include <vm/vm.h>

/* A new entry without object or rights; the range is free. NULL when memory is out. */
struct vm_entry *vm_map_insert(struct vm_map *map, vaddr_t start, vaddr_t end);

/* The pages that are mapped in the range leave the map. */
void vm_map_drop_pages(struct vm_map *map, vaddr_t start, vaddr_t end);
