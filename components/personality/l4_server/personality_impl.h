/* The environment in the server: the inline part. */
#pragma once

#include <arch/arch.h>
#include <services/services.h>

/* A worker's data is the process that it serves. */
static inline struct proc *env_current(void)
{
	return cthread_self()->data;
}

static inline u64 env_now(void)
{
	return read_tsc();
}

/*
 * A client's memory is the server's own: it looks up which of its pages the client sees there. (Not
 * inline: struct proc is not known yet.)
 */
enum kstatus must_check server_copyin(void *to, vaddr_t from, size_t n);
enum kstatus must_check server_copyout(vaddr_t to, const void *from, size_t n);

static inline enum kstatus env_copyin(void *to, vaddr_t from, size_t n)
{
	return server_copyin(to, from, n);
}

static inline enum kstatus env_copyout(vaddr_t to, const void *from, size_t n)
{
	return server_copyout(to, from, n);
}
