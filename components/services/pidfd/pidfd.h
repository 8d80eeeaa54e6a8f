/* pidfd: descriptors that stand for processes; what the processes tell them. */
#pragma once

#include <lib/lib.h>

void pidfds_init(void);
/* A process is a zombie now; its number will be another's. */
void pidfds_ended(s32 pid);
void pidfds_gone(s32 pid);
/* The process behind a descriptor: its number, or -EBADF, -ECHILD. */
s32 pidfd_process(int fd) must_check;
