/* What the kernel keeps of a process and of a queue. */
#pragma once

#include <thread/thread.h>
#include <vm/vm.h>

/* An address space; the threads of a program share one. */
struct env_space {
	struct vm_map map;
	u32 refs;
};

struct env_client {
	struct thread *thread;   /* NULL once it has ended */
	struct env_space *space; /* what its program sees */
	struct env_space *fresh; /* what exec is building, or NULL */
};

struct env_queue {
	struct wait_queue queue;
};
