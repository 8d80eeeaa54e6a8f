/* tty: what the terminal's files share: the one terminal there is. */
#pragma once

#include <services/files/watch.h>
#include <services/terminal/discipline.h>
#include <services/terminal/terminal.h>

extern struct terminal {
	struct discipline discipline;
	u16 window[4];            /* rows, columns, and their pixels */
	s32 session, foreground;  /* whose controlling terminal it is; 0: nobody's */
	bool listening;           /* the keyboard is watched */
	bool prompted;            /* a program has waited for input */
	bool reading;             /* somebody is, and may sleep meanwhile */
	struct env_queue idle;    /* until nobody reads */
	struct env_queue changed; /* until there is input, or output may go on */
	struct watch_list watches;
} terminal;

/* Watches the keyboard, from the first time that somebody cares. */
void terminal_listen(void);
/* Something may be possible now that was not. */
void terminal_wake(void);

long terminal_ioctl(struct open_file *file, unsigned request, vaddr_t argument);
