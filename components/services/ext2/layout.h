/*
 * layout: what lies on the disk, in the words of Poirier's "The Second Extended File System".
 *
 * A volume is cut into groups of blocks. Each has a bitmap of its blocks, one of its inodes, and a
 * piece of the inode table; a descriptor says where. The superblock lies 1024 bytes from the start,
 * the descriptors in the blocks behind it. All numbers are little-endian, as the machine is; the
 * journal's, in journal.h, are not.
 */
#pragma once

#include <lib/lib.h>

#define EXT2_SUPER_OFFSET 1024u
#define EXT2_MAGIC        0xef53u

#define EXT2_STATE_CLEAN  1u /* it was unmounted, or its journal makes up for it */
#define EXT2_STATE_ERRORS 2u

#define EXT2_ROOT_INODE    2u
#define EXT2_JOURNAL_INODE 8u
#define EXT2_FIRST_INODE   11u /* of revision 0 */

#define EXT2_COMPAT_JOURNAL    0x4u
#define EXT2_COMPAT_DIR_INDEX  0x20u
#define EXT2_INCOMPAT_FILETYPE 0x2u
#define EXT2_INCOMPAT_RECOVER  0x4u
#define EXT2_RO_COMPAT_SPARSE  0x1u
#define EXT2_RO_COMPAT_LARGE   0x2u

struct ext2_super {
	u32 inodes_count, blocks_count, reserved_blocks;
	u32 free_blocks, free_inodes;
	u32 first_data_block; /* the block that the superblock lies in */
	u32 log_block_size;   /* 1024 << this */
	u32 log_cluster_size;
	u32 blocks_per_group, clusters_per_group, inodes_per_group;
	u32 mounted, written; /* when, in seconds */
	u16 mount_count, mount_count_max;
	u16 magic, state, errors, minor_revision;
	u32 checked, check_interval, creator;
	u32 revision; /* 0: inodes have 128 bytes, and there are no features */
	u16 reserved_uid, reserved_gid;
	u32 first_inode;
	u16 inode_size, group_number;
	u32 compat, incompat, ro_compat;
	u8 uuid[16];
	char name[16], last_mounted[64];
	u32 algorithms;
	u8 preallocate, preallocate_directories;
	u16 reserved_descriptors;
	u8 journal_uuid[16];
	u32 journal_inode, journal_device;
	u32 last_orphan; /* the first of a chain through the inodes' `deleted` */
	u32 hash_seed[4];
	u8 hash_version, journal_backup;
	u16 descriptor_size;
	u32 mount_options, first_meta_group, made;
	u32 journal_blocks[17];
	u32 blocks_count_high, reserved_blocks_high, free_blocks_high;
	u16 extra_min, extra_wanted;
	u32 flags;
	u8 unused[0x248 - 0x164];
	u32 overhead; /* blocks that are no file's, as mke2fs has counted them; or 0 */
	u8 rest[1024 - 0x24c];
};
_Static_assert(sizeof(struct ext2_super) == 1024, "the superblock");
_Static_assert(offsetof(struct ext2_super, magic) == 0x38 &&
		       offsetof(struct ext2_super, uuid) == 0x68 &&
		       offsetof(struct ext2_super, last_orphan) == 0xe8 &&
		       offsetof(struct ext2_super, flags) == 0x160,
	"fields lie where the specification has them");

struct ext2_group {
	u32 block_bitmap, inode_bitmap, inode_table; /* blocks */
	u16 free_blocks, free_inodes, directories, flags;
	u32 reserved[3];
};
_Static_assert(sizeof(struct ext2_group) == 32, "a group descriptor");

#define EXT2_DIRECT 12u
#define EXT2_POINTERS                                                                              \
	15u /* 12 blocks of the file, then one to its further blocks, to those of those, and those \
	     */

#define EXT2_INODE_APPEND    0x20u
#define EXT2_INODE_IMMUTABLE 0x10u
#define EXT2_INODE_INDEX     0x1000u /* a directory with a hash tree in it */
#define EXT2_INODE_EXTENTS   0x80000u
#define EXT2_INODE_INLINE    0x10000000u

struct ext2_inode_disk {
	u16 mode, uid;
	u32 size, atime, ctime, mtime;
	u32 deleted; /* when; or the next orphan */
	u16 gid, links;
	u32 sectors, flags, version;
	u32 block[EXT2_POINTERS];
	u32 generation, attributes; /* a block of extended attributes, or 0 */
	u32 size_high;
	u32 fragment;
	u16 sectors_high, attributes_high, uid_high, gid_high, checksum, unused;
	/* Only where an inode has more than 128 bytes, and so many of them as `extra` says. */
	u16 extra, checksum_high;
	u32 ctime_extra, mtime_extra, atime_extra, made, made_extra, version_high, project;
};
_Static_assert(
	sizeof(struct ext2_inode_disk) == 160 && offsetof(struct ext2_inode_disk, extra) == 128,
	"an inode");
#define EXT2_INODE_SMALL 128u
#define EXT2_EXTRA       32u /* what we give an inode that has room for it */

#define EXT2_ATTRIBUTES_MAGIC 0xea020000u
struct ext2_attributes { /* how a block of extended attributes begins */
	u32 magic, refs, blocks, hash;
};

/* A directory is a row of these; each ends where the next begins, the last at its block's end. */
struct ext2_entry {
	u32 inode; /* 0: nothing is here */
	u16 size;
	u8 length, type; /* of the name; `type` if there is the feature */
	char name[];
};
#define EXT2_ENTRY_HEADER  8u
#define EXT2_ENTRY_SIZE(n) ALIGN_UP(EXT2_ENTRY_HEADER + (u32)(n), 4u)

#define EXT2_LINKS_MAX 32000u
#define EXT3_LINKS_MAX 65000u
