/*
 * vm_…: a task's address map, for whoever holds its port.
 *
 * Reading and writing another task's memory may wait for a pager; meanwhile the task may
 * end, so these hold a reference on it, and on the page they are copying. The pager may be one that
 * the caller has no reason to trust: the wait has an end.
 */
#include <memory_object.h>
#include <task.h>

/* The object behind the name of a pager's port or of a memory entry, with a reference; NULL for
 * MACH_PORT_NULL: zero-filled memory. */
static long find_object(mach_port_t name, struct vm_object **out)
{
	*out = NULL;
	if (name == MACH_PORT_NULL)
		return KERN_SUCCESS;
	struct ipc_entry *entry = ipc_right_lookup(ipc_current_space(), name);
	if (!entry || !(entry->type & (IPC_SEND | IPC_RECEIVE)))
		return KERN_INVALID_CAPABILITY;
	if (entry->port->kotype == IKOT_MEMORY) {
		*out = entry->port->kobject;
		vm_object_ref(*out);
		return KERN_SUCCESS;
	}
	return kern_code(memory_object_enter(entry->port, out));
}

static enum kstatus enter(struct vm_map *map, vaddr_t *address, u64 size, u32 flags,
	struct vm_object *object, u64 offset)
{
	u64 limit =
		object && object->internal ? MACH_MEMORY_ENTRY_PAGES_MAX : MEMORY_OBJECT_PAGES_MAX;
	enum kstatus status = K_OK;

	if (object && ((offset & VM_PAGE_MASK) || offset > limit * PAGE_SIZE ||
			      size > limit * PAGE_SIZE - offset))
		return K_INVAL;
	if (flags & MACH_VM_ANYWHERE)
		status = vm_map_find(map, size, 0, *address ? *address : map->max, address);
	else if (flags & MACH_VM_OVERWRITE)
		status = vm_map_remove(map, *address, size);
	if (status != K_OK)
		return status;
	status = vm_map_enter(map, *address, size, flags & VM_PROT_ALL, !(flags & MACH_VM_COPY),
		object, offset >> PAGE_SHIFT);
	if (status == K_OK && object && (flags & MACH_VM_READ_ONLY))
		vm_map_lookup(map, *address)->max_prot &= ~VM_PROT_WRITE;
	return status;
}

static long map_memory(mach_port_t task_name, vaddr_t where, u64 size, u32 flags,
	mach_port_t object_name, u64 offset)
{
	struct vm_object *object;
	vaddr_t address;

	if (copy_from_user(&address, where, sizeof(address)) != K_OK ||
		copy_to_user(where, &address, sizeof(address)) != K_OK)
		return KERN_INVALID_ADDRESS;
	struct task *task = task_named(task_name);
	if (!task)
		return KERN_INVALID_TASK;
	if (size == 0 || (size & VM_PAGE_MASK))
		return KERN_INVALID_ARGUMENT;
	long result = find_object(object_name, &object);
	if (result != KERN_SUCCESS)
		return result;
	enum kstatus status = enter(&task->map, &address, size, flags, object, offset);
	if (status != K_OK) {
		if (object)
			vm_object_unref(object);
		return kern_code(status);
	}
	return put_result(where, &address, sizeof(address));
}

TRAP(trap_vm_map)
{
	if (d & ~(long)MACH_VM_FLAGS)
		return KERN_INVALID_ARGUMENT;
	return map_memory((mach_port_t)a, (vaddr_t)b, (u64)c, (u32)d, (mach_port_t)e, (u64)f);
}

TRAP(trap_vm_allocate)
{
	UNUSED2;
	return map_memory((mach_port_t)a, (vaddr_t)b, (u64)c,
		MACH_VM_COPY | VM_PROT_READ | VM_PROT_WRITE | (d ? MACH_VM_ANYWHERE : 0),
		MACH_PORT_NULL, 0);
}

TRAP(trap_vm_deallocate)
{
	struct task *task = task_named((mach_port_t)a);

	UNUSED3;
	return task ? kern_code(vm_map_remove(&task->map, (vaddr_t)b, (u64)c)) : KERN_INVALID_TASK;
}

