/*
 * brk: the heap, which exec places behind the program's data.
 *
 * As on Linux it fails by answering the old end, and the C library compares.
 */
#include <services/services.h>

#include <unix_calls.h>

/* Takes the memory from `from` to `to`, both page multiples; false if it is not to be had. */
static bool grow(struct proc *proc, vaddr_t from, vaddr_t to)
{
	enum kstatus status;

	status = env_map_anonymous(proc, &from, to - from, ENV_PROT_READ | ENV_PROT_WRITE,
		ENV_MAP_FIXED | ENV_MAP_NOREPLACE);
	return status == K_OK;
}

long sys_brk(vaddr_t end)
{
	struct proc *proc = env_current();
	vaddr_t old_top = ALIGN_UP(proc->brk_end, PAGE_SIZE);
	vaddr_t new_top = ALIGN_UP(end, PAGE_SIZE);

	if (end < proc->brk_start || end > ENV_STACK_TOP)
		return (long)proc->brk_end;
	if (new_top > old_top && !grow(proc, old_top, new_top))
		return (long)proc->brk_end;
	if (new_top < old_top && env_unmap(proc, new_top, old_top - new_top) != K_OK)
		return (long)proc->brk_end;
	proc->brk_end = end;
	return (long)end;
}
