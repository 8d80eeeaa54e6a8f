/*
 * pty: a pseudo-terminal: a terminal whose other side is a program.
 *
 * What its *slave*, the terminal, sends lies in a ring until the *master* reads it; what the master
 * writes is typed. It lives until both sides are closed; its name is there as long as the master
 * is.
 */
#pragma once

#include <services/terminal/tty.h>
#include <services/tree/tree.h>

#define PTY_OUTPUT 8192u /* bytes that wait for the master: Linux's limit */

/* What happened to the terminal, for a master in packet mode (TIOCPKT). */
#define PACKET_FLUSH_READ  1u
#define PACKET_FLUSH_WRITE 2u
#define PACKET_STOP        4u
#define PACKET_START       8u
#define PACKET_NO_STOP     16u
#define PACKET_DO_STOP     32u

struct pty {
	struct terminal slave;
	struct list link; /* all of them */
	u32 number;
	bool master_open;
	bool slave_closed; /* it was open, and is not now */
	bool locked;
	bool packet;
	u8 status;                /* PACKET_… */
	u32 head, tail;           /* of what the slave has sent, counted for ever */
	struct env_queue changed; /* until the master can go on */
	struct watch_list watches;
	struct node *node; /* in /dev/pts, held */
	char output[PTY_OUTPUT];
};

static inline struct pty *pty_of(struct terminal *terminal)
{
	return container_of(terminal, struct pty, slave);
}

static inline u32 pty_waiting(const struct pty *pty)
{
	return pty->head - pty->tail;
}

/* A new one, of which nothing is open; NULL: memory is out. */
struct pty *pty_create(void) must_check;
struct pty *pty_find(u32 number);
void pty_wake_master(struct pty *pty, u32 events);
/* The master is closed. */
void pty_close_master(struct pty *pty);
/* Forgets all of them, at the start of a run. */
void ptys_init(void);

/* --- /dev/pts (pts.c) --- */

long pts_add(struct pty *pty) must_check;
void pts_remove(struct pty *pty);
/* The place of the slave's name, held. */
long pts_place(const struct pty *pty, struct place *place) must_check;

long pty_ioctl(struct open_file *file, unsigned request, vaddr_t argument);
