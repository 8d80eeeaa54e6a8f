/* volume: what is asked of a volume while it is mounted. */
#include <services/ext2/ext2.h>

/* What Linux does not count among the blocks of a volume. */
static u32 overhead(const struct ext2 *v)
{
	u32 table = v->inodes_per_group * v->inode_size / v->block_size;
	u32 blocks = v->first_data_block + v->journal.size;

	if (v->journal.present && v->super->overhead != 0)
		return v->super->overhead;
	for (u32 i = 0; i < v->groups; i++)
		blocks += 2 + table + (ext2_group_has_super(v, i) ? 1 + v->descriptors_count : 0);
	return blocks;
}

void ext2_status(struct volume *volume, struct volume_status *s)
{
	const struct ext2 *v = container_of(volume, struct ext2, volume);

	*s = (struct volume_status){
		.blocks = v->blocks_count - MIN(overhead(v), v->blocks_count),
		.blocks_free = v->free_blocks,
		.blocks_reserved = MIN(v->super->reserved_blocks, v->free_blocks),
		.inodes = v->inodes_count,
		.inodes_free = v->free_inodes,
	};
}

long ext2_sync(struct ext2 *v)
{
	long error;

	if (v->failed)
		return -EIO;
	if (v->volume.read_only)
		return 0;
	ext2_sweep_mapped(v);
	error = ext2_write_all(v, true);
	return error == 0 ? ext2_commit(v) : error;
}

long ext2_volume_sync(struct volume *volume)
{
	struct ext2 *v = container_of(volume, struct ext2, volume);
	long error;

	volume_lock(volume);
	error = ext2_sync(v);
	volume_unlock(volume);
	return error;
}

long ext2_inode_sync(struct inode *inode)
{
	return ext2_volume_sync(inode->volume);
}

bool ext2_is_busy(struct volume *volume)
{
	const struct ext2 *v = container_of(volume, struct ext2, volume);

	for (u32 i = 0; i < EXT2_INODES; i++) {
		for (const struct ext2_inode *inode = v->inodes[i]; inode; inode = inode->next) {
			if (ext2_is_mapped(inode))
				return true;
		}
	}
	return false;
}
