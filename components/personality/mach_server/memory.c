/* The space backend: a client's address map is its task's; and the client's memory by way of
 * messages. */
#include <server.h>

_Static_assert(ENV_PROT_READ == 1 && ENV_PROT_WRITE == 2 && ENV_PROT_EXEC == 4,
	"rights are passed on as they are");

/* The emulation library's pages are not a program's to pass to a call. */
static bool range_ok(vaddr_t start, size_t n)
{
	return start <= ENV_STACK_TOP && n <= ENV_STACK_TOP - start;
}

/* What lies above ENV_STACK_TOP is the emulation library's: a search from the top down must begin
 * below. */
static enum kstatus find_and_map(
	mach_port_t task, vaddr_t *address, u64 length, u32 how, mach_port_t object, u64 offset)
{
	if (*address != 0 && vm_map(task, address, length, how, object, offset) == KERN_SUCCESS)
		return K_OK;
	*address = ENV_MMAP_TOP;
	return status_of(vm_map(task, address, length, how | MACH_VM_ANYWHERE, object, offset));
}

/* `object`: MACH_PORT_NULL for zero-filled memory. */
static enum kstatus map(struct proc *proc, vaddr_t *address, u64 length, unsigned prot,
	unsigned flags, mach_port_t object, u64 offset)
{
	mach_port_t task = client_target(proc);
	u32 how = prot | (flags & ENV_MAP_SHARED ? 0 : MACH_VM_COPY) |
		  (flags & ENV_MAP_READ_ONLY ? MACH_VM_READ_ONLY : 0);

	if (!(flags & ENV_MAP_FIXED))
		return find_and_map(task, address, length, how, object, offset);
	if (!(flags & ENV_MAP_NOREPLACE))
		how |= MACH_VM_OVERWRITE;
	return status_of(vm_map(task, address, length, how, object, offset));
}

enum kstatus env_map_anonymous(
	struct proc *proc, vaddr_t *address, u64 length, unsigned prot, unsigned flags)
{
	return map(proc, address, length, prot, flags, MACH_PORT_NULL, 0);
}

enum kstatus env_map_object(struct proc *proc, vaddr_t *address, u64 length, unsigned prot,
	unsigned flags, struct env_object *object, u64 offset)
{
	return map(proc, address, length, prot, flags, objects_entry(object), offset);
}

enum kstatus env_map_image(struct proc *proc, vaddr_t address, u64 length, unsigned prot,
	struct file_image *image, u64 offset)
{
	mach_port_t object;
	enum kstatus status = files_object(image, &object);

	if (status != K_OK)
		return status;
	return status_of(vm_map(client_target(proc), &address, length,
		prot | MACH_VM_COPY | MACH_VM_OVERWRITE, object, offset));
}

enum kstatus env_unmap(struct proc *proc, vaddr_t address, u64 length)
{
	return status_of(vm_deallocate(client_target(proc), address, length));
}

enum kstatus env_protect(struct proc *proc, vaddr_t address, u64 length, unsigned prot)
{
	long result = vm_protect(client_target(proc), address, length, prot);

	if (result == KERN_PROTECTION_FAILURE) /* mapped with ENV_MAP_READ_ONLY */
		return K_DENIED;
	return result == KERN_INVALID_ADDRESS ? K_NOENT : status_of(result);
}

enum kstatus env_remap(struct proc *proc, vaddr_t from, u64 skip, vaddr_t to, u64 length, u64 moved)
{
	return status_of(vm_remap(client_target(proc), from, skip, to, length, moved));
}

/* A task that ended by itself has nothing to forget. */
void env_discard(struct proc *proc, vaddr_t address, u64 length)
{
	long result = vm_discard(client_target(proc), address, length);

	if (result != KERN_INVALID_TASK)
		must(result, "to discard memory");
}

_Static_assert(ENV_RESIDENT_MAX == MACH_VM_RESIDENT_MAX, "as much is told at once");

void env_resident(struct proc *proc, vaddr_t address, u64 pages, u8 *resident)
{
	if (vm_resident(client_target(proc), address, pages, resident) != KERN_SUCCESS)
		memset(resident, 0, pages); /* it ended by itself */
}

