/*
 * sched: which thread runs next.
 *
 * A policy over `struct sched_node`, which is embedded in each thread. The
 * running thread is in no queue. A hand-off (IPC) may run a thread that was
 * never queued: the policy hears only of what it is told here.
 *
 * One processor; all calls with interrupts off.
 */
#pragma once

#include <lib/lib.h>

#define SCHED_PRIORITIES       32 /* 0 is the most urgent, as in Mach */
#define SCHED_PRIORITY_SERVER  8
#define SCHED_PRIORITY_DEFAULT 16
#define SCHED_PRIORITY_LOWEST  31

/* What the policy keeps of a thread; fields are the policy's own but for `link` being linked while
 * queued. */
struct sched_node {
	struct list link;
	s32 base;    /* the priority asked for */
	s32 current; /* the priority in force */
	u32 slice;   /* ticks left of the time slice */
	u32 usage;   /* processor use, decayed */
	u64 stamp;   /* when usage was last brought up to date: a tick number */
};

enum sched_place {
	SCHED_BACK,  /* the slice was used up, or the thread was asleep */
	SCHED_FRONT, /* preempted with time left */
};

static inline void sched_init(void);

/* A new thread, of priority `base` (clamped to the range). Not yet queued. */
static inline void sched_attach(struct sched_node *node, s32 base);

/* The thread can run: queues it. It must not be queued. */
static inline void sched_enqueue(struct sched_node *node, enum sched_place place);

/* The thread can no longer run, though it is queued: takes it out. */
static inline void sched_dequeue(struct sched_node *node);

/* Takes out and returns the thread to run now, its slice renewed if it was used up; NULL when none
 * is queued. */
static inline struct sched_node *sched_pick(void);

/* A timer tick has passed while `node` ran: true if another should run now. */
static inline bool sched_tick(struct sched_node *node);

/* A tick that found the processor idle (keeps the policy's clock). */
static inline void sched_tick_idle(void);

/* `node` has just been queued while `running` runs: true if it should run at once. */
static inline bool sched_preempts(const struct sched_node *node, const struct sched_node *running);

#include <sched_impl.h>
