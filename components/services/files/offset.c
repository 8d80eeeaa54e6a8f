/*
 * offset: lseek, and reading and writing at a position of the caller's.
 *
 * The order of the checks is that of Linux's fs/read_write.c: a bad position comes before a bad
 * descriptor.
 */
#include <services/files/files.h>

#include <unix_calls.h>

#define RWF_HIPRI  1
#define RWF_DSYNC  2
#define RWF_SYNC   4
#define RWF_NOWAIT 8
#define RWF_APPEND 16

long sys_lseek(int fd, long offset, unsigned int whence)
{
	struct open_file *file = files_find_usable(fd);

	if (!file)
		return -EBADF;
	if (whence > SEEK_HOLE)
		return -EINVAL;
	return file->ops->seek ? file->ops->seek(file, offset, whence) : -ESPIPE;
}

/* The file to read or write at `position`, or NULL with *error. `reads`: which of the two. */
static struct open_file *find_seekable(int fd, s64 position, bool reads, long *error)
{
	struct open_file *file = files_find_usable(fd);

	*error = -EINVAL;
	if (position < 0)
		return NULL;
	*error = -EBADF;
	if (!file)
		return NULL;
	*error = -ESPIPE;
	if (!file->ops->seek)
		return NULL;
	*error = reads ? file_not_readable(file) : -EBADF;
	return (reads ? file->ops->read_at : file->ops->write_at) ? file : NULL;
}

long sys_pread64(int fd, vaddr_t buf, size_t count, long position)
{
	long error;
	struct open_file *file = find_seekable(fd, position, true, &error);

	return file ? io_transfer_at(file, file->ops->read_at, buf, count, (u64)position) : error;
}

long sys_pwrite64(int fd, vaddr_t buf, size_t count, long position)
{
	long error;
	struct open_file *file = find_seekable(fd, position, false, &error);

	return file ? io_transfer_at(file, file->ops->write_at, buf, count, (u64)position) : error;
}

long sys_preadv(int fd, vaddr_t iov, size_t count, long position)
{
	long error;
	struct open_file *file = find_seekable(fd, position, true, &error);

	return file ? io_transfer_vector_at(file, file->ops->read_at, iov, count, (u64)position)
		    : error;
}

long sys_pwritev(int fd, vaddr_t iov, size_t count, long position)
{
	long error;
	struct open_file *file = find_seekable(fd, position, false, &error);

	return file ? io_transfer_vector_at(file, file->ops->write_at, iov, count, (u64)position)
		    : error;
}

/* The second forms: position -1 is the file's own; of the flags those are taken that change nothing
 * here. */
long sys_preadv2(int fd, vaddr_t iov, size_t count, long position, long high, int flags)
{
	(void)high; /* of a position in two halves, for machines of 32 bits */
	if (flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC))
		return -EOPNOTSUPP;
	return position == -1 ? sys_readv(fd, iov, count) : sys_preadv(fd, iov, count, position);
}

long sys_pwritev2(int fd, vaddr_t iov, size_t count, long position, long high, int flags)
{
	(void)high;
	if (flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC))
		return -EOPNOTSUPP;
	return position == -1 ? sys_writev(fd, iov, count) : sys_pwritev(fd, iov, count, position);
}
