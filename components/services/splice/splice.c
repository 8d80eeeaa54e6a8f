/*
 * splice: bytes between pipes and files, and between pipes and memory.
 *
 * The order of the checks is that of Linux's fs/splice.c.
 */
#include <services/errno.h>
#include <services/files/files.h>
#include <services/pipes/pipe.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

#define SPLICE_NONBLOCK 2u
#define SPLICE_FLAGS    15u /* and MOVE, MORE, GIFT, which promise nothing */

/* One side of a transfer, which is no pipe. */
struct side {
	struct open_file *file;
	u64 *position; /* NULL: the file has none, or none that matters */
	bool more;     /* it has given some: no waiting for the rest */
};

static struct pipe *pipe_of(const struct open_file *file)
{
	return file->ops->capacity ? file->object : NULL;
}

/* --- movers: see pipe.h --- */

static long put(void *context, u8 *bytes, u32 n)
{
	struct side *to = context;
	struct own_io own;
	long result;

	own_io_init(&own, bytes, n);
	if (!to->position)
		return to->file->ops->write(to->file, &own.io);
	result = to->file->ops->write_at(to->file, &own.io, *to->position);
	if (result > 0)
		*to->position += (u64)result;
	return result;
}

/* A stream that has given something is not waited for once more. Its operation does not sleep then,
 * so nobody sees the flag that says so. */
static long read_rest(struct side *from, struct io *io)
{
	u32 flags = from->file->flags;
	long result;

	if (from->file->inode)
		return 0; /* a device gives what it gives at once */
	from->file->flags |= O_NONBLOCK;
	result = from->file->ops->read(from->file, io);
	from->file->flags = flags;
	return result;
}

static long get(void *context, u8 *bytes, u32 n)
{
	struct side *from = context;
	struct own_io own;
	long result;

	if (from->position) /* a page of the file takes one slot */
		n = MIN(n, (u32)(PAGE_SIZE - *from->position % PAGE_SIZE));
	own_io_init(&own, bytes, n);
	if (from->position)
		result = from->file->ops->read_at(from->file, &own.io, *from->position);
	else
		result = from->more ? read_rest(from, &own.io)
				    : from->file->ops->read(from->file, &own.io);
	from->more = true;
	if (result > 0 && from->position)
		*from->position += (u64)result;
	return result;
}

static long put_to_client(void *context, u8 *bytes, u32 n)
{
	size_t moved;
	enum kstatus status = io_copyout(context, bytes, n, &moved);

	return status == K_OK ? (long)n : errno_of(status); /* a part of a slot does not count */
}

/* What lies in one page of the client's takes one slot, and comes whole or not at all. */
static long get_from_client(void *context, u8 *bytes, u32 n)
{
	struct io *from = context;
	struct iovec *front = from->at;
	enum kstatus status;
	size_t moved;

	while (front->length == 0)
		front++;
	n = (u32)MIN(MIN(n, front->length), PAGE_SIZE - front->base % PAGE_SIZE);
	status = io_copyin(from, bytes, n, &moved);
	return status == K_OK ? (long)n : errno_of(status);
}

/* --- splice --- */

/* Where a file that is no pipe is read or written: -EINVAL. Regular files alone have a position
 * that moves. */
static long set_position(struct side *side, s64 *given, bool has_at)
{
	if (given && !has_at)
		return -EINVAL;
	side->position = NULL;
	if (given)
		side->position = (u64 *)given;
	else if (side->file->inode && inode_is(side->file->inode, S_IFREG) && has_at)
		side->position = &side->file->position;
	return side->position && (s64)*side->position < 0 ? -EINVAL : 0;
}

static long pipe_to_file(struct pipe *pipe, struct open_file *out, s64 *at, u64 n, bool waits)
{
	struct side to = {.file = out};
	long error = set_position(&to, at, out->ops->write_at != NULL);

	if (error == 0 && (out->flags & O_APPEND || !file_can_splice(out)))
		error = -EINVAL;
	if (error == 0 && to.position && n > INT64_MAX - *to.position)
		error = -EINVAL;
	return error == 0 ? pipe_move_out(pipe, n, waits, put, &to) : error;
}

static long file_to_pipe(struct open_file *in, s64 *at, struct pipe *pipe, u64 n, bool waits)
{
	struct side from = {.file = in, .more = !waits && !in->inode};
	long error = set_position(&from, at, in->ops->read_at != NULL);

	if (error != 0)
		return error;
	/* Linux looks at the pipe first; a file that cannot is noticed when there is room. */
	return file_can_splice(in) ? pipe_move_in(pipe, n, waits, get, &from) : -EINVAL;
}

