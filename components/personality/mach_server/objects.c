/*
 * File memory: memory entries of the kernel's, which the server and its clients map alike.
 *
 * The server sees an object through windows into it, mapped when a page in them is first wanted and
 * never moved, so that a page's address is good for as long as the page. The first window is small,
 * for most files are; each of the others takes 512 pages. Which pages have been written is kept
 * here, for the kernel makes a page of any that is touched; once a client has the object mapped,
 * only the kernel knows, and is asked.
 */
#include <objects/objects.h>
#include <server.h>

#define FEW_PAGES    16u
#define WINDOW_PAGES 512u
#define WINDOWS_MAX  ((MACH_MEMORY_ENTRY_PAGES_MAX + WINDOW_PAGES - 1) / WINDOW_PAGES)

/* Pages [index * WINDOW_PAGES, …) of an object; of the first window's, those from FEW_PAGES on. */
struct window {
	u64 address;                    /* of the window's page 0, in the server; 0: not mapped */
	u64 written[WINDOW_PAGES / 64]; /* has contents, whoever wrote them first */
	u64 touched[WINDOW_PAGES / 64]; /* is there at `address` */
};

struct env_object {
	mach_port_t entry;
	bool shared; /* a client has it mapped, or had */
	u64 pages;
	u64 few_address; /* as a window's, of the first FEW_PAGES pages */
	u64 few_written, few_touched;
	struct window **windows; /* [index / WINDOW_PAGES]; NULL where nothing was written */
	u64 room;                /* of that array */
};

/* Where a page's window keeps it. */
struct where {
	u64 *address, *written, *touched; /* the words with the page's bits */
	u64 bit;
	u64 first, count; /* pages of the window */
};

enum kstatus env_object_create(struct env_object **out)
{
	struct env_object *object = kalloc(sizeof(*object));

	if (!object)
		return K_NOMEM;
	memset(object, 0, sizeof(*object));
	if (mach_make_memory_entry(0, &object->entry) != KERN_SUCCESS) { /* or out of names */
		kfree(object, sizeof(*object));
		return K_NOMEM;
	}
	*out = object;
	return K_OK;
}

/* --- windows ------------------------------------------------------------------------------------
 */

static bool grow_windows(struct env_object *object, u64 index)
{
	u64 room = MIN(MAX(index + 1, object->room * 2), WINDOWS_MAX);
	struct window **windows = kalloc(room * sizeof(struct window *));

	if (!windows)
		return false;
	memset(windows, 0, room * sizeof(struct window *));
	if (object->room > 0) {
		memcpy(windows, object->windows, object->room * sizeof(struct window *));
		kfree(object->windows, object->room * sizeof(struct window *));
	}
	object->windows = windows;
	object->room = room;
	return true;
}

/* The window with page `index`, made if `create`; NULL: there is none. */
static struct window *find_window(struct env_object *object, u64 index, bool create)
{
	u64 number = index / WINDOW_PAGES;

	if (number < object->room && object->windows[number])
		return object->windows[number];
	if (!create || (number >= object->room && !grow_windows(object, number)))
		return NULL;
	struct window *window = kalloc(sizeof(*window));
	if (window)
		memset(window, 0, sizeof(*window));
	object->windows[number] = window;
	return window;
}

static bool find_bits(struct env_object *object, u64 index, bool create, struct where *where)
{
	if (index < FEW_PAGES) {
		*where = (struct where){&object->few_address, &object->few_written,
			&object->few_touched, 1ull << index, 0, FEW_PAGES};
		return true;
	}
	struct window *window = find_window(object, index, create);
	if (!window)
		return false;
	u64 first = ALIGN_DOWN(index, (u64)WINDOW_PAGES), word = (index - first) / 64;
	*where = (struct where){&window->address, &window->written[word], &window->touched[word],
		1ull << index % 64, first, WINDOW_PAGES};
	return true;
}

/* Makes the page present, here and in the object, so that touching it cannot fail. */
static bool touch(struct env_object *object, const struct where *where, u64 index)
{
	u8 byte;

	if (*where->address == 0) {
		u64 address = 0;
		if (vm_map(server_task, &address, where->count << PAGE_SHIFT,
			    MACH_VM_ANYWHERE | ENV_PROT_READ | ENV_PROT_WRITE, object->entry,
			    where->first << PAGE_SHIFT) != KERN_SUCCESS)
			return false;
		*where->address = address;
	}
	return vm_read(server_task, *where->address + ((index - where->first) << PAGE_SHIFT), 1,
		       &byte) == KERN_SUCCESS;
}

