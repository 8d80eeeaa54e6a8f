/* timers: what a process is told at its times (timer_create). */
#pragma once

#include <services/clock/clock.h>
#include <services/process/timer.h>
#include <services/services.h>
#include <services/signals/signals.h>
#include <services/usage/usage.h>

struct posix_timer {
	struct list link; /* in its process's table */
	struct proc *leader;
	s32 number;
	s32 clock;
	s32 thread; /* whom it tells; 0: the process */
	bool silent;
	bool by_cpu;                /* its clock is one of processor time … */
	struct cpu_clock cpu;       /* … of which kind; whose, the next says: he may have ended */
	s32 cpu_of;                 /* number of that process or thread */
	struct service_timer timer; /* set while it will ring by itself … */
	struct cpu_timer cpu_timer; /* … or this, by its clock */
	u64 deadline;               /* when it rings, or has rung; env_now(), or by its clock */
	u64 again;                  /* nanoseconds between two times; 0: once */
	bool active;                /* it will ring */
	bool rang;                  /* and is to be set again when the signal is taken */
	bool absolute;              /* it waits for a time of a clock that can be set */
	s64 overrun, last_overrun;  /* since it rang, and what the last signal said */
	u32 resent;                 /* times that it rang while its signal waited */
	struct signal_queued signal;
	bool waits;   /* its signal, in a queue */
	bool deleted; /* goes when that is taken */
	struct clock_watch watch;
};

/* A new process has none. */
void timers_create(struct proc *proc);
/* exec, exit: all go. */
void timers_exit(struct proc *proc);
/* exec by another thread than the leader: `to` takes the place of `from`. */
void timers_move(struct proc *from, struct proc *to);

/* A timer that is not set, of the process `leader`; NULL: there are too many, or memory is out. */
struct posix_timer *posix_timer_make(struct proc *leader) must_check;
struct posix_timer *posix_timer_find(struct proc *leader, s32 number);
void posix_timer_delete(struct posix_timer *timer);
/* Rings `first` nanoseconds from now, or (`absolute`) at that time of its clock, and then every
 * `again`. 0: not at all. -ESRCH: whose processor time is its clock has ended. */
long posix_timer_set(struct posix_timer *timer, u64 first, u64 again, bool absolute);
/* Nanoseconds until it rings, 0: not at all. */
u64 posix_timer_left(struct posix_timer *timer);
