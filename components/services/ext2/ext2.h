/*
 * ext2: Linux's file system on a disk, and ext3, which is the same with a journal.
 *
 * A change is made in buffers and noted with ext2_log(): the *running transaction* is the set of
 * buffers that were changed since the last commit. A commit writes file pages first, then copies of
 * the buffers to the journal, all or nothing; later, at a checkpoint, the buffers go home. So
 * whoever changes several buffers first asks ext2_room() for as many: only there may a commit
 * happen, and between two calls of it the change is atomic. Without a journal a commit writes the
 * buffers home at once.
 *
 * An inode in memory holds the buffer that it lies in, so that noting its attributes cannot fail.
 * When nobody refers to it any more it stays a while, and so do the pages of its file, until memory
 * is wanted.
 *
 * Everything but inode_ops.changed happens under the volume's lock, for reading and writing sleep.
 * Lock order: inode_lock(), the volume's lock.
 */
#pragma once

#include <services/ext2/ext2_types.h>
#include <services/ext2/journal.h>
#include <services/ext2/layout.h>
#include <services/process/timer.h>
#include <services/tree/tree.h>

/* The state of a buffer that somebody has changed; it is held meanwhile. */
#define BUFFER_LOGGED 1u /* by the running transaction */
#define BUFFER_IN_LOG 2u /* by one in the log, and not written home yet */

#define EXT2_INODES 256u /* chains of the table of inodes */

struct ext2_pages; /* what is known of a file's pages: pages.c */

struct ext2 {
	struct volume volume;
	struct buffers buffers;
	struct journal journal;
	struct buffer *super_buffer;
	struct ext2_super *super; /* in that buffer */
	struct buffer **descriptors;
	u32 descriptors_count;
	u32 block_size, block_shift, inode_size;
	u32 groups, first_data_block, blocks_count, blocks_per_group;
	u32 inodes_count, inodes_per_group, first_inode;
	u64 free_blocks, free_inodes;
	struct list logged; /* buffers of the running transaction */
	u32 logged_count, logged_max;
	bool super_changed; /* the free counts, the chain of orphans */
	bool committing;    /* changes of inodes wait in `stale` */
	bool failed;        /* the disk or the journal: nothing is written any more */
	bool complained;
	struct ext2_inode *inodes[EXT2_INODES];
	struct list unused; /* inodes that nobody refers to, the least recently used first */
	u32 unused_count;
	struct list orphans; /* in the chain's order */
	struct list dirty;   /* inodes with pages to be written */
	struct list mapped;  /* inodes that clients may store to without a word */
	struct list stale;   /* inodes whose buffers are behind */
	u32 last_group;      /* that a directory was put into */
	struct service_timer timer;
};

struct ext2_inode {
	struct inode inode;
	struct ext2_inode *next; /* in the chain of the table */
	struct list unused, orphan, dirty, mapped, stale;
	struct buffer *buffer; /* held: where it lies on the disk */
	u32 offset;            /* and where in that */
	u32 block[EXT2_POINTERS];
	u32 flags, generation, attributes;
	u32 deleted;     /* the next orphan while it is one */
	u32 last_block;  /* allocated; 0: none yet */
	bool pinned;     /* clients may have it mapped */
	bool behind_end; /* blocks may lie behind its size */
	bool leaving;    /* a release waits for the volume's lock */
	u64 mapped_end;  /* pages below may be mapped, and stored to */
	struct ext2_pages *pages;
};

static inline struct ext2 *ext2_of(const struct inode *inode)
{
	return container_of(inode->volume, struct ext2, volume);
}

static inline struct ext2_inode *ext2_inode_of(struct inode *inode)
{
	return container_of(inode, struct ext2_inode, inode);
}

/* The image makes no sense: says so once, has the superblock remember it, and gives -EUCLEAN. */
long ext2_corrupt(struct ext2 *v, const char *what, u64 number);

/* --- the running transaction: journal.c, commit.c, recover.c --- */

/* Room for changing so many more buffers, by a commit of what was changed if need be. -EROFS: the
 * disk failed; -EIO. */
