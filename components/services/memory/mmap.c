/*
 * mmap: memory of a process by address.
 *
 * The order of the checks is that of Linux's mm/mmap.c and mm/mprotect.c, so that a call with two
 * faults fails with the same error (but for MAP_FIXED_NOREPLACE with a wrong type, where Linux
 * looks first whether the place is taken). A process's addresses end at ENV_STACK_TOP: what lies
 * above is the placement's, and to the process it is as if nothing were there.
 */
#include <services/files/files.h>
#include <services/services.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

#define MAP_SHARED          0x01
#define MAP_PRIVATE         0x02
#define MAP_SHARED_VALIDATE 0x03
#define MAP_TYPE            0x0f
#define MAP_FIXED           0x10
#define MAP_ANONYMOUS       0x20
#define MAP_HUGETLB         0x40000
#define MAP_FIXED_NOREPLACE 0x100000

#define MS_ASYNC      1u
#define MS_INVALIDATE 2u
#define MS_SYNC       4u

#define PROT_SEM       8ul
#define PROT_ALL       (ENV_PROT_READ | ENV_PROT_WRITE | ENV_PROT_EXEC)
#define PROT_GROWSDOWN 0x01000000ul
#define PROT_GROWSUP   0x02000000ul

static bool is_page_aligned(u64 x)
{
	return x % PAGE_SIZE == 0;
}

/* Where a mapping may go: the error, or 0. The length is a page multiple, not 0. */
static long check_place(vaddr_t *address, u64 length, bool fixed)
{
	if (length > ENV_STACK_TOP)
		return -ENOMEM;
	if (!fixed) {
		*address = ALIGN_DOWN(*address, PAGE_SIZE);
		if (*address < ENV_USER_MIN || *address > ENV_STACK_TOP - length)
			*address = 0;
		return 0;
	}
	if (*address > ENV_STACK_TOP - length)
		return -ENOMEM;
	if (!is_page_aligned(*address))
		return -EINVAL;
	return *address < ENV_USER_MIN ? -EPERM : 0;
}

/* What a file must be open for to be mapped so. */
static long check_file(const struct open_file *file, unsigned long prot, unsigned long flags)
{
	bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;
	u32 mode = file->flags & O_ACCMODE;

	if (shared && prot & ENV_PROT_WRITE && mode != O_RDWR)
		return -EACCES;
	if (mode != O_RDONLY && mode != O_RDWR)
		return -EACCES;
	if (prot & ENV_PROT_EXEC && IS_ENABLED(CONFIG_SERVICES_TREE) && file->place.mount &&
		file->place.mount->flags & MOUNT_NOEXEC)
		return -EPERM;
	return file->ops->map ? 0 : -ENODEV;
}

/* Whether the process may have `length` bytes more. Placements without file memory do not count
 * them. */
static bool is_within_limit(u64 length)
{
	u64 limit = env_current()->limits.of[LIMIT_AS].soft;

	if (!IS_ENABLED(CONFIG_SERVICES_TREE) || limit == LIMIT_NONE)
		return true;
	return length <= limit && env_mapped(env_current()) <= limit - length;
}

/* Maps `file`, or memory for NULL. */
static long map(struct open_file *file, vaddr_t address, u64 length, unsigned long prot,
	unsigned long flags, u64 offset)
{
	bool fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
	unsigned env_flags = 0;
	long error = check_place(&address, length, fixed);

	if (error != 0)
		return error;
	if ((flags & MAP_TYPE) == MAP_SHARED || (file && (flags & MAP_TYPE) == MAP_SHARED_VALIDATE))
		env_flags |= ENV_MAP_SHARED;
	else if ((flags & MAP_TYPE) != MAP_PRIVATE)
		return -EINVAL;
	if (file)
		error = check_file(file, prot, flags);
	if (error == 0 && !is_within_limit(length))
		error = -ENOMEM;
	if (error != 0)
		return error;
	if (fixed)
		env_flags |= ENV_MAP_FIXED;
	if (flags & MAP_FIXED_NOREPLACE)
		env_flags |= ENV_MAP_NOREPLACE;
	if (!file) {
		error = errno_of(env_map_anonymous(
			env_current(), &address, length, prot & PROT_ALL, env_flags));
	} else {
		if (env_flags & ENV_MAP_SHARED && (file->flags & O_ACCMODE) != O_RDWR)
			env_flags |= ENV_MAP_READ_ONLY;
		error = file->ops->map(file, &address, length, prot & PROT_ALL, env_flags, offset);
	}
	return error != 0 ? error : (long)address;
}

