/* accept: taking up a connection that somebody has made. */
#include <services/sockets/sockets.h>

#include <unix_calls.h>

/* Waits for a connection: its message, taken out of the queue. */
static long wait_for_connection(struct open_file *file, struct message **out)
{
	struct unix_socket *socket = socket_of(file);
	u64 deadline = socket_deadline(file, 0, socket->receive_timeout);

	for (;;) {
		struct message *message = message_first(socket);
		long error = socket_take_error(socket);

		if (error != 0)
			return error;
		if (message) {
			message_remove(socket, message);
			*out = message;
			return 0;
		}
		if (deadline == 0)
			return -EAGAIN;
		if (socket->shutdown & SHUT_RECEIVE)
			return -EINVAL;
		error = socket_sleep(&socket->readable, deadline);
		if (error != 0)
			return error;
	}
}

/* The open file of the new end. */
static long accept(struct open_file *file, u32 flags, struct open_file **out)
{
	struct unix_socket *socket = socket_of(file), *end;
	struct message *message;
	long error;

	if (!socket_is_connected_type(socket))
		return -EOPNOTSUPP;
	if (socket->state != SOCKET_LISTENING)
		return -EINVAL;
	error = wait_for_connection(file, &message);
	if (error != 0)
		return error;
	end = message->waits;
	*out = socket_file(end, flags & O_NONBLOCK);
	if (*out)
		message->waits = NULL; /* the file has it */
	message_free(message);
	env_wakeup_all(&socket->room);
	return *out ? 0 : -ENOMEM;
}

/* Tells the caller who it is; nothing asked for is fine. */
static long name_peer(const struct open_file *file, vaddr_t to, vaddr_t length_at)
{
	u8 name[ADDRESS_STORAGE];

	if (to == 0)
		return 0;
	if (!socket_of(file)->peer)
		return -ECONNABORTED;
	return address_store(name, address_of(socket_of(file)->peer, name), to, length_at);
}

static long accept_and_install(struct open_file *file, vaddr_t to, vaddr_t length_at, u32 flags)
{
	struct open_file *end;
	long result;

	result = accept(file, flags, &end);
	if (result == 0) {
		result = name_peer(end, to, length_at);
		if (result == 0)
			result = files_install(env_current(), end, (flags & O_CLOEXEC) != 0);
		if (result < 0)
			file_unref(end);
	}
	return result;
}

long sys_accept4(int fd, vaddr_t to, vaddr_t length_at, int flags)
{
	bool has_flags = ((u32)flags & ~(O_CLOEXEC | O_NONBLOCK)) != 0;
	struct open_file *file;
	long result = socket_get(fd, &file);

	if (has_flags && result != -EBADF) { /* before it matters whether it is a socket */
		if (result == 0)
			socket_put(file);
		return -EINVAL;
	}
	if (result != 0)
		return result;
	result = accept_and_install(file, to, length_at, (u32)flags);
	socket_put(file);
	return result;
}

long sys_accept(int fd, vaddr_t to, vaddr_t length_at)
{
	return sys_accept4(fd, to, length_at, 0);
}
