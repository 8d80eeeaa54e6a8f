/* What the server keeps of a process and of a queue. */
#pragma once

#include <cthreads/cthreads.h>
#include <mach_kernel.h>
#include <mach_types.h>

struct server_share;

struct env_client {
	mach_port_t task, thread;   /* send rights; 0 once it has ended */
	mach_port_t port;           /* receive right: where it sends its calls */
	mach_port_t fresh;          /* the task that exec is building, or 0 */
	mach_port_t fresh_thread;   /* … and the thread in it */
	mach_port_t service;        /* the name of `port` in its task, if it was given one */
	u64 context;                /* of the emulation library, for its thread */
	struct server_share *share; /* NULL: nobody shares its task */
	bool forked;                /* its thread stands in the library and has not run yet */
	bool busy;                  /* a call of its is being served */
	bool faulted;               /* its thread waits for the answer to an exception */
	bool attention;             /* services_attention() is due before it goes on */
	bool call_over;             /* services_call_over() is due when its call is */
	bool answered;              /* `result` is that of its call */
	bool replaced_registers;    /* `registers` are what it goes on with, instead of an answer */
	long result;
	s64 call;                         /* the number of the call being served */
	u64 registers[21];                /* struct user_registers */
	struct server_attender *attender; /* who sees to it while it runs, or NULL */
	bool doomed;                      /* it is to end when that call is over */
	bool replaced;                    /* exec has ended the thread that waits for the answer */
	u64 waits;                        /* how often it slept */
	struct mach_thread_times before_exec; /* of threads that it ran on until then */
	struct cthread *sleeper;              /* who sleeps on its behalf, or NULL */
};

struct env_queue {
	struct cthread_queue queue;
};
