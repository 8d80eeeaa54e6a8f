/* sysv: what other parts call. */
#pragma once

#include <lib/lib.h>

struct mapping;
struct proc;
struct text;

/* There are none yet. */
void segments_init(void);
void semaphore_sets_init(void);
void message_queues_init(void);

/* A mapping of a segment has come, or goes. */
void segment_attach(const struct mapping *mapping);
void segment_detach(const struct mapping *mapping);

/* clone with CLONE_SYSVSEM: both undo the same at the end. -ENOMEM. */
long semaphores_share(struct proc *creator, struct proc *proc) must_check;
/* The thread ends: the last that shares it undoes what it said it would. */
void semaphores_exit(struct proc *proc);

/* /proc/sysvipc */
void text_segments(struct text *text, struct proc *proc);
void text_semaphores(struct text *text, struct proc *proc);
void text_queues(struct text *text, struct proc *proc);
