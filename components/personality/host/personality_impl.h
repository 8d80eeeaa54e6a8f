/* The environment in a simulation; see host.h. */
#pragma once

extern struct proc *host_current;

u64 host_now(void);
enum kstatus must_check host_copyin(void *to, vaddr_t from, size_t n);
enum kstatus must_check host_copyout(vaddr_t to, const void *from, size_t n);

static inline struct proc *env_current(void)
{
	return host_current;
}

static inline u64 env_now(void)
{
	return host_now();
}

static inline enum kstatus env_copyin(void *to, vaddr_t from, size_t n)
{
	return host_copyin(to, from, n);
}

static inline enum kstatus env_copyout(vaddr_t to, const void *from, size_t n)
{
	return host_copyout(to, from, n);
}
