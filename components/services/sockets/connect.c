/* connect: giving a socket its other end; listen, which lets others do so; shutdown. */
#include <services/sockets/sockets.h>

#include <unix_calls.h>

#define BACKLOG_MAX 4096 /* net.core.somaxconn */

/* --- streams and packets ------------------------------------------------------------------ */

/* Waits until `listener` has room for one more; 0: look again. */
static long wait_for_room(struct unix_socket *listener, u64 deadline)
{
	return deadline == 0 ? -EAGAIN : socket_sleep(&listener->room, deadline);
}

/* The new end that waits in the listener's queue to be accepted, in a message. */
static struct message *create_end(struct unix_socket *socket)
{
	struct unix_socket *end = socket_create(socket->type);
	struct message *message;

	if (!end)
		return NULL;
	message = message_create(socket, 0, 0);
	if (!message) {
		socket_unref(end);
		return NULL;
	}
	message->waits = end;
	return message;
}

static void join(struct unix_socket *socket, struct unix_socket *listener, struct message *message)
{
	struct unix_socket *end = message->waits;

	end->state = SOCKET_CONNECTED;
	end->its = socket_effective_identity();
	end->address = listener->address;
	end->address->refs++;
	socket_set_peer(end, socket_ref(socket));
	socket->its = listener->its;
	socket->state = SOCKET_CONNECTED;
	socket_set_peer(socket, socket_ref(end));
	message_queue(listener, message);
}

/* One attempt, with `listener` held: 0, -errno, or 1: it was full, or closed, and may not be now.
 */
static long try_connect(struct unix_socket *socket, struct unix_socket *listener, u64 deadline,
	struct message *message)
{
	long error;

	if (listener->dead)
		return 1;
	if (listener->state != SOCKET_LISTENING || listener->shutdown & SHUT_RECEIVE)
		return -ECONNREFUSED;
	if (socket_is_full(listener)) {
		error = wait_for_room(listener, deadline);
		return error == 0 ? 1 : error;
	}
	if (socket->state == SOCKET_CONNECTED)
		return -EISCONN;
	if (socket->state == SOCKET_LISTENING)
		return -EINVAL;
	join(socket, listener, message);
	return 0;
}

static long connect_stream(struct open_file *file, const u8 *name, u32 length)
{
	struct unix_socket *socket = socket_of(file), *listener;
	u64 deadline = socket_deadline(file, 0, socket->send_timeout);
	struct message *message;
	long result = address_check(name, length);

	if (result == 0 && socket->pass_credentials)
		result = address_bind_free(socket);
	if (result != 0)
		return result;
	message = create_end(socket);
	if (!message)
		return -ENOMEM;
	do {
		result = address_find(name, length, socket->type, &listener);
		if (result != 0)
			break;
		result = try_connect(socket, listener, deadline, message);
		socket_unref(listener);
	} while (result > 0);
	if (result != 0)
		message_free(message);
	return result;
}

/* --- datagrams ---------------------------------------------------------------------------- */

static bool may_send(const struct unix_socket *socket, const struct unix_socket *to)
{
	return !to->peer || to->peer == socket;
}

void datagram_disconnect(struct unix_socket *socket, struct unix_socket *former)
{
	struct message *message;
	bool any = !list_is_empty(&socket->messages);

	while ((message = message_first(socket))) {
		message_remove(socket, message);
		message_free(message);
	}
	if (any)
		datagram_room(socket);
	if (any && !former->dead && former->peer == socket) {
		former->error = ECONNRESET;
		socket_changed(former, POLLERR | POLL_READABLE | POLL_WRITABLE);
	}
}

/* Where it sends to from now on; NULL: nowhere. */
static void aim(struct unix_socket *socket, struct unix_socket *to)
{
	struct unix_socket *former = socket->peer;

	if (former)
		socket_ref(former);
	socket->state = to ? SOCKET_CONNECTED : SOCKET_CLOSED;
	socket_set_peer(socket, to ? socket_ref(to) : NULL);
	if (former && former != to)
		datagram_disconnect(socket, former);
	if (former) {
		socket_changed(socket, POLL_WRITABLE);
		socket_unref(former);
	}
}

static long connect_datagram(struct open_file *file, const u8 *name, u32 length)
{
	struct unix_socket *socket = socket_of(file), *to;
	long error;

	if (length < ADDRESS_PATH)
		return -EINVAL;
	if (name[0] == AF_UNSPEC && name[1] == 0) {
		aim(socket, NULL);
		return 0;
	}
	error = address_check(name, length);
	if (error == 0 && socket->pass_credentials)
		error = address_bind_free(socket);
	if (error == 0)
		error = address_find(name, length, socket->type, &to);
	if (error != 0)
		return error;
	if (may_send(socket, to)) {
		aim(socket, to);
		to->state = SOCKET_CONNECTED;
	} else {
		error = -EPERM;
	}
	socket_unref(to);
	return error;
}

long sys_connect(int fd, vaddr_t from, int length)
{
	u8 name[ADDRESS_STORAGE];
	struct open_file *file;
	long found = socket_get(fd, &file), error;

	if (found == -EBADF)
		return found;
	error = address_fetch(name, from, length); /* before it matters what the descriptor is */
	if (found != 0)
		return error != 0 ? error : found;
	if (error == 0 && socket_is_connected_type(socket_of(file)))
		error = connect_stream(file, name, (u32)length);
	else if (error == 0)
		error = connect_datagram(file, name, (u32)length);
	socket_put(file);
	return error;
}

/* --- listening ------------------------------------------------------------------------------ */

static long listen(struct unix_socket *socket, u32 backlog)
{
	if (!socket_is_connected_type(socket))
		return -EOPNOTSUPP;
	if (!socket->address || socket->state == SOCKET_CONNECTED)
		return -EINVAL;
	backlog = MIN(backlog, BACKLOG_MAX);
	if (backlog > socket->backlog)
		env_wakeup_all(&socket->room);
	socket->backlog = backlog;
	socket->state = SOCKET_LISTENING;
	socket->its = socket_effective_identity();
	return 0;
}

long sys_listen(int fd, int backlog)
{
	struct open_file *file;
	long error = socket_get(fd, &file);

	if (error != 0)
		return error;
	error = listen(socket_of(file), (u32)backlog);
	socket_put(file);
	return error;
}

/* --- ending one direction -------------------------------------------------------------------- */

static void shut(struct unix_socket *socket, u8 how)
{
	socket->shutdown |= how;
	env_wakeup_all(&socket->room);
	socket_changed(socket, POLL_READABLE | POLL_WRITABLE | POLLHUP | POLLRDHUP);
}

static void shut_both_ends(struct unix_socket *socket, u8 how)
{
	u8 other = (how & SHUT_RECEIVE ? SHUT_SEND : 0) | (how & SHUT_SEND ? SHUT_RECEIVE : 0);

	shut(socket, how);
	if (socket->peer && socket_is_connected_type(socket))
		shut(socket->peer, other);
}

long sys_shutdown(int fd, int how)
{
	struct open_file *file;
	long error = socket_get(fd, &file);

	if (error != 0)
		return error;
	if (how < 0 || how > 2)
		error = -EINVAL;
	else
		shut_both_ends(socket_of(file), (u8)(how + 1));
	socket_put(file);
	return error;
}
