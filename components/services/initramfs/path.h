/*
 * path: one form for each path.
 *
 * A tidy path has no slash in front, behind or twice in a row, and no part "." or
 * "..": "bin/hello". The root is the empty path.
 */
#pragma once

#include <lib/lib.h>

bool path_is_tidy(const char *path);

/*
 * Makes `path` tidy, in place. Each prefix in which a further part is looked up (even "." or "..",
 * or nothing behind a slash) is first put to `check_directory`, whose error ends it.
 */
long path_tidy(char *path, long (*check_directory)(const char *path, size_t length)) must_check;
