/*
 * text: building short texts and writing them out.
 *
 * A workload is forked and exec'ed while it is measured, and each page it has
 * costs: stdio would add a dozen. Texts are built in a buffer that the caller
 * gives; what does not fit is cut, and text_write() says so by failing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *bytes;
	size_t size;   /* of the buffer */
	size_t length; /* of the text so far */
	bool cut;      /* something did not fit */
};

#define TEXT(buffer) ((struct text){.bytes = (buffer), .size = sizeof(buffer)})

void text_string(struct text *text, const char *string);
void text_number(struct text *text, int64_t number);
void text_hex(struct text *text, uint64_t number);

/* Writes the text to `fd`, however many calls that takes. 0, or a negated errno; -ENOSPC for a text
 * that was cut. */
long text_write(const struct text *text, int fd);

/* One string to `fd`; as text_write(). */
long text_put(int fd, const char *string);
