/* sysctl: what is under /proc/sys. */
#pragma once

#include <services/procfs/internal.h>

extern const struct table sysctl_table;
