/* tty: a terminal: what a line discipline, a device behind it and a session make together. */
#pragma once

#include <services/files/watch.h>
#include <services/terminal/discipline.h>
#include <services/terminal/terminal.h>

struct terminal;

/* What is behind a terminal: the machine's console, or the other side of a pseudo-terminal. */
struct terminal_device {
	void (*send)(struct terminal *terminal, const char *bytes, size_t n);
	/* How many characters may be sent now. NULL: as many as one likes. */
	size_t (*room)(const struct terminal *terminal);
	/* Somebody cares what is typed. NULL: it is told anyhow. */
	void (*listen)(struct terminal *terminal);
	/* A program waits for input. NULL: nobody cares. */
	void (*awaited)(struct terminal *terminal);
	/* Input was taken, or flushed; settings have changed; output was stopped or goes on. NULL:
	 * nobody cares. */
	void (*taken)(struct terminal *terminal);
	void (*flushed)(struct terminal *terminal, bool input, bool output);
	void (*flow)(struct terminal *terminal, bool stopped);
	void (*settings)(struct terminal *terminal, const struct termios *before);
	/* The last open file of its own side has gone. NULL: nobody cares. */
	void (*released)(struct terminal *terminal);
};

struct terminal {
	struct discipline discipline;
	const struct terminal_device *device;
	struct list link;         /* all terminals */
	u16 window[4];            /* rows, columns, and their pixels */
	s32 session, foreground;  /* whose controlling terminal it is; 0: nobody's */
	u32 opens;                /* open files */
	bool reading;             /* somebody is, and may sleep meanwhile */
	bool hung_up;             /* for ever */
	struct env_queue idle;    /* until nobody reads */
	struct env_queue changed; /* until there is input, or output may go on */
	struct watch_list watches;
};

extern struct terminal console;
/* By access mode; the object is the terminal. */
extern const struct file_ops terminal_ops[4];

static inline struct terminal *terminal_of_file(const struct open_file *file)
{
	return file->object;
}

void terminals_init(void);
void pts_init(void);
/* Not among all terminals yet; terminal_add() puts it there. */
void terminal_create(struct terminal *terminal, const struct terminal_device *device);
void terminal_add(struct terminal *terminal);
void terminal_destroy(struct terminal *terminal);
/* `file` is one of its open files from now on. */
void terminal_attach(struct terminal *terminal, struct open_file *file);
/* Takes what was typed. */
void terminal_input(struct terminal *terminal, const char *bytes, size_t n);
void terminal_listen(struct terminal *terminal);
/* Something may be possible now that was not. */
void terminal_wake(struct terminal *terminal, u32 events);
void terminal_signal(struct terminal *terminal, int signal);
/* Output stops, or goes on. */
void terminal_stop(struct terminal *terminal, bool stopped);
void terminal_flush(struct terminal *terminal, bool input, bool output);
/* Nobody is behind it any more: its session is told, its files are of no use. */
void terminal_hang_up(struct terminal *terminal);

/* How much of a piece that a program writes is put where it belongs, or -errno. */
typedef long terminal_put(struct open_file *file, const char *piece, size_t n);
/*
 * A program writes: its bytes are put in pieces, each of which is had as a whole before any of it
 * is put. As on Linux, a bad address so costs the bytes of its piece that lie before it.
 */
long terminal_take(struct open_file *file, struct io *io, terminal_put *put) must_check;

/* The requests; `by_master`: from the other side of a pseudo-terminal. */
long terminal_control(
	struct terminal *terminal, unsigned request, vaddr_t argument, bool by_master) must_check;
long terminal_ioctl(struct open_file *file, unsigned request, vaddr_t argument);
