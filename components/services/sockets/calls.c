/* calls: the calls that send and receive. */
#include <services/clock/clock.h>
#include <services/sockets/header.h>

#include <unix_calls.h>

/* --- one buffer --------------------------------------------------------------------------------
 */

/* One buffer of the client's, and the socket behind a descriptor. */
struct transfer {
	struct iovec one;
	struct io io;
	struct open_file *file; /* socket_put() gives it back */
};

static long transfer_begin(struct transfer *t, int fd, vaddr_t buf, size_t count)
{
	t->one = (struct iovec){buf, MIN(count, IO_MAX_BYTES)};
	t->io = (struct io){&t->one, t->one.length};
	return io_is_user_range(buf, t->one.length) ? socket_get(fd, &t->file) : -EFAULT;
}

static long send_one(struct open_file *file, struct io *io, u32 flags, vaddr_t to, int to_length)
{
	struct socket_extra extra = {.flags = flags};
	long error;

	if (to != 0) {
		error = address_fetch(extra.name, to, to_length);
		if (error != 0)
			return error;
		extra.name_length = (u32)to_length;
	}
	return socket_send(file, io, &extra);
}

long sys_sendto(int fd, vaddr_t buf, size_t count, unsigned int flags, vaddr_t to, int to_length)
{
	struct transfer t;
	long result = transfer_begin(&t, fd, buf, count);

	if (result != 0)
		return result;
	result = send_one(t.file, &t.io, flags, to, to_length);
	socket_put(t.file);
	return result;
}

static long receive_one(
	struct open_file *file, struct io *io, u32 flags, vaddr_t from, vaddr_t length_at)
{
	struct socket_extra extra = {.flags = flags, .wants_name = from != 0};
	long result = socket_receive(file, io, &extra), error;

	rights_free(extra.rights); /* there is no room for them */
	if (result < 0 || from == 0)
		return result;
	error = address_store(extra.name, extra.name_length, from, length_at);
	return error != 0 ? error : result;
}

long sys_recvfrom(
	int fd, vaddr_t buf, size_t count, unsigned int flags, vaddr_t from, vaddr_t length_at)
{
	struct transfer t;
	long result = transfer_begin(&t, fd, buf, count);

	if (result != 0)
		return result;
	result = receive_one(t.file, &t.io, flags, from, length_at);
	socket_put(t.file);
	return result;
}

/* --- headers ------------------------------------------------------------------------------------
 */

static long send_described(
	struct open_file *file, struct socket_header *header, struct io *io, u32 flags)
{
	struct socket_extra extra = {.flags = flags};
	long result = address_fetch(extra.name, header->name, header->name_length);

	extra.name_length = (u32)header->name_length;
	if (result == 0)
		result = socket_may_send(socket_of(file));
	if (result == 0)
		result = control_read(&extra, header->control, header->control_length);
	if (result == 0)
		result = socket_send(file, io, &extra);
	rights_free(extra.rights);
	return result;
}

static long send_header(struct open_file *file, vaddr_t at, u32 flags)
{
	struct message_vector vector;
	struct socket_header header;
	long result = header_fetch(&header, at, &vector);

	if (result != 0)
		return result;
	result = send_described(file, &header, &vector.io, flags);
	header_end(&vector);
	return result;
}

/* What is told beside the bytes: where it fits, and how much of the room was used. */
static long tell(struct open_file *file, vaddr_t at, const struct socket_header *header,
	struct socket_extra *extra)
{
	u64 used;
	long error = 0;

	control_write(socket_of(file), extra);
	if (header->name != 0)
		error = address_store(extra->name, extra->name_length, header->name,
			at + offsetof(struct socket_header, name_length));
	if (error != 0)
		return error;
	extra->flags_out |= extra->flags & MSG_CMSG_CLOEXEC;
	if (env_copyout(at + offsetof(struct socket_header, flags), &extra->flags_out,
		    sizeof(extra->flags_out)) != K_OK)
		return -EFAULT;
	used = extra->control - header->control;
	return errno_of(env_copyout(
		at + offsetof(struct socket_header, control_length), &used, sizeof(used)));
}

static long receive_header(struct open_file *file, vaddr_t at, u32 flags, u32 *flags_out)
{
	struct message_vector vector;
	struct socket_header header;
	long result = header_fetch(&header, at, &vector), error;

	if (result != 0)
		return result;
	struct socket_extra extra = {
		.flags = flags,
		.wants_name = header.name != 0,
		.control = header.control,
		.control_left = header.control_length,
	};
	result = socket_receive(file, &vector.io, &extra);
	if (result >= 0) {
		error = tell(file, at, &header, &extra);
		result = error != 0 ? error : result;
	}
	*flags_out = extra.flags_out;
	rights_free(extra.rights);
	header_end(&vector);
	return result;
}

