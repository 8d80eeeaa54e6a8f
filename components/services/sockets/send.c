/*
 * send: the stream's side of sending, and what all types have in common.
 *
 * A stream is cut into messages where Linux cuts it: that decides how much fits, and what goes
 * together with descriptors.
 */
#include <services/process/process.h>
#include <services/sockets/sockets.h>

#define HEAD_MAX  3776u  /* what Linux puts into the head of a buffer: SKB_MAX_HEAD(0) */
#define CHUNK_MAX 48832u /* SKB_MAX_ALLOC + UNIX_SKB_FRAGS_SZ */

/* Bytes of the next message. */
static u32 chunk_of(const struct unix_socket *socket, u64 left)
{
	u64 size = MIN(left, (u64)(socket->send_limit >> 1) - 64);

	return (u32)MIN(size, CHUNK_MAX);
}

static u32 charge_of(u32 size)
{
	u32 data = size > HEAD_MAX ? ALIGN_UP(size - HEAD_MAX, (u32)PAGE_SIZE) : 0;

	data = MIN(data, size);
	return message_charge(size - data, data);
}

/* One message of the stream; -EPIPE: nobody will read it. */
static long send_chunk(struct open_file *file, struct io *io, struct socket_extra *extra, u32 size)
{
	struct unix_socket *socket = socket_of(file), *to = socket->peer;
	u64 deadline = socket_deadline(file, extra->flags, socket->send_timeout);
	struct message *message;
	long error = socket_wait_for_buffer(file, deadline);

	if (error != 0)
		return error;
	message = message_create(socket, size, charge_of(size));
	if (!message)
		return -ENOBUFS;
	message_add_extra(message, extra);
	error = message_fill(message, io);
	if (error == 0 && (to->dead || to->shutdown & SHUT_RECEIVE))
		error = -EPIPE;
	if (error != 0) {
		message_free(message);
		return error;
	}
	message_add_sender(message, to);
	message_queue(to, message);
	return 0;
}

static long broken(const struct socket_extra *extra)
{
	return extra->flags & MSG_NOSIGNAL ? -EPIPE : process_broken_pipe();
}

static long send_all(struct open_file *file, struct io *io, struct socket_extra *extra)
{
	struct unix_socket *socket = socket_of(file), *to = socket->peer;
	u64 offered = io->left;

	if (socket->shutdown & SHUT_SEND)
		return broken(extra);
	while (io->left > 0) {
		u64 left = io->left;
		u32 size = chunk_of(socket, left);
		bool was_open;
		long error;

		was_open = !(socket->shutdown & SHUT_SEND);
		error = send_chunk(file, io, extra, size);
		if (error == 0)
			continue;
		if (left < offered)
			return (long)(offered - left);
		/* Linux sends no signal to who slept while his side was shut. */
		if (error == -EPIPE && was_open && (to->dead || to->shutdown & SHUT_RECEIVE) &&
			!(socket->shutdown & SHUT_SEND))
			return broken(extra);
		return error;
	}
	return (long)offered;
}

static long stream_send(struct open_file *file, struct io *io, struct socket_extra *extra)
{
	struct unix_socket *socket = socket_of(file), *to = socket->peer;
	long result;

	if (extra->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (extra->name_length > 0)
		return socket->state == SOCKET_CONNECTED ? -EISCONN : -EOPNOTSUPP;
	if (!to)
		return -ENOTCONN;
	socket_ref(to); /* the other end may close while we sleep */
	result = send_all(file, io, extra);
	socket_unref(to);
	return result;
}

long socket_may_send(struct unix_socket *socket)
{
	long error = socket->type == SOCK_SEQPACKET ? socket_take_error(socket) : 0;

	if (error == 0 && socket->type == SOCK_SEQPACKET && socket->state != SOCKET_CONNECTED)
		error = -ENOTCONN;
	return error;
}

long socket_send(struct open_file *file, struct io *io, struct socket_extra *extra)
{
	struct unix_socket *socket = socket_of(file);
	long error;

	switch (socket->type) {
	case SOCK_STREAM:
		return stream_send(file, io, extra);
	case SOCK_SEQPACKET:
		error = socket_may_send(socket);
		if (error != 0)
			return error;
		extra->name_length = 0;
		return datagram_send(file, io, extra);
	default:
		return datagram_send(file, io, extra);
	}
}
