/* credentials: who a process is, to whoever decides what it may do. */
#pragma once

#include <lib/lib.h>

/* Supplementary groups, shared by the processes that were forked with them. */
struct group_list {
	u32 refs;
	u32 count;
	u32 groups[];
};

/* Each thread has its own. Sets of capabilities are bit sets, by the numbers of capabilities.h. */
struct credentials {
	u32 uid, euid, suid, fsuid;
	u32 gid, egid, sgid, fsgid;
	struct group_list *groups; /* NULL: none */
	u64 permitted, effective;  /* what it may use, and what of that it uses */
	u64 inheritable;           /* what a program with marks of its own might get */
	u64 bounding;              /* beyond which no program gets any */
	u64 ambient;               /* what any program gets */
	u32 secure_bits;           /* how far user 0 is special */
	bool no_new_privileges;    /* executing a program grants nothing, for ever */
};
