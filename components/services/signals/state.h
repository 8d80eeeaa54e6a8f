/*
 * What a thread keeps of its signals, and a process as a whole. Data types only, for struct proc;
 * the functions are in signals.h. Sets are bit sets: signal n is bit n - 1.
 */
#pragma once

#include <lib/lib.h>
#include <services/files/watch_list.h>

#define SIGNALS 64

/* As Linux passes it to rt_sigaction. */
struct signal_action {
	u64 handler; /* an address, or SIG_DFL, SIG_IGN */
	u64 flags;
	u64 restorer;
	u64 mask;
};

/* The actions, which the threads of a process share. */
struct signal_actions {
	u32 refs;
	struct watch_list watches;        /* of who polls a signalfd */
	struct signal_action of[SIGNALS]; /* [signal - 1] */
};

/* siginfo_t, 128 bytes; the union's members as far as they are used. */
struct signal_info {
	s32 signal, error, code, pad;
	union {
		struct {
			s32 pid;
			u32 uid;
			union {
				s32 status; /* SIGCHLD */
				u64 value;  /* sigqueue */
			};
		};
		struct {
			s32 timer, overrun; /* SI_TIMER */
			u64 timer_value;
		};
		u64 address; /* faults */
		u64 words[14];
	};
};
_Static_assert(sizeof(struct signal_info) == 128, "siginfo_t is 128 bytes");

/* A pending signal with its information. A standard signal is queued once, a real-time one as often
 * as it was sent. */
struct signal_queued {
	struct list link;
	struct signal_info info;
	/* Its owner's: it is in no queue any more. `info` is what the program will be told, or
	 * NULL: the signal was forgotten. NULL: nobody owns it. */
	void (*taken)(struct signal_queued *item, struct signal_info *info);
};

struct signal_pending {
	u64 set;           /* signals that have an element in `queue` */
	struct list queue; /* of signal_queued, in the order they were sent */
	u32 queued;        /* elements; bounded */
};

struct signal_state {
	struct signal_actions *actions; /* NULL: it has ended */
	u64 mask;
	struct signal_pending pending; /* for this thread */
	struct signal_pending shared;  /* of a leader: for whichever thread of the process */
	u64 awaited;                   /* sigtimedwait sleeps for one of these */
	u64 saved_mask; /* to go back to once the signal that ended sigsuspend is handled */
	bool restore_mask;
	u64 stack_start, stack_size; /* sigaltstack; size 0: none */
	u32 stack_flags;
};