long ext2_room(struct ext2 *v, u32 buffers) must_check;
/* The buffer, which is held, has been changed or will be at once. */
void ext2_log(struct ext2 *v, struct buffer *buffer);
/* The block is free from now on: what the log has of it must not come back. -ENOMEM. */
long ext2_revoke(struct ext2 *v, u32 block) must_check;
/* All that was done so far is durable. */
long ext2_commit(struct ext2 *v) must_check;
/* Right behind a commit: the log is empty afterwards. */
long journal_checkpoint(struct ext2 *v) must_check;
/* Finds the journal of a volume that is being mounted; recovers what a crash has left in it. */
long journal_open(struct ext2 *v) must_check;
/* An empty log, from now on; the superblock says already that there is one. */
long journal_begin(struct ext2 *v) must_check;
void journal_close(struct ext2 *v);
/* Forgets what was changed and never committed. */
void journal_drop(struct ext2 *v);
/* Writes the journal's superblock: the log begins at its head, or (`empty`) holds nothing. */
long journal_mark(struct ext2 *v, bool empty) must_check;
long journal_recover(struct ext2 *v, u32 start, u32 sequence) must_check;
/* Moves one block of the log. */
long journal_read(struct ext2 *v, u32 at, void *bytes) must_check;
long journal_write(struct ext2 *v, u32 at, const void *bytes) must_check;
static inline u32 journal_next(const struct journal *journal, u32 at)
{
	return at + 1 == journal->blocks ? journal->first : at + 1;
}
static inline bool ext2_has_changes(const struct ext2 *v)
{
	return v->logged_count > 0 || v->super_changed;
}
/* A commit will happen in a while. */
void ext2_commit_soon(struct ext2 *v);
void ext2_timer_init(struct ext2 *v);

/* --- superblock, groups and the whole: super.c, validate.c, volume.c --- */

void ext2_status(struct volume *volume, struct volume_status *status);
long ext2_volume_sync(struct volume *volume);
bool ext2_is_busy(struct volume *volume);

/* Looks through superblock and descriptors of an image; fills in what follows from them. */
long ext2_validate_super(struct ext2 *v, u64 disk_bytes) must_check;
long ext2_validate_groups(struct ext2 *v) must_check;
bool ext2_is_data_block(const struct ext2 *v, u32 block);
struct ext2_group *ext2_group(const struct ext2 *v, u32 group);
void ext2_log_group(struct ext2 *v, u32 group);
static inline u32 ext2_group_start(const struct ext2 *v, u32 group)
{
	return v->first_data_block + group * v->blocks_per_group;
}
static inline u32 ext2_group_blocks(const struct ext2 *v, u32 group)
{
	return MIN(v->blocks_count - ext2_group_start(v, group), v->blocks_per_group);
}
/* Whether the superblock is in this group, and the descriptors behind it. */
bool ext2_group_has_super(const struct ext2 *v, u32 group);

/* --- free blocks and inodes: blocks.c, inodes.c --- */

#define EXT2_ALLOCATE_BUFFERS 2u /* that change with one block */
/* A free block, near `goal`. -ENOSPC. */
long ext2_block_allocate(struct ext2 *v, u32 goal, u32 *block) must_check;
/* Back again. `structure`: it was no file's data. */
long ext2_block_free(struct ext2 *v, u32 block, bool structure) must_check;
/* A free inode number, near that of its directory. */
long ext2_number_allocate(struct ext2 *v, u32 near, bool directory, u32 *number) must_check;
long ext2_number_free(struct ext2 *v, u32 number, bool directory) must_check;

/* --- inodes: inode.c, record.c, free.c, orphans.c --- */

/* The inode of that number, with a reference. -EUCLEAN: it is none. */
long ext2_inode_get(struct ext2 *v, u32 number, struct inode **out) must_check;
/* A new one, which is nobody's yet, with no links; the caller has room for 6 buffers. */
long ext2_inode_create(struct inode *dir, u32 mode, u32 device, struct inode **out) must_check;
/* It came to nothing: number and memory are free again. */
void ext2_inode_abandon(struct inode *inode);
/* From the buffer to memory; and a buffer for a new file. */
void ext2_record_read(struct ext2 *v, struct ext2_inode *inode);
void ext2_record_begin(struct ext2 *v, struct ext2_inode *inode);
/* inode_ops.changed: writes the attributes into the buffer. */
void ext2_inode_changed(struct inode *inode);
void ext2_inode_flush_stale(struct ext2 *v);
void ext2_inode_release(struct inode *inode);
/* Gives up the memory of inodes that nobody refers to, until `keep` are left. */
void ext2_inodes_shrink(struct ext2 *v, u32 keep);
/* All of them, whatever is in them: the volume goes. */
void ext2_inodes_drop(struct ext2 *v);
/* Gives a reference back without a thought of deleting anything. */
void ext2_inode_unget(struct inode *inode);
/* Its blocks and its number are free again; memory stays the caller's. */
long ext2_inode_delete(struct ext2_inode *inode) must_check;
u32 ext2_links_max(const struct ext2 *v);

/* An orphan has no name, or is being cut: a crash must not lose its blocks. */
#define EXT2_ORPHAN_BUFFERS 2u
void ext2_orphan_add(struct ext2_inode *inode);
void ext2_orphan_remove(struct ext2_inode *inode);
/* Cuts it as it was to be cut, or deletes it. */
long ext2_orphan_finish(struct ext2_inode *inode) must_check;
/* At mount: finishes what a crash broke off. */
long ext2_orphans_recover(struct ext2 *v) must_check;

