/*
 * process: the process tree.
 *
 * Every process but process 1 has a parent; a process that has ended is a
 * zombie in its parent's list until the parent waits for it. All functions run
 * in the monitor.
 */
#pragma once

#include <services/errno.h>
#include <services/services.h>
#include <services/signals/signals.h>

#define WAIT_STATUS_EXITED(code)    (((code)&0xff) << 8)
#define WAIT_STATUS_STOPPED(signal) (((signal)&0xff) << 8 | 0x7f)
#define WAIT_STATUS_CONTINUED       0xffff

void process_init(void);

/*
 * A new process, a child of `parent` (NULL: process 1), with no memory, no thread and no files.
 * *error: -EAGAIN at a limit, -ENOMEM.
 */
struct proc *process_create(struct proc *parent, long *error) must_check;
/* Takes back a process that never ran, or a zombie that was waited for; its client is gone, its
 * files are closed. */
void process_free(struct proc *proc);

/* The one with the lowest number above `pid`; NULL: there is none. */
struct proc *process_next(s32 pid);
/* The number that was given out last. */
s32 process_last(void);
/* How many belong to a user. */
u32 process_count_of(u32 uid);

/* Gives up what it has beside its memory: files, identity, its places in the tree. */
void process_release(struct proc *proc);

/* exec: the name that `ps` would show is the last part of `path`. */
void process_set_name(struct proc *proc, const char *path);
/* The child stands on its own feet (exec, exit): lets the parent out of vfork. */
void process_end_vfork(struct proc *child);

/* Ends `proc` with a wait status. Process 1: ends the run. */
void process_end(struct proc *proc, s32 status);
/* The caller wrote where nobody reads: SIGPIPE. What its call returns. */
long process_broken_pipe(void) must_check;
/* It wrote more than its LIMIT_FSIZE allows: SIGXFSZ. What its call returns. */
long process_file_too_large(void) must_check;

/* Stops `proc`, the process being attended to, until it is continued or killed. */
void process_stop(struct proc *proc, int signal);
/* Lets a stopped process go on. */
void process_continue(struct proc *proc);

/* How many are stopped. */
extern u32 process_stopped;

/* Every process there is, through `all`. */
struct list *process_all(void);
/* The process of that number, which may be a zombie, or NULL. */
struct proc *process_find(s32 pid);
