/* memory: the devices that are not there: null, zero, full, random. */
#pragma once

#include <services/files/files.h>

extern const struct file_ops null_ops[4], zero_ops[4], full_ops[4], random_ops[4];
