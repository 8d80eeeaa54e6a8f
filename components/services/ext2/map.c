/*
 * map: which block of the disk a block of a file is.
 *
 * The first twelve are named in the inode; the others through one, two or three blocks of pointers.
 * A pointer of 0 is a hole: it reads as zeroes, and so does all that lies behind it.
 */
#include <services/ext2/ext2.h>

#define LEVELS_MAX 4u

/* The way to a block: which pointer to take in the inode, and in each block of pointers. */
static u32 find_way(const struct ext2 *v, u64 index, u32 way[LEVELS_MAX])
{
	u32 shift = v->block_shift - 2, mask = (1u << shift) - 1;
	u64 covered = 1ull << shift;

	if (index < EXT2_DIRECT) {
		way[0] = (u32)index;
		return 1;
	}
	index -= EXT2_DIRECT;
	for (u32 levels = 2; levels <= LEVELS_MAX; levels++) {
		if (index < covered) {
			way[0] = EXT2_DIRECT + levels - 2;
			for (u32 i = 1; i < levels; i++)
				way[i] = (u32)(index >> (levels - 1 - i) * shift) & mask;
			return levels;
		}
		index -= covered;
		covered <<= shift;
	}
	return 0;
}

u64 ext2_map_limit(const struct ext2 *v)
{
	u32 shift = v->block_shift - 2;
	u64 blocks = EXT2_DIRECT + (1ull << shift) + (1ull << 2 * shift) + (1ull << 3 * shift);

	return MIN(blocks, (u64)UINT32_MAX / (v->block_size / 512)); /* what `sectors` can count */
}

static u32 goal_of(const struct ext2_inode *inode)
{
	const struct ext2 *v = ext2_of(&inode->inode);

	if (inode->last_block != 0)
		return inode->last_block + 1;
	return ext2_group_start(v, ((u32)inode->inode.number - 1) / v->inodes_per_group);
}

/* One block for the file, for its bytes or for pointers; the pointer to it is `*pointer` in
 * `holder` (NULL: in the inode). */
static long allocate(struct ext2_inode *inode, struct buffer *holder, u32 *pointer, bool structure)
{
	struct ext2 *v = ext2_of(&inode->inode);
	struct buffer *buffer;
	u32 block;
	long error = ext2_block_allocate(v, goal_of(inode), &block);

	if (error != 0)
		return error;
	if (structure) {
		error = buffer_fresh(&v->buffers, block, &buffer);
		if (error != 0) {
			long ignored = ext2_block_free(v, block, false);

			return ignored == 0 ? error : ignored;
		}
		ext2_log(v, buffer);
		buffer_put(&v->buffers, buffer);
	}
	*pointer = block;
	if (holder)
		ext2_log(v, holder);
	inode->last_block = block;
	inode->inode.sectors += v->block_size / 512;
	ext2_inode_changed(&inode->inode);
	return 0;
}

long ext2_map(struct ext2_inode *inode, u64 index, bool create, u32 *block, bool *fresh)
{
	struct ext2 *v = ext2_of(&inode->inode);
	u32 way[LEVELS_MAX], levels = find_way(v, index, way), *pointer;
	struct buffer *holder = NULL;
	long error = 0;

	*block = 0;
	if (fresh)
		*fresh = false;
	if (levels == 0)
		return -EFBIG;
	pointer = &inode->block[way[0]];
	for (u32 i = 0;; i++) {
		bool last = i == levels - 1;
		struct buffer *next;

		if (*pointer == 0 && create) {
			error = allocate(
				inode, holder, pointer, !last || !inode_is(&inode->inode, S_IFREG));
			if (error == 0 && last && fresh)
				*fresh = true;
		}
		if (error != 0 || *pointer == 0)
			break;
		if (!ext2_is_data_block(v, *pointer)) {
			error = ext2_corrupt(
				v, "a block cannot be a file's, inode", inode->inode.number);
			break;
		}
		if (last) {
			*block = *pointer;
			break;
		}
		error = buffer_read(&v->buffers, *pointer, &next);
		if (error != 0)
			break;
		if (holder)
			buffer_put(&v->buffers, holder);
		holder = next;
		pointer = (u32 *)holder->bytes + way[i + 1];
	}
	if (holder)
		buffer_put(&v->buffers, holder);
	return error;
}

long ext2_map_seek(struct ext2_inode *inode, u64 index, u64 end, bool data, u64 *found)
{
	for (; index < end; index++) {
		u32 block;
		long error = ext2_map(inode, index, false, &block, NULL);

		if (error != 0)
			return error;
		if ((block != 0) == data)
			break;
	}
	*found = MIN(index, end);
	return 0;
}
