/* size: truncate and its relatives, and getting everything to the disk. */
#include <services/devices/disk.h>
#include <services/process/process.h>
#include <services/tree/seals.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

#define FALLOC_KEEP_SIZE  1
#define FALLOC_PUNCH_HOLE 2
#define FALLOC_COLLAPSE   8
#define FALLOC_ZERO       16
#define FALLOC_INSERT     32
#define FALLOC_UNSHARE    64

/* Whether the process may have a file so large: one that is already keeps its size. */
static long check_limit(const struct inode *inode, u64 size)
{
	if (size <= inode->size || size <= process_current()->limits.of[LIMIT_FSIZE].soft)
		return 0;
	return process_file_too_large();
}

static long change_size(struct inode *inode, s64 size)
{
	long error = inode_lock(inode);

	if (error != 0)
		return error;
	error = check_limit(inode, (u64)size);
	if (error == 0)
		error = seals_check_size(inode, (u64)size);
	if (error == 0)
		error = inode_truncate(inode, (u64)size);
	inode_unlock(inode);
	return error;
}

long sys_truncate(vaddr_t path, long size)
{
	struct place place;
	struct inode *inode;
	long error;

	if (size < 0)
		return -EINVAL;
	error = tree_find(AT_FDCWD, path, true, false, &place);
	if (error != 0)
		return error;
	inode = place.node->inode;
	if (inode_is(inode, S_IFDIR))
		error = -EISDIR;
	else if (!inode_is(inode, S_IFREG))
		error = -EINVAL;
	if (error == 0)
		error = mount_may_write(&place);
	if (error == 0)
		error = inode_access(inode, WANT_WRITE);
	if (error == 0 && inode->programs > 0)
		error = -ETXTBSY;
	if (error == 0)
		error = change_size(inode, size);
	if (error == 0)
		notify_file(place.node, IN_MODIFY);
	place_unref(place);
	return error;
}

long sys_ftruncate(int fd, long size)
{
	struct open_file *file;
	long error;

	if (size < 0)
		return -EINVAL;
	file = files_find_usable(fd);
	if (!file)
		return -EBADF;
	if (!file->inode || !inode_is(file->inode, S_IFREG) || !file->ops->write)
		return -EINVAL;
	error = change_size(file->inode, size);
	if (error == 0)
		notify_file(file->place.node, IN_MODIFY);
	return error;
}

/* Makes the pages of [from, to) exist; what was there stays. The inode is locked. */
static long allocate(struct inode *inode, u64 from, u64 to, bool keep_size)
{
	u64 size = inode->size;
	long error = to > size ? inode_truncate(inode, to) : inode_make_pages(inode);

	for (u64 i = from >> PAGE_SHIFT; error == 0 && i << PAGE_SHIFT < to; i++)
		error = inode_make_page(inode, i);
	if (to > size && (keep_size || error != 0)) {
		/* Pages behind the end are not kept: they would be lost at the next change of size
		 * anyway. */
		long ignored = inode_truncate(inode, size);

		check(ignored == 0);
	}
	return error;
}

static long punch(struct inode *inode, u64 from, u64 to)
{
	long error = inode_make_pages(inode);

	for (to = MIN(to, inode->size); error == 0 && from < to;) {
		u64 n = MIN(to - from, PAGE_SIZE - from % PAGE_SIZE);
		u8 *page = env_object_page(inode->pages, from >> PAGE_SHIFT, false);

		if (page)
			memset(page + from % PAGE_SIZE, 0, n);
		from += n;
	}
	inode_touch(inode, TOUCH_MTIME | TOUCH_CTIME);
	return error;
}

/* fallocate on a file that can, which the caller has locked. */
static long change_space(struct inode *inode, u32 mode, u64 from, u64 to)
{
	long error;

	if (mode & FALLOC_PUNCH_HOLE)
		return inode->seals & SEALS_ON_WRITING ? -EPERM : punch(inode, from, to);
	error = check_limit(inode, to); /* where the size is to stay, too */
	if (error != 0)
		return error;
	if (inode->seals & SEAL_GROW && to > inode->size)
		return -EPERM;
	return allocate(inode, from, to, mode & FALLOC_KEEP_SIZE);
}

