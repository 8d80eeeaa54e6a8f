/* identity: who a process is. */
#pragma once

#include <services/errno.h>
#include <services/identity/capabilities.h>
#include <services/services.h>

/* Process 1: user 0, with all there is. */
void identity_first(struct credentials *who);
/* fork: the child is who the parent is. */
void identity_fork(const struct proc *parent, struct proc *child);
/*
 * exec: a program with set-ID bits makes its caller its owner, as far as it may, and capabilities
 * are reckoned anew. Whether it got more than who called it has (AT_SECURE): it should not trust
 * its environment.
 */
bool identity_exec(struct credentials *who, u32 mode, u32 uid, u32 gid);
void identity_exit(struct proc *proc);
/* `proc`, which was `before`, is somebody else now: others may not look into its memory. */
void identity_changed(struct proc *proc, const struct credentials *before);
/* Who access(2) asks for, with the real numbers in the place of those for files. */
void identity_real(const struct credentials *who, struct credentials *real);
/*
 * Whether the caller may look into another process, or trace it (ptrace(2), "access mode
 * checking"), with its numbers for files or its real ones. `proc` may be one of its threads.
 */
bool identity_may_look_into(const struct proc *proc, bool for_files) must_check;
/* The options of prctl that are about privileges; -ENOSYS: this one is not. */
long identity_control(int option, u64 a1, u64 a2, u64 a3, u64 a4);
