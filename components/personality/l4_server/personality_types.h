/* What the server keeps of a process and of a queue. */
#pragma once

#include <cthreads/cthreads.h>
#include <l4_abi.h>
#include <vm/vm.h>

/* An address space; the threads of a program share one. */
struct env_space {
	struct vm_map map;
	u32 refs;
};

#define CLIENT_ATTENTION 1 /* services_attention() */
#define CLIENT_CALL_OVER 2 /* services_call_over() */

struct env_client {
	u64 thread;              /* its L4 thread; 0 once it has ended */
	struct env_space *space; /* what its program sees */
	struct env_space *fresh; /* what exec is building, or NULL */
	u64 next_thread;         /* what it will run on after exec, if not the same; else 0 */
	struct cthread *sleeper; /* who sleeps on its behalf, or NULL */
	vaddr_t thread_pointer;
	u64 waits;                          /* how often it slept */
	struct l4_thread_times before_exec; /* of threads that it ran on until then */
	u64 call;     /* the number of the call being served; -1 when it is something else */
	u8 attention; /* what is to be done before it goes on */
};

struct env_queue {
	struct cthread_queue queue;
};
