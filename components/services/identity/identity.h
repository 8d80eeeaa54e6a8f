/* identity: who a process is. */
#pragma once

#include <services/errno.h>
#include <services/services.h>

/* fork: the child is who the parent is. */
void identity_fork(const struct proc *parent, struct proc *child);
/* exec: a program with set-ID bits makes its caller its owner, as far as it may. */
void identity_exec(struct credentials *who, u32 mode, u32 uid, u32 gid);
void identity_exit(struct proc *proc);
