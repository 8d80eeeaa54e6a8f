/*
 * inode: from the disk to memory and back.
 *
 * An inode in memory is found by its number, so there is one for each file. It is read with all
 * suspicion: what later code takes for granted is looked at here.
 */
#include <services/devices/devices.h>
#include <services/ext2/ext2.h>

static struct object_cache inode_cache;

static struct ext2_inode **bucket_of(struct ext2 *v, u32 number)
{
	return &v->inodes[number % EXT2_INODES];
}

static struct ext2_inode *look(struct ext2 *v, u32 number)
{
	struct ext2_inode *inode = *bucket_of(v, number);

	while (inode && inode->inode.number != number)
		inode = inode->next;
	return inode;
}

/* --- what is believed --- */

static u64 size_max(const struct ext2 *v, u32 mode)
{
	if ((mode & S_IFMT) == S_IFDIR) /* it has no holes */
		return MIN((u64)v->blocks_count << v->block_shift, (u64)INT32_MAX);
	if ((mode & S_IFMT) == S_IFLNK)
		return MIN(v->block_size, PATH_MAX) - 1;
	return ext2_map_limit(v) << v->block_shift;
}

static bool is_kind(u32 mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
	case S_IFDIR:
	case S_IFLNK:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return true;
	default:
		return false;
	}
}

static long check_inode(struct ext2 *v, const struct ext2_inode *inode)
{
	const struct inode *i = &inode->inode;

	if (!is_kind(i->mode))
		return ext2_corrupt(v, "an inode is of no kind", i->number);
	if (inode->flags & (EXT2_INODE_EXTENTS | EXT2_INODE_INLINE))
		return ext2_corrupt(v, "an inode has extents", i->number);
	if (i->size > size_max(v, i->mode) ||
		(inode_is(i, S_IFDIR) && (i->size == 0 || i->size % v->block_size != 0)) ||
		(inode_is(i, S_IFLNK) && i->size == 0))
		return ext2_corrupt(v, "the size of an inode makes no sense", i->number);
	return 0;
}

/* --- making them --- */

static const struct inode_ops *ops_for(u32 mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return &ext2_directory_ops;
	case S_IFREG:
		return &ext2_file_ops;
	default:
		return &ext2_other_ops;
	}
}

static void set_kind(struct inode *i)
{
	i->ops = ops_for(i->mode);
	if (inode_is(i, S_IFDIR))
		i->file_ops = directory_ops;
	else if (inode_is(i, S_IFREG))
		i->file_ops = regular_ops;
	else if (IS_ENABLED(CONFIG_SERVICES_DEVICES) &&
		 (inode_is(i, S_IFCHR) || inode_is(i, S_IFBLK)))
		i->file_ops = device_ops;
}

/* The block of the inode table with that number, held, and where in it. */
static long find_place(struct ext2 *v, u32 number, struct buffer **buffer, u32 *offset)
{
	u32 group = (number - 1) / v->inodes_per_group, index = (number - 1) % v->inodes_per_group;
	u64 byte = (u64)index * v->inode_size;

	*offset = (u32)(byte % v->block_size);
	return buffer_read(&v->buffers,
		ext2_group(v, group)->inode_table + (u32)(byte / v->block_size), buffer);
}

/* An inode in memory, bound to its place on the disk; nothing of it is filled in. */
static long bind(struct ext2 *v, u32 number, struct ext2_inode **out)
{
	struct ext2_inode *inode, *other;
	long error;

	if (inode_cache.size == 0)
		object_cache_init(&inode_cache, "ext2_inode", sizeof(struct ext2_inode),
			_Alignof(struct ext2_inode));
	inode = object_alloc(&inode_cache);
	if (!inode)
		return -ENOMEM;
	memset(inode, 0, sizeof(*inode));
	error = find_place(v, number, &inode->buffer, &inode->offset);
	if (error != 0) {
		object_free(&inode_cache, inode);
		return error;
	}
	other = look(v, number);
	check(!other);
	inode_init(&inode->inode, &ext2_other_ops, &v->volume, 0);
	inode->inode.number = number;
	list_init(&inode->unused);
	list_init(&inode->orphan);
	list_init(&inode->dirty);
	list_init(&inode->mapped);
	list_init(&inode->stale);
	inode->next = *bucket_of(v, number);
	*bucket_of(v, number) = inode;
	*out = inode;
	return 0;
}

/* Takes it out of memory; holds a reference on the volume, which goes. */
static void unbind(struct ext2_inode *inode)
{
	struct ext2 *v = ext2_of(&inode->inode);
	struct ext2_inode **at = bucket_of(v, (u32)inode->inode.number);

	while (*at != inode)
		at = &(*at)->next;
	*at = inode->next;
	list_remove(&inode->dirty);
	list_remove(&inode->mapped);
	list_remove(&inode->stale);
	list_remove(&inode->orphan);
	ext2_pages_cut(inode, 0);
	buffer_put(&v->buffers, inode->buffer);
	inode_fini(&inode->inode);
	object_free(&inode_cache, inode);
}

