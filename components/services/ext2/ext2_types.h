/* ext2_types: the kinds of volume that ext2 provides. */
#pragma once

#include <services/tree/tree.h>

extern const struct volume_type ext2_type, ext3_type; /* no options that change anything */
/* The machine begins anew: nothing is mounted. */
void ext2_forget(void);
