/*
 * stream: reading a stream, which goes over the borders of messages, but not over those where
 * descriptors or another sender's credentials begin.
 */
#include <services/sockets/sockets.h>

/* A read on its way. */
struct reading {
	struct unix_socket *socket;
	struct socket_extra *extra;
	u64 copied, target, deadline;
	u32 skip;          /* bytes of the first message that peeking passes over */
	bool has_identity; /* of whose bytes it reads */
	bool held;         /* the socket is: nobody else reads it */
};

static bool is_same_sender(const struct peer_identity *a, const struct peer_identity *b)
{
	return a->pid == b->pid && a->uid == b->uid && a->gid == b->gid;
}

/* The first message, or the one behind `after`; what was passed over by peeking left out. */
static struct message *next_message(struct reading *r, const struct message *after)
{
	struct unix_socket *socket = r->socket;
	const struct list *link = after ? after->link.next : socket->messages.next;

	for (; link != &socket->messages; link = link->next) {
		struct message *message = list_entry(link, struct message, link);

		if (r->skip < message->length - message->taken)
			return message;
		r->skip -= message->length - message->taken;
	}
	return NULL;
}

/* Nothing is there: 0: there may be now; 1: the read is over; -errno. */
static long wait_for_more(struct reading *r)
{
	struct unix_socket *socket = r->socket;
	long error;

	if (r->copied >= r->target)
		return 1;
	error = socket_take_error(socket);
	if (error != 0)
		return error;
	if (socket->shutdown & SHUT_RECEIVE)
		return 1;
	if (r->deadline == 0 || r->deadline <= env_now())
		return -EAGAIN;
	socket_end_reading(socket);
	r->held = false;
	error = socket_sleep(&socket->readable, r->deadline);
	if (error != 0 && error != -EAGAIN) /* what came at the last moment counts */
		return error;
	error = socket_begin_reading(socket);
	r->held = error == 0;
	return error;
}

/* Whether the message may go into the same read as what was read before. */
static bool belongs(struct reading *r, const struct message *message)
{
	if (r->has_identity)
		return is_same_sender(&r->extra->identity, &message->from);
	if (r->socket->pass_credentials) {
		r->extra->identity = message->from;
		r->has_identity = true;
	}
	return true;
}

static void move_peek_offset(struct unix_socket *socket, s32 by)
{
	if (socket->peek_offset >= 0)
		socket->peek_offset = MAX(socket->peek_offset + by, 0);
}

/* Takes the descriptors of a message; whether there were any. */
static bool take_rights(struct reading *r, struct message *message)
{
	struct rights *rights = message->rights;

	if (!rights)
		return false;
	if (r->extra->flags & MSG_PEEK) {
		rights_free(r->extra->rights);
		r->extra->rights = rights_copy(rights);
		return true;
	}
	rights_land(rights);
	message->rights = NULL;
	rights_free(r->extra->rights);
	r->extra->rights = rights;
	return true;
}

/* Reads of one message: whether the read goes on. */
static bool read_piece(struct reading *r, struct message *message, struct io *io, long *error)
{
	struct unix_socket *socket = r->socket;
	bool peek = r->extra->flags & MSG_PEEK, had_rights;
	u32 n = (u32)MIN((u64)(message->length - message->taken - r->skip), io->left);
	size_t moved;

	if (r->extra->wants_name) {
		socket_name_sender(r->extra, message);
		r->extra->wants_name = false; /* once is enough */
	}
	if (message_copy(message, message->taken + r->skip, io, n, &moved) != K_OK) {
		*error = -EFAULT;
		return false;
	}
	r->copied += n;
	move_peek_offset(socket, peek ? (s32)n : -(s32)n);
	had_rights = take_rights(r, message);
	r->skip = 0;
	if (peek)
		return !had_rights;
	message->taken += n;
	if (message->taken < message->length)
		return false;
	message_remove(socket, message);
	message_free(message);
	return !had_rights;
}

static long read_all(struct reading *r, struct io *io)
{
	struct message *message = NULL;
	long error = 0;

	do {
		bool peek = r->extra->flags & MSG_PEEK;

		message = next_message(r, peek ? message : NULL);
		if (!message) {
			if (peek && r->copied > 0)
				break;
			error = wait_for_more(r);
			if (error != 0)
				break;
			continue;
		}
		if (!belongs(r, message) || !read_piece(r, message, io, &error))
			break;
	} while (io->left > 0);
	return error > 0 ? 0 : error;
}

long stream_receive(struct open_file *file, struct io *io, struct socket_extra *extra)
{
	struct unix_socket *socket = socket_of(file);
	u64 low = MIN((u64)socket->low_water, io->left);
	struct reading r = {.socket = socket, .extra = extra};
	long error;

	if (socket->state != SOCKET_CONNECTED)
		return -EINVAL;
	if (extra->flags & MSG_OOB)
		return -EINVAL;
	r.target = MAX(extra->flags & MSG_WAITALL ? io->left : low, 1u);
	r.deadline = socket_deadline(file, extra->flags, socket->receive_timeout);
	error = socket_begin_reading(socket);
	if (error != 0)
		return error;
	if (extra->flags & MSG_PEEK && socket->peek_offset > 0)
		r.skip = (u32)socket->peek_offset;
	r.held = true;
	error = read_all(&r, io);
	if (r.held)
		socket_end_reading(socket);
	return r.copied > 0 ? (long)r.copied : error;
}
