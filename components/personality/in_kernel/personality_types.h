/* What the kernel keeps of a process and of a queue. */
#pragma once

#include <thread/thread.h>
#include <vm/vm.h>

struct env_client {
	struct thread *thread; /* NULL once it has ended */
	struct vm_map *map;    /* what its program sees */
	struct vm_map *fresh;  /* what exec is building, or NULL */
};

struct env_queue {
	struct wait_queue queue;
};
