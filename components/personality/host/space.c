/*
 * space: a client's memory.
 *
 * A space is a sorted list of regions; a region has a frame for each page that was
 * touched. Private frames are shared between a parent and a child until one of them
 * writes; those of a shared region are an object's.
 */
#include <stdlib.h>

#include <host.h>

struct host_frame {
	u8 bytes[PAGE_SIZE]; /* aligned: a disk's transfer crosses no page */
	u64 id;              /* that no other frame of the run had */
	u32 refs;
};

/* What files keep their bytes in; mappings and the services hold it. */
struct env_object {
	struct list all;
	u32 refs;
	u64 pages;
	struct host_frame **frames; /* [page], NULL until written */
};

struct host_region {
	struct list link;
	vaddr_t start, end;
	unsigned prot;
	bool shared, read_only;    /* read_only: must not be made writable */
	struct file_image *image;  /* or NULL */
	struct env_object *object; /* or NULL, held; without either: zeroes */
	u64 offset;
	struct host_frame *
		*frames; /* [page], NULL until touched; of an object, until privately written */
};

struct host_space {
	struct list regions; /* by rising address, never overlapping */
	u32 refs;            /* threads that share it */
};

static u64 live_spaces; /* and objects */
static u64 last_id;
static struct list objects = {&objects, &objects};

u64 host_live_spaces(void)
{
	return live_spaces;
}

static void *must(void *memory)
{
	if (!memory)
		host_die("the host is out of memory");
	return memory;
}

static u64 page_count(const struct host_region *r)
{
	return (r->end - r->start) >> PAGE_SHIFT;
}

static struct host_frame *frame_create(void)
{
	struct host_frame *frame = must(aligned_alloc(PAGE_SIZE, 2 * PAGE_SIZE));

	memset(frame, 0, sizeof(*frame));
	frame->refs = 1;
	frame->id = ++last_id;
	return frame;
}

static void frame_unref(struct host_frame *frame)
{
	if (frame && --frame->refs == 0)
		free(frame);
}

static struct host_region *region_create(vaddr_t start, vaddr_t end, unsigned prot, bool shared)
{
	struct host_region *r = must(calloc(1, sizeof(*r)));

	list_init(&r->link);
	r->start = start;
	r->end = end;
	r->prot = prot;
	r->shared = shared;
	r->frames = must(calloc(page_count(r), sizeof(r->frames[0])));
	return r;
}

void env_object_destroy(struct env_object *object)
{
	check(object->refs > 0);
	if (--object->refs > 0)
		return;
	for (u64 i = 0; i < object->pages; i++)
		frame_unref(object->frames[i]);
	list_remove(&object->all);
	free(object->frames);
	free(object);
	live_spaces--;
}

static void region_destroy(struct host_region *r)
{
	if (r->object)
		env_object_destroy(r->object);
	for (u64 i = 0; i < page_count(r); i++)
		frame_unref(r->frames[i]);
	list_remove(&r->link);
	free(r->frames);
	free(r);
}

static void insert(struct host_space *space, struct host_region *region)
{
	struct host_region *r;

	list_for_each(r, &space->regions, link)
	{
		if (r->start >= region->end)
			break;
	}
	list_insert_before(&r->link, &region->link);
}

/* Cuts the region that spans `at` into two there. */
static void split(struct host_space *space, vaddr_t at)
{
	struct host_region *r, *upper;
	u64 below;

	list_for_each(r, &space->regions, link)
	{
		if (r->start < at && at < r->end)
			break;
	}
	if (&r->link == &space->regions)
		return;
	upper = must(calloc(1, sizeof(*upper)));
	*upper = *r;
	list_init(&upper->link);
	if (upper->object)
		upper->object->refs++;
	below = (at - r->start) >> PAGE_SHIFT;
	upper->start = at;
	upper->offset += at - r->start;
	upper->frames = must(calloc(page_count(upper), sizeof(r->frames[0])));
	memcpy(upper->frames, r->frames + below, page_count(upper) * sizeof(r->frames[0]));
	r->end = at;
	list_insert_before(r->link.next, &upper->link);
}

