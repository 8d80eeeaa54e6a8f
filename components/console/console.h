/*
 * console: characters out and in, by polling.
 *
 * console_write() itself is declared in <lib/lib.h>, since kprintf() and panic() use it: it must
 * work from the first instruction of C, in any state.
 */
#pragma once

#include <lib/lib.h>

/* Sets the device up. Output works before it too. */
void console_init(void);

/* Bytes, as they are: a terminal has made of newlines what it makes of them. */
void console_send(const char *bytes, size_t length);

/* One byte that was typed, or -1 when there is none now. */
int console_read_byte(void);
