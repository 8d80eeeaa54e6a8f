/*
 * usage: what threads and processes have had of the machine.
 *
 * Processor time is exact (env_times); which of it was the program's and which the system's, the
 * timer's ticks say: the exact time is divided as they were, as on Linux. What was told once never
 * shrinks. Everything here may be asked at any time, of processes that have ended too.
 */
#pragma once

#include <services/errno.h>
#include <services/services.h>

/* --- reading ----------------------------------------------------------------------- */

/* All of a thread's, or of a process's, processor time, in nanoseconds. */
u64 usage_thread_time(struct proc *thread);
u64 usage_process_time(struct proc *leader);
/* The same, divided. */
struct cpu_split usage_thread_split(struct proc *thread);
struct cpu_split usage_process_split(struct proc *leader);
/* Everything; of a thread, faults and memory are its process's. */
void usage_of_thread(struct proc *thread, struct usage *usage);
void usage_of_process(struct proc *leader, struct usage *usage);
/* What all processes had that are no more, and were waited for or not. */
extern struct cpu_split usage_gone;

/* struct rusage of Linux. */
struct rusage {
	s64 user[2], system[2]; /* seconds, microseconds */
	s64 maxrss;             /* KiB */
	s64 ixrss, idrss, isrss;
	s64 minflt, majflt, nswap, inblock, oublock, msgsnd, msgrcv, nsignals, nvcsw, nivcsw;
};
_Static_assert(sizeof(struct rusage) == 144, "struct rusage as Linux has it");
/* A child's and its children's: what wait4 tells of it. */
struct rusage usage_of_child(struct proc *child);

/* --- life of a process ------------------------------------------------------------- */

/* A new thread, which has used nothing; a leader too, unless it is `creator`'s process. */
void usage_create(struct proc *proc);
/* fork: its client is there (in another process's space?), and its limit counts from now on. */
void usage_start(struct proc *proc, bool in_others_space);
/* Its address space is about to be left: by exec (which may still fail), or for good. */
void usage_leave_space(struct proc *proc);
/* exec has given it a fresh one. */
void usage_enter_space(struct proc *proc);
/* A thread is about to lose its client. */
void usage_thread_ends(struct proc *proc);
/* A process has become a zombie; its parent, if any, has waited for it. */
void usage_process_ends(struct proc *leader);
void usage_waited_for(struct proc *parent, struct proc *child);
/* Another structure stands for the process from now on. */
void usage_move(struct proc *from, struct proc *to);

/* --- clocks -------------------------------------------------------------------------- */

/* What a clock id stands for. */
struct cpu_clock {
	struct proc *of; /* a thread; or with `whole` a process's leader */
	bool whole;
	enum cpu_clock_kind kind;
};

/*
 * The clock that a negative id, or CLOCK_PROCESS_CPUTIME or CLOCK_THREAD_CPUTIME, names: -EINVAL if
 * there is none. A thread's is known to its process only; `reading`: not to set a timer by. (Linux:
 * ~number << 3 | thread << 2 | kind, number 0 for the caller.)
 */
long cpu_clock_find(int id, bool reading, struct cpu_clock *clock) must_check;
u64 cpu_clock_now(const struct cpu_clock *clock);
/* Nanoseconds. */
u64 cpu_clock_resolution(const struct cpu_clock *clock);

/* --- timers (cpu_timer.c) -------------------------------------------------------------- */

void cpu_timers_init(void);
void cpu_timer_init(struct cpu_timer *timer, void (*expired)(struct cpu_timer *timer));
/*
 * `expired` will be called soon after the clock says `deadline` (a few milliseconds), by when the
 * timer is not set any more; it must not sleep. A timer that is set already is set anew. When the
 * thread or process ends first, it is never called.
 */
void cpu_timer_set(struct cpu_timer *timer, const struct cpu_clock *clock, u64 deadline);
void cpu_timer_clear(struct cpu_timer *timer);
static inline bool cpu_timer_is_set(const struct cpu_timer *timer)
{
	return list_is_linked(&timer->link);
}

/* LIMIT_CPU of a process was set, or inherited. */
void cpu_limit_changed(struct proc *leader);
