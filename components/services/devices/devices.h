/* devices: what is behind the numbers of character devices. */
#pragma once

#include <services/tree/tree.h>

extern const struct volume_type devices_type; /* "devtmpfs" */

/* What a character device is opened with: a device_open() that succeeds replaces it. */
extern const struct file_ops device_ops[4];
/* Completes an open file of a device: -ENXIO when nothing has its number. */
long device_open(struct inode *inode, struct open_file *file) must_check;
