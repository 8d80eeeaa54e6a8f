/*
 * io: read, write and their vector forms, at the file's position.
 *
 * The order of the checks is Linux's: the descriptor, what it is open for, the vector,
 * the addresses, and only then the device. A device never sees a transfer of 0 bytes, unless it
 * wants to (IO_AS_USUAL).
 */
#include <services/files/files.h>

#include <unix_calls.h>

static long transfer(struct open_file *file, io_function function, vaddr_t buf, u64 count)
{
	struct iovec one = {buf, MIN(count, IO_MAX_BYTES)};
	struct io io = {&one, one.length};

	if (unlikely(!io_is_user_range(buf, count)))
		return function == io_never ? -EINVAL : -EFAULT;
	if (unlikely(count == 0) && file->ops->nothing != IO_AS_USUAL)
		return file->ops->nothing;
	return function(file, &io);
}

/* Why there is no read operation; of a directory the address is looked at first. */
long io_not_readable(const struct open_file *file, vaddr_t buf, u64 count)
{
	long error = file_not_readable(file);

	return error == -EISDIR && !io_is_user_range(buf, count) ? -EFAULT : error;
}

/* A descriptor that is none, or of a table that others use too. */
static noinline long read_shared(int fd, vaddr_t buf, size_t count)
{
	struct open_file *file = files_find(fd);

	if (!file || !file->ops->read)
		return io_not_readable(file, buf, count);
	return transfer(file, file->ops->read, buf, count);
}

long sys_read(int fd, vaddr_t buf, size_t count)
{
	struct open_file *file = files_find_own(fd);

	if (unlikely(!file || !file->ops->read))
		return read_shared(fd, buf, count);
	return transfer(file, file->ops->read, buf, count);
}

static noinline long write_shared(int fd, vaddr_t buf, size_t count)
{
	struct open_file *file = files_find(fd);

	if (!file || !file->ops->write)
		return -EBADF;
	return transfer(file, file->ops->write, buf, count);
}

long sys_write(int fd, vaddr_t buf, size_t count)
{
	struct open_file *file = files_find_own(fd);

	if (unlikely(!file || !file->ops->write))
		return write_shared(fd, buf, count);
	return transfer(file, file->ops->write, buf, count);
}

/* Checks the client's vector, cuts it to IO_MAX_BYTES in all, and says how many bytes that is (or
 * -errno). */
static long check_vector(struct iovec *vector, size_t count)
{
	u64 total = 0;

	for (size_t i = 0; i < count; i++) {
		if ((s64)vector[i].length < 0)
			return -EINVAL;
		if (!io_is_user_range(vector[i].base, vector[i].length))
			return -EFAULT;
		vector[i].length = MIN(vector[i].length, IO_MAX_BYTES - total);
		total += vector[i].length;
	}
	return (long)total;
}

long io_transfer_at(
	struct open_file *file, io_function_at function, vaddr_t buf, u64 count, u64 position)
{
	struct iovec one = {buf, MIN(count, IO_MAX_BYTES)};
	struct io io = {&one, one.length};

	if (!io_is_user_range(buf, count))
		return -EFAULT;
	if (count > INT64_MAX - position)
		return -EINVAL;
	return count > 0 ? function(file, &io, position) : 0;
}

long io_fetch_vector(
	struct iovec fast[IO_VECTOR_FAST], struct iovec **vector, vaddr_t iov, size_t count)
{
	size_t size = count * sizeof(fast[0]);
	long result;

	*vector = fast;
	if (count == 0) /* the address is nobody's concern */
		return 0;
	if (count > IO_VECTOR_MAX)
		return -EINVAL;
	if (count > IO_VECTOR_FAST) {
		*vector = kalloc(size);
		if (!*vector) {
			*vector = fast;
			return -ENOMEM;
		}
	}
	result = errno_of(env_copyin(*vector, iov, size));
	return result == 0 ? check_vector(*vector, count) : result;
}

void io_free_vector(struct iovec fast[IO_VECTOR_FAST], struct iovec *vector, size_t count)
{
	if (vector != fast)
		kfree(vector, count * sizeof(*vector));
}

/* Puts the vector through one of the two functions. */
static long transfer_vector(struct open_file *file, io_function function,
	io_function_at function_at, vaddr_t iov, size_t count, u64 position)
{
	struct iovec fast[IO_VECTOR_FAST];
	struct iovec *vector;
	long result = io_fetch_vector(fast, &vector, iov, count);

	if (result == 0 && function == io_never)
		result = -EINVAL;
	if (result > 0) {
		struct io io = {vector, (u64)result};

		if (!function && io.left > INT64_MAX - position)
			result = -EINVAL;
		else
			result = function ? function(file, &io) : function_at(file, &io, position);
	}
	io_free_vector(fast, vector, count);
	return result;
}

long io_transfer_vector_at(
	struct open_file *file, io_function_at function, vaddr_t iov, size_t count, u64 position)
{
	return transfer_vector(file, NULL, function, iov, count, position);
}

long io_transfer_vector(struct open_file *file, io_function function, vaddr_t iov, size_t count)
{
	return transfer_vector(file, function, NULL, iov, count, 0);
}

static long refuse_directory(struct open_file *file, struct io *io)
{
	(void)io;
	return file_not_readable(file);
}

/* The same as io_not_readable() for a vector, which is looked at first too. */
long io_not_readable_vector(struct open_file *file, vaddr_t iov, size_t count)
{
	if (file_not_readable(file) == -EBADF)
		return -EBADF;
	return transfer_vector(file, refuse_directory, NULL, iov, count, 0);
}

long sys_readv(int fd, vaddr_t iov, size_t count)
{
	struct open_file *file = files_find(fd);

	if (!file || !file->ops->read)
		return io_not_readable_vector(file, iov, count);
	return transfer_vector(file, file->ops->read, NULL, iov, count, 0);
}

long sys_writev(int fd, vaddr_t iov, size_t count)
{
	struct open_file *file = files_find(fd);

	if (!file || !file->ops->write)
		return -EBADF;
	return transfer_vector(file, file->ops->write, NULL, iov, count, 0);
}