long sys_sendmsg(int fd, vaddr_t at, unsigned int flags)
{
	struct open_file *file;
	long result;

	if (flags & MSG_CMSG_COMPAT)
		return -EINVAL;
	result = socket_get(fd, &file);
	if (result != 0)
		return result;
	result = send_header(file, at, flags);
	socket_put(file);
	return result;
}

long sys_recvmsg(int fd, vaddr_t at, unsigned int flags)
{
	struct open_file *file;
	u32 flags_out;
	long result;

	if (flags & MSG_CMSG_COMPAT)
		return -EINVAL;
	result = socket_get(fd, &file);
	if (result != 0)
		return result;
	result = receive_header(file, at, flags, &flags_out);
	socket_put(file);
	return result;
}

/* --- several of them
 * ------------------------------------------------------------------------------ */

static vaddr_t length_of(vaddr_t at)
{
	return at + offsetof(struct socket_header_many, length);
}

static long send_many(struct open_file *file, vaddr_t at, u32 count, u32 flags)
{
	long done = 0, result = 0;

	for (; done < (long)count; done++, at += sizeof(struct socket_header_many)) {
		u32 length;

		result = send_header(file, at, flags);
		if (result < 0)
			break;
		length = (u32)result;
		result = errno_of(env_copyout(length_of(at), &length, sizeof(length)));
		if (result != 0)
			break;
	}
	return done > 0 ? done : result;
}

long sys_sendmmsg(int fd, vaddr_t at, unsigned int count, unsigned int flags)
{
	struct open_file *file;
	long result;

	if (flags & MSG_CMSG_COMPAT)
		return -EINVAL;
	result = socket_get(fd, &file);
	if (result != 0)
		return result;
	result = send_many(file, at, MIN(count, (u32)IO_VECTOR_MAX), flags);
	socket_put(file);
	return result;
}

/* The time is looked at between two messages only, as on Linux. */
static long receive_many(struct open_file *file, vaddr_t at, u32 count, u32 flags, u64 deadline)
{
	long done = 0, result = socket_take_error(socket_of(file));

	while (result == 0 && done < (long)count) {
		u32 length, flags_out;

		result = receive_header(file, at, flags & ~MSG_WAITFORONE, &flags_out);
		if (result < 0)
			break;
		length = (u32)result;
		result = errno_of(env_copyout(length_of(at), &length, sizeof(length)));
		if (result != 0)
			break;
		done++;
		at += sizeof(struct socket_header_many);
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (deadline <= env_now())
			break;
	}
	if (done > 0 && result < 0 && result != -EAGAIN && result != -ERESTARTSYS)
		socket_of(file)->error = (s32)-result; /* for the next call */
	return done > 0 ? done : result;
}

static long read_deadline(vaddr_t timeout, u64 *deadline)
{
	struct timespec time;

	*deadline = ENV_FOREVER;
	if (timeout == 0)
		return 0;
	if (env_copyin(&time, timeout, sizeof(time)) != K_OK)
		return -EFAULT;
	if (time.seconds < 0 || time.nanoseconds < 0 || time.nanoseconds >= NSEC_PER_SEC)
		return -EINVAL;
	if (time.seconds < INT64_MAX / NSEC_PER_SEC / 2)
		*deadline = env_now() + (u64)(time.seconds * NSEC_PER_SEC + time.nanoseconds);
	return 0;
}

static long tell_left(vaddr_t timeout, u64 deadline)
{
	u64 now = env_now(), left = deadline > now ? deadline - now : 0;
	struct timespec time = {(s64)(left / NSEC_PER_SEC), (s64)(left % NSEC_PER_SEC)};

	if (timeout == 0 || deadline == ENV_FOREVER)
		return 0;
	return errno_of(env_copyout(timeout, &time, sizeof(time)));
}

long sys_recvmmsg(int fd, vaddr_t at, unsigned int count, unsigned int flags, vaddr_t timeout)
{
	struct open_file *file;
	u64 deadline;
	long result;

	if (flags & MSG_CMSG_COMPAT)
		return -EINVAL;
	result = read_deadline(timeout, &deadline);
	if (result == 0)
		result = socket_get(fd, &file);
	if (result != 0)
		return result;
	result = receive_many(file, at, count, flags, deadline);
	socket_put(file);
	if (result > 0 && tell_left(timeout, deadline) != 0)
		result = -EFAULT;
	return result;
}
