/*
 * The Linux that the tests run on, to hold the services against. Apart from everything else, for
 * its headers and ours have names in common.
 */
#pragma once

#include <stddef.h>

/* Zeroed memory that a child shares. */
void *linux_share(size_t size);
void linux_unshare(void *memory, size_t size);

/* Runs a function in a child; the child's wait status, 0 when it comes back. */
int linux_run(void (*run)(void *argument), void *argument);

/* In the child: no descriptor is open, and there are at most so many. */
void linux_close_all(unsigned limit);
/* In the child: a call, as the services answer it: a result or -errno. */
long linux_call(long number, long a0, long a1, long a2, long a3, long a4, long a5);
