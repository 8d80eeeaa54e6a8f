/*
 * directory: names in the blocks of a directory.
 *
 * Every entry says where the next begins. A removed one is joined to the one before it; a new one
 * goes into the first gap that is wide enough, and if there is none a block is added. A hash tree
 * that Linux has put in is passed over as what it pretends to be, free room; who changes a
 * directory takes the mark away that says there is one.
 */
#include <services/ext2/ext2.h>

#define POSITION_FIRST 2u /* of a listing: the tree has 0 and 1 for "." and ".." */

static const u32 kinds[] = {
	0, S_IFREG, S_IFDIR, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK, S_IFLNK}; /* by `type` */

static u8 type_of(const struct ext2 *v, u32 mode)
{
	u8 type = 0;

	if (!(v->super->incompat & EXT2_INCOMPAT_FILETYPE))
		return 0;
	for (u8 i = 1; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i] == (mode & S_IFMT))
			type = i;
	}
	return type;
}

/* --- blocks and entries --- */

static long read_block(struct ext2_inode *dir, u64 index, struct buffer **buffer)
{
	struct ext2 *v = ext2_of(&dir->inode);
	u32 block;
	long error = ext2_map(dir, index, false, &block, NULL);

	if (error == 0 && block == 0)
		error = ext2_corrupt(v, "a directory has a hole, inode", dir->inode.number);
	return error == 0 ? buffer_read(&v->buffers, block, buffer) : error;
}

static u64 blocks_of(const struct ext2_inode *dir)
{
	return dir->inode.size >> ext2_of(&dir->inode)->block_shift;
}

/* The entry at `offset` of the block; NULL: there is no sense in it. */
static struct ext2_entry *entry_at(struct ext2 *v, struct buffer *buffer, u32 offset)
{
	struct ext2_entry *entry = (struct ext2_entry *)(buffer->bytes + offset);
	u32 left = v->block_size - offset;

	if (left < EXT2_ENTRY_HEADER || entry->size % 4 != 0 || entry->size > left ||
		entry->size < EXT2_ENTRY_SIZE(entry->inode ? entry->length : 0) ||
		entry->inode > v->inodes_count)
		return NULL;
	return entry;
}

/* What to do with an entry: 0 to go on. */
typedef long (*entry_visitor)(struct ext2_slot *slot, u64 position, void *argument);

/* Visits the entries of all blocks from `index` on. `slot` stays as it was, its buffer held, when
 * the visitor gives anything but 0. */
static long visit(struct ext2_inode *dir, u64 index, struct ext2_slot *slot, entry_visitor visitor,
	void *argument)
{
	struct ext2 *v = ext2_of(&dir->inode);

	for (; index < blocks_of(dir); index++) {
		long result = read_block(dir, index, &slot->buffer);

		if (result != 0)
			return result;
		slot->before = NULL;
		for (u32 offset = 0; offset < v->block_size; offset += slot->entry->size) {
			slot->entry = entry_at(v, slot->buffer, offset);
			if (!slot->entry) {
				buffer_put(&v->buffers, slot->buffer);
				return ext2_corrupt(
					v, "a directory makes no sense, inode", dir->inode.number);
			}
			result = visitor(slot, (index << v->block_shift) + offset, argument);
			if (result != 0)
				return result;
			slot->before = slot->entry;
		}
		buffer_put(&v->buffers, slot->buffer);
	}
	return 0;
}

/* --- looking --- */

struct wanted {
	const char *name;
	size_t length;
};

static long is_wanted(struct ext2_slot *slot, u64 position, void *argument)
{
	const struct wanted *wanted = argument;
	const struct ext2_entry *entry = slot->entry;

	(void)position;
	return entry->inode != 0 && entry->length == wanted->length &&
	       memcmp(entry->name, wanted->name, wanted->length) == 0;
}

