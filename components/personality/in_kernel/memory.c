/* The space backend: the kernel's own address maps. */
#include <objects/objects.h>
#include <pager/memory_image.h>
#include <services/services.h>

_Static_assert(ENV_PROT_READ == VM_PROT_READ && ENV_PROT_WRITE == VM_PROT_WRITE &&
		       ENV_PROT_EXEC == VM_PROT_EXECUTE,
	"rights are passed on as they are");

/* While exec builds a new space, mappings go there. */
static struct vm_map *target(struct proc *proc)
{
	return proc->client.fresh ? &proc->client.fresh->map : &proc->client.space->map;
}

/* Chooses the address, or clears it, as `flags` say. */
static enum kstatus make_room(struct vm_map *map, vaddr_t *address, u64 length, unsigned flags)
{
	if (!(flags & ENV_MAP_FIXED))
		return vm_map_find(map, length, *address, ENV_MMAP_TOP, address);
	return flags & ENV_MAP_NOREPLACE ? K_OK : vm_map_remove(map, *address, length);
}

enum kstatus env_map_anonymous(
	struct proc *proc, vaddr_t *address, u64 length, unsigned prot, unsigned flags)
{
	struct vm_map *map = target(proc);
	enum kstatus status = make_room(map, address, length, flags);

	if (status != K_OK)
		return status;
	return vm_map_enter(map, *address, length, prot, flags & ENV_MAP_SHARED, NULL, 0);
}

/* The one memory object of a file: made at the first mapping, kept for ever. */
static enum kstatus image_object(struct file_image *image, struct vm_object **object)
{
	if (!image->cache) {
		struct memory_image *memory = kalloc(sizeof(*memory));
		struct vm_object *fresh;
		if (!memory)
			return K_NOMEM;
		*memory = (struct memory_image){image->bytes, image->size};
		enum kstatus status = vm_object_create(
			&fresh, ALIGN_UP(image->size, PAGE_SIZE) >> PAGE_SHIFT, memory);
		if (status != K_OK) {
			kfree(memory, sizeof(*memory));
			return status;
		}
		image->cache = fresh;
	}
	*object = image->cache;
	return K_OK;
}

enum kstatus env_map_image(struct proc *proc, vaddr_t address, u64 length, unsigned prot,
	struct file_image *image, u64 offset)
{
	struct vm_map *map = target(proc);
	struct vm_object *object;
	enum kstatus status = image_object(image, &object);

	if (status == K_OK)
		status = vm_map_remove(map, address, length);
	if (status != K_OK)
		return status;
	vm_object_ref(object);
	status = vm_map_enter(map, address, length, prot, false, object, offset >> PAGE_SHIFT);
	if (status != K_OK)
		vm_object_unref(object);
	return status;
}

/* An env_object is a zero-filled memory object of the kernel's, by another name. */
static struct vm_object *vm_of(struct env_object *object)
{
	return (struct vm_object *)object;
}

enum kstatus env_object_create(struct env_object **out)
{
	struct vm_object *object;
	enum kstatus status = vm_object_create(&object, 0, NULL);

	*out = (struct env_object *)object;
	return status;
}

void env_object_destroy(struct env_object *object)
{
	vm_object_unref(vm_of(object));
}

enum kstatus env_object_resize(struct env_object *object, u64 pages)
{
	return vm_object_resize(vm_of(object), pages);
}

void *env_object_page(struct env_object *object, u64 index, bool create)
{
	struct page *page = vm_object_lookup(vm_of(object), index);

	if (!page && create) {
		page = frame_alloc();
		if (!page)
			return NULL;
		page_zero(page_bytes(page));
		if (vm_object_insert(vm_of(object), index, page) != K_OK) {
			page_unref(page);
			return NULL;
		}
	}
	return page ? page_bytes(page) : NULL;
}

u64 env_object_next_page(struct env_object *object, u64 index)
{
	return vm_object_next(vm_of(object), index);
}

bool env_object_is_mapped(const struct env_object *object)
{
	return ((const struct vm_object *)object)->refs > 1;
}

