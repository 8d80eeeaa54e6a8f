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

/* Whether the caller may lock memory at all, and `more` bytes besides what it has. */
bool memory_may_lock(void);
bool memory_may_lock_more(u64 more);