static bool is_free(struct host_space *space, vaddr_t start, u64 length)
{
	struct host_region *r;

	list_for_each(r, &space->regions, link)
	{
		if (r->start < start + length && start < r->end)
			return false;
	}
	return true;
}

static void remove_range(struct host_space *space, vaddr_t start, vaddr_t end)
{
	struct host_region *r, *after;

	split(space, start);
	split(space, end);
	list_for_each_safe(r, after, &space->regions, link)
	{
		if (r->start >= start && r->end <= end)
			region_destroy(r);
	}
}

struct host_space *host_space_create(void)
{
	struct host_space *space = must(malloc(sizeof(*space)));

	list_init(&space->regions);
	space->refs = 1;
	live_spaces++;
	return space;
}

struct host_space *host_space_share(struct host_space *space)
{
	space->refs++;
	return space;
}

void host_space_destroy(struct host_space *space)
{
	if (--space->refs > 0)
		return;
	while (!list_is_empty(&space->regions))
		region_destroy(list_entry(space->regions.next, struct host_region, link));
	free(space);
	live_spaces--;
}

struct host_space *host_space_copy(struct host_space *space)
{
	struct host_space *copy = host_space_create();
	struct host_region *r, *c;

	list_for_each(r, &space->regions, link)
	{
		c = region_create(r->start, r->end, r->prot, false);
		c->shared = r->shared;
		c->image = r->image;
		c->object = r->object;
		if (c->object)
			c->object->refs++;
		c->offset = r->offset;
		for (u64 i = 0; i < page_count(r); i++) {
			c->frames[i] = r->frames[i];
			if (c->frames[i])
				c->frames[i]->refs++;
		}
		insert(copy, c);
	}
	return copy;
}

/* The same of a page of an object. NULL: it lies beyond the end. */
static struct host_frame *object_frame(struct host_region *r, u64 page, bool write)
{
	u64 index = (r->offset >> PAGE_SHIFT) + page;
	struct host_frame **shared, **own = &r->frames[page];

	if (index >= r->object->pages)
		return *own;
	shared = &r->object->frames[index];
	if (!*shared)
		*shared = frame_create();
	if (r->shared || (!write && !*own))
		return *shared;
	if (!*own || (*own)->refs > 1) {
		struct host_frame *copy = frame_create();

		memcpy(copy->bytes, *own ? (*own)->bytes : (*shared)->bytes, PAGE_SIZE);
		frame_unref(*own);
		*own = copy;
	}
	return *own;
}

/* The frame of a page, made if need be, and private if it is to be written. NULL: there is none. */
static struct host_frame *region_frame(struct host_region *r, u64 page, bool write)
{
	struct host_frame **frame = &r->frames[page];
	u64 offset = r->offset + (page << PAGE_SHIFT);

	if (r->object)
		return object_frame(r, page, write);
	if (!*frame) {
		*frame = frame_create();
		if (r->image && offset < r->image->size)
			memcpy((*frame)->bytes, r->image->bytes + offset,
				MIN(PAGE_SIZE, r->image->size - offset));
	}
	if (write && !r->shared && (*frame)->refs > 1) {
		struct host_frame *copy = frame_create();

		memcpy(copy->bytes, (*frame)->bytes, PAGE_SIZE);
		frame_unref(*frame);
		*frame = copy;
	}
	return *frame;
}

/* x86 page tables cannot say "write but not read". */
static bool allows(const struct host_region *r, unsigned access)
{
	unsigned rights = r->prot | (r->prot & ENV_PROT_WRITE ? ENV_PROT_READ : 0);

	return (rights & access) == access;
}

static struct host_region *find(struct host_space *space, vaddr_t at)
{
	struct host_region *r;

	list_for_each(r, &space->regions, link)
	{
		if (r->start <= at && at < r->end)
			return r;
	}
	return NULL;
}

