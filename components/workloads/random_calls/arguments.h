/*
 * arguments: between the two halves that make and tell arguments.
 */
#pragma once

#include <workloads/random_calls/random_calls.h>

#define BUFFER   0x100000000UL
#define CONSTANT 0x100100000UL
#define ROOM(n)  (0x100200000UL + (n)*0x10000UL)

/* As much of the buffer is set before a call and told after it, unless the call says that it moved
 * more. */
#define WINDOW 512UL

/* Fills a structure that a call reads, and says what is in it. */
void structure_fill(struct draw *draw, char *at, enum kind kind);
long argument_place(struct draw *draw, unsigned index, enum kind kind, bool *good);
