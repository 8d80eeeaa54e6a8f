/* internal: what the files of the part know of each other. */
#pragma once

#include <services/usage/usage.h>

/* As Linux's calls tell it. */
struct rusage usage_told(const struct usage *usage);

/* All timers by the clocks of that thread, and of its process if it was the leader: it has ended;
 * or the process goes by another structure now. */
void cpu_timers_forget(struct proc *proc);
void cpu_timers_move(struct proc *from, struct proc *to);

void cpu_limit_init(struct proc *proc);
