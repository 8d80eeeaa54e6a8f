/* memory: what the files of this part know of each other. */
#pragma once

#include <services/errno.h>
#include <services/memory/mappings.h>
#include <services/services.h>

#define PROT_ALL (ENV_PROT_READ | ENV_PROT_WRITE | ENV_PROT_EXEC)

static inline bool is_page_aligned(u64 x)
{
	return x % PAGE_SIZE == 0;
}

/* The rights that come with those that are asked for: for a program that says so, what can be read
 * can be executed. */
static inline unsigned long memory_rights(unsigned long prot, bool never_executed)
{
	bool both = prot & ENV_PROT_READ && !never_executed &&
		    env_current()->settings.personality & PERSONALITY_READ_EXECUTES;

	return both ? prot | ENV_PROT_EXEC : prot;
}

/* Advice that madvise() takes. */
#define MADV_NORMAL          0
#define MADV_RANDOM          1
#define MADV_SEQUENTIAL      2
#define MADV_WILLNEED        3
#define MADV_DONTNEED        4
#define MADV_FREE            8
#define MADV_REMOVE          9
#define MADV_DONTFORK        10
#define MADV_DOFORK          11
#define MADV_MERGEABLE       12
#define MADV_UNMERGEABLE     13
#define MADV_HUGEPAGE        14
#define MADV_NOHUGEPAGE      15
#define MADV_DONTDUMP        16
#define MADV_DODUMP          17
#define MADV_WIPEONFORK      18
#define MADV_KEEPONFORK      19
#define MADV_COLD            20
#define MADV_PAGEOUT         21
#define MADV_POPULATE_READ   22
#define MADV_POPULATE_WRITE  23
#define MADV_DONTNEED_LOCKED 24
#define MADV_COLLAPSE        25

/* madvise() of `memory`, which may be another process's if the advice changes nothing of it. */
long memory_advise(struct memory *memory, vaddr_t address, u64 length, int advice);

/* Whether the caller may lock memory at all, and `more` bytes besides what it has. */
bool memory_may_lock(void);
bool memory_may_lock_more(u64 more);
