/* status: what poll, ioctl and fstat say of a socket. */
#include <services/sockets/sockets.h>
#include <services/tree/status.h>

#define FIONREAD   0x541bu
#define SIOCOUTQ   0x5411u
#define SIOCATMARK 0x8905u

/* Whether a datagram would find room where it goes to. */
static bool has_room(const struct unix_socket *socket)
{
	const struct unix_socket *to = socket->peer;

	if (!socket_is_writable(socket))
		return false;
	return socket->type == SOCK_STREAM || !to || to->peer == socket || !socket_is_full(to);
}

u32 socket_poll(struct open_file *file, struct watch *watch)
{
	const struct unix_socket *socket = socket_of(file);
	u32 found = 0;

	watch_add(&socket_of(file)->watches, watch);
	if (socket->error != 0)
		found |= POLLERR;
	if (socket->shutdown == SHUT_BOTH)
		found |= POLLHUP;
	if (socket->shutdown & SHUT_RECEIVE)
		found |= POLLRDHUP | POLL_READABLE;
	if (!list_is_empty(&socket->messages))
		found |= POLL_READABLE;
	if (socket_is_connected_type(socket) && socket->state == SOCKET_CLOSED)
		found |= POLLHUP;
	if (has_room(socket))
		found |= POLL_WRITABLE | POLLWRBAND;
	return found;
}

/* Bytes that can be read; of datagrams, those of the first. */
static s32 readable_bytes(struct unix_socket *socket)
{
	struct message *message;
	u32 sum = 0;

	list_for_each(message, &socket->messages, link)
	{
		sum += message->length - message->taken;
		if (socket->type == SOCK_DGRAM)
			break;
	}
	return (s32)sum;
}

long socket_ioctl(struct open_file *file, unsigned request, vaddr_t argument)
{
	struct unix_socket *socket = socket_of(file);
	s32 answer = 0;

	switch (request) {
	case FIONREAD:
		if (socket->state == SOCKET_LISTENING)
			return -EINVAL;
		answer = readable_bytes(socket);
		break;
	case SIOCOUTQ:
		answer = (s32)socket->charged;
		break;
	case SIOCATMARK: /* nothing is ever out of band */
		break;
	default:
		return -ENOTTY;
	}
	return errno_of(env_copyout(argument, &answer, sizeof(answer)));
}

struct place *socket_place(struct open_file *file)
{
	return &socket_of(file)->own;
}

void socket_status(const struct open_file *file, struct file_status *status)
{
	const struct unix_socket *socket = socket_of(file);

	status->number = socket->number;
	if (IS_ENABLED(CONFIG_SERVICES_TREE) && socket->own.mount) {
		inode_status(socket->own.node->inode, status);
		return;
	}
	status->mode = S_IFSOCK | 0777;
	status->uid = socket->uid;
	status->gid = socket->gid;
}
