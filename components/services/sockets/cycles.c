/*
 * cycles: sockets that only messages hold, in the queues of sockets that only messages hold.
 *
 * A *suspect* has as many references in flight as it has at all. Those that lie in queues of
 * suspects prove nothing; where one lies elsewhere, the suspect is in somebody's hands, and so is
 * whatever can be received from it. The rest is garbage, and its queues are emptied. The method is
 * that of Linux's net/unix/garbage.c before 6.10.
 */
#include <services/sockets/sockets.h>

typedef void visit(struct unix_socket *flying);

static bool collecting, wanted;
static struct list reached; /* former suspects whose queues are to be looked at */

/* Calls `function` for each socket in the messages of a queue. */
static void each_in_queue(struct unix_socket *socket, visit *function)
{
	struct message *message;

	list_for_each(message, &socket->messages, link)
	{
		struct rights *rights = message->rights;

		for (u32 i = 0; rights && i < rights->count; i++) {
			if (rights->files[i]->ops == &socket_ops)
				function(socket_of(rights->files[i]));
		}
	}
}

/* The same for what can be received from a socket: from connections to be accepted, too. */
static void each_receivable(struct unix_socket *socket, visit *function)
{
	struct message *message;

	each_in_queue(socket, function);
	list_for_each(message, &socket->messages, link)
	{
		if (message->waits)
			each_in_queue(message->waits, function);
	}
}

static void discount(struct unix_socket *flying)
{
	if (flying->suspect)
		flying->proofs--;
}

static void reach(struct unix_socket *flying)
{
	if (!flying->suspect)
		return;
	flying->suspect = false;
	list_remove(&flying->flying);
	list_push_back(&reached, &flying->flying);
}

static void find_suspects(void)
{
	struct unix_socket *socket;

	list_for_each(socket, &flying_sockets, flying)
	{
		socket->proofs = socket->in_flight;
		socket->suspect = socket->file && socket->file->refs == socket->in_flight;
	}
	list_for_each(socket, &flying_sockets, flying)
	{
		if (socket->suspect)
			each_receivable(socket, discount);
	}
}

/* Leaves as suspects what is garbage. */
static void clear_reachable(void)
{
	struct unix_socket *socket, *after;

	list_init(&reached);
	list_for_each_safe(socket, after, &flying_sockets, flying)
	{
		if (socket->suspect && socket->proofs > 0)
			reach(socket);
	}
	list_for_each(socket, &reached, flying) each_receivable(socket, reach);
	while ((socket = list_first(&reached, struct unix_socket, flying))) {
		list_remove(&socket->flying);
		list_push_back(&flying_sockets, &socket->flying);
	}
}

/* A message in a queue that nobody can reach, out of it; NULL: there is none. */
static struct message *take_garbage(void)
{
	struct unix_socket *socket;

	list_for_each(socket, &flying_sockets, flying)
	{
		struct message *message = socket->suspect ? message_first(socket) : NULL;

		if (message) {
			message_remove(socket, message);
			return message;
		}
	}
	return NULL;
}

void cycles_collect(void)
{
	struct message *message;

	wanted = true;
	if (collecting || messages_are_freed())
		return;
	collecting = true;
	while (wanted) {
		wanted = false;
		find_suspects();
		clear_reachable();
		while ((message = take_garbage()))
			message_free(message);
	}
	collecting = false;
}

void cycles_collect_if_wanted(void)
{
	if (wanted)
		cycles_collect();
}