/*
 * Reads `n` bytes at `at` into `bytes`, or with ENV_PROT_WRITE writes them; bytes NULL: only looks
 * whether it may be. Up to the first fault, where it answers false. `checked`: the regions' rights
 * count.
 */
bool host_space_access(
	struct host_space *space, vaddr_t at, void *bytes, size_t n, unsigned access, bool checked)
{
	u8 *here = bytes;

	while (n > 0) {
		struct host_region *r = find(space, at);
		size_t piece = MIN(n, PAGE_SIZE - at % PAGE_SIZE);
		struct host_frame *frame;

		if (!r || (checked && !allows(r, access)))
			return false;
		if (here) {
			frame = region_frame(
				r, (at - r->start) >> PAGE_SHIFT, access & ENV_PROT_WRITE);
			if (!frame)
				return false;
			if (access & ENV_PROT_WRITE)
				memcpy(frame->bytes + at % PAGE_SIZE, here, piece);
			else
				memcpy(here, frame->bytes + at % PAGE_SIZE, piece);
			here += piece;
		}
		at += piece;
		n -= piece;
	}
	return true;
}

/* --- the space backend --- */

/* Where env_map…, env_unmap and env_protect take effect. */
static struct host_space *target(struct proc *proc)
{
	return proc->client.fresh ? proc->client.fresh : proc->client.space;
}

/* What personality.h promises the placement of every range. */
static void check_range(vaddr_t address, u64 length)
{
	check(address % PAGE_SIZE == 0 && length % PAGE_SIZE == 0 && length > 0);
	check(address >= ENV_USER_MIN && length <= ENV_STACK_TOP &&
		address <= ENV_STACK_TOP - length);
}

/* A gap below ENV_MMAP_TOP, the highest one; 0: none. */
static vaddr_t search(struct host_space *space, u64 length)
{
	vaddr_t top = ENV_MMAP_TOP;
	struct list *link;

	for (link = space->regions.prev; link != &space->regions; link = link->prev) {
		struct host_region *r = list_entry(link, struct host_region, link);

		if (r->end <= top && top - r->end >= length)
			break;
		top = MIN(top, r->start);
	}
	return top >= ENV_USER_MIN + length ? top - length : 0;
}

static struct env_object *object_create(u64 pages)
{
	struct env_object *object = must(calloc(1, sizeof(*object)));

	object->refs = 1;
	object->pages = pages;
	object->frames = must(calloc(pages + 1, sizeof(object->frames[0])));
	list_push_back(&objects, &object->all);
	live_spaces++;
	return object;
}

/* More than this at once is more memory than the simulation has. */
#define HOST_MAPPING_MAX ((u64)1 << 32)

enum kstatus env_map_anonymous(
	struct proc *proc, vaddr_t *address, u64 length, unsigned prot, unsigned flags)
{
	struct host_space *space = target(proc);
	bool hinted = *address != 0;
	struct host_region *r;

	if (flags & ENV_MAP_FIXED || hinted)
		check_range(*address, length);
	check(length > 0 && length % PAGE_SIZE == 0 && (prot & ~7u) == 0);
	if (length > HOST_MAPPING_MAX || !host_may_allocate())
		return K_NOMEM;
	if (flags & ENV_MAP_NOREPLACE && !is_free(space, *address, length))
		return K_EXISTS;
	if (flags & ENV_MAP_FIXED)
		remove_range(space, *address, *address + length);
	else if (!hinted || !is_free(space, *address, length))
		*address = search(space, length);
	if (*address == 0)
		return K_NOMEM;
	r = region_create(*address, *address + length, prot, flags & ENV_MAP_SHARED);
	if (r->shared)
		r->object = object_create(length >> PAGE_SHIFT);
	insert(space, r);
	return K_OK;
}

enum kstatus env_map_image(struct proc *proc, vaddr_t address, u64 length, unsigned prot,
	struct file_image *image, u64 offset)
{
	struct host_region *r;

