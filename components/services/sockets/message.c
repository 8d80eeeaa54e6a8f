/*
 * message: what lies in a queue, and how much a socket may have under way.
 *
 * Linux counts what a buffer takes of its memory, not the bytes in it (skb->truesize), and lets a
 * socket send while that is below SO_SNDBUF. A writer that waits is woken when a quarter is left.
 *
 * A message that is freed may hold descriptors of sockets in whose queues lie further messages. So
 * messages are freed one after the other, from a list, and not one within the other.
 */
#include <services/sockets/sockets.h>

#define HEAD_ALIGN    64u
#define SHARED_SIZE   320u /* struct skb_shared_info behind the bytes */
#define HEADER_SIZE   256u /* struct sk_buff */
#define SMALLEST_SLAB 512u

static struct list doomed;
static bool freeing;

u32 message_charge(u32 head, u32 data)
{
	u32 size = ALIGN_UP(head, HEAD_ALIGN) + SHARED_SIZE, slab = SMALLEST_SLAB;

	while (slab < size)
		slab *= 2;
	return slab + HEADER_SIZE + ALIGN_UP(data, (u32)PAGE_SIZE);
}

bool socket_is_writable(const struct unix_socket *socket)
{
	return socket->state != SOCKET_LISTENING && socket->charged * 4 <= socket->send_limit;
}

static void free_pieces(struct piece *piece)
{
	while (piece) {
		struct piece *next = piece->next;

		kfree(piece, sizeof(*piece) + piece->size);
		piece = next;
	}
}

static void uncharge(struct unix_socket *socket, u32 charge)
{
	socket->charged -= charge;
	if (charge > 0 && !socket->dead && socket_is_writable(socket)) {
		env_wakeup_all(&socket->writable);
		watch_wake(&socket->watches, POLL_WRITABLE | POLLWRBAND);
	}
}

static void free_one(struct message *message)
{
	struct unix_socket *sender = message->sender;

	if (message->rights)
		rights_land(message->rights);
	rights_free(message->rights);
	if (message->waits)
		socket_die(message->waits, false);
	free_pieces(message->more);
	uncharge(sender, message->charge);
	kfree(message, sizeof(*message) + message->room);
	socket_unref(sender);
}

void message_free(struct message *message)
{
	if (--message->refs > 0)
		return;
	if (!freeing)
		list_init(&doomed);
	list_push_back(&doomed, &message->link);
	if (freeing)
		return;
	freeing = true;
	while ((message = list_first(&doomed, struct message, link))) {
		list_remove(&message->link);
		free_one(message);
	}
	freeing = false;
	cycles_collect_if_wanted();
}

bool messages_are_freed(void)
{
	return freeing;
}

/* Hangs pieces for `length` bytes onto it. */
static bool add_pieces(struct message *message, u32 length)
{
	struct piece **end = &message->more;

	while (length > 0) {
		u32 size = MIN(length, (u32)(PAGE_SIZE - sizeof(struct piece)));

		*end = kalloc(sizeof(struct piece) + size);
		if (!*end)
			return false;
		**end = (struct piece){.next = NULL, .size = size};
		end = &(*end)->next;
		length -= size;
	}
	return true;
}

struct message *message_create(struct unix_socket *sender, u32 length, u32 charge)
{
	u32 room = MIN(length, (u32)(PAGE_SIZE - sizeof(struct message)));
	struct message *message = kalloc(sizeof(*message) + room);

	if (!message)
		return NULL;
	*message = (struct message){.refs = 1, .length = length, .room = room};
	if (!add_pieces(message, length - room)) {
		free_pieces(message->more);
		kfree(message, sizeof(*message) + room);
		return NULL;
	}
	list_init(&message->link);
	message->sender = socket_ref(sender);
	message->charge = charge;
	sender->charged += charge;
	return message;
}

long message_fill(struct message *message, struct io *io)
{
	struct piece *piece = message->more;
	size_t moved;
	enum kstatus status = K_OK;

	if (message->room > 0)
		status = io_copyin(io, message->bytes, message->room, &moved);
	for (; status == K_OK && piece; piece = piece->next)
		status = io_copyin(io, piece->bytes, piece->size, &moved);
	return errno_of(status);
}

enum kstatus message_copy(
	const struct message *message, u32 at, struct io *io, u32 n, size_t *moved)
{
	const struct piece *piece = message->more;
	const u8 *bytes = message->bytes;
	u32 size = message->room;
	enum kstatus status = K_OK;

	*moved = 0;
	while (n > 0 && status == K_OK) {
		if (at < size) {
			u32 part = MIN(n, size - at);
			size_t done;

			status = io_copyout(io, bytes + at, part, &done);
			*moved += done;
			n -= part;
			at += part;
		} else {
			at -= size;
			bytes = piece->bytes;
			size = piece->size;
			piece = piece->next;
		}
	}
	return status;
}

void message_queue(struct unix_socket *to, struct message *message)
{
	list_push_back(&to->messages, &message->link);
	to->queued++;
	if (message->rights)
		rights_launch(message->rights);
	env_wakeup_all(&to->readable);
	watch_wake(&to->watches, POLL_READABLE | POLLRDBAND);
}

void message_remove(struct unix_socket *from, struct message *message)
{
	list_remove(&message->link);
	from->queued--;
}

void message_add_extra(struct message *message, struct socket_extra *extra)
{
	message->from = extra->identity;
	message->rights = extra->rights;
	extra->rights = NULL;
}

void message_add_sender(struct message *message, const struct unix_socket *to)
{
	const struct unix_socket *sender = message->sender;

	if (message->from.pid == 0 && (sender->pass_credentials || to->pass_credentials))
		message->from = socket_own_identity();
}

long socket_wait_for_buffer(struct open_file *file, u64 deadline)
{
	struct unix_socket *socket = socket_of(file);

	for (;;) {
		long error = socket_take_error(socket);

		if (error != 0)
			return error;
		if (socket->shutdown & SHUT_SEND)
			return -EPIPE;
		if (socket->charged < socket->send_limit)
			return 0;
		if (deadline == 0)
			return -EAGAIN;
		error = socket_sleep(&socket->writable, deadline);
		if (error != 0)
			return error;
	}
}
