/* The environment in the Mach server: the inline part. */
#pragma once

#include <services/services.h>

/* A worker's data is the process whose call it serves; see server.h. */
struct proc *env_current_proc(void);

static inline struct proc *env_current(void)
{
	return env_current_proc();
}

static inline u64 env_now(void)
{
	u32 low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (u64)high << 32 | low;
}

/* From the request or into the reply where the emulation library has sent the memory along, else
 * with vm_read or vm_write. */
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
