/*
 * validate: whether an image is one that we can work on.
 *
 * Nothing on the disk is trusted. What is looked at here once, when the volume is mounted, need not
 * be looked at again: sizes and counts fit together, and each group's bitmaps and piece of the
 * inode table lie inside the group.
 */
#include <services/ext2/ext2.h>

#define DESCRIPTORS_MAX 4096u /* blocks of them */

#define RO_COMPAT (EXT2_RO_COMPAT_SPARSE | EXT2_RO_COMPAT_LARGE)
#define INCOMPAT  (EXT2_INCOMPAT_FILETYPE | EXT2_INCOMPAT_RECOVER)

static long refuse(const struct ext2 *v, const char *why)
{
	kprintf("%s: cannot mount: %s\n", v->volume.type->name, why);
	return -EINVAL;
}

/* Features are promises about the layout. One of the first kind that is unknown: hands off; of the
 * second: reading is fine. */
static long check_features(struct ext2 *v, const struct ext2_super *s)
{
	bool journalled = v->volume.type == &ext3_type;

	if (s->revision == 0)
		return journalled ? refuse(v, "it has no journal") : 0;
	if (s->incompat & ~INCOMPAT) {
		kprintf("ext2: cannot mount: unsupported features (incompat %x)\n",
			s->incompat & ~INCOMPAT);
		return -EINVAL;
	}
	if (s->ro_compat & ~RO_COMPAT && !v->volume.read_only) {
		kprintf("ext2: cannot mount for writing: unsupported features (ro_compat %x)\n",
			s->ro_compat & ~RO_COMPAT);
		return -EROFS;
	}
	if (journalled && !(s->compat & EXT2_COMPAT_JOURNAL))
		return refuse(v, "it has no journal");
	if (!journalled && s->incompat & EXT2_INCOMPAT_RECOVER)
		return refuse(v, "its journal must be recovered first: mount it as ext3");
	return 0;
}

static bool is_power_of_two(u32 x)
{
	return x != 0 && (x & (x - 1)) == 0;
}

static long check_sizes(struct ext2 *v, const struct ext2_super *s, u64 disk_bytes)
{
	u32 bits = 8 * v->block_size;

	v->inode_size = s->revision == 0 ? EXT2_INODE_SMALL : s->inode_size;
	v->first_inode = s->revision == 0 ? EXT2_FIRST_INODE : s->first_inode;
	if (!is_power_of_two(v->inode_size) || v->inode_size < EXT2_INODE_SMALL ||
		v->inode_size > v->block_size)
		return refuse(v, "the size of its inodes makes no sense");
	if (s->first_data_block != (v->block_size == 1024 ? 1 : 0) ||
		s->blocks_count <= s->first_data_block + 8 ||
		(u64)s->blocks_count * v->block_size > disk_bytes)
		return refuse(v, "it is larger than the disk, or too small");
	if (s->blocks_per_group < 64 || s->blocks_per_group > bits || s->inodes_per_group == 0 ||
		s->inodes_per_group > bits ||
		s->inodes_per_group % (v->block_size / v->inode_size) != 0)
		return refuse(v, "the size of its groups makes no sense");
	if (s->log_cluster_size != s->log_block_size ||
		s->clusters_per_group != s->blocks_per_group)
		return refuse(v, "fragments are not supported");
	return 0;
}

static long check_counts(struct ext2 *v, const struct ext2_super *s)
{
	u32 blocks = s->blocks_count - s->first_data_block;

	v->groups = (blocks - 1) / s->blocks_per_group + 1;
	v->descriptors_count =
		(u32)(((u64)v->groups * sizeof(struct ext2_group) - 1) / v->block_size + 1);
	if ((u64)v->groups * s->inodes_per_group != s->inodes_count ||
		s->inodes_count < v->first_inode || v->first_inode < EXT2_FIRST_INODE)
		return refuse(v, "its inodes do not fit into its groups");
	if (v->descriptors_count > DESCRIPTORS_MAX ||
		v->descriptors_count + s->first_data_block + 1 >= s->blocks_per_group ||
		v->descriptors_count + s->first_data_block + 1 >= s->blocks_count)
		return refuse(v, "it has too many groups");
	if (s->reserved_blocks > s->blocks_count)
		return refuse(v, "it has more reserved blocks than blocks");
	return 0;
}

