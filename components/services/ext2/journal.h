/*
 * journal: changes that reach the disk together or not at all.
 *
 * The layout is that of Linux's jbd, as the ext4 documentation describes it ("Journal (jbd2)"); all
 * numbers are big-endian. The log is a ring of blocks in a file of its own. A transaction lies in
 * it as descriptor blocks, each followed by the blocks that it describes; blocks of revocations,
 * which name blocks that earlier transactions must not bring back; and a commit block, without
 * which it does not count. The first block says where the oldest transaction begins that is still
 * needed.
 */
#pragma once

#include <services/buffers/buffers.h>

#define JOURNAL_MAGIC      0xc03b3998u
#define JOURNAL_DESCRIPTOR 1u
#define JOURNAL_COMMIT     2u
#define JOURNAL_SUPER      4u /* version 2; version 1 has no revocations */
#define JOURNAL_REVOKE     5u

#define JOURNAL_INCOMPAT_REVOKE 1u

struct journal_header {
	u32 magic, type, sequence;
};

struct journal_super {
	struct journal_header header;
	u32 block_size, blocks; /* of the whole log */
	u32 first;              /* block of the log that transactions may use */
	u32 sequence;           /* the first transaction that is needed */
	u32 start;              /* where it begins; 0: none is */
	s32 error;
	u32 compat, incompat, ro_compat;
	u8 uuid[16];
	u32 users;
};
_Static_assert(offsetof(struct journal_super, users) == 0x40, "the journal's superblock");

#define TAG_ESCAPED   1u /* the block began with JOURNAL_MAGIC, which is 0 in the log */
#define TAG_SAME_UUID 2u /* no uuid follows */
#define TAG_LAST      8u

struct journal_tag {
	u32 block;
	u16 checksum, flags;
};
#define JOURNAL_UUID_SIZE 16u

struct journal_revocations {
	struct journal_header header;
	u32 size; /* bytes in use, with this */
	u32 blocks[];
};

/* A row of blocks of the log's file that lie side by side on the disk. */
struct journal_run {
	u32 at, block, count; /* in the log; on the disk */
};

struct journal {
	bool present;
	struct journal_run *runs;
	u32 runs_count, runs_room;
	u32 blocks, first;  /* of the ring: [first, blocks) */
	u32 size;           /* blocks of its file */
	u32 sequence;       /* of the running transaction */
	u32 head, used;     /* where it will begin; blocks of the ring that are in use */
	u8 *super;          /* its superblock, as it is on the disk */
	u8 *staging;        /* a block's worth */
	struct list in_log; /* buffers whose home on the disk is older than their copy in the log */
	u32 in_log_count;
	u32 *revoked; /* by the running transaction */
	u32 revoked_count, revoked_room;
};

static inline u32 be32(u32 x)
{
	return __builtin_bswap32(x);
}

static inline u16 be16(u16 x)
{
	return __builtin_bswap16(x);
}
