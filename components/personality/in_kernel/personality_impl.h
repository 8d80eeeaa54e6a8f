/* The environment inside the kernel: most of it is another name for what the kernel has. */
#pragma once

#include <services/services.h>

/* A thread's task is its process. */
static inline struct proc *env_current(void)
{
	return thread_current->task;
}

static inline u64 env_now(void)
{
	return arch_now();
}

static inline enum kstatus env_copyin(void *to, vaddr_t from, size_t n)
{
	return copy_from_user(to, from, n);
}

static inline enum kstatus env_copyout(vaddr_t to, const void *from, size_t n)
{
	return copy_to_user(to, from, n);
}