long ext2_entry_find(
	struct ext2_inode *dir, const char *name, size_t length, struct ext2_slot *slot)
{
	struct wanted wanted = {name, length};
	long result = visit(dir, 0, slot, is_wanted, &wanted);

	if (result == 1)
		return 0;
	return result == 0 ? -ENOENT : result;
}

void ext2_entry_find_again(
	struct ext2_inode *dir, const char *name, size_t length, struct ext2_slot *slot)
{
	struct wanted wanted = {name, length};
	u8 *bytes = slot->buffer->bytes;

	slot->before = NULL;
	slot->entry = (struct ext2_entry *)bytes;
	while (!is_wanted(slot, 0, &wanted)) {
		slot->before = slot->entry;
		slot->entry = (struct ext2_entry *)((u8 *)slot->entry + slot->entry->size);
		check((u8 *)slot->entry < bytes + ext2_of(&dir->inode)->block_size);
	}
}

static bool is_dots(const struct ext2_entry *entry)
{
	return (entry->length == 1 && entry->name[0] == '.') ||
	       (entry->length == 2 && entry->name[0] == '.' && entry->name[1] == '.');
}

static long is_name(struct ext2_slot *slot, u64 position, void *argument)
{
	(void)position;
	(void)argument;
	return slot->entry->inode != 0 && !is_dots(slot->entry);
}

long ext2_is_empty(struct ext2_inode *dir)
{
	struct ext2_slot slot;
	long result = visit(dir, 0, &slot, is_name, NULL);

	if (result == 1) {
		buffer_put(&ext2_of(&dir->inode)->buffers, slot.buffer);
		return -ENOTEMPTY;
	}
	return result;
}

/* --- listing --- */

struct listing {
	struct ext2 *v;
	u64 *position;
	struct entry_sink *sink;
};

static long list_one(struct ext2_slot *slot, u64 position, void *argument)
{
	struct listing *listing = argument;
	const struct ext2_entry *entry = slot->entry;
	bool typed = listing->v->super->incompat & EXT2_INCOMPAT_FILETYPE;
	u64 next = position + entry->size + POSITION_FIRST;

	if (position + POSITION_FIRST < *listing->position)
		return 0;
	if (entry->inode != 0 && !is_dots(entry) &&
		!listing->sink->take(listing->sink, entry->name, entry->length, entry->inode,
			typed && entry->type < ARRAY_SIZE(kinds) ? kinds[entry->type] : 0, next))
		return 1;
	*listing->position = next;
	return 0;
}

long ext2_list(struct inode *i, u64 *position, struct entry_sink *sink)
{
	struct ext2 *v = ext2_of(i);
	struct listing listing = {v, position, sink};
	struct ext2_slot slot;
	long result;

	volume_lock(&v->volume);
	result = visit(ext2_inode_of(i), (*position - POSITION_FIRST) >> v->block_shift, &slot,
		list_one, &listing);
	if (result == 1)
		buffer_put(&v->buffers, slot.buffer);
	volume_unlock(&v->volume);
	return result == 1 ? 0 : result;
}

/* --- changing --- */

static void changed(struct ext2_inode *dir, struct buffer *buffer)
{
	struct ext2 *v = ext2_of(&dir->inode);

	ext2_log(v, buffer);
	if (dir->flags & EXT2_INODE_INDEX) {
		dir->flags &= ~EXT2_INODE_INDEX;
		ext2_inode_changed(&dir->inode);
	}
}

struct adding {
	struct wanted wanted;
	u32 size;              /* that it takes */
	struct ext2_slot slot; /* where it fits, or no buffer */
};

/* Room behind the name that an entry has. */
static u32 room_in(const struct ext2_entry *entry)
{
	return entry->size - (entry->inode ? EXT2_ENTRY_SIZE(entry->length) : 0);
}

static long look_for_room(struct ext2_slot *slot, u64 position, void *argument)
{
	struct adding *adding = argument;

	if (is_wanted(slot, position, &adding->wanted))
		return -EEXIST;
	if (!adding->slot.buffer && room_in(slot->entry) >= adding->size) {
		adding->slot = *slot;
		buffer_ref(slot->buffer);
	}
	return 0;
}

