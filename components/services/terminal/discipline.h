/*
 * discipline: between a device that gives and takes characters and a program that reads and writes
 * text.
 *
 * What is typed goes into a ring: [tail, line) can be read, [line, head) is the
 * line that is being edited. In canonical mode a line ends with a character that is
 * marked in `ends`: a newline (or VEOL, VEOL2), or the end of file, which is in the ring as a zero
 * byte and is not read. Otherwise all can be read as it comes, and nothing is edited.
 *
 * It knows no device and no process: what goes out and which signal a character means, it tells its
 * owner.
 */
#pragma once

#include <services/terminal/termios.h>

#define DISCIPLINE_SIZE 4096u /* of the ring, so of a line: Linux's N_TTY_BUF_SIZE */

struct discipline {
	struct termios settings;
	char input[DISCIPLINE_SIZE];
	u64 ends[DISCIPLINE_SIZE / 64];
	u32 tail, line, head; /* counted for ever; modulo the size, places in the ring */
	u32 column;           /* of the output */
	u32 line_column;      /* where the line that is being edited begins */
	bool literal;         /* the next character has no function */
	bool stopped;         /* output is, by VSTOP */
	void (*send)(struct discipline *d, const char *bytes, size_t n);
	void (*signal)(struct discipline *d, int signal); /* to who has the terminal */
	void (*flow)(struct discipline *d, bool stopped); /* output stops, or goes on */
	void (*flushed)(struct discipline *d);            /* what was typed is forgotten */
};

extern const struct termios discipline_defaults;

/* A terminal in which nothing was typed, with the settings that Linux gives one. */
void discipline_init(struct discipline *d);
/* Takes one character that was typed. */
void discipline_take(struct discipline *d, char c);
/* Sends text out; tabs, newlines as the settings say. */
void discipline_write(struct discipline *d, const char *bytes, size_t n);
/* Changes the settings; what was typed stays. */
void discipline_set(struct discipline *d, const struct termios *settings);
/* Forgets what was typed. */
void discipline_flush(struct discipline *d);

static inline bool discipline_is_canonical(const struct discipline *d)
{
	return d->settings.lflag & ICANON;
}

/* How many characters there are to read; in canonical mode not 0 once a line is complete. */
static inline u32 discipline_readable(const struct discipline *d)
{
	return d->line - d->tail;
}

/*
 * Copies what a read of `n` characters would get, and stays where it is. *used: how many places of
 * the ring that is, to be taken by discipline_skip().
 */
size_t discipline_peek(const struct discipline *d, char *to, size_t n, u32 *used);
/* `used` places from `tail` on, unless they have been flushed meanwhile. */
void discipline_skip(struct discipline *d, u32 tail, u32 used);
/* Whether what was skipped last ended a line. */
bool discipline_at_end(const struct discipline *d);