	check_range(address, length);
	check(offset % PAGE_SIZE == 0 && offset < image->size);
	check(length <= ALIGN_UP(image->size - offset, PAGE_SIZE));
	if (!host_may_allocate())
		return K_NOMEM;
	remove_range(target(proc), address, address + length);
	r = region_create(address, address + length, prot, false);
	r->image = image;
	r->offset = offset;
	insert(target(proc), r);
	return K_OK;
}

enum kstatus env_unmap(struct proc *proc, vaddr_t address, u64 length)
{
	check_range(address, length);
	if (!host_may_allocate()) /* for a mapping that is cut in two */
		return K_NOMEM;
	remove_range(target(proc), address, address + length);
	return K_OK;
}

enum kstatus env_protect(struct proc *proc, vaddr_t address, u64 length, unsigned prot)
{
	struct host_space *space = target(proc);
	vaddr_t end = address + length;

	check_range(address, length);
	if (!host_may_allocate())
		return K_NOMEM;
	split(space, address);
	split(space, end);
	while (address < end) {
		struct host_region *r = find(space, address);

		if (!r)
			return K_NOENT;
		if (r->read_only && prot & ENV_PROT_WRITE)
			return K_DENIED;
		r->prot = prot;
		address = r->end;
	}
	return K_OK;
}

enum kstatus env_write_memory(struct proc *proc, vaddr_t to, const void *from, size_t n)
{
	check(proc->client.fresh);
	if (!host_may_allocate())
		return K_NOMEM;
	return host_space_access(proc->client.fresh, to, (void *)from, n, ENV_PROT_WRITE, false)
		       ? K_OK
		       : K_FAULT;
}

/* --- file memory --- */

enum kstatus env_object_create(struct env_object **out)
{
	if (!host_may_allocate())
		return K_NOMEM;
	*out = object_create(0);
	return K_OK;
}

/* What files had when the machine was switched off. */
void host_file_memory_reset(void)
{
	while (!list_is_empty(&objects)) {
		struct env_object *object = list_entry(objects.next, struct env_object, all);

		object->refs = 1; /* files held it: no space is left that could */
		env_object_destroy(object);
	}
}

enum kstatus env_object_resize(struct env_object *object, u64 pages)
{
	if (pages > object->pages &&
		(!host_may_allocate() || pages > HOST_MAPPING_MAX >> PAGE_SHIFT))
		return K_NOMEM;
	for (u64 i = pages; i < object->pages; i++)
		frame_unref(object->frames[i]);
	object->frames = must(realloc(object->frames, (pages + 1) * sizeof(object->frames[0])));
	for (u64 i = object->pages; i < pages; i++)
		object->frames[i] = NULL;
	object->pages = pages;
	return K_OK;
}

void *env_object_page(struct env_object *object, u64 index, bool create)
{
	check(index < object->pages);
	if (!object->frames[index] && create && host_may_allocate())
		object->frames[index] = frame_create();
	return object->frames[index] ? object->frames[index]->bytes : NULL;
}

u64 env_object_next_page(struct env_object *object, u64 index)
{
	while (index < object->pages && !object->frames[index])
		index++;
	return index < object->pages ? index : object->pages;
}

bool env_object_is_mapped(const struct env_object *object)
{
	return object->refs > 1;
}

enum kstatus env_map_object(struct proc *proc, vaddr_t *address, u64 length, unsigned prot,
	unsigned flags, struct env_object *object, u64 offset)
{
	enum kstatus status =
		env_map_anonymous(proc, address, length, prot, flags & ~ENV_MAP_SHARED);
	struct host_region *r;

	if (status != K_OK)
		return status;
	r = find(target(proc), *address);
	check(r->start == *address && r->end == *address + length);
	r->object = object;
	object->refs++;
	r->offset = offset;
	r->shared = flags & ENV_MAP_SHARED;
	r->read_only = flags & ENV_MAP_READ_ONLY;
	return K_OK;
}

enum kstatus env_name_memory(vaddr_t address, u64 *memory, u64 *offset)
{
	struct host_region *r = find(host_current->client.space, address);
	struct host_frame *frame =
		r && r->shared ? region_frame(r, (address - r->start) >> PAGE_SHIFT, true) : NULL;

