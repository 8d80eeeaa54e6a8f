/*
 * segments: shmget, shmat, shmdt.
 *
 * A segment's file is in the RAM file system of files without names; its inode knows the segment. A
 * mapping that is marked MAPPING_SEGMENT counts, wherever it comes from and goes to: shmat, fork,
 * munmap, exec, exit. So one that mprotect has cut in two counts twice, as on Linux.
 *
 * The order of the checks is that of Linux's ipc/shm.c.
 */
#include <services/memory/mappings.h>
#include <services/process/process.h>
#include <services/sysv/segments.h>
#include <services/sysv/sysv.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

#define SHM_RDONLY    010000u
#define SHM_RND       020000u
#define SHM_REMAP     040000u
#define SHM_EXEC      0100000u
#define SHM_HUGETLB   04000u
#define SHM_NORESERVE 010000u

#define MAP_SHARED 0x01u
#define MAP_FIXED  0x10u

struct ipc_table segments;
u64 segments_pages;

void segments_init(void)
{
	ipc_table_init(&segments, SHM_MOST);
	segments_pages = 0;
}

static u64 pages_of(u64 size)
{
	return ALIGN_UP(size, PAGE_SIZE) >> PAGE_SHIFT;
}

/* --- making --- */

/* What Linux's accounting refuses in its default mode: more than the machine has. */
static bool is_too_large(u64 size, u32 flags)
{
	struct env_memory memory;

	env_memory(&memory);
	return !(flags & SHM_NORESERVE) && pages_of(size) > memory.total_pages;
}

static long make_file(s32 key, u64 size, struct place *place)
{
	char name[16];
	long error;

	format_string(name, sizeof(name), "SYSV%08x", (u32)key);
	error = tree_memory_file(name, 0777, place);
	if (error != 0)
		return error;
	error = inode_truncate(place->node->inode, size);
	if (error != 0)
		place_unref(*place);
	return error == -EFBIG ? -ENOMEM : error;
}

static long create_segment(s32 key, u64 size, u32 flags)
{
	struct segment *segment;
	struct inode *inode;
	long error;

	if (size == 0 || size > SHM_SIZE_MAX)
		return -EINVAL;
	if (flags & SHM_HUGETLB || is_too_large(size, flags))
		return -ENOMEM;
	segment = kalloc(sizeof(*segment));
	if (!segment)
		return -ENOMEM;
	*segment = (struct segment){
		.size = size, .ctime = ipc_now(), .creator = process_current()->pid};
	error = make_file(key, size, &segment->place);
	if (error == 0) {
		error = ipc_add(&segments, &segment->object, key, flags);
		if (error != 0)
			place_unref(segment->place);
	}
	if (error != 0) {
		kfree(segment, sizeof(*segment));
		return error;
	}
	inode = segment->place.node->inode;
	inode->private = segment;
	inode->number = (u64)(u32)segment->object.id; /* what /proc/PID/maps shows of it */
	segments_pages += pages_of(size);
	return segment->object.id;
}

long sys_shmget(int key, size_t size, int flags)
{
	long error;
	struct ipc_object *found = ipc_look_up(&segments, key, (u32)flags, &error);

	if (error != 0)
		return error;
	if (!found)
		return create_segment(key, size, (u32)flags);
	if (container_of(found, struct segment, object)->size < size)
		return -EINVAL;
	return ipc_may(found, (u32)flags) ? found->id : -EACCES;
}

void segment_destroy(struct segment *segment)
{
	assert(segment->attached == 0);
	segments_pages -= pages_of(segment->size);
	ipc_remove(&segments, &segment->object);
	place_unref(segment->place);
	kfree(segment, sizeof(*segment));
}

u64 segment_resident(const struct segment *segment)
{
	const struct inode *inode = segment->place.node->inode;
	u64 count = 0, end = pages_of(segment->size);

	if (!inode->pages)
		return 0;
	for (u64 i = 0; (i = env_object_next_page(inode->pages, i)) < end; i++)
		count++;
	return count;
}

/* --- attaching --- */

