/*
 * External memory objects: the kernel's side of the protocol between vm and a pager that is a task.
 *
 * A memory object is a port. When vm lacks a page of it, the kernel sends
 * memory_object_data_request to that port and the faulting thread waits; the pager's answer comes
 * to the object's control port. Pages stay cached as long as the memory object's port lives, so
 * that a program that is run again asks nobody.
 *
 * One vm_object has the one struct memory_object, found from the port (kobject) and from the
 * vm_object (pager).
 */
#pragma once

#include <ipc.h>
#include <mach_kernel.h>
#include <vm/vm.h>

struct memory_object {
	struct ipc_port
		*port; /* the pager's; NULL: a run of physical memory, or the pager is dead */
	struct ipc_port *control; /* where the pager answers */
	struct vm_object *object;
	struct list requests; /* struct page_request */
	bool physical;
	paddr_t start; /* of physical memory */
};

void memory_object_init(void);
/* The vm object of a pager's port, made at the first call; one more reference on it is the
 * caller's. K_NOMEM, K_INVAL: a kernel port. */
enum kstatus must_check memory_object_enter(struct ipc_port *port, struct vm_object **out);
/* Pages that lie in memory already, as the loader left them. */
enum kstatus must_check memory_object_physical(paddr_t start, u64 pages, struct vm_object **out);
/* A message to the control port. */
void memory_object_control(struct memory_object *memory, struct ipc_kmsg *kmsg);
/* The pager's port has died: whoever waits is told. */
void memory_object_pager_died(struct memory_object *memory);
