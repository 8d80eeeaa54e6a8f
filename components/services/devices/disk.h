/* disk: the machine's disk as a file, /dev/vda. */
#pragma once

#include <services/tree/tree.h>

#define DISK_PATH   "/dev/vda"
#define DISK_SECTOR 512u
#define DISK_DEVICE DEVICE(254, 0) /* where Linux's first virtio disk usually is */

extern const struct file_ops disk_ops[4];
/* -ENXIO: there is no disk; -EROFS: it cannot be written to. */
long disk_open(struct open_file *file) must_check;
/* What was written to it is durable. */
long disk_sync(void) must_check;
