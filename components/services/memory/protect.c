/*
 * mprotect: other rights for what is mapped.
 *
 * As Linux's mm/mprotect.c goes: mapping by mapping, so that what lies before the first that cannot
 * have the rights has changed.
 */
#include <services/memory/memory.h>

#include <unix_calls.h>

#define PROT_SEM       8ul
#define PROT_GROWSDOWN 0x01000000ul
#define PROT_GROWSUP   0x02000000ul

static bool may_have(const struct mapping *mapping, u32 prot)
{
	return !(mapping->flags & MAPPING_READ_ONLY) || !(prot & ENV_PROT_WRITE);
}

/* How far the rights can be given, and why not further: 0, -ENOMEM for a gap, -EACCES. */
static vaddr_t reach(const struct memory *memory, vaddr_t start, vaddr_t end, u32 prot, long *error)
{
	vaddr_t at = start;

	*error = 0;
	for (u32 i = memory_find(memory, start); at < end; i++) {
		if (i == memory->count || memory->of[i].start > at)
			*error = -ENOMEM;
		else if (!may_have(&memory->of[i], prot))
			*error = -EACCES;
		if (*error != 0)
			return at;
		at = memory->of[i].end;
	}
	return end;
}

static long protect(vaddr_t start, vaddr_t end, u32 prot)
{
	struct memory *memory = env_current()->memory;
	enum kstatus status = K_OK;
	long error;

	end = reach(memory, start, end, prot, &error);
	if (!memory_reserve(memory, 2))
		return -ENOMEM;
	if (end > start)
		status = env_protect(env_current(), start, end - start, prot);
	if (status == K_OK && end > start)
		memory_set_prot(memory, start, end, prot);
	memory_release(memory, 2);
	return status != K_OK ? errno_of(status) : error;
}

long sys_mprotect(vaddr_t address, size_t length, long prot)
{
	unsigned long rights =
		memory_rights((unsigned long)prot & ~(PROT_GROWSDOWN | PROT_GROWSUP), false);
	unsigned long grows = (unsigned long)prot & (PROT_GROWSDOWN | PROT_GROWSUP);
	const struct memory *memory = env_current()->memory;
	vaddr_t end = address + ALIGN_UP((u64)length, PAGE_SIZE);
	u32 i;

	if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) || !is_page_aligned(address))
		return -EINVAL;
	if (length == 0)
		return 0;
	if (end <= address)
		return -ENOMEM;
	if ((rights & ~(PROT_ALL | PROT_SEM)) != 0)
		return -EINVAL;
	i = memory_find(memory, address);
	if (i == memory->count)
		return -ENOMEM;
	if (grows == PROT_GROWSDOWN) {
		if (memory->of[i].start >= end)
			return -ENOMEM;
		address = memory->of[i].start;
		if (!(memory->of[i].flags & MAPPING_GROWS))
			return -EINVAL;
	} else if (memory->of[i].start > address) {
		return -ENOMEM;
	} else if (grows == PROT_GROWSUP) {
		return -EINVAL; /* no mapping does, on this processor */
	}
	return protect(address, end, rights & PROT_ALL);
}
