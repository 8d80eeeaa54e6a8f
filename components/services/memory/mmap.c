/*
 * mmap, munmap: memory of a process by address.
 *
 * The order of the checks is that of Linux's mm/mmap.c, so that a call with two
 * faults fails with the same error (but for MAP_FIXED_NOREPLACE with a wrong type, where Linux
 * looks first whether the place is taken). A process's addresses end at ENV_STACK_TOP: what lies
 * above is the placement's, and to the process it is as if nothing were there.
 */
#include <services/files/files.h>
#include <services/memory/memory.h>
#include <services/services.h>
#include <services/tree/seals.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

#define MAP_SHARED          0x01
#define MAP_PRIVATE         0x02
#define MAP_SHARED_VALIDATE 0x03
#define MAP_TYPE            0x0f
#define MAP_FIXED           0x10
#define MAP_ANONYMOUS       0x20
#define MAP_32BIT           0x40
#define MAP_GROWSDOWN       0x100
#define MAP_LOCKED          0x2000
#define MAP_NORESERVE       0x4000
#define MAP_POPULATE        0x8000
#define MAP_NONBLOCK        0x10000
#define MAP_HUGETLB         0x40000
#define MAP_FIXED_NOREPLACE 0x100000
/* What MAP_SHARED_VALIDATE lets pass: Linux's LEGACY_MAP_MASK. */
#define MAP_KNOWN 0x7c07f973ul

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

/* Whether nothing of the file's mount may be executed. */
static bool is_never_executed(const struct open_file *file)
{
	return IS_ENABLED(CONFIG_SERVICES_TREE) && file && file->place.mount &&
	       file->place.mount->flags & MOUNT_NOEXEC;
}

/* Whether a shared mapping of it could not be written to. */
static bool is_sealed(const struct open_file *file)
{
	return IS_ENABLED(CONFIG_SERVICES_TREE) && file->inode &&
	       file->inode->seals & SEALS_ON_WRITING;
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
	if (prot & ENV_PROT_EXEC && is_never_executed(file))
		return -EPERM;
	if (shared && prot & ENV_PROT_WRITE && is_sealed(file))
		return -EPERM;
	return file->ops->map ? 0 : -ENODEV;
}

/* The flags of the mapping's record. */
static u32 mapping_flags(const struct open_file *file, unsigned long prot, unsigned long flags)
{
	bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;
	u32 of_mapping = env_current()->memory->future;

	if (shared)
		of_mapping |= MAPPING_SHARED;
	if (shared && file && ((file->flags & O_ACCMODE) != O_RDWR || is_sealed(file)))
		of_mapping |= MAPPING_READ_ONLY;
	if (flags & MAP_GROWSDOWN)
		of_mapping |= MAPPING_GROWS;
	if (flags & MAP_LOCKED)
		of_mapping |= MAPPING_LOCKED;
	if (flags & MAP_NORESERVE && !(shared && prot & ENV_PROT_WRITE && file))
		of_mapping |= MAPPING_NO_RESERVE;
	return of_mapping;
}

/* Locked memory: -EPERM, -EAGAIN. */
static long check_locking(u64 length, unsigned long flags)
{
	bool locks = flags & MAP_LOCKED || env_current()->memory->future != 0;

	if (flags & MAP_LOCKED && !memory_may_lock())
		return -EPERM;
	return locks && !memory_may_lock_more(length) ? -EAGAIN : 0;
}

/* A file of bytes ends where positions do; a device may have more. */
static bool is_within_file(const struct open_file *file, u64 offset, u64 length)
{
	bool has_inode = IS_ENABLED(CONFIG_SERVICES_TREE) && file && file->inode;
	u64 most = has_inode && inode_is(file->inode, S_IFREG) ? INT64_MAX : UINT64_MAX;

	if (!file || (has_inode && inode_is(file->inode, S_IFCHR)))
		return true;
	return length <= most && offset <= most - length;
}

static long check_type(const struct open_file *file, unsigned long prot, unsigned long flags)
{
	unsigned long type = flags & MAP_TYPE;

	if (type == MAP_SHARED_VALIDATE && file && (flags & ~MAP_KNOWN) != 0)
		return -EOPNOTSUPP;
	if (type != MAP_PRIVATE && type != MAP_SHARED && !(file && type == MAP_SHARED_VALIDATE))
		return -EINVAL;
	if (file) {
		long error = check_file(file, prot, flags);

		if (error != 0)
			return error;
	}
	return flags & MAP_GROWSDOWN && (file || type != MAP_PRIVATE) ? -EINVAL : 0;
}

#define LOW_START 0x40000000ull /* where MAP_32BIT looks */
#define LOW_END   0x80000000ull

