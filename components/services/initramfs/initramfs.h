/* initramfs: the files of the initial RAM disk, by path. */
#pragma once

#include <services/services.h>

/* Reads the archive. K_NOENT: there is none; K_INVAL: malformed; K_NOMEM. */
enum kstatus must_check initramfs_init(const void *archive, size_t size);
/* Forgets all files (for tests; nothing may be mapped any more). */
void initramfs_forget(void);

/*
 * The file at `path`, which must not be empty; relative to the root, for there is no other
 * working directory. 0, -ENOENT, -ENOTDIR; -EACCES: a directory. `path` is tidied up in place.
 */
long initramfs_find(char *path, struct file_image **image) must_check;