/* The emulation library is not the program's. */
void env_usage(struct proc *proc, struct env_usage *usage)
{
	struct mach_task_usage all, library;

	must(task_usage(server_template, &library), "to measure the template");
	if (task_usage(client_target(proc), &all) != KERN_SUCCESS)
		all = library;
	*usage = (struct env_usage){
		.resident = all.resident - MIN(all.resident, library.resident),
		.peak = all.peak - MIN(all.peak, library.resident),
		.faults = all.faults,
	};
}

size_t env_read_memory(struct proc *proc, void *to, vaddr_t from, size_t n)
{
	size_t done = 0;

	if (proc->client.task == MACH_PORT_NULL || !range_ok(from, n))
		return 0;
	while (done < n) {
		size_t piece = MIN(n - done, PAGE_SIZE - (from + done) % PAGE_SIZE);

		if (vm_read(proc->client.task, from + done, piece, (u8 *)to + done) != KERN_SUCCESS)
			break;
		done += piece;
	}
	return done;
}

size_t env_change_memory(struct proc *proc, vaddr_t to, const void *from, size_t n)
{
	size_t done = 0;

	if (proc->client.task == MACH_PORT_NULL || !range_ok(to, n))
		return 0;
	while (done < n) {
		size_t piece = MIN(n - done, PAGE_SIZE - (to + done) % PAGE_SIZE);

		if (vm_write(proc->client.task, to + done, (const u8 *)from + done, piece) !=
			KERN_SUCCESS)
			break;
		done += piece;
	}
	return done;
}

enum kstatus env_write_memory(struct proc *proc, vaddr_t to, const void *from, size_t n)
{
	return status_of(vm_write_forced(client_target(proc), to, from, n));
}

/* --- the memory of the process being served ---------------------------------------------- */

static struct server_call *current_call(void)
{
	return cthread_self()->data;
}

struct proc *env_current_proc(void)
{
	return current_call()->proc;
}

enum kstatus server_copyin(void *to, vaddr_t from, size_t n)
{
	struct server_call *call = current_call();
	enum kstatus status;

	if (likely(unix_server_copyin(&call->transfer, to, from, n)))
		return K_OK;
	if (!range_ok(from, n))
		return K_FAULT;
	do
		status = status_of(vm_read(call->proc->client.task, from, n, to));
	while (unlikely(status != K_OK) && services_copy_failed(from, n, status));
	return status;
}

enum kstatus server_copyout(vaddr_t to, const void *from, size_t n)
{
	struct server_call *call = current_call();
	enum kstatus status;

	if (likely(unix_server_copyout(&call->transfer, to, from, n)))
		return K_OK;
	if (!range_ok(to, n))
		return K_FAULT;
	do
		status = status_of(vm_write(call->proc->client.task, to, from, n));
	while (unlikely(status != K_OK) && services_copy_failed(to, n, status));
	return status;
}

enum kstatus env_name_memory(vaddr_t address, u64 *memory, u64 *offset)
{
	struct mach_region region;

	if (vm_region_object(env_current()->client.task, address, &region) != KERN_SUCCESS)
		return K_NOENT;
	*memory = region.object;
	*offset = region.offset;
	return K_OK;
}

enum kstatus env_exchange_word(vaddr_t at, u32 *expected, u32 fresh)
{
	if (!range_ok(at, sizeof(fresh)))
		return K_FAULT;
	return status_of(vm_exchange(env_current()->client.task, at, expected, fresh));
}

/* Page by page, so that a string that ends before an unmapped page is found whole. */
enum kstatus env_copyin_string(char *to, vaddr_t from, size_t size, size_t *length)
{
	for (size_t done = 0; done < size;) {
		size_t part = MIN(size - done, 4096 - ((from + done) & 4095)), available;
		const char *carried =
			unix_server_peek(&current_call()->transfer, from + done, &available);
		if (carried)
			part = MIN(part, available);
		enum kstatus status = server_copyin(to + done, from + done, part);
		if (status != K_OK)
			return status;
		size_t n = strnlen(to + done, part);
		done += n;
		if (n < part) {
			*length = done;
			return K_OK;
		}
	}
	return K_RANGE;
}
