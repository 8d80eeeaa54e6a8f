/*
 * Memory entries: zero-filled memory that has a name of its own, so that whoever holds the name can
 * map it, as with OSF Mach's mach_make_memory_entry. And what there is to know of memory.
 *
 * A memory entry is a kernel port whose object is a vm object without a pager. Rights to it are all
 * that keeps the port, and the port is what keeps the object while nobody has it mapped.
 *
 * And memory in messages (ipc.h): a virtual copy while it is on its way.
 */
#include <objects/objects.h>
#include <task.h>

TRAP(trap_make_memory_entry)
{
	mach_port_t name = MACH_PORT_NULL;
	struct vm_object *object;

	(void)c, UNUSED3;
	if ((u64)a > MACH_MEMORY_ENTRY_PAGES_MAX)
		return KERN_INVALID_ARGUMENT;
	if (put_result((vaddr_t)b, &name, sizeof(name)) != KERN_SUCCESS)
		return KERN_INVALID_ADDRESS;
	if (vm_object_create(&object, (u64)a, NULL) != K_OK)
		return KERN_RESOURCE_SHORTAGE;
	struct ipc_port *port = ipc_port_alloc_kernel(IKOT_MEMORY, object);
	if (!port) {
		vm_object_unref(object);
		return KERN_RESOURCE_SHORTAGE;
	}
	name = task_name_port(port);
	ipc_port_unref(port); /* if it got no name, that was all: port and object go */
	return name == MACH_PORT_NULL ? KERN_NO_SPACE : put_result((vaddr_t)b, &name, sizeof(name));
}

TRAP(trap_resize_memory_entry)
{
	struct ipc_port *port = ipc_port_named(ipc_current_space(), (mach_port_t)a, IKOT_MEMORY);

	(void)c, UNUSED3;
	if (!port)
		return KERN_INVALID_CAPABILITY;
	if ((u64)b > MACH_MEMORY_ENTRY_PAGES_MAX)
		return KERN_INVALID_ARGUMENT;
	return kern_code(vm_object_resize(port->kobject, (u64)b));
}

/* The port holds the object too. */
TRAP(trap_memory_entry_mappings)
{
	struct ipc_port *port = ipc_port_named(ipc_current_space(), (mach_port_t)a, IKOT_MEMORY);
	u64 mappings;

	(void)c, UNUSED3;
	if (!port)
		return KERN_INVALID_CAPABILITY;
	mappings = ((struct vm_object *)port->kobject)->refs - 1;
	return put_result((vaddr_t)b, &mappings, sizeof(mappings));
}

TRAP(trap_memory_entry_next)
{
	struct ipc_port *port = ipc_port_named(ipc_current_space(), (mach_port_t)a, IKOT_MEMORY);
	u64 next;

	UNUSED3;
	if (!port)
		return KERN_INVALID_CAPABILITY;
	next = vm_object_next(port->kobject, (u64)b);
	return put_result((vaddr_t)c, &next, sizeof(next));
}

TRAP(trap_task_usage)
{
	struct task *task = task_named((mach_port_t)a);
	struct mach_task_usage usage;

	(void)c, UNUSED3;
	if (!task)
		return KERN_INVALID_TASK;
	usage = (struct mach_task_usage){.resident = vm_map_resident_count(&task->map),
		.peak = MAX(task->map.peak, vm_map_resident_count(&task->map)),
		.faults = vm_map_faults(&task->map)};
	return put_result((vaddr_t)b, &usage, sizeof(usage));
}

TRAP(trap_vm_remap)
{
	struct task *task = task_named((mach_port_t)a);
	u64 moved = (u64)f;

	if (!task)
		return KERN_INVALID_TASK;
	if (!user_range_ok((vaddr_t)b, moved) || (((u64)b | (u64)c | moved) & VM_PAGE_MASK) ||
		moved > (u64)e || (u64)c > MACH_VM_SKIP_MAX ||
		((vaddr_t)b < (vaddr_t)d + moved && (vaddr_t)d < (vaddr_t)b + moved))
		return KERN_INVALID_ARGUMENT;
	return kern_code(vm_map_remap(&task->map, (vaddr_t)b, (u64)c, (vaddr_t)d, (u64)e, moved));
}

