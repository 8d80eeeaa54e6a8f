/* credentials: who a process is, to whoever decides what it may do. */
#pragma once

#include <lib/lib.h>

/* Supplementary groups, shared by the processes that were forked with them. */
struct group_list {
	u32 refs;
	u32 count;
	u32 groups[];
};

struct credentials {
	u32 uid, euid, suid, fsuid;
	u32 gid, egid, sgid, fsgid;
	struct group_list *groups; /* NULL: none */
};
