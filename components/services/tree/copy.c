/*
 * copy: from one open file to another without passing through the client: sendfile,
 * copy_file_range.
 *
 * The bytes go through memory of the services, a page at a time, with the operations that a
 * client's read and write would use.
 */
#include <services/tree/tree.h>

#include <unix_calls.h>

struct copying {
	struct open_file *in, *out;
	u64 *in_at;
	u64 *out_at; /* NULL: as write() does, at the file's own position */
	u8 *buffer;
};

static long read_piece(const struct copying *c, u64 n)
{
	struct own_io own;

	own_io_init(&own, c->buffer, n);
	return c->in->ops->read_at(c->in, &own.io, *c->in_at);
}

static long write_piece(const struct copying *c, u64 n)
{
	struct own_io own;

	if (!file_can_splice(c->out))
		return -EINVAL;
	own_io_init(&own, c->buffer, n);
	return c->out_at ? c->out->ops->write_at(c->out, &own.io, *c->out_at)
			 : c->out->ops->write(c->out, &own.io);
}

/* How many bytes were copied, or -errno. */
static long copy(struct copying *c, u64 count)
{
	u64 done = 0;
	long n = 0;

	c->buffer = kalloc(PAGE_SIZE);
	if (!c->buffer)
		return -ENOMEM;
	while (done < count) {
		long got = read_piece(c, MIN(count - done, PAGE_SIZE));

		n = got > 0 ? write_piece(c, (u64)got) : got;
		if (n <= 0)
			break;
		*c->in_at += (u64)n;
		if (c->out_at)
			*c->out_at += (u64)n;
		done += (u64)n;
		if (n < got)
			break;
	}
	kfree(c->buffer, PAGE_SIZE);
	if (done == 0)
		return n;
	if (c->in->inode)
		notify_use(c->in->place.node, IN_ACCESS);
	if (c->out->inode)
		notify_use(c->out->place.node, IN_MODIFY);
	return (long)done;
}

/* The position at `address` of the client's. */
static long fetch_position(vaddr_t address, s64 *position)
{
	return errno_of(env_copyin(position, address, sizeof(*position)));
}

/* What sendfile looks at before it looks at where the bytes go. */
static long check_source(const struct copying *c, bool given, s64 *position, size_t count)
{
	if (!c->in || (!c->in->ops->read && file_not_readable(c->in) == -EBADF))
		return -EBADF;
	if (given && !file_has_positions(c->in))
		return -ESPIPE;
	if (!given)
		*position = (s64)c->in->position;
	if ((s64)count < 0 || *position < 0 || (s64)count > INT64_MAX - *position)
		return -EINVAL;
	return 0;
}

long sys_sendfile(int out_fd, int in_fd, vaddr_t offset, size_t count)
{
	struct copying c = {.in = files_find_usable(in_fd), .out = files_find_usable(out_fd)};
	u64 out_position;
	s64 position = 0;
	long result;

	if (offset != 0 && env_copyin(&position, offset, sizeof(position)) != K_OK)
		return -EFAULT;
	result = check_source(&c, offset != 0, &position, count);
	if (result != 0)
		return result;
	if (!c.out || !c.out->ops->write)
		return -EBADF;
	if (!c.in->ops->read_at || !file_can_splice(c.in))
		return -EINVAL;
	if (c.out->flags & O_APPEND)
		return -EINVAL;
	out_position = c.out->position; /* which may be the same file's: so both are kept apart
					   until the end */
	c.in_at = (u64 *)&position;
	c.out_at = c.out->ops->seek ? &out_position : NULL;
	result = copy(&c, MIN(count, IO_MAX_BYTES));
	if (result <= 0)
		return result;
	c.out->position = out_position;
	if (!c.in->inode || !inode_is(c.in->inode, S_IFREG))
		position -= result; /* a device has no position that could move */
	if (offset == 0)
		c.in->position = (u64)position;
	else if (env_copyout(offset, &position, sizeof(position)) != K_OK)
		return -EFAULT;
	return result;
}

/* The checks of Linux's generic_copy_file_checks(), as far as they concern us. */
static long check_range_copy(const struct copying *c, u64 *count)
{
	const struct inode *in = c->in->inode, *out = c->out->inode;

	if ((in && inode_is(in, S_IFDIR)) || (out && inode_is(out, S_IFDIR)))
		return -EISDIR;
	if (!in || !out || !inode_is(in, S_IFREG) || !inode_is(out, S_IFREG))
		return -EINVAL;
	if (!c->in->ops->read || !c->out->ops->write || c->out->flags & O_APPEND)
		return -EBADF;
	if (in->volume != out->volume)
		return -EXDEV;
	if (*c->in_at + *count < *c->in_at || *c->out_at + *count < *c->out_at)
		return -EOVERFLOW;
	if ((s64)*c->in_at < 0 || (s64)*c->out_at < 0)
		return -EINVAL;
	if (*c->out_at == INT64_MAX)
		return -EFBIG;
	*count = *c->in_at < in->size ? MIN(*count, in->size - *c->in_at) : 0;
	if (in == out && *c->in_at < *c->out_at + *count && *c->out_at < *c->in_at + *count)
		return -EINVAL;
	return 0;
}

long sys_copy_file_range(
	int in_fd, vaddr_t in_at, int out_fd, vaddr_t out_at, size_t count, unsigned int flags)
{
	struct copying c = {.in = files_find_usable(in_fd), .out = files_find_usable(out_fd)};
	s64 in_position, out_position;
	u64 bytes;
	long result;

	if (!c.in || !c.out)
		return -EBADF;
	in_position = (s64)c.in->position;
	out_position = (s64)c.out->position;
	if (in_at != 0 && (result = fetch_position(in_at, &in_position)) != 0)
		return result;
	if (out_at != 0 && (result = fetch_position(out_at, &out_position)) != 0)
		return result;
	if (flags != 0)
		return -EINVAL;
	c.in_at = (u64 *)&in_position;
	c.out_at = (u64 *)&out_position;
	bytes = MIN(count, IO_MAX_BYTES);
	result = check_range_copy(&c, &bytes);
	if (result == 0 && bytes > 0)
		result = copy(&c, bytes);
	if (result <= 0)
		return result;
	if (in_at == 0)
		c.in->position = (u64)in_position;
	else if (env_copyout(in_at, &in_position, sizeof(in_position)) != K_OK)
		return -EFAULT;
	if (out_at == 0)
		c.out->position = (u64)out_position;
	else if (env_copyout(out_at, &out_position, sizeof(out_position)) != K_OK)
		return -EFAULT;
	return result;
}