/* Whether Linux knows such a mode at all; which of them a file system has is another question. */
static bool is_known_mode(u32 mode)
{
	bool keep = mode & FALLOC_KEEP_SIZE;

	switch (mode & ~FALLOC_KEEP_SIZE) {
	case 0:
	case FALLOC_UNSHARE:
	case FALLOC_ZERO:
		return true;
	case FALLOC_PUNCH_HOLE:
		return keep;
	case FALLOC_COLLAPSE:
	case FALLOC_INSERT:
		return !keep;
	default:
		return false;
	}
}

static bool is_stream(const struct open_file *file)
{
	return file->ops->capacity || (file->inode && inode_is(file->inode, S_IFIFO));
}

long sys_fallocate(int fd, int mode, long offset, long length)
{
	struct open_file *file = files_find_usable(fd);
	struct inode *inode;
	long error;

	if (!file)
		return -EBADF;
	if (offset < 0 || length <= 0)
		return -EINVAL;
	if (!is_known_mode((u32)mode))
		return -EOPNOTSUPP;
	if (!file->ops->write)
		return -EBADF;
	inode = file->inode;
	if (is_stream(file))
		return -ESPIPE;
	if (!inode)
		return -ENODEV;
	if (inode_is(inode, S_IFDIR))
		return -EISDIR;
	if (!inode_is(inode, S_IFREG))
		return -ENODEV;
	if (inode->ops->prepare) /* blocks without bytes: ext2 has no way to say that */
		return -EOPNOTSUPP;
	if (length > INT64_MAX - offset)
		return -EFBIG;
	if ((mode & ~(FALLOC_KEEP_SIZE | FALLOC_PUNCH_HOLE)) != 0)
		return -EOPNOTSUPP;
	error = inode_lock(inode);
	if (error != 0)
		return error;
	error = change_space(inode, (u32)mode, (u64)offset, (u64)offset + (u64)length);
	inode_unlock(inode);
	if (error == 0)
		notify_use(file->place.node, IN_MODIFY);
	return error;
}

/* --- advice: all there is of files is in memory, or is read when it is wanted --- */

#define ADVICE_LAST 5 /* POSIX_FADV_NOREUSE */

long sys_fadvise64(int fd, long offset, size_t length, int advice)
{
	struct open_file *file = files_find_usable(fd);

	(void)offset;
	if (!file)
		return -EBADF;
	if (is_stream(file))
		return -ESPIPE;
	return (s64)length < 0 || (u32)advice > ADVICE_LAST ? -EINVAL : 0;
}

long sys_readahead(int fd, long offset, size_t count)
{
	struct open_file *file = files_find_usable(fd);

	(void)offset;
	if (!file || (!file->ops->read && file_not_readable(file) == -EBADF))
		return -EBADF;
	return file->inode && inode_is(file->inode, S_IFREG) && (s64)count >= 0 ? 0 : -EINVAL;
}

/* --- to the disk --- */

long sys_fsync(int fd)
{
	struct open_file *file = files_find_usable(fd);

	if (!file)
		return -EBADF;
	if (!file->inode || inode_is(file->inode, S_IFCHR) || inode_is(file->inode, S_IFIFO))
		return -EINVAL;
	if (IS_ENABLED(CONFIG_SERVICES_DEVICES) && inode_is(file->inode, S_IFBLK))
		return disk_sync();
	return file->inode->ops->sync ? file->inode->ops->sync(file->inode) : 0;
}

long sys_fdatasync(int fd)
{
	return sys_fsync(fd);
}

long sys_sync_file_range(int fd, long offset, long length, unsigned int flags)
{
	struct open_file *file = files_find_usable(fd);

	if (!file)
		return -EBADF;
	if ((flags & ~7u) != 0 || offset < 0 || length < 0 || length > INT64_MAX - offset)
		return -EINVAL;
	if (!file->inode || inode_is(file->inode, S_IFCHR) || inode_is(file->inode, S_IFIFO))
		return -ESPIPE;
	return sys_fsync(fd);
}

static long volume_sync(struct volume *volume)
{
	return volume->type->sync ? volume->type->sync(volume) : 0;
}

long sys_syncfs(int fd)
{
	struct open_file *file = files_find_usable(fd);

	if (!file)
		return -EBADF;
	return file->place.mount ? volume_sync(file->place.mount->volume) : 0;
}

/* As on Linux it does not tell what went wrong: fsync does. */
long sys_sync(void)
{
	struct mount *mount;

	list_for_each(mount, &mounts, link)
	{
		if (volume_sync(mount->volume) != 0)
			kprintf("sync: %s cannot be written\n", mount->source);
	}
	return 0;
}