/* The first page at or behind `index` that the kernel has; the object's size where there is none.
 */
static u64 next_touched(struct env_object *object, u64 index)
{
	u64 next;

	must(mach_memory_entry_next(object->entry, index, &next), "to look for file memory");
	return next;
}

static u64 next_written(struct env_object *object, u64 index)
{
	while (index < object->pages) {
		struct where where;

		if (!find_bits(object, index, false, &where))
			index = ALIGN_DOWN(index, (u64)WINDOW_PAGES) + WINDOW_PAGES;
		else if (*where.written & where.bit)
			return index;
		else
			index++;
	}
	return object->pages;
}

u64 env_object_next_page(struct env_object *object, u64 index)
{
	return object->shared ? next_touched(object, index) : next_written(object, index);
}

void *env_object_page(struct env_object *object, u64 index, bool create)
{
	struct where where;

	assert(index < object->pages);
	bool found = find_bits(object, index, false, &where);
	if (!found || !(*where.touched & where.bit)) {
		if (!create && object->shared)
			create = next_touched(object, index) == index;
		if (!found && !find_bits(object, index, create, &where))
			return NULL;
		if ((!create && !(*where.written & where.bit)) || !touch(object, &where, index))
			return NULL;
		*where.touched |= where.bit;
		*where.written |= where.bit;
	}
	return (void *)(*where.address + ((index - where.first) << PAGE_SHIFT));
}

/* --- size ---------------------------------------------------------------------------------------
 */

static void unmap(u64 *address, u64 pages)
{
	if (*address)
		must(vm_deallocate(server_task, *address, pages << PAGE_SHIFT),
			"to unmap file memory");
	*address = 0;
}

/* Forgets the pages of a window, which begins with page `first`, from page `end` of the object on;
 * what it has mapped goes, for the kernel would leave us dropped pages. */
static void cut_bits(u64 *written, u64 *touched, u64 first, u64 words, u64 end)
{
	for (u64 i = 0; i < words; i++) {
		u64 start = first + i * 64, keep = end > start ? MIN(end - start, (u64)64) : 0;
		written[i] &= keep == 64 ? ~0ull : (1ull << keep) - 1;
		touched[i] = 0;
	}
}

static void cut(struct env_object *object, u64 end)
{
	if (end < FEW_PAGES) {
		unmap(&object->few_address, FEW_PAGES);
		cut_bits(&object->few_written, &object->few_touched, 0, 1, end);
	}
	for (u64 i = end / WINDOW_PAGES; i < object->room; i++) {
		struct window *window = object->windows[i];
		if (!window)
			continue;
		unmap(&window->address, WINDOW_PAGES);
		cut_bits(
			window->written, window->touched, i * WINDOW_PAGES, WINDOW_PAGES / 64, end);
		if (i * WINDOW_PAGES >= end) {
			kfree(window, sizeof(*window));
			object->windows[i] = NULL;
		}
	}
}

enum kstatus env_object_resize(struct env_object *object, u64 pages)
{
	if (mach_resize_memory_entry(object->entry, pages) != KERN_SUCCESS)
		return K_NOMEM;
	if (pages < object->pages)
		cut(object, pages);
	object->pages = pages;
	return K_OK;
}

void env_object_destroy(struct env_object *object)
{
	cut(object, 0);
	if (object->room > 0)
		kfree(object->windows, object->room * sizeof(struct window *));
	must(mach_port_deallocate(server_task, object->entry), "to give up a memory entry");
	kfree(object, sizeof(*object));
}

/* Its own windows do not count. */
bool env_object_is_mapped(const struct env_object *object)
{
	u64 mappings, own = object->few_address != 0;

	if (!object->shared)
		return false;
	for (u64 i = 0; i < object->room; i++)
		own += object->windows[i] && object->windows[i]->address != 0;
	must(mach_memory_entry_mappings(object->entry, &mappings), "to count mappings");
	return mappings > own;
}

mach_port_t objects_entry(struct env_object *object)
{
	object->shared = true;
	return object->entry;
}
