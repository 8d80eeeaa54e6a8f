/* What the Mach IPC path keeps of a thread. */
#pragma once

#include <lib/lib.h>

struct ipc_kmsg;
struct ipc_port;

/* Who is handed the processor with a message works on the bill of who sent it. */
#define IPC_DONATES 1

struct ipc_thread {
	/* A receive in progress. */
	vaddr_t msg;  /* the user's buffer */
	u32 rcv_size; /* its size */
	u32 option;
	struct ipc_kmsg *kmsg; /* what was handed over; NULL: `result` says why nothing was */
	s64 result;
	/* The thread as a kernel object. */
	struct ipc_port *self; /* its port */
	struct list task_link; /* in its task's list of threads */
	vaddr_t emulation;     /* handed to the emulation library at each redirected call */
	bool stack_kept;       /* blocked inside the kernel: what its stack holds is needed */
	bool doomed;           /* has lost its task; only unwinds its stack */
	bool in_exception;     /* waits for the answer to an exception message … */
	struct ipc_port *exception_port; /* … at this port, else NULL */
	u64 page_deadline; /* how long it waits for other tasks' pagers; 0: for ever */
};