enum kstatus env_map_object(struct proc *proc, vaddr_t *address, u64 length, unsigned prot,
	unsigned flags, struct env_object *object, u64 offset)
{
	struct vm_map *map = target(proc);
	enum kstatus status = make_room(map, address, length, flags);

	if (status != K_OK)
		return status;
	vm_object_ref(vm_of(object));
	status = vm_map_enter(map, *address, length, prot, flags & ENV_MAP_SHARED, vm_of(object),
		offset >> PAGE_SHIFT);
	if (status != K_OK)
		vm_object_unref(vm_of(object));
	else if (flags & ENV_MAP_READ_ONLY)
		vm_map_lookup(map, *address)->max_prot &= ~VM_PROT_WRITE;
	return status;
}

enum kstatus env_name_memory(vaddr_t address, u64 *memory, u64 *offset)
{
	const struct vm_entry *entry = vm_map_lookup(&env_current()->client.space->map, address);

	if (!entry || !entry->shared || !entry->object)
		return K_NOENT;
	*memory = entry->object->id;
	*offset = address - entry->start + (entry->offset << PAGE_SHIFT);
	return K_OK;
}

/* Nobody else runs in between: what could block, fetching the page, the look has done. */
enum kstatus env_exchange_word(vaddr_t at, u32 *expected, u32 fresh)
{
	u32 held;
	enum kstatus status = env_copyin(&held, at, sizeof(held));

	if (status != K_OK)
		return status;
	if (held == *expected)
		status = env_copyout(at, &fresh, sizeof(fresh));
	*expected = held;
	return status;
}

enum kstatus env_remap(struct proc *proc, vaddr_t from, u64 skip, vaddr_t to, u64 length, u64 moved)
{
	return vm_map_remap(target(proc), from, skip, to, length, moved);
}

void env_discard(struct proc *proc, vaddr_t address, u64 length)
{
	check(vm_map_discard(target(proc), address, length) == K_OK);
}

void env_resident(struct proc *proc, vaddr_t address, u64 pages, u8 *resident)
{
	vm_map_resident(target(proc), address, pages, resident);
}

void env_usage(struct proc *proc, struct env_usage *usage)
{
	const struct vm_map *map = target(proc);

	*usage = (struct env_usage){.resident = vm_map_resident_count(map),
		.peak = MAX(map->peak, vm_map_resident_count(map)),
		.faults = vm_map_faults(map)};
}

size_t env_read_memory(struct proc *proc, void *to, vaddr_t from, size_t n)
{
	size_t done = 0;

	while (done < n && proc->client.space) {
		size_t piece = MIN(n - done, PAGE_SIZE - (from + done) % PAGE_SIZE);

		if (vm_map_copyin(&proc->client.space->map, (u8 *)to + done, from + done, piece) !=
			K_OK)
			break;
		done += piece;
	}
	return done;
}

size_t env_change_memory(struct proc *proc, vaddr_t to, const void *from, size_t n)
{
	size_t done = 0;

	while (done < n && proc->client.space) {
		size_t piece = MIN(n - done, PAGE_SIZE - (to + done) % PAGE_SIZE);

		if (vm_map_copyout(&proc->client.space->map, to + done, (const u8 *)from + done,
			    piece) != K_OK)
			break;
		done += piece;
	}
	return done;
}

enum kstatus env_unmap(struct proc *proc, vaddr_t address, u64 length)
{
	return vm_map_remove(target(proc), address, length);
}

enum kstatus env_protect(struct proc *proc, vaddr_t address, u64 length, unsigned prot)
{
	return vm_map_protect(target(proc), address, length, prot);
}

enum kstatus env_write_memory(struct proc *proc, vaddr_t to, const void *from, size_t n)
{
	return vm_map_write(target(proc), to, from, n, VM_PROT_WRITE | VM_FORCE);
}

void env_memory(struct env_memory *memory)
{
	memory->total_pages = frames_limit;
	memory->free_pages = frames_count_free();
}
