/* table: what the files of this part know of a table of descriptors. */
#pragma once

#include <services/files/files.h>

/* What `from` holds moves to `to`; `from` is empty then. */
void file_table_move(struct file_table *to, struct file_table *from);
/* The same files, each once more, in a table that is empty. -ENOMEM: it is still. */
long file_table_copy(struct file_table *to, const struct file_table *from) must_check;
/* `proc` uses its shared table no more. The last user has it as its own from then on. */
void files_leave(struct proc *proc);