TRAP(trap_vm_discard)
{
	struct task *task = task_named((mach_port_t)a);

	UNUSED3;
	if (!task)
		return KERN_INVALID_TASK;
	if (!user_range_ok((vaddr_t)b, (u64)c))
		return KERN_INVALID_ARGUMENT;
	return kern_code(vm_map_discard(&task->map, (vaddr_t)b, (u64)c));
}

/* Told in pieces, for the kernel has no room for all of it. */
TRAP(trap_vm_resident)
{
	struct task *task = task_named((mach_port_t)a);
	u64 pages = (u64)c;
	u8 resident[256];

	UNUSED2;
	if (!task)
		return KERN_INVALID_TASK;
	if (((vaddr_t)b & VM_PAGE_MASK) || pages > MACH_VM_RESIDENT_MAX ||
		!user_range_ok((vaddr_t)b, pages * PAGE_SIZE))
		return KERN_INVALID_ARGUMENT;
	for (u64 i = 0; i < pages; i += sizeof(resident)) {
		u64 part = MIN(pages - i, sizeof(resident));
		vm_map_resident(&task->map, (vaddr_t)b + i * PAGE_SIZE, part, resident);
		if (put_result((vaddr_t)d + i, resident, part) != KERN_SUCCESS)
			return KERN_INVALID_ADDRESS;
		task = task_named((mach_port_t)a); /* the copy may have waited for a pager */
		if (!task)
			return KERN_INVALID_TASK;
	}
	return KERN_SUCCESS;
}

TRAP(trap_host_memory)
{
	struct mach_host_memory memory = {
		.total_pages = boot_information()->memory_end >> PAGE_SHIFT,
		.free_pages = frames_count_free(),
	};

	(void)c, UNUSED3;
	if (!ipc_port_named(ipc_current_space(), (mach_port_t)a, IKOT_HOST))
		return KERN_INVALID_CAPABILITY;
	return put_result((vaddr_t)b, &memory, sizeof(memory));
}

TRAP(trap_host_times)
{
	struct mach_host_times told;
	struct thread_times idle;

	(void)c, UNUSED3;
	if (!ipc_port_named(ipc_current_space(), (mach_port_t)a, IKOT_HOST))
		return KERN_INVALID_CAPABILITY;
	thread_get_times(NULL, &idle);
	told.idle = idle.total;
	memcpy(told.loads, thread_loads, sizeof(told.loads));
	return put_result((vaddr_t)b, &told, sizeof(told));
}

/* --- memory in messages ----------------------------------------------------------------- */

struct ipc_memory {
	struct vm_object *copy;
	u64 offset; /* in its first page */
};

enum kstatus ipc_memory_copyin(vaddr_t address, u64 size, bool deallocate, struct ipc_memory **out)
{
	struct ipc_memory *memory = kalloc(sizeof(*memory));
	vaddr_t base = ALIGN_DOWN(address, PAGE_SIZE);
	u64 whole = ALIGN_UP(address - base + size, PAGE_SIZE);

	if (!memory)
		return K_NOMEM;
	memory->copy = NULL;
	memory->offset = address - base;
	enum kstatus status = vm_map_copy(&task_current()->map, address, size, &memory->copy);
	if (thread_current->ipc.doomed)
		status = K_INTERRUPTED;
	else if (status == K_OK && deallocate)
		status = vm_map_remove(&task_current()->map, base, whole);
	if (status == K_OK)
		*out = memory;
	else
		ipc_memory_destroy(memory);
	return status;
}

enum kstatus ipc_memory_copyout(struct ipc_memory *memory, vaddr_t *address)
{
	vaddr_t base = 0;
	enum kstatus status = vm_map_paste(&task_current()->map, memory->copy, &base);

	if (status == K_OK)
		*address = base + memory->offset;
	ipc_memory_destroy(memory);
	return status;
}

void ipc_memory_destroy(struct ipc_memory *memory)
{
	if (memory->copy)
		vm_object_unref(memory->copy);
	kfree(memory, sizeof(*memory));
}