static void put_entry(struct ext2 *v, struct ext2_entry *entry, const char *name, size_t length,
	u32 number, u32 mode)
{
	entry->inode = number;
	entry->length = (u8)length;
	entry->type = type_of(v, mode);
	memcpy(entry->name, name, length);
}

/* One more block, which is one entry of nothing. */
static long grow(struct ext2_inode *dir, struct ext2_slot *slot)
{
	struct ext2 *v = ext2_of(&dir->inode);
	u64 index = blocks_of(dir);
	u32 block;
	long error;

	if (dir->inode.size >= INT32_MAX - v->block_size)
		return -ENOSPC;
	error = ext2_map(dir, index, true, &block, NULL);
	if (error == 0)
		error = buffer_fresh(&v->buffers, block, &slot->buffer);
	if (error != 0)
		return error;
	slot->entry = (struct ext2_entry *)slot->buffer->bytes;
	slot->entry->size = (u16)v->block_size;
	ext2_log(v, slot->buffer);
	dir->inode.size += v->block_size;
	ext2_inode_changed(&dir->inode);
	return 0;
}

long ext2_entry_add(struct ext2_inode *dir, const char *name, size_t length, u32 number, u32 mode)
{
	struct ext2 *v = ext2_of(&dir->inode);
	struct adding adding = {{name, length}, EXT2_ENTRY_SIZE(length), {.buffer = NULL}};
	struct ext2_slot slot;
	struct ext2_entry *entry;
	long error = visit(dir, 0, &slot, look_for_room, &adding);

	if (error == -EEXIST)
		buffer_put(&v->buffers, slot.buffer);
	if (error == 0 && !adding.slot.buffer)
		error = grow(dir, &adding.slot);
	if (error != 0) {
		if (adding.slot.buffer)
			buffer_put(&v->buffers, adding.slot.buffer);
		return error;
	}
	entry = adding.slot.entry;
	if (entry->inode != 0) { /* behind its name */
		u32 own = EXT2_ENTRY_SIZE(entry->length), size = entry->size;

		entry->size = (u16)own;
		entry = (struct ext2_entry *)((u8 *)entry + own);
		entry->size = (u16)(size - own);
	}
	put_entry(v, entry, name, length, number, mode);
	changed(dir, adding.slot.buffer);
	buffer_put(&v->buffers, adding.slot.buffer);
	return 0;
}

void ext2_entry_remove(struct ext2_inode *dir, struct ext2_slot *slot)
{
	if (slot->before)
		slot->before->size = (u16)(slot->before->size + slot->entry->size);
	slot->entry->inode = 0;
	changed(dir, slot->buffer);
}

void ext2_entry_change(struct ext2_inode *dir, struct ext2_slot *slot, u32 number, u32 mode)
{
	slot->entry->inode = number;
	slot->entry->type = type_of(ext2_of(&dir->inode), mode);
	changed(dir, slot->buffer);
}

/* At the start of a directory, whose first block is its own. */
long ext2_entries_begin(struct ext2_inode *dir, u32 parent)
{
	struct ext2 *v = ext2_of(&dir->inode);
	struct ext2_slot slot;
	struct ext2_entry *entry;
	long error = grow(dir, &slot);

	if (error != 0)
		return error;
	entry = slot.entry;
	put_entry(v, entry, ".", 1, (u32)dir->inode.number, S_IFDIR);
	entry->size = (u16)EXT2_ENTRY_SIZE(1);
	entry = (struct ext2_entry *)((u8 *)entry + entry->size);
	put_entry(v, entry, "..", 2, parent, S_IFDIR);
	entry->size = (u16)(v->block_size - EXT2_ENTRY_SIZE(1));
	buffer_put(&v->buffers, slot.buffer);
	return 0;
}