long ext2_validate_super(struct ext2 *v, u64 disk_bytes)
{
	const struct ext2_super *s = v->super;
	long error;

	if (s->magic != EXT2_MAGIC)
		return refuse(v, "there is no such file system");
	if (s->revision > 1)
		return refuse(v, "its revision is unknown");
	if (s->log_block_size > 2)
		return refuse(v, "its blocks are larger than pages");
	error = check_features(v, s);
	v->block_shift = 10 + s->log_block_size;
	v->block_size = 1u << v->block_shift;
	if (error == 0)
		error = check_sizes(v, s, disk_bytes);
	if (error == 0)
		error = check_counts(v, s);
	v->first_data_block = s->first_data_block;
	v->blocks_count = s->blocks_count;
	v->blocks_per_group = s->blocks_per_group;
	v->inodes_count = s->inodes_count;
	v->inodes_per_group = s->inodes_per_group;
	return error;
}

/* --- groups --- */

static u32 power_of(u32 base, u32 x)
{
	u64 power = base;

	while (power < x)
		power *= base;
	return (u32)power;
}

bool ext2_group_has_super(const struct ext2 *v, u32 group)
{
	if (!(v->super->ro_compat & EXT2_RO_COMPAT_SPARSE) || group <= 1)
		return true;
	return power_of(3, group) == group || power_of(5, group) == group ||
	       power_of(7, group) == group;
}

static u32 table_blocks(const struct ext2 *v)
{
	return v->inodes_per_group * v->inode_size / v->block_size;
}

/* Whether [block, block + count) lies in the group, behind what it begins with. */
static bool is_in_group(const struct ext2 *v, u32 group, u32 block, u32 count)
{
	u32 start = ext2_group_start(v, group), blocks = ext2_group_blocks(v, group);
	u32 taken = ext2_group_has_super(v, group) ? 1 + v->descriptors_count : 0;

	return count <= blocks && block >= start + taken && block - start <= blocks - count;
}

static bool overlaps(u32 block, u32 table, u32 count)
{
	return block >= table && block - table < count;
}

long ext2_validate_groups(struct ext2 *v)
{
	v->free_blocks = 0;
	v->free_inodes = 0;
	for (u32 i = 0; i < v->groups; i++) {
		const struct ext2_group *g = ext2_group(v, i);
		u32 count = table_blocks(v);

		if (!is_in_group(v, i, g->block_bitmap, 1) ||
			!is_in_group(v, i, g->inode_bitmap, 1) ||
			!is_in_group(v, i, g->inode_table, count) ||
			g->block_bitmap == g->inode_bitmap ||
			overlaps(g->block_bitmap, g->inode_table, count) ||
			overlaps(g->inode_bitmap, g->inode_table, count) ||
			g->free_blocks > ext2_group_blocks(v, i) ||
			g->free_inodes > v->inodes_per_group)
			return refuse(v, "a group descriptor makes no sense");
		v->free_blocks += g->free_blocks;
		v->free_inodes += g->free_inodes;
	}
	return 0;
}

/* A block that may be a file's: it is none of the file system's own. */
bool ext2_is_data_block(const struct ext2 *v, u32 block)
{
	const struct ext2_group *g;
	u32 group;

	if (block <= v->first_data_block || block >= v->blocks_count)
		return false;
	group = (block - v->first_data_block) / v->blocks_per_group;
	g = ext2_group(v, group);
	if (block == g->block_bitmap || block == g->inode_bitmap ||
		overlaps(block, g->inode_table, table_blocks(v)))
		return false;
	return !ext2_group_has_super(v, group) ||
	       !overlaps(block, ext2_group_start(v, group), 1 + v->descriptors_count);
}