void segment_attach(const struct mapping *mapping)
{
	struct segment *segment = mapping->file.node->inode->private;

	segment->attached++;
	segment->atime = ipc_now();
	segment->last = process_current()->pid;
}

void segment_detach(const struct mapping *mapping)
{
	struct segment *segment = mapping->file.node->inode->private;

	segment->attached--;
	segment->dtime = ipc_now();
	segment->last = process_current()->pid;
	if (segment->attached == 0 && segment->object.mode & SHM_DEST)
		segment_destroy(segment);
}

/* Where it is to go: -EINVAL. *address 0: anywhere. */
static long check_address(vaddr_t *address, u32 flags)
{
	if (*address == 0)
		return flags & SHM_REMAP ? -EINVAL : 0;
	if (*address % PAGE_SIZE != 0) {
		if (!(flags & SHM_RND))
			return -EINVAL;
		*address = ALIGN_DOWN(*address, PAGE_SIZE);
		if (*address == 0 && flags & SHM_REMAP)
			return -EINVAL;
	}
	return 0;
}

/* Maps the file, which a reader cannot make writable afterwards. */
static long map_segment(const struct segment *segment, vaddr_t address, u32 flags, bool fixed)
{
	bool writes = !(flags & SHM_RDONLY);
	unsigned long prot = ENV_PROT_READ | (writes ? ENV_PROT_WRITE : 0) |
			     (flags & SHM_EXEC ? ENV_PROT_EXEC : 0);
	u64 length = ALIGN_UP(segment->size, PAGE_SIZE);
	struct open_file *file;
	long result;

	place_ref(segment->place);
	result = tree_open_place(segment->place, (writes ? O_RDWR : O_RDONLY) | O_LARGEFILE, &file);
	if (result != 0) {
		place_unref(segment->place);
		return result;
	}
	/* The place holds the file meanwhile; the segment may go while mapping sleeps. */
	result = memory_map(file, address, length, prot, MAP_SHARED | (fixed ? MAP_FIXED : 0), 0,
		MAPPING_SEGMENT);
	file_unref(file);
	return result;
}

long sys_shmat(int id, vaddr_t address, int flags_given)
{
	u32 flags = (u32)flags_given;
	u32 wants = IPC_READ | (flags & SHM_RDONLY ? 0 : IPC_WRITE) | (flags & SHM_EXEC ? 0111 : 0);
	struct ipc_object *object;
	struct segment *segment;
	bool fixed = address != 0;
	u64 length;
	long error = id < 0 ? -EINVAL : check_address(&address, flags);

	if (error != 0)
		return error;
	object = ipc_find(&segments, id);
	if (!object)
		return -EINVAL;
	if (!ipc_may(object, wants))
		return -EACCES;
	segment = container_of(object, struct segment, object);
	length = ALIGN_UP(segment->size, PAGE_SIZE);
	if (fixed && !(flags & SHM_REMAP) &&
		(address + length < address ||
			!memory_is_free(env_current()->memory, address, length)))
		return -EINVAL;
	return map_segment(segment, address, flags, fixed);
}

/* Whether the mapping is what is left of a segment that was attached at `address`. */
static bool is_part(const struct mapping *m, vaddr_t address)
{
	return m->flags & MAPPING_SEGMENT && m->start - address == m->offset;
}

long sys_shmdt(vaddr_t address)
{
	struct memory *memory = env_current()->memory;
	const struct node *node = NULL;
	long error = -EINVAL;
	vaddr_t end = ENV_USER_MAX;
	u32 i;

	if (address % PAGE_SIZE != 0)
		return -EINVAL;
	for (i = memory_find(memory, address); i < memory->count;) {
		struct mapping m = memory->of[i];

		if (m.end > end)
			break;
		if (!is_part(&m, address) || (node && m.file.node != node)) {
			i++;
			continue;
		}
		if (!node) {
			node = m.file.node;
			end = address + ALIGN_UP(m.file.node->inode->size, PAGE_SIZE);
		}
		error = memory_unmap(m.start, m.end - m.start);
		if (error != 0)
			return error;
	}
	return error;
}