/* --- where a file's blocks are: map.c, truncate.c --- */

#define EXT2_MAP_BUFFERS 14u /* that allocating one block of a file changes */
/* *block: of the file's block `index`; 0: a hole. With `create` it is none, and *fresh says whether
 * it was; the caller has room for EXT2_MAP_BUFFERS. */
long ext2_map(struct ext2_inode *inode, u64 index, bool create, u32 *block, bool *fresh) must_check;
/* How many blocks a file can have. */
u64 ext2_map_limit(const struct ext2 *v);
/* The first block at or behind `index` that is one, or a hole; `end` if none below is. */
long ext2_map_seek(struct ext2_inode *inode, u64 index, u64 end, bool data, u64 *found) must_check;
/* Frees what lies at or behind block `first` of the file; commits as it goes. */
long ext2_cut(struct ext2_inode *inode, u64 first) must_check;
long ext2_resize(struct inode *inode, u64 size) must_check;

/* --- pages: pages.c, data.c --- */

#define PAGE_VALID  0u /* its object has the bytes; where it has no page, they are zero */
#define PAGE_DIRTY  1u /* they differ from the disk's */
#define PAGE_MAPPED 2u /* all its blocks are allocated */
bool ext2_page_is(const struct ext2_inode *inode, u64 index, unsigned mark);
/* -ENOMEM; clearing cannot fail. */
long ext2_page_set(struct ext2_inode *inode, u64 index, unsigned mark) must_check;
void ext2_page_clear(struct ext2_inode *inode, u64 index, unsigned mark);
/* The first page from `index` on with the mark; UINT64_MAX: none. */
u64 ext2_page_next(const struct ext2_inode *inode, u64 index, unsigned mark);
/* Nothing is known of pages from `first` on. */
void ext2_pages_cut(struct ext2_inode *inode, u64 first);

long ext2_prepare(struct inode *inode, u64 index, u32 from, u32 to) must_check;
void ext2_written(struct inode *inode, u64 index);
/* A write is over: the size has followed, or will not. */
void ext2_settle(struct inode *inode);
long ext2_prepare_map(struct inode *inode, u64 index, u64 count, bool stores) must_check;
long ext2_seek_data(struct inode *inode, u64 offset, bool data, u64 *found) must_check;
/* Writes the pages that are dirty. `allocate`: also those stored to by mappings, where holes may
 * be; it may commit. */
long ext2_write_pages(struct ext2_inode *inode, bool allocate) must_check;
/* Those of all files. */
long ext2_write_all(struct ext2 *v, bool allocate) must_check;
/* What clients may have stored counts as dirty. */
void ext2_sweep_mapped(struct ext2 *v);
/* Whether clients still map it. */
bool ext2_is_mapped(const struct ext2_inode *inode);
/* Memory is short: gives up pages and inodes. `self`: whose pages the caller may lose too. */
void ext2_reclaim(struct ext2 *v, struct ext2_inode *self);
long ext2_sync(struct ext2 *v) must_check;

/* --- directories: directory.c, names.c, rename.c --- */

/* Where a name stands. The buffer is held. */
struct ext2_slot {
	struct buffer *buffer;
	struct ext2_entry *entry, *before; /* NULL: the first of its block */
};
/* -ENOENT. */
long ext2_entry_find(
	struct ext2_inode *dir, const char *name, size_t length, struct ext2_slot *slot) must_check;
#define EXT2_ENTRY_BUFFERS (EXT2_MAP_BUFFERS + 1u)
/* A new name; the directory grows if it must. -EEXIST. */
long ext2_entry_add(
	struct ext2_inode *dir, const char *name, size_t length, u32 number, u32 mode) must_check;
/* The slot's entry is another now, or has another before it; the name still is in its block. */
void ext2_entry_find_again(
	struct ext2_inode *dir, const char *name, size_t length, struct ext2_slot *slot);
void ext2_entry_remove(struct ext2_inode *dir, struct ext2_slot *slot);
/* The name stands for another inode. */
void ext2_entry_change(struct ext2_inode *dir, struct ext2_slot *slot, u32 number, u32 mode);
/* -ENOTEMPTY. */
long ext2_is_empty(struct ext2_inode *dir) must_check;
/* "." and ".." of a new directory. */
long ext2_entries_begin(struct ext2_inode *dir, u32 parent) must_check;
long ext2_list(struct inode *dir, u64 *position, struct entry_sink *sink);
/* What stands under the name of `node`, if that still is its file. -ENOENT. */
long ext2_node_find(
	struct ext2_inode *dir, const struct node *node, struct ext2_slot *slot) must_check;
long ext2_rename(struct inode *from, struct node *node, struct inode *to, const char *name,
	struct node *target, bool exchange);
extern const struct inode_ops ext2_directory_ops, ext2_file_ops, ext2_other_ops;
long ext2_inode_sync(struct inode *inode);
