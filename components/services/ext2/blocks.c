/*
 * blocks: which are free.
 *
 * With a journal, a block that the running transaction frees must stay unused until that has been
 * committed: a crash before would bring its owner back. So before a transaction first frees a bit
 * of a bitmap, the bitmap is set aside (buffer_keep()), and a block is free when both say so.
 */
#include <services/ext2/ext2.h>
#include <services/identity/identity.h>

static bool test_bit(const u8 *bits, u32 i)
{
	return bits[i / 8] & 1u << i % 8;
}

/* The first clear bit of [from, to) that was clear before too; `to` if there is none. */
static u32 find_clear(const u8 *bits, const u8 *before, u32 from, u32 to)
{
	for (u32 i = from; i < to;) {
		if (i % 64 == 0 && i + 64 <= to) {
			u64 word, old = 0;

			memcpy(&word, bits + i / 8, sizeof(word));
			if (before)
				memcpy(&old, before + i / 8, sizeof(old));
			if ((word | old) == ~0ull) {
				i += 64;
				continue;
			}
		}
		if (!test_bit(bits, i) && !(before && test_bit(before, i)))
			return i;
		i++;
	}
	return to;
}

static void count_blocks(struct ext2 *v, u32 group, s32 change)
{
	struct ext2_group *g = ext2_group(v, group);

	g->free_blocks = (u16)(g->free_blocks + change);
	v->free_blocks += (u64)(s64)change;
	v->super_changed = true;
	ext2_log_group(v, group);
}

/* A block of the group at or behind `from`. -ENOSPC. */
static long allocate_in(struct ext2 *v, u32 group, u32 from, u32 *block)
{
	struct ext2_group *g = ext2_group(v, group);
	u32 size = ext2_group_blocks(v, group), bit;
	struct buffer *bitmap;
	long error;

	if (g->free_blocks == 0)
		return -ENOSPC;
	error = buffer_read(&v->buffers, g->block_bitmap, &bitmap);
	if (error != 0)
		return error;
	bit = find_clear(bitmap->bytes, bitmap->kept, from, size);
	if (bit == size) {
		buffer_put(&v->buffers, bitmap);
		return -ENOSPC;
	}
	*block = ext2_group_start(v, group) + bit;
	if (!ext2_is_data_block(v, *block)) {
		buffer_put(&v->buffers, bitmap);
		return ext2_corrupt(
			v, "a block of the file system's own is marked as free", *block);
	}
	bitmap->bytes[bit / 8] |= (u8)(1u << bit % 8);
	ext2_log(v, bitmap);
	buffer_put(&v->buffers, bitmap);
	count_blocks(v, group, -1);
	return 0;
}

/* Some blocks are kept for the superuser, or for whom the superblock names. */
static bool may_allocate(const struct ext2 *v)
{
	const struct credentials *who = tree_identity();

	if (v->free_blocks > v->super->reserved_blocks)
		return true;
	return v->free_blocks > 0 &&
	       (identity_has(who, CAP_SYS_RESOURCE) || who->fsuid == v->super->reserved_uid ||
		       (v->super->reserved_gid != 0 && inode_in_group(v->super->reserved_gid)));
}

long ext2_block_allocate(struct ext2 *v, u32 goal, u32 *block)
{
	u32 group, from;
	long error;

	if (!may_allocate(v))
		return -ENOSPC;
	if (goal < v->first_data_block || goal >= v->blocks_count)
		goal = v->first_data_block;
	group = (goal - v->first_data_block) / v->blocks_per_group;
	from = (goal - v->first_data_block) % v->blocks_per_group;
	error = allocate_in(v, group, from, block);
	for (u32 i = 1; error == -ENOSPC && i <= v->groups; i++)
		error = allocate_in(v, (group + i) % v->groups, 0, block);
	return error;
}

long ext2_block_free(struct ext2 *v, u32 block, bool structure)
{
	u32 group, bit;
	struct buffer *bitmap;
	long error;

	if (!ext2_is_data_block(v, block))
		return ext2_corrupt(v, "a file has a block that cannot be its own", block);
	group = (block - v->first_data_block) / v->blocks_per_group;
	bit = (block - v->first_data_block) % v->blocks_per_group;
	error = buffer_read(&v->buffers, ext2_group(v, group)->block_bitmap, &bitmap);
	if (error != 0)
		return error;
	if (!test_bit(bitmap->bytes, bit))
		error = ext2_corrupt(v, "a block is freed twice", block);
	if (error == 0 && v->journal.present)
		error = buffer_keep(&v->buffers, bitmap);
	if (error == 0 && structure)
		error = ext2_revoke(v, block);
	if (error == 0) {
		bitmap->bytes[bit / 8] &= (u8) ~(1u << bit % 8);
		ext2_log(v, bitmap);
		count_blocks(v, group, 1);
	}
	buffer_put(&v->buffers, bitmap);
	return error;
}
