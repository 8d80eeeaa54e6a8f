/*
 * sys: Linux x86_64 system calls with nothing in between.
 *
 * The workloads measure and test kernels, not C libraries, so every call here
 * is one `syscall` instruction: number in rax, arguments in rdi, rsi, rdx, r10,
 * r8, r9; the result in rax, where -4095 … -1 is a negated errno. The kernel
 * may change rax, rcx and r11 only (System V ABI, AMD64 supplement, A.2.1).
 *
 * Calls return what the kernel returned: compare with -EBADF, not with errno.
 */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

struct timespec;

static inline long sys_call6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

static inline long sys_call4(long nr, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return result;
}

static inline long sys_call3(long nr, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(nr), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}

static inline long sys_call0(long nr)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "0"(nr) : "rcx", "r11", "memory");
	return result;
}

static inline long sys_read(int fd, void *buffer, size_t length)
{
	return sys_call3(SYS_read, fd, (long)buffer, (long)length);
}

static inline long sys_write(int fd, const void *buffer, size_t length)
{
	return sys_call3(SYS_write, fd, (long)buffer, (long)length);
}

static inline long sys_close(int fd)
{
	return sys_call3(SYS_close, fd, 0, 0);
}

static inline long sys_pipe(int fds[2])
{
	return sys_call3(SYS_pipe, (long)fds, 0, 0);
}

static inline long sys_pipe2(int fds[2], int flags)
{
	return sys_call3(SYS_pipe2, (long)fds, flags, 0);
}

static inline long sys_dup2(int from, int to)
{
	return sys_call3(SYS_dup2, from, to, 0);
}

/* `protection` and `flags` as <sys/mman.h> has them; no file behind the memory. The address, or a
 * negated errno. */
static inline long sys_mmap(void *address, size_t length, int protection, int flags)
{
	return sys_call6(SYS_mmap, (long)address, (long)length, protection, flags, -1, 0);
}

static inline long sys_munmap(void *address, size_t length)
{
	return sys_call3(SYS_munmap, (long)address, (long)length, 0);
}

static inline long sys_brk(void *end)
{
	return sys_call3(SYS_brk, (long)end, 0, 0);
}

static inline long sys_fork(void)
{
	return sys_call0(SYS_fork);
}

static inline long sys_execve(const char *path, char *const argv[], char *const envp[])
{
	return sys_call3(SYS_execve, (long)path, (long)argv, (long)envp);
}

static inline long sys_wait4(long pid, int *status, int options)
{
	return sys_call4(SYS_wait4, pid, (long)status, options, 0);
}

static inline long sys_getpid(void)
{
	return sys_call0(SYS_getpid);
}

static inline long sys_getppid(void)
{
	return sys_call0(SYS_getppid);
}

static inline long sys_sched_yield(void)
{
	return sys_call0(SYS_sched_yield);
}

static inline long sys_clock_gettime(int clock, struct timespec *now)
{
	return sys_call3(SYS_clock_gettime, clock, (long)now, 0);
}

static inline long sys_nanosleep(const struct timespec *length, struct timespec *left)
{
	return sys_call3(SYS_nanosleep, (long)length, (long)left, 0);
}

static inline _Noreturn void sys_exit(int status)
{
	for (;;)
		sys_call3(SYS_exit_group, status, 0, 0);
}
