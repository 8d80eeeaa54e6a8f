/* memory_test: what its suites share. */
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include <workloads/common/signals.h>

#define RW (PROT_READ | PROT_WRITE)

static inline long map_at(void *at, size_t pages, int prot, int flags, int fd, long offset)
{
	return sys_call6(SYS_mmap, (long)at, (long)(pages * PAGE), prot, flags, fd, offset);
}

static inline long remap(void *at, size_t old_pages, size_t new_pages, int flags, void *to)
{
	return sys_call6(SYS_mremap, (long)at, (long)(old_pages * PAGE), (long)(new_pages * PAGE),
		flags, (long)to, 0);
}

static inline long advise(void *at, size_t pages, int advice)
{
	return sys_call3(SYS_madvise, (long)at, (long)(pages * PAGE), advice);
}

/* A file of `pages` pages, each filled with its number plus one; its descriptor. */
int make_file(size_t pages);

/* A touch of `at` must raise `signal` with si_code `code`. */
void expect_fault(volatile char *at, int write, int signal, int code);
