/*
 * child: running another program and saying how it ended.
 */
#pragma once

#include <workloads/common/text.h>

/*
 * Runs the program at `path` with the given arguments and environment, waits
 * for it, and stores its wait status. 0, or the negated errno of the fork or
 * wait that failed. A program that cannot be executed exits with
 * CHILD_CANNOT_EXEC.
 */
#define CHILD_CANNOT_EXEC 127
long child_run(const char *path, char *const argv[], char *const envp[], int *status);

/* Adds "exited with status 1" or "was killed by signal 11" to `text`. */
void child_describe(struct text *text, int status);

/* Stores "<folder of self>/<name>" in `path` of `size` bytes; false if it does not fit. */
bool child_path(char *path, size_t size, const char *self, const char *name);
