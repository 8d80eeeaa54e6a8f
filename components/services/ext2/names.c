/*
 * names: making, linking and removing files.
 *
 * Whoever comes here found names in the tree before it waited for the volume's lock, so they are
 * looked at again in the directory. Each of these is one change: first what can fail, then what
 * cannot.
 */
#include <services/devices/devices.h>
#include <services/ext2/ext2.h>

#define INODE_BUFFERS  6u /* bitmap, descriptor, inode; and an orphan */
#define CREATE_BUFFERS (INODE_BUFFERS + EXT2_MAP_BUFFERS + EXT2_ENTRY_BUFFERS)

long ext2_node_find(struct ext2_inode *dir, const struct node *node, struct ext2_slot *slot)
{
	long error = node->linked ? ext2_entry_find(dir, node->name, node->length, slot) : -ENOENT;

	if (error == 0 && slot->entry->inode != node->inode->number) {
		buffer_put(&ext2_of(&dir->inode)->buffers, slot->buffer);
		error = -ENOENT;
	}
	return error;
}

/* A directory is below the one that its ".." says: so no way leads in circles. */
static long check_child(struct ext2_inode *dir, struct ext2_inode *inode)
{
	struct ext2 *v = ext2_of(&dir->inode);
	struct ext2_slot slot;
	bool good;
	long error;

	if (inode->inode.links == 0)
		return ext2_corrupt(
			v, "a name stands for a file that was deleted, inode", inode->inode.number);
	if (!inode_is(&inode->inode, S_IFDIR))
		return 0;
	error = ext2_entry_find(inode, "..", 2, &slot);
	if (error == -ENOENT)
		return ext2_corrupt(v, "a directory has no parent, inode", inode->inode.number);
	if (error != 0)
		return error;
	good = slot.entry->inode == dir->inode.number && inode->inode.number != dir->inode.number;
	buffer_put(&v->buffers, slot.buffer);
	return good ? 0
		    : ext2_corrupt(v, "a directory has another parent, inode", inode->inode.number);
}

static long find_locked(struct ext2_inode *dir, const char *name, size_t length, struct inode **out)
{
	struct ext2 *v = ext2_of(&dir->inode);
	struct ext2_slot slot;
	u32 number;
	long error = ext2_entry_find(dir, name, length, &slot);

	if (error != 0)
		return error;
	number = slot.entry->inode;
	buffer_put(&v->buffers, slot.buffer);
	if (number < v->first_inode)
		return ext2_corrupt(
			v, "a name stands for a file of the file system's own, inode", number);
	error = ext2_inode_get(v, number, out);
	if (error != 0)
		return error;
	error = check_child(dir, ext2_inode_of(*out));
	if (error != 0) /* not by inode_unref(): nothing is to be deleted on the word of this */
		ext2_inode_unget(*out);
	return error;
}

static long find(struct inode *dir, const char *name, size_t length, struct inode **out)
{
	long error;

	volume_lock(dir->volume);
	error = find_locked(ext2_inode_of(dir), name, length, out);
	volume_unlock(dir->volume);
	return error;
}

/* --- making --- */

static long set_target(struct ext2_inode *inode, const char *target)
{
	struct ext2 *v = ext2_of(&inode->inode);
	size_t length = strlen(target);
	struct buffer *buffer;
	u32 block;
	long error;

	if (length >= MIN(v->block_size, PATH_MAX))
		return -ENAMETOOLONG;
	inode->inode.size = length;
	if (length < sizeof(inode->block)) {
		memcpy(inode->block, target, length);
		return 0;
	}
	error = ext2_map(inode, 0, true, &block, NULL);
	if (error == 0)
		error = buffer_fresh(&v->buffers, block, &buffer);
	if (error != 0) {
		inode->inode.size = 0;
		return error;
	}
	memcpy(buffer->bytes, target, length);
	ext2_log(v, buffer);
	buffer_put(&v->buffers, buffer);
	return 0;
}

/* What the new inode needs to be what it is. */
static long set_up(struct ext2_inode *inode, u32 parent, const char *target)
{
	if (inode_is(&inode->inode, S_IFDIR))
		return ext2_entries_begin(inode, parent);
	return target ? set_target(inode, target) : 0;
}

static long create_locked(
	struct inode *dir, struct node *node, u32 mode, u32 device, const char *target)
{
	struct ext2 *v = ext2_of(dir);
	struct inode *i;
	long error;

	if (dir->links == 0)
		return -ENOENT;
	if ((mode & S_IFMT) == S_IFDIR && dir->links >= ext2_links_max(v))
		return -EMLINK;
	error = ext2_room(v, CREATE_BUFFERS);
	if (error == 0)
		error = ext2_inode_create(dir, mode, device, &i);
	if (error != 0)
		return error;
	error = set_up(ext2_inode_of(i), (u32)dir->number, target);
	if (error == 0 && node->length > 0)
		error = ext2_entry_add(
			ext2_inode_of(dir), node->name, node->length, (u32)i->number, mode);
	if (error != 0) {
		ext2_inode_abandon(i);
		return error;
	}
	if (node->length == 0) /* nobody can find it: it goes with its last user */
		ext2_orphan_add(ext2_inode_of(i));
	i->links = node->length > 0;
	ext2_inode_changed(i);
	node->inode = i;
	return 0;
}

