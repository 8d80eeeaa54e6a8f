/*
 * signals: sending them, and what becomes of them.
 *
 * A signal that is sent is pending until it is delivered, which happens when
 * the process is about to run in user mode (services_attention). Sending one that is not blocked or
 * ignored asks for that with env_attention(), which also breaks off an
 * interruptible sleep.
 *
 * An interrupted call returns one of the ERESTART codes, which never reach a
 * program: delivery turns them into EINTR, or makes the program call again.
 */
#pragma once

#include <services/errno.h>
#include <services/services.h>
#include <services/signals/state.h>

#define SIGHUP    1
#define SIGINT    2
#define SIGQUIT   3
#define SIGILL    4
#define SIGTRAP   5
#define SIGABRT   6
#define SIGBUS    7
#define SIGFPE    8
#define SIGKILL   9
#define SIGUSR1   10
#define SIGSEGV   11
#define SIGUSR2   12
#define SIGPIPE   13
#define SIGALRM   14
#define SIGTERM   15
#define SIGSTKFLT 16
#define SIGCHLD   17
#define SIGCONT   18
#define SIGSTOP   19
#define SIGTSTP   20
#define SIGTTIN   21
#define SIGTTOU   22
#define SIGURG    23
#define SIGXCPU   24
#define SIGXFSZ   25
#define SIGVTALRM 26
#define SIGPROF   27
#define SIGWINCH  28
#define SIGIO     29
#define SIGPWR    30
#define SIGSYS    31
#define SIGRTMIN  32

#define SIG_DFL 0
#define SIG_IGN 1

#define SA_NOCLDSTOP 0x1u
#define SA_NOCLDWAIT 0x2u
#define SA_SIGINFO   0x4u
#define SA_RESTORER  0x04000000u
#define SA_ONSTACK   0x08000000u
#define SA_RESTART   0x10000000u
#define SA_NODEFER   0x40000000u
#define SA_RESETHAND 0x80000000u

#define SI_USER       0
#define SI_QUEUE      (-1)
#define SI_TIMER      (-2)
#define SI_TKILL      (-6)
#define SI_KERNEL     0x80
#define CLD_EXITED    1
#define CLD_KILLED    2
#define CLD_DUMPED    3
#define CLD_STOPPED   5
#define CLD_CONTINUED 6

static inline u64 signal_bit(int signal)
{
	return (u64)1 << (signal - 1);
}

#define SIGNALS_UNBLOCKABLE (signal_bit(SIGKILL) | signal_bit(SIGSTOP))

/* --- life of a process ------------------------------------------------------ */

/* A new thread: a copy of `creator`'s mask, actions (or the same ones) and stack, with nothing
 * pending; NULL: the first. K_NOMEM. */
enum kstatus must_check signals_create(struct proc *proc, struct proc *creator, bool share_actions);
/* clone: what its flags say of the new thread beside that. */
void signals_cloned(struct proc *proc, u64 flags);
/* exec, which may fail so far: nobody else has its actions from now on. K_NOMEM. */
enum kstatus must_check signals_own_actions(struct proc *proc);
/* exec: handlers become defaults, the alternative stack goes. */
void signals_exec(struct proc *proc);
void signals_exit(struct proc *proc);
/* What is pending for a process whose leader was `from` is with `to`. */
void signals_move(struct proc *from, struct proc *to);
/* `proc` will not see to signals of `set`: others of its process may have to. */
void signals_pass_on(struct proc *proc, u64 set);

/* --- sending ---------------------------------------------------------------- */

/* Sends to the process; the information is copied. K_NOMEM for a real-time signal beyond the limit.
 */
enum kstatus signal_send(struct proc *proc, const struct signal_info *info);
/* Sends to one thread of it. */
enum kstatus signal_send_thread(struct proc *thread, const struct signal_info *info);
/* The same with nothing to say but who it comes from: the process being served, or (code SI_KERNEL)
 * nobody. */
void signal_send_plain(struct proc *proc, int signal, int code);
/* To the thread being served, for what it does. */
void signal_send_self(int signal);
/* A fault of the thread itself: it cannot be blocked or ignored. */
void signal_force(struct proc *proc, const struct signal_info *info);

/*
 * Sends an element that the caller keeps and that waits nowhere, to one thread or (NULL) to
 * whichever of the process. false: it waits nowhere, being ignored, or the end of the process.
 */
bool signal_send_item(
	struct proc *leader, struct proc *thread, struct signal_queued *item) must_check;

/* Takes a signal of `set` that is pending for the thread or its process; false: there is none. */
bool signal_take(struct proc *proc, u64 set, struct signal_info *info);
/* Sets the mask, less what cannot be blocked. */
void signal_set_mask(struct proc *proc, u64 mask);
/* An action was replaced: what is pending and ignored now is forgotten. */
void signals_action_changed(struct proc *proc, int signal);
/* What is pending for the thread or its process, blocked or not. */
u64 signals_pending(const struct proc *proc);
/* Whether something would be delivered now, or the thread is to stop or to end. */
bool signal_is_due(const struct proc *proc);
/* Whether that is so of the thread being served, leaving aside signals of `awaited`, which it waits
 * for itself: then its call ends, and its attention has been asked for. */
bool signal_breaks_off(struct proc *proc, u64 awaited);

/* --- delivery (frame.c) --------------------------------------------------------- */

/* Puts a frame on the process's stack and makes it run `action`. K_FAULT: the stack is not there.
 */
enum kstatus must_check signal_push_frame(struct proc *proc, struct user_registers *registers,
	const struct signal_action *action, const struct signal_info *info, u64 mask);

/* Whether `address` lies on the alternative stack. */
static inline bool signal_on_stack(const struct signal_state *state, u64 address)
{
	return state->stack_size != 0 && address - state->stack_start <= state->stack_size;
}
