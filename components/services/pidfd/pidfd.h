/* pidfd: descriptors that stand for processes; what the processes tell them. */
#pragma once

#include <lib/lib.h>

struct proc;

void pidfds_init(void);
/* A descriptor of the caller's for that process; `flags`: O_NONBLOCK or 0. -ENOMEM, -EMFILE. */
long pidfd_create(const struct proc *proc, u32 flags) must_check;
/* A process is a zombie now; its number will be another's. */
void pidfds_ended(s32 pid);
void pidfds_gone(s32 pid);
/* The process behind a descriptor: its number, or -EBADF, -ECHILD. */
s32 pidfd_process(int fd) must_check;