static void revive(struct ext2 *v, struct ext2_inode *inode)
{
	inode->inode.refs++;
	if (!list_is_linked(&inode->unused)) /* in use, or just being released */
		return;
	list_remove(&inode->unused);
	v->unused_count--;
	volume_ref(&v->volume);
}

long ext2_inode_get(struct ext2 *v, u32 number, struct inode **out)
{
	struct ext2_inode *inode;
	long error;

	if (number == 0 || number > v->inodes_count)
		return ext2_corrupt(v, "there is no such inode", number);
	inode = look(v, number);
	if (inode) {
		revive(v, inode);
		*out = &inode->inode;
		return 0;
	}
	error = bind(v, number, &inode);
	if (error != 0)
		return error;
	ext2_record_read(v, inode);
	error = check_inode(v, inode);
	if (error != 0) {
		unbind(inode);
		return error;
	}
	set_kind(&inode->inode);
	*out = &inode->inode;
	return 0;
}

long ext2_inode_create(struct inode *dir, u32 mode, u32 device, struct inode **out)
{
	struct ext2 *v = ext2_of(dir);
	bool directory = (mode & S_IFMT) == S_IFDIR;
	struct ext2_inode *inode;
	u32 number;
	long error = ext2_number_allocate(v, (u32)dir->number, directory, &number);

	if (error != 0)
		return error;
	error = look(v, number) ? ext2_corrupt(v, "an inode in use is marked as free", number)
				: bind(v, number, &inode);
	if (error != 0) {
		long ignored = ext2_number_free(v, number, directory);

		return ignored == 0 ? error : ignored;
	}
	ext2_record_begin(v, inode);
	inode->inode.mode = mode;
	inode->inode.links = 0;
	inode->inode.device = device;
	if (device != 0)
		inode->block[device > 0xffff] = device;
	inode->generation = (u32)env_random();
	set_kind(&inode->inode);
	*out = &inode->inode;
	return 0;
}

void ext2_inode_unget(struct inode *i)
{
	struct ext2_inode *inode = ext2_inode_of(i);
	struct ext2 *v = ext2_of(i);

	assert(i->refs > 0);
	if (--i->refs > 0)
		return;
	list_push_back(&v->unused, &inode->unused);
	v->unused_count++;
	volume_unref(&v->volume);
}

u32 ext2_links_max(const struct ext2 *v)
{
	return v->journal.present ? EXT3_LINKS_MAX : EXT2_LINKS_MAX;
}

/* --- and letting them go --- */

/* Frees a file that has no name any more. What cannot be freed now is freed at the next mount. */
static void dispose(struct ext2_inode *inode)
{
	long error = ext2_inode_delete(inode);

	if (error != 0)
		kprintf("ext2: inode %lu cannot be freed: error %ld\n", inode->inode.number,
			-error);
}

void ext2_inode_abandon(struct inode *i)
{
	struct ext2_inode *inode = ext2_inode_of(i);

	assert(i->refs == 1 && i->links == 0);
	dispose(inode);
	unbind(inode);
}

void ext2_inode_release(struct inode *i)
{
	struct ext2_inode *inode = ext2_inode_of(i);
	struct volume *volume = i->volume;
	struct ext2 *v = ext2_of(i);

	if (inode->leaving) /* released before, and found again: who waits below will see to it */
		return;
	inode->leaving = true;
	volume_lock(volume);
	inode->leaving = false;
	if (i->refs > 0) {
		volume_unlock(volume);
		return;
	}
	if (i->links == 0 && !volume->read_only && !v->failed)
		dispose(inode);
	if (i->links == 0 && !list_is_linked(&inode->orphan)) {
		unbind(inode);
		volume_unlock(volume);
		return;
	}
	list_push_back(&v->unused, &inode->unused);
	v->unused_count++;
	ext2_inodes_shrink(v, EXT2_INODES);
	volume_unlock(volume);
	volume_unref(volume);
}

/* Whether nobody would miss it. */
static bool is_idle(struct ext2_inode *inode)
{
	return !list_is_linked(&inode->mapped) && !ext2_is_mapped(inode) &&
	       !list_is_linked(&inode->orphan) && ext2_write_pages(inode, false) == 0 &&
	       !list_is_linked(&inode->dirty) && inode->inode.refs == 0;
}

void ext2_inodes_shrink(struct ext2 *v, u32 keep)
{
	u32 looked_at = v->unused_count;

	while (v->unused_count > keep && looked_at-- > 0) {
		struct ext2_inode *inode = list_first(&v->unused, struct ext2_inode, unused);

		list_remove(&inode->unused);
		if (!is_idle(inode)) {
			list_push_back(&v->unused, &inode->unused);
			continue;
		}
		v->unused_count--;
		volume_ref(&v->volume); /* unbind() gives it up */
		unbind(inode);
	}
}

void ext2_inodes_drop(struct ext2 *v)
{
	for (u32 i = 0; i < EXT2_INODES; i++) {
		while (v->inodes[i]) {
			struct ext2_inode *inode = v->inodes[i];

			assert(inode->inode.refs == 0);
			list_remove(&inode->unused);
			volume_ref(&v->volume);
			unbind(inode);
		}
	}
	v->unused_count = 0;
}
