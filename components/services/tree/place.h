/* place: where something is in the file tree, and what a process has there. */
#pragma once

#include <lib/lib.h>

struct mount;
struct proc;
struct node;

/*
 * A name, seen through a mount: the same directory may be mounted twice. Whoever keeps one holds a
 * reference on both.
 */
struct place {
	struct mount *mount; /* NULL: nowhere */
	struct node *node;
};

/* Where a process is in the tree; threads share it (CLONE_FS). */
struct proc_tree {
	u32 refs;
	struct place cwd;
	struct place root; /* nothing above it can be named */
	u32 umask;
};
