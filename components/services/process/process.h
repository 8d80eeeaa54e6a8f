/*
 * process: the process tree, and the threads of each process.
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
 * A new process, a child of `parent` (NULL: process 1), which `creator` makes (NULL: process 1),
 * with no memory, no client and no files. With `share_actions` it has its creator's signal actions
 * themselves. *error: -EAGAIN at a limit, -ENOMEM.
 */
struct proc *process_create(
	struct proc *creator, struct proc *parent, bool share_actions, long *error) must_check;
/* A further thread of `creator`'s process, likewise. */
struct proc *process_create_thread(struct proc *creator, long *error) must_check;
/* Takes back a process that never ran, or a zombie that was waited for; its client is gone, its
 * files are closed. */
void process_free(struct proc *proc);
/* The same of a thread that is not the leader; of threads_alive the caller takes care. */
void process_free_thread(struct proc *proc);
/* `proc` becomes the leader of its process in the place of `leader`, which has ended; there are no
 * others. */
void process_replace(struct proc *leader, struct proc *proc);

/* The one with the lowest number above `pid`; NULL: there is none. */
struct proc *process_next(s32 pid);
/* The number that was given out last. */
s32 process_last(void);
/* How many belong to a user. */
u32 process_count_of(u32 uid);

/* Gives up what a thread has beside its client: files, identity, its places in the tree. */
void process_release(struct proc *proc);

/* exec: the name that `ps` would show is the last part of `path`. */
void process_set_name(struct proc *proc, const char *path);
/* The child stands on its own feet (exec, exit): lets its creator out of vfork. */
void process_end_vfork(struct proc *child);

/* Ends the process of `proc`, the thread being served, with a wait status. Process 1: ends the run.
 */
void process_end(struct proc *proc, s32 status);
/* Ends that thread alone; the process with it if it is the last. */
void process_end_thread(struct proc *proc, s32 status);
/* The thread was marked as dying: it ends, and with it what is meant to. */
void process_die(struct proc *proc);
/* All threads of the process are to end, whoever they are; nothing may stop that. */
void process_kill(struct proc *leader, s32 status);
/* exec: all others of its process end, and it becomes the leader. -EINTR, -EAGAIN: it ends itself.
 */
long process_become_only(struct proc *proc) must_check;
/* A signal to the parent, if it wants one (0: none), saying what became of the process. */
void process_tell_parent(struct proc *leader, int signal, int code, int status);

/* The caller wrote where nobody reads: SIGPIPE. What its call returns. */
long process_broken_pipe(void) must_check;
/* It wrote more than its LIMIT_FSIZE allows: SIGXFSZ. What its call returns. */
long process_file_too_large(void) must_check;

/* Stops the process of `proc`, the thread being attended to, until it is continued or killed. */
void process_stop(struct proc *proc, int signal);
/* The thread's part in that: it sleeps here meanwhile. */
void process_stay_stopped(struct proc *proc);
/* A thread that has ended need not be waited for: perhaps all others have stopped. */
void process_report_stop(struct proc *leader);
/* Lets a stopped process go on. */
void process_continue(struct proc *leader);
/* It has ended: it counts as stopped no more. */
void process_forget_stop(struct proc *leader);

/* How many are stopped. */
extern u32 process_stopped;

/* Every process there is, through `all`. */
struct list *process_all(void);
/* The process of that number, which may be a zombie, or NULL. */
struct proc *process_find(s32 pid);
/* A thread of it that has not ended; NULL: there is none. */
struct proc *process_alive(struct proc *leader);
/* How many threads it has; a leader that has ended counts as long as there are others. */
u32 process_threads(const struct proc *proc);
/* The thread of that number; a leader also when it has ended. */
struct proc *process_find_thread(s32 tid);