/* An address below two gigabytes, as 32-bit code wants it. */
static long place_low(vaddr_t *address, u64 length)
{
	*address = memory_find_gap(env_current()->memory, length, LOW_END);
	return *address < LOW_START ? -ENOMEM : 0;
}

/* Where the pages of a file come from: they move when it is first written. */
static const void *source_of(const struct inode *inode)
{
	return inode->image ? (const void *)inode->image : (const void *)inode->pages;
}

static u64 shared_memories; /* made so far: each is a source of its own */

/* Makes the mapping. The record has room for it. */
static long enter(struct open_file *file, struct mapping *mapping, unsigned env_flags)
{
	struct proc *proc = env_current();
	u64 length = mapping->end - mapping->start;
	vaddr_t address = mapping->start;
	long error;

	if (!file)
		error = errno_of(
			env_map_anonymous(proc, &address, length, mapping->prot, env_flags));
	else
		error = file->ops->map(
			file, &address, length, mapping->prot, env_flags, mapping->offset);
	if (error != 0)
		return error;
	mapping->start = address;
	mapping->end = address + length;
	if (mapping->flags & MAPPING_SHARED)
		mapping->source = (const void *)++shared_memories;
	if (file && file->inode) {
		mapping->file = file->place;
		mapping_hold(mapping);
		if (inode_is(file->inode, S_IFREG))
			mapping->source = source_of(file->inode);
	}
	/* Only now: what is replaced may be the last that holds the same segment. */
	if (env_flags & ENV_MAP_FIXED)
		memory_remove(proc->memory, address, address + length);
	memory_add(proc->memory, mapping);
	return (long)address;
}

static unsigned env_flags_of(const struct mapping *mapping, unsigned long flags)
{
	return (mapping->flags & MAPPING_SHARED ? ENV_MAP_SHARED : 0) |
	       (mapping->flags & MAPPING_READ_ONLY ? ENV_MAP_READ_ONLY : 0) |
	       (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE) ? ENV_MAP_FIXED : 0) |
	       (flags & MAP_FIXED_NOREPLACE ? ENV_MAP_NOREPLACE : 0);
}

long memory_map(struct open_file *file, vaddr_t address, u64 length, unsigned long prot,
	unsigned long flags, u64 offset, u32 record)
{
	bool fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
	struct memory *memory = env_current()->memory;
	struct mapping mapping = {.offset = file ? offset : 0, .prot = prot & PROT_ALL};
	long error = check_place(&address, length, fixed);
	u64 replaced;

	if (error == 0 && flags & MAP_FIXED_NOREPLACE && !memory_is_free(memory, address, length))
		error = -EEXIST;
	if (error == 0)
		error = check_locking(length, flags);
	if (error == 0 && !is_within_file(file, offset, length))
		error = -EOVERFLOW;
	if (error == 0)
		error = check_type(file, prot, flags);
	if (error == 0 && flags & MAP_32BIT && !fixed)
		error = place_low(&address, length);
	if (error != 0)
		return error;
	mapping.flags = mapping_flags(file, prot, flags) | record;
	mapping.start = address;
	mapping.end = address + length;
	replaced = fixed ? memory_mapped(memory, address, address + length) : 0;
	if (!memory_is_within_limits(length - replaced, mapping.prot, mapping.flags))
		return -ENOMEM;
	if (!memory_reserve(memory, 2))
		return -ENOMEM;
	error = enter(file, &mapping, env_flags_of(&mapping, flags));
	memory_release(memory, 2);
	if (error > 0 && ((flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE ||
				 mapping.flags & MAPPING_LOCKED))
		memory_populate(env_current(), (vaddr_t)error, length);
	return error;
}

long sys_mmap(vaddr_t address, size_t length, long prot, long flags, long fd, long offset)
{
	u64 pages = ALIGN_UP((u64)length, PAGE_SIZE);
	struct open_file *file = NULL;
	long result;

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
	if (file)
		file->refs++; /* another thread may close it while the file system works */
	result = memory_map(file, address, pages,
		memory_rights((unsigned long)prot, is_never_executed(file)), (unsigned long)flags,
		(u64)offset, 0);
	if (file)
		file_unref(file);
	return result;
}

long memory_unmap(vaddr_t start, u64 length)
{
	struct memory *memory = env_current()->memory;
	enum kstatus status;

	if (!memory_reserve(memory, 1))
		return -ENOMEM;
	status = env_unmap(env_current(), start, length);
	if (status == K_OK)
		memory_remove(memory, start, start + length);
	memory_release(memory, 1);
	return errno_of(status);
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
	return memory_unmap(start, end - start);
}