TRAP(trap_vm_protect)
{
	struct task *task = task_named((mach_port_t)a);

	UNUSED2;
	if (!task)
		return KERN_INVALID_TASK;
	if (d & ~(long)VM_PROT_ALL)
		return KERN_INVALID_ARGUMENT;
	return kern_code(vm_map_protect(&task->map, (vaddr_t)b, (u64)c, (unsigned)d));
}

#define PAGER_PATIENCE_NS 100000000ull /* how long another task's pager may take */

/* One page's part of a copy between `task` at `address` and the caller at `user`. */
static enum kstatus copy_part(
	struct task *task, vaddr_t address, vaddr_t user, u64 n, unsigned access)
{
	struct page *page;
	enum kstatus status = vm_map_page(&task->map, address, access, &page);

	if (status != K_OK)
		return status;
	char *bytes = (char *)page_bytes(page) + (address & VM_PAGE_MASK);
	page_ref(page);
	status = access & VM_PROT_WRITE ? copy_from_user(bytes, user, n)
					: copy_to_user(user, bytes, n);
	page_unref(page);
	return status;
}

static long copy_memory(mach_port_t name, vaddr_t address, vaddr_t user, u64 size, unsigned access)
{
	struct task *task = task_named(name);
	enum kstatus status = K_OK;

	if (!task)
		return KERN_INVALID_TASK;
	if (!user_range_ok(address, size) || !user_range_ok(user, size))
		return KERN_INVALID_ADDRESS;
	task->refs++;
	if (task != task_current())
		thread_current->ipc.page_deadline = arch_now() + PAGER_PATIENCE_NS;
	while (size > 0 && status == K_OK && task->active) {
		u64 part = MIN(size, PAGE_SIZE - (address & VM_PAGE_MASK));
		status = copy_part(task, address, user, part, access);
		address += part;
		user += part;
		size -= part;
	}
	if (status == K_OK && !task->active)
		status = K_FAULT;
	thread_current->ipc.page_deadline = 0;
	task_unref(task);
	return fault_code(status);
}

TRAP(trap_vm_read)
{
	UNUSED2;
	return copy_memory((mach_port_t)a, (vaddr_t)b, (vaddr_t)d, (u64)c, VM_PROT_READ);
}

TRAP(trap_vm_write)
{
	(void)f;
	return copy_memory(
		(mach_port_t)a, (vaddr_t)b, (vaddr_t)c, (u64)d, VM_PROT_WRITE | (e ? VM_FORCE : 0));
}

TRAP(trap_vm_region_object)
{
	struct task *task = task_named((mach_port_t)a);

	UNUSED3;
	if (!task)
		return KERN_INVALID_TASK;
	const struct vm_entry *entry = vm_map_lookup(&task->map, (vaddr_t)b);
	if (!entry || !entry->shared || !entry->object)
		return KERN_INVALID_ADDRESS;
	struct mach_region region = {
		entry->object->id, (vaddr_t)b - entry->start + (entry->offset << PAGE_SHIFT)};
	return put_result((vaddr_t)c, &region, sizeof(region));
}

/* A word that may change: first it is found to be writable, which may block, then all in one go. */
static long exchange(struct task *task, vaddr_t address, u32 *expected, u32 fresh)
{
	struct page *page;
	enum kstatus status = vm_map_page(&task->map, address, VM_PROT_WRITE, &page);

	if (status != K_OK)
		return kern_code(status);
	u32 *word = (u32 *)((char *)page_bytes(page) + (address & VM_PAGE_MASK));
	u32 held = *word;
	if (held == *expected)
		*word = fresh;
	*expected = held;
	return KERN_SUCCESS;
}

TRAP(trap_vm_exchange)
{
	struct task *task = task_named((mach_port_t)a);
	u32 expected;

	UNUSED2;
	if (!task)
		return KERN_INVALID_TASK;
	if (((u64)b & 3) || !user_range_ok((vaddr_t)b, sizeof(expected)) ||
		copy_from_user(&expected, (vaddr_t)c, sizeof(expected)) != K_OK)
		return KERN_INVALID_ADDRESS;
	task->refs++;
	if (task != task_current())
		thread_current->ipc.page_deadline = arch_now() + PAGER_PATIENCE_NS;
	long result = exchange(task, (vaddr_t)b, &expected, (u32)d);
	thread_current->ipc.page_deadline = 0;
	task_unref(task);
	return result == KERN_SUCCESS ? put_result((vaddr_t)c, &expected, sizeof(expected))
				      : result;
}