	if (!frame)
		return K_NOENT;
	*memory = frame->id;
	*offset = address % PAGE_SIZE;
	return K_OK;
}

/* The region at `to` like that at `from`, of as many pages. */
static struct host_region *region_like(
	const struct host_region *from, vaddr_t to, u64 length, u64 offset)
{
	struct host_region *r = region_create(to, to + length, from->prot, false);

	r->shared = from->shared;
	r->read_only = from->read_only;
	r->image = from->image;
	r->object = from->object;
	if (r->object)
		r->object->refs++;
	r->offset = offset;
	return r;
}

/* The page at `at`, if the region has one of its own. */
static struct host_frame **frame_at(struct host_space *space, vaddr_t at)
{
	struct host_region *r = find(space, at);

	return r ? &r->frames[(at - r->start) >> PAGE_SHIFT] : NULL;
}

enum kstatus env_remap(struct proc *proc, vaddr_t from, u64 skip, vaddr_t to, u64 length, u64 moved)
{
	struct host_space *space = target(proc);
	struct host_region *original = find(space, from), *r;

	check_range(to, length);
	check(original && is_free(space, to, length) && moved <= length);
	if (!host_may_allocate())
		return K_NOMEM;
	r = region_like(original, to, length, original->offset + (from - original->start) + skip);
	insert(space, r);
	for (u64 at = 0; at < length; at += PAGE_SIZE) {
		struct host_frame **old = frame_at(space, from + skip + at),
				  **fresh = &r->frames[at >> PAGE_SHIFT];

		if (at < moved && skip == 0 && old) {
			*fresh = *old;
			*old = NULL;
		}
	}
	return K_OK;
}

void env_discard(struct proc *proc, vaddr_t address, u64 length)
{
	struct host_space *space = target(proc);

	check_range(address, length);
	for (vaddr_t at = address; at < address + length; at += PAGE_SIZE) {
		struct host_region *r = find(space, at);
		struct host_frame **frame = r ? frame_at(space, at) : NULL;

		if (!frame)
			continue;
		frame_unref(*frame);
		*frame = NULL;
	}
}

void env_resident(struct proc *proc, vaddr_t address, u64 pages, u8 *resident)
{
	struct host_space *space = target(proc);

	check(pages <= ENV_RESIDENT_MAX);
	for (u64 i = 0; i < pages; i++) {
		vaddr_t at = address + i * PAGE_SIZE;
		struct host_region *r = find(space, at);
		struct host_frame **frame = r ? frame_at(space, at) : NULL;
		u64 index = r ? (r->offset + (at - r->start)) >> PAGE_SHIFT : 0;

		resident[i] = frame && (*frame || (r->object && index < r->object->pages &&
							  r->object->frames[index]));
	}
}

void env_usage(struct proc *proc, struct env_usage *usage)
{
	struct host_region *r;

	*usage = (struct env_usage){.faults = 0};
	list_for_each(r, &target(proc)->regions, link)
	{
		for (u64 i = 0; i < page_count(r); i++)
			usage->resident += r->frames[i] != NULL;
	}
	usage->peak = usage->resident;
}

size_t env_read_memory(struct proc *proc, void *to, vaddr_t from, size_t n)
{
	size_t done = 0;

	while (done < n && proc->client.space &&
		host_space_access(
			proc->client.space, from + done, (u8 *)to + done, 1, ENV_PROT_READ, true))
		done++;
	return done;
}

size_t env_change_memory(struct proc *proc, vaddr_t to, const void *from, size_t n)
{
	size_t done = 0;

	while (done < n && proc->client.space &&
		host_space_access(
			proc->client.space, to + done, (u8 *)from + done, 1, ENV_PROT_WRITE, true))
		done++;
	return done;
}

/* As much as the default of docs/measuring.md. */
void env_memory(struct env_memory *memory)
{
	*memory = (struct env_memory){.total_pages = 65536, .free_pages = 60000};
}
