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

struct proc_tree {
	struct place cwd;
	struct place root;    /* nothing above it can be named */
	struct place program; /* that it executes; nowhere before its first */
	u32 umask;
	const struct proc *waits_for; /* whose lock on a file it waits for, or NULL */
};
