/* state: what several texts of a process say. */
#pragma once

#include <services/procfs/text.h>

/* R, S, T or Z. */
char state_of(struct proc *proc);
u64 bytes_mapped(const struct proc *proc);
u64 pages_resident(struct proc *proc);
s32 parent_of(const struct proc *proc);

/* What a space consists of: in pages, resident; in bytes, mapped. */
struct memory_kinds {
	u64 resident, anonymous, file; /* pages */
	u64 data, stack, code, libraries, locked;
};
void memory_kinds(struct proc *proc, struct memory_kinds *kinds);

/* Bit sets, signal 1 first: what the thread blocks, what its process ignores and handles. */
void signal_sets(const struct proc *proc, u64 *blocked, u64 *ignored, u64 *caught);

/* A decimal number, with a sign or not, and white space around it. */
bool text_number(const char *bytes, s64 *value) must_check;
