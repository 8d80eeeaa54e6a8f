/*
 * discipline: typed characters become lines.
 *
 * A line can be edited until it is complete: by a newline, which is a part of
 * it, or by ^D, which is not; so ^D on an empty line gives a line of no bytes, the end of the file.
 */
#pragma once

#include <lib/lib.h>

#define DISCIPLINE_LINE 1024

struct discipline {
	char line[DISCIPLINE_LINE];
	u32 length; /* of the line so far */
	bool complete;
	void (*echo)(const char *bytes, size_t n);
};

/* Takes one character; the line must not be complete. */
void discipline_take(struct discipline *d, char c);
/* The line has been read: begins the next. */
void discipline_next(struct discipline *d);
