/*
 * pipe: the ring behind the two ends.
 *
 * `head` counts the bytes ever written, `tail` those read; what lies between is in the
 * ring, byte i at pages[i / PAGE_SIZE] modulo the ring's size. Pages come when they are first
 * written to and go when they have been read; the first stays. An empty pipe starts over at its
 * front, so a ping-pong of small messages stays within one page.
 *
 * A copy from or to a client may block with the monitor given up, so a transfer holds
 * the pipe (`busy`).
 */
#pragma once

#include <services/files/files.h>
#include <services/files/watch.h>

#define PIPE_SIZE  65536u
#define PIPE_BUF   4096u /* a write of up to that is all or nothing */
#define PIPE_PAGES (PIPE_SIZE / PAGE_SIZE)

struct pipe {
	u32 head, tail;
	bool busy;
	bool read_open, write_open;    /* whether each end still has an open file */
	u32 readers, writers, waiters; /* asleep in the queues below */
	struct env_queue readable;     /* until there is a byte, or no writer */
	struct env_queue writable;     /* until there is room, or no reader */
	struct env_queue idle;         /* until it is no longer busy */
	struct watch_list watches;     /* of either end */
	u8 *pages[PIPE_PAGES];
};

/* The reading and the writing of a transfer; see struct file_ops. */
long pipe_read(struct open_file *file, struct io *io);
long pipe_write(struct open_file *file, struct io *io);
