/* receive: taking a datagram or a packet; what all types have in common. */
#include <services/process/sleep.h>
#include <services/sockets/sockets.h>

long socket_begin_reading(struct unix_socket *socket)
{
	while (socket->reading) {
		long error = errno_of(call_sleep(&socket->idle, ENV_FOREVER));

		if (error != 0)
			return error;
	}
	socket->reading = true;
	return 0;
}

void socket_end_reading(struct unix_socket *socket)
{
	socket->reading = false;
	env_wakeup_all(&socket->idle);
}

void socket_name_sender(struct socket_extra *extra, const struct message *message)
{
	if (extra->wants_name && message->sender->address)
		extra->name_length = address_of(message->sender, extra->name);
}

/* The message that a call is about: the first, or the one that peeking has come to. */
static struct message *find(struct unix_socket *socket, u32 flags, u32 *skip)
{
	struct message *message;

	*skip = flags & MSG_PEEK && socket->peek_offset > 0 ? (u32)socket->peek_offset : 0;
	list_for_each(message, &socket->messages, link)
	{
		if (!(flags & MSG_PEEK) || *skip == 0 || *skip < message->length)
			return message;
		*skip -= message->length;
	}
	return NULL;
}

/* Why there will be none; 0: wait. An end is no error: 1. */
static long why_none(struct unix_socket *socket)
{
	if (socket->error != 0)
		return socket_take_error(socket);
	if (socket->shutdown & SHUT_RECEIVE)
		return 1;
	if (socket->type == SOCK_SEQPACKET && socket->state == SOCKET_CLOSED)
		return -ENOTCONN;
	return 0;
}

/* Waits for a message: 0 and *out, or NULL at the end; -errno. */
static long wait_for_message(struct open_file *file, u32 flags, struct message **out, u32 *skip)
{
	struct unix_socket *socket = socket_of(file);
	u64 deadline = socket_deadline(file, flags, socket->receive_timeout);

	*out = NULL;
	for (;;) {
		long error = socket_take_error(socket);

		if (error != 0)
			return error;
		*out = find(socket, flags, skip);
		if (*out)
			return 0;
		if (deadline == 0 || deadline <= env_now())
			return socket->type == SOCK_SEQPACKET && socket->shutdown & SHUT_RECEIVE
				       ? 0
				       : -EAGAIN;
		error = why_none(socket);
		if (error != 0)
			return error > 0 ? 0 : error;
		error = socket_sleep(&socket->readable, deadline);
		if (error != 0 && error != -EAGAIN)
			return error;
	}
}

/* What goes to the reader beside the bytes: as a copy, where he only peeks. */
static void take_extra(
	struct unix_socket *socket, struct message *message, struct socket_extra *extra)
{
	extra->identity = message->from;
	if (!message->rights)
		return;
	if (extra->flags & MSG_PEEK) {
		extra->rights = rights_copy(message->rights);
		return;
	}
	rights_land(message->rights);
	extra->rights = message->rights;
	message->rights = NULL;
	(void)socket;
}

static long read_message(struct unix_socket *socket, struct message *message, struct io *io,
	struct socket_extra *extra, u32 skip)
{
	u32 length = message->length - skip, n = (u32)MIN((u64)length, io->left);
	size_t moved;

	socket_name_sender(extra, message);
	if (n < length)
		extra->flags_out |= MSG_TRUNC;
	if (message_copy(message, skip, io, n, &moved) != K_OK)
		return -EFAULT;
	if (socket->peek_offset >= 0)
		socket->peek_offset = extra->flags & MSG_PEEK
					      ? socket->peek_offset + (s32)n
					      : MAX(socket->peek_offset - (s32)message->length, 0);
	take_extra(socket, message, extra);
	return extra->flags & MSG_TRUNC ? (long)length : (long)n;
}

static long datagram_receive(struct open_file *file, struct io *io, struct socket_extra *extra)
{
	struct unix_socket *socket = socket_of(file);
	struct message *message;
	u32 skip;
	long result;

	if (extra->flags & MSG_OOB)
		return -EOPNOTSUPP;
	result = wait_for_message(file, extra->flags, &message, &skip);
	if (!message)
		return result;
	if (extra->flags & MSG_PEEK)
		message->refs++;
	else
		message_remove(socket, message);
	datagram_room(socket);
	result = read_message(socket, message, io, extra, skip);
	message_free(message);
	return result;
}

long socket_receive(struct open_file *file, struct io *io, struct socket_extra *extra)
{
	struct unix_socket *socket = socket_of(file);

	switch (socket->type) {
	case SOCK_STREAM:
		return stream_receive(file, io, extra);
	case SOCK_SEQPACKET:
		if (socket->state != SOCKET_CONNECTED)
			return -ENOTCONN;
		return datagram_receive(file, io, extra);
	default:
		return datagram_receive(file, io, extra);
	}
}
