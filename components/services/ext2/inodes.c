/*
 * inodes: which numbers are free.
 *
 * A file's inode lies in its directory's group, so that what is listed together is read together. A
 * directory gets a group of its own choice, one that has room for what will be in it.
 */
#include <services/ext2/ext2.h>

/* A number of the group. -ENOSPC. */
static long allocate_in(struct ext2 *v, u32 group, bool directory, u32 *number)
{
	struct ext2_group *g = ext2_group(v, group);
	u32 bit = group == 0 ? v->first_inode - 1 : 0;
	struct buffer *bitmap;
	long error;

	if (g->free_inodes == 0)
		return -ENOSPC;
	error = buffer_read(&v->buffers, g->inode_bitmap, &bitmap);
	if (error != 0)
		return error;
	while (bit < v->inodes_per_group && bitmap->bytes[bit / 8] & 1u << bit % 8)
		bit++;
	if (bit >= v->inodes_per_group) {
		buffer_put(&v->buffers, bitmap);
		return -ENOSPC;
	}
	bitmap->bytes[bit / 8] |= (u8)(1u << bit % 8);
	ext2_log(v, bitmap);
	buffer_put(&v->buffers, bitmap);
	g->free_inodes--;
	g->directories = (u16)(g->directories + directory);
	v->free_inodes--;
	v->super_changed = true;
	ext2_log_group(v, group);
	*number = group * v->inodes_per_group + bit + 1;
	return 0;
}

/* The next group that has at least the average of free inodes and of free blocks. */
static u32 group_for_directory(struct ext2 *v, u32 parent)
{
	u64 inodes = v->free_inodes / v->groups, blocks = v->free_blocks / v->groups;

	for (u32 i = 1; i <= v->groups; i++) {
		u32 group = (v->last_group + i) % v->groups;
		const struct ext2_group *g = ext2_group(v, group);

		if (g->free_inodes > 0 && g->free_inodes >= inodes && g->free_blocks >= blocks) {
			v->last_group = group;
			return group;
		}
	}
	return parent;
}

long ext2_number_allocate(struct ext2 *v, u32 near, bool directory, u32 *number)
{
	u32 group = (near - 1) / v->inodes_per_group;
	long error;

	if (directory)
		group = group_for_directory(v, group);
	error = allocate_in(v, group, directory, number);
	for (u32 i = 1; error == -ENOSPC && i < v->groups; i++)
		error = allocate_in(v, (group + i) % v->groups, directory, number);
	return error;
}

long ext2_number_free(struct ext2 *v, u32 number, bool directory)
{
	u32 group = (number - 1) / v->inodes_per_group, bit = (number - 1) % v->inodes_per_group;
	struct ext2_group *g = ext2_group(v, group);
	struct buffer *bitmap;
	long error = buffer_read(&v->buffers, g->inode_bitmap, &bitmap);

	if (error != 0)
		return error;
	if (!(bitmap->bytes[bit / 8] & 1u << bit % 8)) {
		buffer_put(&v->buffers, bitmap);
		return ext2_corrupt(v, "an inode is freed twice", number);
	}
	bitmap->bytes[bit / 8] &= (u8) ~(1u << bit % 8);
	ext2_log(v, bitmap);
	buffer_put(&v->buffers, bitmap);
	g->free_inodes++;
	g->directories = (u16)(g->directories - (directory && g->directories > 0));
	v->free_inodes++;
	v->super_changed = true;
	ext2_log_group(v, group);
	return 0;
}
