/*
 * cthreads: user-level threads for a server, in the spirit of C Threads (Cooper and Draves 1988).
 *
 * All run, one at a time, on one kernel thread. A thread gives up the
 * processor only in cthread_wait(), cthread_yield(), cthread_listen() and cthread_exit(): between
 * two of those it has the whole server for itself, so a server that is made of them is a
 * monitor and needs no lock.
 *
 * A server's threads are *workers*, all alike: each runs the same function,
 * a loop of
 *
 *     cthread_listen();            let those finish whose sleep is over
 *     receive a request            the kernel call in which the whole server waits
 *     serve it; reply
 *
 * A worker that must sleep while it serves calls cthread_wait(); then another takes over: one that
 * was woken, or one that has nothing to do, or a new one, which listens in its stead. So at most
 * one worker is ever in the kernel call, and where nobody sleeps there is only one, and no switch
 * at all.
 *
 * Nothing here knows of a kernel: the time is given by the caller, and the
 * waiting for requests is the caller's. Used by one kernel thread only.
 */
#pragma once

#include <lib/lib.h>

#define CTHREAD_FOREVER UINT64_MAX

enum cthread_state {
	CTHREAD_RUNNING, /* the current one */
	CTHREAD_READY,   /* its wait is over: in the queue of those that can run */
	CTHREAD_WAITING, /* in cthread_wait() */
	CTHREAD_PARKED,  /* a worker with nothing to do, or a body that has ended: to be used again
			  */
};

struct cthread_queue {
	struct list waiters;
};

/* Something that is to happen at a time. */
struct cthread_timer {
	struct list link; /* in the list of deadlines; unlinked: not set */
	u64 deadline;
	void (*expired)(struct cthread_timer *timer);
};

struct cthread {
	u64 sp;           /* where it goes on, while it does not run */
	struct list link; /* in the queue of the ready or of the parked, or in a wait queue */
	struct cthread_timer timeout; /* of its wait */
	enum cthread_state state;
	enum kstatus wake_status; /* why cthread_wait() returned */
	void (*body)(void *);
	void *argument;
	void *data; /* its user's own: e.g. whose request it serves. NULL at first */
};

/* The one that runs. */
static inline struct cthread *cthread_self(void);

/*
 * Begins. The caller's flow of control becomes the first thread, and a worker: it is to go on with
 * worker(argument) itself. At most `limit` threads will exist (at least 1), so at most limit - 1
 * can wait.
 */
void cthreads_init(void (*worker)(void *), void *argument, unsigned limit);

/* A ready thread that will run body(argument), and end when that returns. K_NOMEM, K_FULL (limit).
 */
enum kstatus must_check cthread_create(struct cthread **out, void (*body)(void *), void *argument);
/* The current thread, not a worker, ends. */
noreturn void cthread_exit(void);

/* Lets every other ready thread run first. */
void cthread_yield(void);

/*
 * A worker has nothing to do but listen: if others are ready, it parks and they
 * run; it returns when it is this worker's turn to listen.
 */
static inline void cthread_listen(void);

void cthread_queue_init(struct cthread_queue *queue);
/*
 * Waits in the queue until woken (K_OK, or what cthread_wake() says), or until a cthreads_expire()
 * whose time is at or past `deadline` (K_TIMEDOUT). K_NOMEM: it did not wait, because there is no
 * other thread that could run and none can be made; the queue is as before.
 */
enum kstatus must_check cthread_wait(struct cthread_queue *queue, u64 deadline);
/* Wakes the one that has waited longest; whether there was one. */
bool cthread_wake_one(struct cthread_queue *queue);
void cthread_wake_all(struct cthread_queue *queue);
/* Makes a waiting thread ready, with `status` as the result of its wait. Nothing if it does not
 * wait. */
void cthread_wake(struct cthread *thread, enum kstatus status);

void cthread_timer_init(struct cthread_timer *timer);
/*
 * A cthreads_expire() whose time is at or past `deadline` will call `expired`, in the thread that
 * calls it; it must not wait. A timer that is set already is set anew.
 */
void cthread_timer_set(
	struct cthread_timer *timer, u64 deadline, void (*expired)(struct cthread_timer *timer));
void cthread_timer_clear(struct cthread_timer *timer);

/* The nearest deadline of all waiting threads and timers: how long the server may sleep.
 * CTHREAD_FOREVER if there is none. */
static inline u64 cthread_next_deadline(void);
/* Wakes those whose deadline is `now` or past, and calls such timers, the earliest first. */
void cthreads_expire(u64 now);

/* How many exist (parked ones too), for reports and tests. */
unsigned cthreads_count(void);
/* How many frames their stacks take. */
u64 cthreads_frames(void);

#include <cthreads_impl.h>
