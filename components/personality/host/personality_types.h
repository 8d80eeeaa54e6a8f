/* What the simulation keeps of a process and of a queue. */
#pragma once

#include <lib/lib.h>

struct host_thread;
struct host_space;

struct env_client {
	struct host_thread *thread; /* NULL once it has ended */
	struct host_space *space;   /* the memory that its program sees */
	struct host_space *fresh;   /* what exec is building, or NULL */
	vaddr_t entry, stack;       /* what the latest exec asked for */
	vaddr_t thread_pointer;
};

struct env_queue {
	struct list sleepers; /* struct host_thread, the longest asleep first */
};
