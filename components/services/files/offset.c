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

s64 file_seek_nowhere(struct open_file *file, s64 offset, unsigned whence)
{
	(void)file, (void)offset, (void)whence;
	return 0;
}

s64 file_seek_endless(struct open_file *file, s64 offset, unsigned whence)
{
	if (whence == SEEK_CUR)
		offset += (s64)file->position;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (offset < 0)
		return -EINVAL;
	file->position = (u64)offset;
	return offset;
}

long sys_lseek(int fd, long offset, unsigned int whence)
{
	struct open_file *file = files_find_usable(fd);

	if (!file)
		return -EBADF;
	if (whence > SEEK_HOLE)
		return -EINVAL;
	return file->ops->seek ? file->ops->seek(file, offset, whence) : -ESPIPE;
}

/* The file to read or write at `position`, or NULL with *error. `reads`: which of the two; it may
 * have no read operation. A call of its own would cost 20 instructions. */
static always_inline struct open_file *find_seekable(int fd, s64 position, bool reads, long *error)
{
	struct open_file *file = files_find_usable(fd);

	*error = -EINVAL;
	if (position < 0)
		return NULL;
	*error = -EBADF;
	if (!file)
		return NULL;
	*error = -ESPIPE;
	if (!file_has_positions(file))
		return NULL;
	*error = -EBADF;
	return reads || file->ops->write_at ? file : NULL;
}

long sys_pread64(int fd, vaddr_t buf, size_t count, long position)
{
	long error;
	struct open_file *file = find_seekable(fd, position, true, &error);

	if (file && !file->ops->read_at)
		return io_not_readable(file, buf, count);
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

	if (file && !file->ops->read_at)
		return io_not_readable_vector(file, iov, count);
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

/*
 * The second forms: position -1 is the file's own. As on Linux the flags are looked at last, when
 * there are bytes to move; those that ask for what is done anyway are taken.
 */
#define RWF_TAKEN (RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_APPEND)

static long refuse(struct open_file *file, struct io *io)
{
	(void)file, (void)io;
	return -EOPNOTSUPP;
}

static long refuse_at(struct open_file *file, struct io *io, u64 position)
{
	(void)position;
	return refuse(file, io);
}

static long append_at(struct open_file *file, struct io *io, u64 position)
{
	(void)position;
	return file->ops->write_at(file, io, IO_AT_END);
}

/* The file's own position is then behind what was written. */
static long append(struct open_file *file, struct io *io)
{
	long result = file->ops->seek ? file->ops->write_at(file, io, IO_AT_END)
				      : file->ops->write(file, io);

	if (result > 0 && file->ops->seek)
		file->ops->seek(file, 0, SEEK_END);
	return result;
}

long sys_preadv2(int fd, vaddr_t iov, size_t count, long position, long high, int flags)
{
	bool taken = !(flags & ~RWF_TAKEN);
	struct open_file *file;
	long error;

	(void)high; /* of a position in two halves, for machines of 32 bits */
	if (position == -1) {
		file = files_find_usable(fd);
		if (!file || !file->ops->read)
			return io_not_readable_vector(file, iov, count);
		return io_transfer_vector(file, taken ? file->ops->read : refuse, iov, count);
	}
	file = find_seekable(fd, position, true, &error);
	if (!file)
		return error;
	if (!file->ops->read_at)
		return io_not_readable_vector(file, iov, count);
	return io_transfer_vector_at(
		file, taken ? file->ops->read_at : refuse_at, iov, count, (u64)position);
}

long sys_pwritev2(int fd, vaddr_t iov, size_t count, long position, long high, int flags)
{
	bool taken = !(flags & ~RWF_TAKEN), appends = flags & RWF_APPEND;
	struct open_file *file;
	long error;

	(void)high;
	if (position == -1) {
		file = files_find_usable(fd);
		if (!file || !file->ops->write)
			return -EBADF;
		return io_transfer_vector(file,
			!taken    ? refuse
			: appends ? append
				  : file->ops->write,
			iov, count);
	}
	file = find_seekable(fd, position, false, &error);
	if (!file)
		return error;
	return io_transfer_vector_at(file,
		!taken    ? refuse_at
		: appends ? append_at
			  : file->ops->write_at,
		iov, count, (u64)position);
}
