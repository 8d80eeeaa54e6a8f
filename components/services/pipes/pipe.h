/*
 * pipe: the ring behind the two ends.
 *
 * `head` counts the bytes ever written, `tail` those read; what lies between is in the
 * ring, byte i at pages[i / PAGE_SIZE] modulo the ring's size. Pages come when they are first
 * written to and go when they have been read; the first stays. An empty pipe starts over at its
 * front, so a ping-pong of small messages stays within one page.
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

#define PIPE_SIZE  65536u
#define PIPE_BUF   4096u /* a write of up to that is all or nothing */
#define PIPE_PAGES (PIPE_SIZE / PAGE_SIZE)

struct pipe {
	u32 head, tail;
	bool busy;
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
	u8 *pages[PIPE_PAGES];
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
u64 pipe_capacity(const struct open_file *file);
void pipe_release(struct open_file *file);
/*
 * Moving without a client: what is in the ring is given to `move` where it lies, and what it takes
 * is gone; or it puts bytes into the ring. It says how many, or -errno, and may sleep: the pipe is
 * held. Fewer than it was offered: that is all. They wait for the first byte, or room for it, if
 * `waits`; else -EAGAIN. 0: there are no writers, and -EPIPE with SIGPIPE: no readers.
 */
typedef long (*pipe_mover)(void *context, u8 *bytes, u32 n);
long pipe_move_out(struct pipe *pipe, u64 most, bool waits, pipe_mover move, void *context);
long pipe_move_in(struct pipe *pipe, u64 most, bool waits, pipe_mover move, void *context);
/* From one to another, which it is not; the bytes stay where they were if `copies`. */
long pipe_move_between(struct pipe *from, struct pipe *to, u64 most, bool waits, bool copies);
/* The reading and the writing of a transfer; see struct file_ops. */
long pipe_read(struct open_file *file, struct io *io);
long pipe_write(struct open_file *file, struct io *io);
