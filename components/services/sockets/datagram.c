/* datagram: sending and receiving what stays one piece: datagrams and sequenced packets. */
#include <services/sockets/sockets.h>

#define HEAD_MAX  16064u        /* SKB_MAX_ALLOC */
#define DATA_MAX  (17u * 4096u) /* MAX_SKB_FRAGS pages */
#define KEEP_FREE 32u           /* of SO_SNDBUF */

static u32 charge_of(u32 size)
{
	u32 data = size > HEAD_MAX ? ALIGN_UP(MIN(size - HEAD_MAX, DATA_MAX), (u32)PAGE_SIZE) : 0;

	return message_charge(size - MIN(data, size), data);
}

void datagram_room(struct unix_socket *socket)
{
	struct unix_socket *sender;

	env_wakeup_all(&socket->room);
	list_for_each(sender, &socket->senders, sender)
	{
		if (sender->peer->peer != sender)
			watch_wake(&sender->watches, POLL_WRITABLE | POLLWRBAND);
	}
}

/* --- sending --------------------------------------------------------------------------------- */

/* A message of what the caller offers. */
static long make_message(
	struct open_file *file, struct io *io, struct socket_extra *extra, struct message **out)
{
	struct unix_socket *socket = socket_of(file);
	u64 deadline = socket_deadline(file, extra->flags, socket->send_timeout);
	struct message *message;
	u32 size = (u32)io->left;
	long error;

	if (io->left > (u64)socket->send_limit - KEEP_FREE)
		return -EMSGSIZE;
	error = socket_wait_for_buffer(file, deadline);
	if (error != 0)
		return error;
	message = message_create(socket, size, charge_of(size));
	if (!message)
		return -ENOBUFS;
	message_add_extra(message, extra);
	error = message_fill(message, io);
	if (error != 0)
		message_free(message);
	*out = message;
	return error;
}

/* The one it would go to is no more. */
static long to_the_dead(struct unix_socket *socket, struct unix_socket *to)
{
	if (socket->type == SOCK_SEQPACKET)
		return -EPIPE;
	if (socket->peer != to)
		return 0;
	socket_ref(to);
	socket->state = SOCKET_CLOSED;
	socket_set_peer(socket, NULL);
	socket_changed(socket, POLL_WRITABLE);
	datagram_disconnect(socket, to);
	socket_unref(to);
	return -ECONNREFUSED;
}

/* One attempt: 0, -errno, or 1: another may do better. */
static long try_send(
	struct unix_socket *socket, struct unix_socket *to, struct message *message, u64 deadline)
{
	long error;

	if (to->peer && to->peer != socket)
		return -EPERM;
	if (to->dead) {
		error = to_the_dead(socket, to);
		return error == 0 ? 1 : error;
	}
	if (to->shutdown & SHUT_RECEIVE)
		return -EPIPE;
	if (to != socket && to->peer != socket && socket_is_full(to)) {
		if (deadline == 0)
			return -EAGAIN;
		error = socket_sleep(&to->room, deadline);
		return error == 0 ? 1 : error;
	}
	message_add_sender(message, to);
	message_queue(to, message);
	return 0;
}

static long deliver(struct open_file *file, struct unix_socket *to, struct message *message,
	const struct socket_extra *extra)
{
	struct unix_socket *socket = socket_of(file);
	u64 deadline = socket_deadline(file, extra->flags, socket->send_timeout);
	long result;

	if (to)
		socket_ref(to);
	do {
		if (!to) {
			if (extra->name_length == 0)
				return -ECONNRESET;
			result = address_find(extra->name, extra->name_length, socket->type, &to);
			if (result != 0)
				return result;
		}
		result = try_send(socket, to, message, deadline);
		if (result > 0 && to->dead) {
			socket_unref(to);
			to = NULL;
		}
	} while (result > 0);
	if (to)
		socket_unref(to);
	return result;
}

static long send_to(
	struct open_file *file, struct unix_socket *to, struct io *io, struct socket_extra *extra)
{
	struct message *message;
	u64 offered = io->left;
	long error = make_message(file, io, extra, &message);

	if (error == 0) {
		error = deliver(file, to, message, extra);
		if (error != 0)
			message_free(message);
	}
	return error == 0 ? (long)offered : error;
}

long datagram_send(struct open_file *file, struct io *io, struct socket_extra *extra)
{
	struct unix_socket *socket = socket_of(file), *to = NULL;
	long error = 0;

	if (extra->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (extra->name_length > 0)
		error = address_check(extra->name, extra->name_length);
	else if (!socket->peer)
		error = -ENOTCONN;
	if (error == 0 && socket->pass_credentials)
		error = address_bind_free(socket);
	if (error != 0)
		return error;
	if (extra->name_length == 0)
		to = socket_ref(socket->peer);
	error = send_to(file, to, io, extra);
	if (to)
		socket_unref(to);
	return error;
}
