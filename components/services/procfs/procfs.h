/* procfs: processes as files. */
#pragma once

#include <services/tree/tree.h>

extern const struct volume_type procfs_type; /* "proc" */
