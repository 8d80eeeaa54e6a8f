/*
 * buffers: blocks of a disk in memory.
 *
 * A cache holds the blocks that a file system works on, each at most once. Whoever gets a buffer
 * holds it until buffer_put(). Nothing is written but by buffer_write(): the cache's user decides
 * when a changed block may reach the disk, and holds it until then.
 *
 * Reading and writing may sleep, so calls on one cache come one at a time: the volume's lock.
 */
#pragma once

#include <services/services.h>

struct buffer {
	struct buffer *next; /* in the chain of the hash table */
	struct list unheld;  /* in the cache's list while nobody holds it */
	struct list user;    /* its user's list; unlinked at first and in the end */
	u64 block;
	u32 refs;
	u32 state; /* its user's; 0 at first and in the end */
	u8 *bytes;
	u8 *kept; /* its user's: another block's worth of bytes, or NULL; see buffer_keep() */
};

struct buffers {
	u32 block_size; /* 1024, 2048 or 4096 bytes */
	u64 blocks;     /* on the disk */
	u32 count, count_max;
	struct list unheld;    /* the least recently used in front */
	struct buffer **table; /* chains, by number */
	u64 reads, writes;     /* requests made */
};

/* An empty cache over blocks [0, blocks). -ENOMEM. */
long buffers_init(struct buffers *cache, u32 block_size, u64 blocks) must_check;
/* Nobody holds a buffer any more. */
void buffers_fini(struct buffers *cache);

/* The block, held. -EUCLEAN: there is none of that number; -EIO, -ENOMEM. */
long buffer_read(struct buffers *cache, u64 block, struct buffer **out) must_check;
/* The same, zeroed instead of read: it was just allocated. */
long buffer_fresh(struct buffers *cache, u64 block, struct buffer **out) must_check;
/* The block if it is in memory, held; else NULL. */
struct buffer *buffer_peek(struct buffers *cache, u64 block);
void buffer_put(struct buffers *cache, struct buffer *buffer);
static inline struct buffer *buffer_ref(struct buffer *buffer)
{
	buffer->refs++;
	return buffer;
}

/* -EIO, -EROFS. */
long buffer_write(struct buffers *cache, struct buffer *buffer) must_check;
/* Sets the bytes aside in `kept`, unless that is done already; buffer_forget() drops them. */
long buffer_keep(struct buffers *cache, struct buffer *buffer) must_check;
void buffer_forget(struct buffers *cache, struct buffer *buffer);

/* One block between the disk and a block's worth of memory that crosses no page. -EIO, -EROFS. */
long buffers_read(struct buffers *cache, u64 block, void *bytes) must_check;
long buffers_write(struct buffers *cache, u64 block, const void *bytes) must_check;
/* A block's worth of such memory. NULL: out. */
u8 *buffers_memory(const struct buffers *cache) must_check;
void buffers_memory_free(const struct buffers *cache, u8 *bytes);

/* Gives up unheld buffers until at most `count` are left. */
void buffers_shrink(struct buffers *cache, u32 count);
