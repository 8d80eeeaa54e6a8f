/*
 * pipe: the ring behind the two ends.
 *
 * As on Linux the ring is one of slots, each with up to a page of bytes: a write takes a slot for
 * each page of it, but for what fits behind the bytes of the last slot; so a pipe can be full with
 * less in it than it has pages. `head` counts the slots ever filled, `tail` those emptied; what
 * lies between is in the ring, slot i at ring[i & mask]. A filled slot is never without
 * bytes.
 *
 * Pages come when their slot is first written and go when it is empty; the first slot keeps its
 * own. An empty pipe starts over at that slot, so a ping-pong of small messages stays within one
 * page.
 *
 * A FIFO's inode has a pipe while somebody has it open.
 *
 * A copy from or to a client may block with the monitor given up, so a transfer holds
 * the pipe (`busy`).
 */
#pragma once

#include <services/files/files.h>
#include <services/files/watch.h>
#include <services/tree/place.h>
#include <services/tree/tree.h>

#define PIPE_SLOTS    16u        /* of a new ring */
#define PIPE_MAX_SIZE (1u << 20) /* which a ring is made larger than by CAP_SYS_RESOURCE alone */

enum pipe_kind {
	PIPE_MERGES = 0,        /* a later write may go on behind it */
	PIPE_ALONE = 1,         /* it came by splice */
	PIPE_PACKET = O_DIRECT, /* what a read leaves of it is lost */
};

struct pipe_slot {
	u8 *page;
	u16 at, length; /* the bytes of the page that are in the pipe */
	enum pipe_kind kind;
};

struct pipe {
	u32 head, tail;
	u32 mask; /* slots of the ring, a power of two, less one */
	bool busy;
	struct pipe_slot *ring;
	u32 read_open, write_open;     /* open files of each end: of a FIFO, any number */
	u32 reads_begun, writes_begun; /* how many there ever were: who opens waits for the other */
	u32 readers, writers, waiters; /* asleep in the queues below */
	struct env_queue readable;     /* until there is a byte, or no writer */
	struct env_queue writable;     /* until there is room, or no reader */
	struct env_queue idle;         /* until it is no longer busy */
	struct env_queue opened;       /* until the other end is opened */
	struct watch_list watches;     /* of either end */
	struct inode *inode;           /* whose `pipe` it is: of a FIFO, or of `place`; or NULL */
	u32 uid, gid;                  /* who made it, and when: what fstat tells */
	struct timestamp made;         /* until it has an inode */
	struct place place;            /* where one without a name is found in /proc, once it was */
};

/* Without open files. NULL: memory is out. */
struct pipe *pipe_create(void) must_check;
/* It goes, once both ends are closed. */
void pipe_free_if_closed(struct pipe *pipe);
/* By access mode; none for [3]. */
extern const struct file_ops pipe_ops[4];

/*
 * Opens a FIFO, or a pipe once more, for `file`, as its access mode says; waits for the other end
 * of a FIFO. -ENXIO: it would have to; -ERESTARTSYS.
 */
long fifo_open(struct inode *inode, struct open_file *file) must_check;

/* The other operations; see struct file_ops. */
u32 pipe_poll(struct open_file *file, struct watch *watch);
long pipe_ioctl(struct open_file *file, unsigned request, vaddr_t argument);
void pipe_status(const struct open_file *file, struct file_status *status);
struct place *pipe_place(struct open_file *file);
u64 pipe_capacity(const struct open_file *file);
long pipe_resize(struct open_file *file, u64 bytes);
void pipe_release(struct open_file *file);
/*
 * Moving without a client: what is in the ring is given to `move` where it lies, and what it takes
 * is gone; fewer than it was offered: that is all. Or it puts bytes into a fresh slot of the ring,
 * until there is no more room. It says how many, 0: no more, or -errno, and may sleep: the pipe is
 * held. They wait for the first byte, or room for it, if `waits`; else -EAGAIN. 0: there are no
 * writers, and -EPIPE with SIGPIPE: no readers.
 */
typedef long (*pipe_mover)(void *context, u8 *bytes, u32 n);
long pipe_move_out(struct pipe *pipe, u64 most, bool waits, pipe_mover move, void *context);
long pipe_move_in(struct pipe *pipe, u64 most, bool waits, pipe_mover move, void *context);
/* From one to another, which it is not; the bytes stay where they were if `copies`. */
long pipe_move_between(struct pipe *from, struct pipe *to, u64 most, bool waits, bool copies);
/* The reading and the writing of a transfer; see struct file_ops. */
long pipe_read(struct open_file *file, struct io *io);
long pipe_write(struct open_file *file, struct io *io);