long sys_mmap(vaddr_t address, size_t length, long prot, long flags, long fd, long offset)
{
	u64 pages = ALIGN_UP((u64)length, PAGE_SIZE);
	struct open_file *file = NULL;

	if (!is_page_aligned((u64)offset))
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		file = files_find_usable((int)fd);
		if (!file)
			return -EBADF;
	}
	if (length == 0)
		return -EINVAL;
	if (pages == 0)
		return -ENOMEM;
	if (((u64)offset >> PAGE_SHIFT) + (pages >> PAGE_SHIFT) < (u64)offset >> PAGE_SHIFT)
		return -EOVERFLOW;
	if (flags & MAP_HUGETLB)
		return -ENOMEM; /* a pool of huge pages that is empty */
	return map(file, address, pages, (unsigned long)prot, (unsigned long)flags, (u64)offset);
}

long sys_munmap(vaddr_t address, size_t length)
{
	u64 pages = ALIGN_UP((u64)length, PAGE_SIZE);
	vaddr_t start, end;

	if (!is_page_aligned(address) || address > ENV_USER_MAX ||
		length > ENV_USER_MAX - address || pages == 0)
		return -EINVAL;
	start = MAX(address, ENV_USER_MIN);
	end = MIN(address + pages, ENV_STACK_TOP);
	if (start >= end)
		return 0; /* nothing of the process's can be there */
	return errno_of(env_unmap(env_current(), start, end - start));
}

/* Linux answers a gap with ENOMEM, not with "no entry"; a file that is open for reading only, with
 * EACCES. */
static long protect_errno(enum kstatus status)
{
	if (status == K_DENIED)
		return -EACCES;
	return status == K_NOENT ? -ENOMEM : errno_of(status);
}

long sys_mprotect(vaddr_t address, size_t length, long prot)
{
	unsigned long rights = (unsigned long)prot & ~(PROT_GROWSDOWN | PROT_GROWSUP);
	unsigned long grows = (unsigned long)prot & (PROT_GROWSDOWN | PROT_GROWSUP);
	u64 pages = ALIGN_UP((u64)length, PAGE_SIZE);

	if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) || !is_page_aligned(address))
		return -EINVAL;
	if (length == 0)
		return 0;
	if (address + pages <= address)
		return -ENOMEM;
	if ((rights & ~(PROT_ALL | PROT_SEM)) != 0)
		return -EINVAL;
	if (address < ENV_USER_MIN || address >= ENV_STACK_TOP)
		return -ENOMEM;
	if (grows != 0)
		return -EINVAL; /* no mapping grows here (Linux: ENOMEM where there is none at all)
				 */
	if (pages <= ENV_STACK_TOP - address)
		return protect_errno(env_protect(env_current(), address, pages, rights & PROT_ALL));
	pages = ENV_STACK_TOP - address; /* what there is changes, then comes a gap */
	address = (vaddr_t)protect_errno(
		env_protect(env_current(), address, pages, rights & PROT_ALL));
	return address == 0 ? -ENOMEM : (long)address;
}

/* Stores to a shared mapping are the file's own memory at once: there is nothing to do but to
 * check. */
long sys_msync(vaddr_t address, size_t length, int flags)
{
	u64 pages = ALIGN_UP((u64)length, PAGE_SIZE);

	if (((u32)flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) != 0 || !is_page_aligned(address))
		return -EINVAL;
	if (((u32)flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
		return -EINVAL;
	return address + pages < address || (length > 0 && address + pages > ENV_USER_MAX) ? -ENOMEM
											   : 0;
}