static long create(struct inode *dir, struct node *node, u32 mode, u32 device, const char *target)
{
	struct ext2 *v = ext2_of(dir);
	long error;

	volume_lock(dir->volume);
	error = create_locked(dir, node, mode, device, target);
	if (error == -ENOSPC && ext2_has_changes(v)) { /* what was freed waits for a commit */
		error = ext2_commit(v);
		if (error == 0)
			error = create_locked(dir, node, mode, device, target);
	}
	volume_unlock(dir->volume);
	return error;
}

static long add_link(struct inode *dir, struct node *node, struct inode *i)
{
	struct ext2 *v = ext2_of(dir);
	struct ext2_inode *inode = ext2_inode_of(i);
	long error;

	volume_lock(dir->volume);
	error = dir->links == 0 ? -ENOENT : ext2_room(v, EXT2_ENTRY_BUFFERS + INODE_BUFFERS);
	if (error == 0 && i->links >= ext2_links_max(v))
		error = -EMLINK;
	if (error == 0 && i->links == 0 && v->journal.present && !list_is_linked(&inode->orphan))
		error = -ENOENT;
	if (error == 0)
		error = ext2_entry_add(
			ext2_inode_of(dir), node->name, node->length, (u32)i->number, i->mode);
	if (error == 0 && i->links == 0)
		ext2_orphan_remove(inode);
	volume_unlock(dir->volume);
	return error;
}

/* --- removing --- */

static long remove_locked(struct ext2_inode *dir, struct node *node)
{
	struct ext2 *v = ext2_of(&dir->inode);
	struct ext2_inode *inode = ext2_inode_of(node->inode);
	bool directory = inode_is(node->inode, S_IFDIR);
	struct ext2_slot slot;
	long error = ext2_room(v, INODE_BUFFERS + EXT2_ORPHAN_BUFFERS);

	if (error == 0 && directory)
		error = ext2_is_empty(inode);
	if (error == 0)
		error = ext2_node_find(dir, node, &slot);
	if (error != 0)
		return error;
	ext2_entry_remove(dir, &slot);
	buffer_put(&v->buffers, slot.buffer);
	if (directory || node->inode->links <= 1)
		ext2_orphan_add(inode);
	return 0;
}

static long remove(struct inode *dir, struct node *node)
{
	long error;

	volume_lock(dir->volume);
	error = remove_locked(ext2_inode_of(dir), node);
	volume_unlock(dir->volume);
	return error;
}

/* --- symbolic links --- */

static long read_long_target(struct ext2_inode *inode, char *target, size_t size)
{
	struct ext2 *v = ext2_of(&inode->inode);
	struct buffer *buffer;
	u32 block;
	long error = ext2_map(inode, 0, false, &block, NULL);

	if (error == 0 && block == 0)
		error = ext2_corrupt(
			v, "a symbolic link has no target, inode", inode->inode.number);
	if (error == 0)
		error = buffer_read(&v->buffers, block, &buffer);
	if (error != 0)
		return error;
	memcpy(target, buffer->bytes, size);
	buffer_put(&v->buffers, buffer);
	return (long)size;
}

static long read_link(struct inode *i, char *target, size_t size)
{
	struct ext2_inode *inode = ext2_inode_of(i);
	size_t length = MIN(size, i->size);
	long result = (long)length;

	if (i->size < sizeof(inode->block)) {
		memcpy(target, inode->block, length);
		return result;
	}
	volume_lock(i->volume);
	result = read_long_target(inode, target, length);
	volume_unlock(i->volume);
	return result;
}

/* --- the operations --- */

static long open_device(struct inode *inode, struct open_file *file)
{
	return IS_ENABLED(CONFIG_SERVICES_DEVICES) ? device_open(inode, file) : -ENXIO;
}

const struct inode_ops ext2_directory_ops = {
	.find = find,
	.create = create,
	.link = add_link,
	.remove = remove,
	.rename = ext2_rename,
	.list = ext2_list,
	.changed = ext2_inode_changed,
	.sync = ext2_inode_sync,
	.release = ext2_inode_release,
};

const struct inode_ops ext2_file_ops = {
	.prepare = ext2_prepare,
	.written = ext2_written,
	.settle = ext2_settle,
	.prepare_map = ext2_prepare_map,
	.resize = ext2_resize,
	.seek_data = ext2_seek_data,
	.changed = ext2_inode_changed,
	.sync = ext2_inode_sync,
	.release = ext2_inode_release,
};

const struct inode_ops ext2_other_ops = {
	.read_link = read_link,
	.open = open_device,
	.changed = ext2_inode_changed,
	.sync = ext2_inode_sync,
	.release = ext2_inode_release,
};
