/*
 * truncate: a file gets shorter.
 *
 * Blocks go one by one, the last first: the pointer is cleared in the same transaction that frees
 * what it names, so a commit may come between any two. Who cuts much in several transactions is an
 * orphan meanwhile: after a crash the rest is cut at the next mount.
 */
#include <services/ext2/ext2.h>

#define CUT_BUFFERS 6u /* two bitmaps and descriptors, the pointer's holder, the inode */

static bool is_clear(const struct ext2 *v, const struct buffer *buffer)
{
	const u32 *pointers = (const u32 *)buffer->bytes;

	for (u32 i = 0; i < v->block_size / sizeof(u32); i++) {
		if (pointers[i] != 0)
			return false;
	}
	return true;
}

/* Frees the block that *pointer names; *pointer is in `holder`, or (NULL) in the inode. */
static long drop(struct ext2_inode *inode, struct buffer *holder, u32 *pointer, bool structure)
{
	struct ext2 *v = ext2_of(&inode->inode);
	u32 sectors = v->block_size / 512;
	long error = ext2_room(v, CUT_BUFFERS);

	if (error == 0)
		error = ext2_block_free(v, *pointer, structure);
	if (error != 0)
		return error;
	*pointer = 0;
	if (holder)
		ext2_log(v, holder);
	inode->inode.sectors -= MIN(inode->inode.sectors, (u64)sectors);
	ext2_inode_changed(&inode->inode);
	return 0;
}

/*
 * Frees what lies at or behind block `first` of the file below `*pointer`, which is `levels` blocks
 * of pointers away from bytes, and stands for the file's blocks from `start` on. So deep at
 * most: 3.
 */
static long cut_branch(struct ext2_inode *inode, struct buffer *holder, u32 *pointer, u32 levels,
	u64 start, u64 first)
{
	struct ext2 *v = ext2_of(&inode->inode);
	u32 shift = v->block_shift - 2;
	u64 span = levels > 0 ? 1ull << (levels - 1) * shift : 0;
	struct buffer *buffer;
	bool clear;
	long error;

	if (*pointer == 0)
		return 0;
	if (levels == 0)
		return start < first
			       ? 0
			       : drop(inode, holder, pointer, !inode_is(&inode->inode, S_IFREG));
	if (!ext2_is_data_block(v, *pointer))
		return ext2_corrupt(v, "a block cannot be a file's, inode", inode->inode.number);
	error = buffer_read(&v->buffers, *pointer, &buffer);
	if (error != 0)
		return error;
	for (u32 i = 1u << shift; error == 0 && i-- > 0 && start + (i + 1) * span > first;)
		error = cut_branch(inode, buffer, (u32 *)buffer->bytes + i, levels - 1,
			start + i * span, first);
	clear = is_clear(v, buffer);
	buffer_put(&v->buffers, buffer);
	return error == 0 && clear ? drop(inode, holder, pointer, true) : error;
}

long ext2_cut(struct ext2_inode *inode, u64 first)
{
	struct ext2 *v = ext2_of(&inode->inode);
	u32 shift = v->block_shift - 2;
	u64 start = EXT2_DIRECT;
	u64 starts[4] = {
		0, start, start + (1ull << shift), start + (1ull << shift) + (1ull << 2 * shift)};
	long error = 0;

	if (inode_is(&inode->inode, S_IFLNK) && inode->inode.size < sizeof(inode->block))
		return 0; /* its target lies where the pointers would */
	if (!inode_is(&inode->inode, S_IFREG) && !inode_is(&inode->inode, S_IFDIR) &&
		!inode_is(&inode->inode, S_IFLNK))
		return 0;
	for (u32 levels = 3; error == 0 && levels > 0; levels--)
		error = cut_branch(inode, NULL, &inode->block[EXT2_DIRECT + levels - 1], levels,
			starts[levels], first);
	for (u32 i = EXT2_DIRECT; error == 0 && i-- > 0;)
		error = cut_branch(inode, NULL, &inode->block[i], 0, i, first);
	inode->last_block = 0;
	return error;
}

/* The end of the last page that stays: behind the size it is zero, for the file may grow again. */
static long clear_tail(struct ext2_inode *inode, u64 size)
{
	u64 index = size >> PAGE_SHIFT;
	u32 at = size % PAGE_SIZE;
	u8 *page;
	long error;

	if (at == 0)
		return 0;
	error = ext2_prepare(&inode->inode, index, 0, 0);
	page = error == 0 ? env_object_page(inode->inode.pages, index, false) : NULL;
	if (page) {
		memset(page + at, 0, PAGE_SIZE - at);
		ext2_written(&inode->inode, index);
	}
	return error;
}

/* The tree drops the pages that lie behind, and the rest of its page where the size is. */
static long shrink(struct ext2_inode *inode, u64 size)
{
	struct ext2 *v = ext2_of(&inode->inode);
	long error = clear_tail(inode, size);

	if (error == 0)
		error = ext2_room(v, EXT2_ORPHAN_BUFFERS);
	if (error != 0)
		return error;
	inode->inode.size = size;
	ext2_orphan_add(inode);
	ext2_inode_changed(&inode->inode);
	ext2_pages_cut(inode, (size + PAGE_SIZE - 1) >> PAGE_SHIFT);
	error = ext2_cut(inode, (size + v->block_size - 1) >> v->block_shift);
	if (error == 0)
		error = ext2_room(v, EXT2_ORPHAN_BUFFERS);
	if (error == 0)
		ext2_orphan_remove(inode);
	return error;
}

long ext2_resize(struct inode *i, u64 size)
{
	struct ext2_inode *inode = ext2_inode_of(i);
	struct ext2 *v = ext2_of(i);
	long error;

	if (size > ext2_map_limit(v) << v->block_shift)
		return -EFBIG;
	volume_lock(&v->volume);
	error = size < i->size ? shrink(inode, size) : ext2_room(v, 1);
	volume_unlock(&v->volume);
	return error;
}
