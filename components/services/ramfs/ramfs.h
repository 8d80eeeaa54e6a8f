/* ramfs: files in memory. */
#pragma once

#include <services/tree/tree.h>

extern const struct volume_type ramfs_type; /* "tmpfs": options size=, nr_inodes=, mode= */

/* Fills a file system of this kind from the archive. -ENOENT: there is none; -EINVAL: malformed;
 * -ENOMEM. */
long ramfs_populate(struct node *root, const void *archive, size_t size) must_check;

/* Forgets where the archive's files lie: no file has its bytes there any more. */
void ramfs_forget(void);

/* For file systems that are a RAM file system with something in it: devices. */
long ramfs_create(
	struct volume **out, const struct volume_type *type, const char *options) must_check;
void ramfs_status(struct volume *volume, struct volume_status *status);
void ramfs_release(struct volume *volume);
