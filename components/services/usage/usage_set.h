/* usage_set: what is kept of a process's usage, as data. */
#pragma once

#include <personality/times.h>

/* Nanoseconds of processor time. */
struct cpu_split {
	u64 user, system;
};

/* Sums over a process, or over several; `peak` is the largest of them. */
struct usage {
	struct cpu_split cpu;
	u64 faults;             /* page faults; none of them waits for the disk */
	u64 waits, preemptions; /* times that it slept, and that another ran instead */
	u64 peak;               /* pages in memory at most */
};

enum cpu_clock_kind {
	CPU_CLOCK_PROF,  /* user and system */
	CPU_CLOCK_VIRT,  /* user */
	CPU_CLOCK_SCHED, /* all, exactly */
	CPU_CLOCK_KINDS,
};

/* Something that is to happen when a clock of processor time says `deadline`. */
struct cpu_timer {
	struct list link; /* in the list of those that are set; else unlinked */
	struct proc *of;  /* whose clock: a thread's, or with `whole` a process's, by its leader */
	bool whole;
	enum cpu_clock_kind kind;
	u64 deadline;
	void (*expired)(struct cpu_timer *timer);
};

/* In struct proc; (p) as there. */
struct usage_state {
	struct cpu_split told;       /* of the thread: what was said last, for that never shrinks */
	struct cpu_split told_whole; /* (p) of the process */
	struct env_times ended;      /* (p) what threads had that have ended */
	u64 faults, peak;            /* (p) in its address spaces so far, as of the last look … */
	u64 faults_seen;             /* (p) … at which its present one had had so many */
	struct usage children;       /* (p) those that were waited for */
	struct cpu_timer limit;      /* (p) LIMIT_CPU */
};
