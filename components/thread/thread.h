/*
 * thread: kernel threads, waiting, and time.
 *
 * A thread is one flow of control with a kernel stack of its own. The kernel
 * is not preemptible: a thread gives up the processor in thread_block() and
 * thread_hand_off() only, or on its way back to user mode when its time is up.
 * So nothing here needs a lock: one processor, interrupts off.
 *
 * A thread blocks in one of two ways (Draves et al. 1991):
 * - keeping its stack: thread_block() returns when it runs again;
 * - with a continuation, "return to user mode": what its kernel stack held is
 *   forgotten and it resumes from its trap frame. thread_set_resume_user()
 *   arranges that; an IPC path can then complete the thread's call by writing
 *   its frame and go to it directly, with no scheduler and no stack switch.
 *
 * Processor time is billed to one thread at any moment, to the nanosecond: the clock is read when
 * that changes and never at a kernel entry. Who is picked by the scheduler pays for himself. Where
 * IPC_DONATES, who is handed the processor with a message works on the bill of who sent it, until
 * an IPC path says otherwise: a server's time is its clients'.
 */
#pragma once

#include <arch/arch.h>
#include <lib/lib.h>
#include <sched/sched.h>

#include <ipc_thread.h> /* struct ipc_thread: what the IPC part keeps of a thread */

enum thread_state {
	THREAD_STOPPED, /* not started, or suspended: in no queue */
	THREAD_READY,   /* queued in the scheduler */
	THREAD_RUNNING, /* the current one */
	THREAD_BLOCKED, /* waits for an event */
	THREAD_DEAD,    /* gone; freed when nobody stands on its stack any more */
};

/* The list a thread is in while it waits for an event. */
struct wait_queue {
	struct list waiters;
};

struct thread {
	struct arch_thread arch;
	struct trapframe *frame; /* its user registers, at the top of its kernel stack */
	u64 kernel_sp;           /* where to go on, while it does not run */
	enum thread_state state;
	enum kstatus wake_status; /* why thread_block() returned */
	void (*on_return)(void);  /* to be called before it next sees user mode, or NULL */
	void *task;               /* whose it is: the kernel's own notion */
	struct ipc_thread ipc;
	struct sched_node sched;
	struct list wait_link;    /* in a wait queue */
	struct list timeout_link; /* in the list of deadlines */
	u64 deadline;
	void (*expired)(struct thread *);
	u64 id;
	u64 billed; /* nanoseconds; of the thread that pays now, less the time since reset */
	u32 ticks_in_program, ticks_in_system; /* of those it paid for: what it was found doing */
	u64 waits, preemptions;                /* how often it gave up the processor, or lost it */
};

extern struct thread *thread_current;
/* Who pays, where IPC_DONATES; else it is the current thread. */
extern struct thread *thread_payer;
/* Not 0: the current thread has something to do on its way back to user mode. Read by the trap
 * exit. */
extern u8 thread_resched;
#define THREAD_TIME_UP  1 /* another should run */
#define THREAD_HAS_CALL 2 /* its on_return is set */

/* Makes the boot stack the idle thread's. The caller becomes the current (idle) thread. */
void thread_init(void);
/* What the boot stack does for the rest of its life: runs whoever is ready, else waits for
 * interrupts. */
noreturn void thread_idle(void);

/* A stopped thread with an all-zero user frame, which resumes in user mode. K_NOMEM. */
enum kstatus must_check thread_create(struct thread **out, s32 priority);
/* Frees a thread that is not current and in no queue (it is taken out of those it is in). */
void thread_destroy(struct thread *thread);
/* The current thread ends; its memory is freed later. */
noreturn void thread_exit(void);

/*
 * `call` is called once, in the thread, when it would next return to user mode; it may block or end
 * the thread. One call at a time: a new one replaces an old one.
 */
void thread_call_on_return(struct thread *thread, void (*call)(void));

/* From now on the thread runs in the address space of page-table root `root` (kernel_root: in
 * none). */
void thread_set_root(struct thread *thread, paddr_t root);

/* A stopped or blocked thread becomes ready. It preempts the current one if the scheduler says so.
 */
void thread_make_ready(struct thread *thread);
/* A ready or blocked thread stops: it is in no queue any more. */
void thread_stop(struct thread *thread);

/* The current thread, whose state the caller has set to BLOCKED (or READY and queued), gives up the
 * processor. */
void thread_switch_away(void);
/* The current thread, no longer RUNNING by state, gives the processor to `next` directly: no queue
 * is touched. Where IPC_DONATES the bill stays whose it was. */
void thread_hand_off(struct thread *next);

/* Arranges that a blocked thread resumes in user mode from its frame, its kernel stack forgotten.
 */
static inline void thread_set_resume_user(struct thread *thread);

/*
 * Stack hand-off: the current thread, blocked, forgets its kernel stack and gives the processor to
 * `next`, which is blocked too and whose stack is forgotten as well. Both go on with
 * `continuation`: `next` now, the other when it is switched to. It runs as the thread itself, on
 * its own stack and in its address space; what it returns is the result of the thread's system
 * call.
 */
static inline noreturn void thread_continue(struct thread *next, long (*continuation)(void));

void wait_queue_init(struct wait_queue *queue);
/* Blocks until woken (K_OK) or until `deadline` (K_TIMEDOUT), or broken off (K_INTERRUPTED). */
enum kstatus must_check thread_wait(struct wait_queue *queue, u64 deadline);
#define THREAD_FOREVER UINT64_MAX
/* Wakes the first waiter; whether there was one. */
bool thread_wake_one(struct wait_queue *queue);
void thread_wake_all(struct wait_queue *queue);
/* Makes a thread that is blocked go on with `status` as the result of its wait. */
void thread_wake(struct thread *thread, enum kstatus status);

/* When `deadline` passes, `expired` is called; by then the deadline is cleared. THREAD_FOREVER:
 * never. */
void thread_set_deadline(struct thread *thread, u64 deadline, void (*expired)(struct thread *));
void thread_clear_deadline(struct thread *thread);

/* From now on `thread` pays, whoever runs. (Where IPC_DONATES.) */
static inline void thread_bill(struct thread *thread);

/* What a thread has had of the processor; NULL: how long that was idle. */
struct thread_times {
	u64 total;         /* nanoseconds */
	u64 program_ticks; /* ticks that found it in user mode … */
	u64 system_ticks;  /* … or the kernel, or a server, at work for it */
	u64 waits;         /* times that it waited inside the kernel */
	u64 preemptions;   /* times that another ran though it was ready */
};
void thread_get_times(const struct thread *thread, struct thread_times *times);

/*
 * How many threads run or could run, averaged over the last 1, 5 and 15 minutes: sampled at a tick
 * every five seconds, older samples counting less and less, in 2048ths (Linux's calc_load()).
 */
#define THREAD_LOADS 3
extern u64 thread_loads[THREAD_LOADS];

/* The kernel's timer upcall: deadlines, the scheduler's tick, the next interrupt. */
void thread_timer(bool user);
/* Lets the ticks begin: from here on a thread that only computes is preempted. */
void thread_timer_start(void);
#define THREAD_TICK_NS ((u64)CONFIG_THREAD_TICK_MS * 1000000)

/* On the way back to user mode with thread_resched set: does what there is to do. */
void thread_preempt(void);
/* Goes to the back of the queue of its equals. */
void thread_yield(void);

#include <thread_impl.h>