/* What has happened to the files, for who looks at their times or watches them. */
static void note(struct open_file *in, struct open_file *out)
{
	if (in->inode && pipe_of(in))
		inode_was_read(in->inode);
	if (in->inode)
		notify_use(in->place.node, IN_ACCESS);
	if (out->inode && pipe_of(out))
		inode_touch(out->inode, TOUCH_MTIME | TOUCH_CTIME);
	if (out->inode)
		notify_use(out->place.node, IN_MODIFY);
}

static long splice(
	struct open_file *in, s64 *in_at, struct open_file *out, s64 *out_at, u64 n, unsigned flags)
{
	struct pipe *from = pipe_of(in), *to = pipe_of(out);
	bool waits = !(flags & SPLICE_NONBLOCK) && !(from && in->flags & O_NONBLOCK) &&
		     !(to && out->flags & O_NONBLOCK);
	long result = -EINVAL;

	if (!in->ops->read && file_not_readable(in) == -EBADF)
		return -EBADF;
	if (!out->ops->write)
		return -EBADF;
	if (from && to)
		result = from == to ? -EINVAL : pipe_move_between(from, to, n, waits, false);
	else if (from)
		result = pipe_to_file(from, out, out_at, n, waits);
	else if (to)
		result = file_to_pipe(in, in_at, to, n, waits);
	if (result > 0)
		note(in, out);
	return result;
}

/* The position at `address` of the client's, which only a file that is no pipe has. */
static long fetch_position(vaddr_t address, s64 *position)
{
	return env_copyin(position, address, sizeof(*position)) == K_OK ? 0 : -EFAULT;
}

long sys_splice(int in_fd, vaddr_t in_at, int out_fd, vaddr_t out_at, size_t n, unsigned int flags)
{
	struct open_file *in, *out;
	s64 in_position, out_position;
	long result;

	if (n == 0)
		return 0;
	if ((flags & ~SPLICE_FLAGS) != 0)
		return -EINVAL;
	in = files_find_usable(in_fd);
	out = files_find_usable(out_fd);
	if (!in || !out)
		return -EBADF;
	if ((in_at != 0 && pipe_of(in)) || (out_at != 0 && pipe_of(out)))
		return -ESPIPE;
	if (out_at != 0 && (result = fetch_position(out_at, &out_position)) != 0)
		return result;
	if (in_at != 0 && (result = fetch_position(in_at, &in_position)) != 0)
		return result;
	result = splice(in, in_at ? &in_position : NULL, out, out_at ? &out_position : NULL,
		MIN(n, IO_MAX_BYTES), flags);
	if (result < 0)
		return result;
	if (out_at != 0 && env_copyout(out_at, &out_position, sizeof(out_position)) != K_OK)
		return -EFAULT;
	if (in_at != 0 && env_copyout(in_at, &in_position, sizeof(in_position)) != K_OK)
		return -EFAULT;
	return result;
}

/* --- tee, vmsplice --- */

long sys_tee(int in_fd, int out_fd, size_t n, unsigned int flags)
{
	struct open_file *in, *out;
	struct pipe *from, *to;
	bool waits;

	if ((flags & ~SPLICE_FLAGS) != 0)
		return -EINVAL;
	if (n == 0)
		return 0;
	in = files_find_usable(in_fd);
	out = files_find_usable(out_fd);
	if (!in || !out || !out->ops->write || (!in->ops->read && file_not_readable(in) == -EBADF))
		return -EBADF;
	from = pipe_of(in);
	to = pipe_of(out);
	if (!from || !to || from == to)
		return -EINVAL;
	waits = !(flags & SPLICE_NONBLOCK) && !((in->flags | out->flags) & O_NONBLOCK);
	return pipe_move_between(from, to, n, waits, true);
}

long sys_vmsplice(int fd, vaddr_t iov, size_t count, unsigned int flags)
{
	struct open_file *file;
	struct iovec fast[IO_VECTOR_FAST];
	struct iovec *vector;
	bool waits = !(flags & SPLICE_NONBLOCK);
	long result;

	if ((flags & ~SPLICE_FLAGS) != 0)
		return -EINVAL;
	file = files_find_usable(fd);
	if (!file || (!file->ops->write && !file->ops->read))
		return -EBADF;
	result = io_fetch_vector(fast, &vector, iov, count);
	if (result > 0) {
		struct io io = {vector, (u64)result};
		struct pipe *pipe = pipe_of(file);

		if (!pipe)
			result = -EBADF;
		else if (file->ops->write)
			result = pipe_move_in(pipe, io.left, waits, get_from_client, &io);
		else
			result = pipe_move_out(pipe, io.left, waits, put_to_client, &io);
	}
	io_free_vector(fast, vector, count);
	return result;
}
