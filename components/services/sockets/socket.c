/* socket: the object, from its making to its end. */
#include <services/process/process.h>
#include <services/process/sleep.h>
#include <services/signals/signals.h>
#include <services/sockets/sockets.h>

#define BUFFER_DEFAULT  212992u /* Linux's net.core.wmem_default */
#define BACKLOG_DEFAULT 10u     /* net.unix.max_dgram_qlen */

static u64 last_number;

struct unix_socket *socket_create(u8 type)
{
	struct unix_socket *socket = kalloc(sizeof(*socket));

	if (!socket)
		return NULL;
	*socket = (struct unix_socket){
		.refs = 1,
		.type = type,
		.number = ++last_number,
		.send_limit = BUFFER_DEFAULT,
		.receive_limit = BUFFER_DEFAULT,
		.backlog = BACKLOG_DEFAULT,
		.peek_offset = -1,
		.low_water = 1,
		.its = {0, UINT32_MAX, UINT32_MAX},
	};
	list_init(&socket->named);
	list_init(&socket->messages);
	list_init(&socket->senders);
	list_init(&socket->sender);
	list_init(&socket->flying);
	env_queue_init(&socket->readable);
	env_queue_init(&socket->writable);
	env_queue_init(&socket->room);
	env_queue_init(&socket->idle);
	watch_list_init(&socket->watches);
	return socket;
}

void socket_unref(struct unix_socket *socket)
{
	assert(socket->refs > 0);
	if (--socket->refs > 0)
		return;
	assert(list_is_empty(&socket->messages) && !socket->peer && !socket->file);
	if (socket->address)
		address_unref(socket->address);
	place_unref(socket->place);
	place_unref(socket->own);
	kfree(socket, sizeof(*socket));
}

void socket_set_peer(struct unix_socket *socket, struct unix_socket *peer)
{
	struct unix_socket *former = socket->peer;

	if (former)
		list_remove(&socket->sender);
	socket->peer = peer;
	if (peer)
		list_push_back(&peer->senders, &socket->sender);
	if (former)
		socket_unref(former);
}

long socket_get(int fd, struct open_file **file)
{
	struct open_file *found = files_find_usable(fd);

	if (!found)
		return -EBADF;
	if (found->ops != &socket_ops)
		return -ENOTSOCK;
	found->refs++;
	*file = found;
	return 0;
}

long socket_take_error(struct unix_socket *socket)
{
	long error = -socket->error;

	socket->error = 0;
	return error;
}

void socket_changed(struct unix_socket *socket, u32 events)
{
	if (events & (POLLIN | POLLHUP))
		env_wakeup_all(&socket->readable);
	if (events & (POLLOUT | POLLHUP))
		env_wakeup_all(&socket->writable);
	watch_wake(&socket->watches, events);
}

struct peer_identity socket_own_identity(void)
{
	const struct credentials *own = &env_current()->identity;

	return (struct peer_identity){process_current()->pid, own->uid, own->gid};
}

struct peer_identity socket_effective_identity(void)
{
	const struct credentials *own = &env_current()->identity;

	return (struct peer_identity){process_current()->pid, own->euid, own->egid};
}

u64 socket_deadline(const struct open_file *file, u32 flags, u64 timeout)
{
	if (flags & MSG_DONTWAIT || file->flags & O_NONBLOCK)
		return 0;
	return timeout == 0 ? ENV_FOREVER : env_now() + timeout;
}

long socket_sleep(struct env_queue *queue, u64 deadline)
{
	enum kstatus status = deadline <= env_now() ? K_TIMEDOUT : call_sleep(queue, deadline);

	if (status == K_INTERRUPTED && deadline != ENV_FOREVER)
		return -EINTR; /* it would wait anew for as long */
	return errno_of(status);
}

/* --- the end -------------------------------------------------------------------------- */

/* The other end of a connection is told. */
static void leave_peer(struct unix_socket *socket, struct unix_socket *peer, bool was_accepted)
{
	if (socket_is_connected_type(socket)) {
		peer->shutdown = SHUT_BOTH;
		if (!list_is_empty(&socket->messages) || !was_accepted)
			peer->error = ECONNRESET;
		env_wakeup_all(&peer->room);
		socket_changed(peer, POLL_READABLE | POLL_WRITABLE | POLLHUP | POLLERR | POLLRDHUP);
	}
	socket_set_peer(socket, NULL);
}

/* Whoever has it as a peer and waits for it. */
static void tell_senders(struct unix_socket *socket)
{
	struct unix_socket *sender;

	list_for_each(sender, &socket->senders, sender) socket_changed(sender, POLL_WRITABLE);
	env_wakeup_all(&socket->room);
}

void socket_die(struct unix_socket *socket, bool was_accepted)
{
	struct message *message;

	address_forget(socket);
	socket->dead = true;
	socket->file = NULL;
	socket->shutdown = SHUT_BOTH;
	socket->state = SOCKET_CLOSED;
	if (socket->peer)
		leave_peer(socket, socket->peer, was_accepted);
	tell_senders(socket);
	socket_changed(socket, POLLHUP | POLLIN | POLLOUT);
	while ((message = message_first(socket))) {
		message_remove(socket, message);
		message_free(message);
	}
	socket_unref(socket);
	if (flying_count > 0)
		cycles_collect();
}

static void release(struct open_file *file)
{
	socket_die(file->object, true);
}

/* --- read and write -------------------------------------------------------------------- */

static long socket_read(struct open_file *file, struct io *io)
{
	struct socket_extra extra = {.flags = 0};
	long result;

	if (io->left == 0)
		return 0;
	result = socket_receive(file, io, &extra);
	rights_free(extra.rights); /* nobody asked for them */
	return result;
}

static long socket_write(struct open_file *file, struct io *io)
{
	struct socket_extra extra = {.flags = 0};

	/* A packet's end is what a record is to sockets of that type. */
	if (socket_of(file)->type == SOCK_SEQPACKET)
		extra.flags = MSG_EOR;
	return socket_send(file, io, &extra);
}

const struct file_ops socket_ops = {
	.read = socket_read,
	.write = socket_write,
	.poll = socket_poll,
	.ioctl = socket_ioctl,
	.place = socket_place,
	.nothing = IO_AS_USUAL, /* one can write an empty message */
	.status = socket_status,
	.release = release,
};

struct open_file *socket_file(struct unix_socket *socket, u32 flags)
{
	struct open_file *file = file_create(&socket_ops, socket, O_RDWR | flags);

	if (file) {
		socket->file = file;
		socket->uid = env_current()->identity.fsuid;
		socket->gid = env_current()->identity.fsgid;
	}
	return file;
}
