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

/* The signals that end processes today, by Linux's numbers. */
#define SIGILL  4
#define SIGTRAP 5
#define SIGBUS  7
#define SIGFPE  8
#define SIGSEGV 11
#define SIGKILL 9
#define SIGPIPE 13

#define WAIT_STATUS_EXITED(code) (((code)&0xff) << 8)

void process_init(void);

/*
 * A new process, a child of `parent` (NULL: process 1), with no memory, no thread and no files.
 * *error: -EAGAIN at a limit, -ENOMEM.
 */
struct proc *process_create(struct proc *parent, long *error) must_check;
/* Takes back a process that never ran, or a zombie that was waited for; its client is gone, its
 * files are closed. */
void process_free(struct proc *proc);

/* exec: the name that `ps` would show is the last part of `path`. */
void process_set_name(struct proc *proc, const char *path);
/* The child stands on its own feet (exec, exit): lets the parent out of vfork. */
void process_end_vfork(struct proc *child);

/* Ends `proc` with a wait status. Process 1: ends the run. */
void process_end(struct proc *proc, s32 status);
/* Ends the caller by a signal: ENV_NO_REPLY, for the dispatcher. */
long process_die(int signal) must_check;
