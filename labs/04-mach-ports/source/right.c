/*
 * Rights: taking them from names, giving them names, giving them up.
 *
 * A message takes its header's two rights in two steps, first counting the new rights, then
 * dropping what was moved, so that any mixture of moves and copies of one name has one meaning.
 */
#include <ipc.h>

void ipc_entry_make_dead(struct ipc_space *space, struct ipc_entry *entry)
{
	/* LAB: solution */
	struct ipc_port *port = entry->port;

	if (entry->type & IPC_SEND_ONCE) {
		port->sorights--;
		entry->urefs = 1;
	} else {
		ipc_entry_unhash(space, entry);
		port->srights--;
	}
	entry->type = IPC_DEAD_NAME;
	entry->port = NULL;
	ipc_port_unref(port);
	/* LAB: starter */
	/* Nothing dies yet: a name of a dead port stays what it was. */
	(void)space, (void)entry;
	/* LAB: end */
}

struct ipc_entry *ipc_right_lookup(struct ipc_space *space, mach_port_t name)
{
	struct ipc_entry *entry = ipc_entry_lookup(space, name);

	if (unlikely(!entry || entry->type == 0))
		return NULL;
	/* LAB: solution */
	if ((entry->type & IPC_ANY_PORT) && unlikely(!entry->port->active))
		ipc_entry_make_dead(space, entry);
	/* LAB: starter */
	/* LAB: end */
	return entry;
}

bool ipc_right_check(const struct ipc_entry *entry, unsigned disposition)
{
	/* LAB: solution */
	switch (disposition) {
	case MACH_MSG_TYPE_COPY_SEND:
	case MACH_MSG_TYPE_MOVE_SEND:
		return entry->type & (IPC_SEND | IPC_DEAD_NAME);
	case MACH_MSG_TYPE_MOVE_SEND_ONCE:
		return entry->type & (IPC_SEND_ONCE | IPC_DEAD_NAME);
	case MACH_MSG_TYPE_MAKE_SEND:
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
	case MACH_MSG_TYPE_MOVE_RECEIVE:
		return entry->type & IPC_RECEIVE;
	default:
		return false;
	}
	/* LAB: starter */
	/* Everything may be taken from every right. */
	return mach_type_is_port(disposition) && (entry->type & IPC_ANY_PORT);
	/* LAB: end */
}

struct ipc_port *ipc_right_take(const struct ipc_entry *entry, unsigned disposition)
{
	struct ipc_port *port = entry->port;

	if (entry->type & IPC_DEAD_NAME)
		return IPC_PORT_DEAD;
	port->refs++;
	/* LAB: solution */
	if (disposition == MACH_MSG_TYPE_MOVE_SEND_ONCE ||
		disposition == MACH_MSG_TYPE_MAKE_SEND_ONCE)
		port->sorights++;
	else if (disposition != MACH_MSG_TYPE_MOVE_RECEIVE)
		port->srights++;
	port->mscount += disposition == MACH_MSG_TYPE_MAKE_SEND;
	/* LAB: starter */
	/* Everything is counted as a send right. */
	port->srights++;
	(void)disposition;
	/* LAB: end */
	return port;
}

void ipc_entry_lose(struct ipc_space *space, struct ipc_entry *entry, u32 right)
{
	/* LAB: solution */
	struct ipc_port *port = entry->port;

	entry->type &= ~right;
	if (entry->type & IPC_ANY_PORT)
		return;
	ipc_request_cancel(entry);
	ipc_entry_unhash(space, entry);
	ipc_entry_free(space, entry);
	ipc_port_unref(port);
	/* LAB: starter */
	/* The name stays, even when it stands for nothing any more. */
	entry->type &= ~right;
	(void)space;
	/* LAB: end */
}

/* LAB: solution */
/* A send right's (or dead name's) user reference is used up; a count at its limit has been lost
 * track of and stays. */
static void drop_user_reference(struct ipc_space *space, struct ipc_entry *entry)
{
	if (entry->urefs == MACH_PORT_UREFS_MAX || --entry->urefs > 0)
		return;
	if (entry->type & IPC_DEAD_NAME) {
		ipc_entry_free(space, entry);
		return;
	}
	struct ipc_port *port = entry->port;
	port->refs++;
	ipc_entry_lose(space, entry, IPC_SEND);
	ipc_port_release_send(port);
}

/* LAB: starter */
/* LAB: end */
/* The receive right leaves its name, which may stay as that of a send right. */
static void drop_receive(struct ipc_space *space, struct ipc_entry *entry)
{
	struct ipc_port *port = entry->port;
	struct thread *waiting;

	if (port->set)
		ipc_pset_remove(port);
	while ((waiting = list_first(&port->own.receivers, struct thread, wait_link)))
		check(ipc_receive_abort(waiting, MACH_RCV_PORT_CHANGED));
	port->receiver = NULL;
	/* LAB: solution */
	port->name = MACH_PORT_NULL;
	port->mscount = 0;
	/* LAB: starter */
	/* LAB: end */
	ipc_entry_lose(space, entry, IPC_RECEIVE);
}

void ipc_right_drop_moved(struct ipc_space *space, struct ipc_entry *entry, unsigned disposition)
{
	/* LAB: solution */
	struct ipc_port *port = entry->port;

	switch (disposition) {
	case MACH_MSG_TYPE_MOVE_SEND_ONCE:
		if (entry->type & IPC_SEND_ONCE) {
			ipc_request_cancel(entry);
			ipc_entry_free(space, entry);
			port->sorights--;
			ipc_port_unref(port);
			break;
		}
		drop_user_reference(space, entry);
		break;
	case MACH_MSG_TYPE_MOVE_SEND:
		drop_user_reference(space, entry);
		break;
	case MACH_MSG_TYPE_MOVE_RECEIVE:
		drop_receive(space, entry);
		break;
	default:
		break;
	}
	/* LAB: starter */
	/* What is moved away stays here as well, but for a receive right. */
	if (disposition == MACH_MSG_TYPE_MOVE_RECEIVE)
		drop_receive(space, entry);
	/* LAB: end */
}

unsigned ipc_arriving_type(unsigned disposition)
{
	static const u8 arriving[] = {
		[MACH_MSG_TYPE_MOVE_RECEIVE] = MACH_MSG_TYPE_PORT_RECEIVE,
		[MACH_MSG_TYPE_MOVE_SEND] = MACH_MSG_TYPE_PORT_SEND,
		[MACH_MSG_TYPE_MOVE_SEND_ONCE] = MACH_MSG_TYPE_PORT_SEND_ONCE,
		[MACH_MSG_TYPE_COPY_SEND] = MACH_MSG_TYPE_PORT_SEND,
		[MACH_MSG_TYPE_MAKE_SEND] = MACH_MSG_TYPE_PORT_SEND,
		[MACH_MSG_TYPE_MAKE_SEND_ONCE] = MACH_MSG_TYPE_PORT_SEND_ONCE,
	};

	return arriving[disposition];
}

/* --- arrival ------------------------------------------------------------------------- */

static enum kstatus copyout_send_once(
	struct ipc_space *space, struct ipc_port *port, mach_port_t *name)
{
	struct ipc_entry *entry = ipc_entry_alloc(space);

	if (unlikely(!entry))
		return K_NOMEM;
	entry->port = port;
	entry->type = IPC_SEND_ONCE;
	*name = entry->name;
	return K_OK;
}

/* Send and receive rights to one port share a name. */
static noinline enum kstatus copyout_shared(
	struct ipc_space *space, struct ipc_port *port, unsigned type, mach_port_t *name)
{
	/* LAB: solution */
	struct ipc_entry *entry = ipc_entry_find(space, port);
	bool known = entry != NULL;

	if (!known) {
		entry = ipc_entry_alloc(space);
		if (!entry)
			return K_NOMEM;
		entry->port = port; /* the message's reference becomes the name's */
		entry->urefs = 0;
		ipc_entry_hash(space, entry);
	}
	*name = entry->name;
	if (type == MACH_MSG_TYPE_PORT_RECEIVE) {
		port->receiver = space;
		port->destination = NULL;
		port->name = entry->name;
		entry->type |= IPC_RECEIVE;
	} else {
		if (entry->type & IPC_SEND)
			port->srights--;
		else
			entry->urefs = 0;
		entry->type |= IPC_SEND;
		entry->urefs += entry->urefs < MACH_PORT_UREFS_MAX;
	}
	if (known)
		ipc_port_unref(port);
	return K_OK;
	/* LAB: starter */
	struct ipc_entry *entry = ipc_entry_alloc(space); /* a name of its own for each right */

	if (!entry)
		return K_NOMEM;
	entry->port = port;
	entry->urefs = 1;
	entry->type = type == MACH_MSG_TYPE_PORT_RECEIVE ? IPC_RECEIVE : IPC_SEND;
	ipc_entry_hash(space, entry);
	*name = entry->name;
	if (type == MACH_MSG_TYPE_PORT_RECEIVE) {
		port->receiver = space;
		port->destination = NULL;
		port->name = entry->name;
	}
	return K_OK;
	/* LAB: end */
}

enum kstatus ipc_right_copyout(
	struct ipc_space *space, struct ipc_port *port, unsigned type, mach_port_t *name)
{
	/* LAB: solution */
	if (unlikely(!port || port == IPC_PORT_DEAD || !port->active)) {
		*name = port ? MACH_PORT_DEAD : MACH_PORT_NULL;
		if (port && port != IPC_PORT_DEAD)
			ipc_right_destroy(port, type);
		return K_OK;
	}
	/* LAB: starter */
	if (unlikely(!port || port == IPC_PORT_DEAD)) {
		*name = port ? MACH_PORT_DEAD : MACH_PORT_NULL;
		return K_OK;
	}
	/* LAB: end */
	if (likely(type == MACH_MSG_TYPE_PORT_SEND_ONCE))
		return copyout_send_once(space, port, name);
	return copyout_shared(space, port, type, name);
}

/* --- giving up ------------------------------------------------------------------------- */

void ipc_port_release_send_once(struct ipc_port *port)
{
	if (!port->active) {
		port->sorights--;
		ipc_port_unref(port);
		return;
	}
	/* The notification is sent with the right that it is about. */
	struct ipc_kmsg *kmsg = ipc_kmsg_kernel(sizeof(struct mach_msg_header),
		MACH_NOTIFY_SEND_ONCE, port, MACH_MSG_TYPE_PORT_SEND_ONCE, NULL, 0);
	if (kmsg) {
		ipc_kernel_post(kmsg);
	} else {
		kprintf("no memory for a send-once notification: it is lost\n");
		port->sorights--;
		ipc_port_unref(port);
	}
}

void ipc_right_destroy(struct ipc_port *port, unsigned type)
{
	if (!port || port == IPC_PORT_DEAD)
		return;
	/* LAB: solution */
	switch (type) {
	case MACH_MSG_TYPE_PORT_SEND:
		ipc_port_release_send(port);
		break;
	case MACH_MSG_TYPE_PORT_SEND_ONCE:
		ipc_port_release_send_once(port);
		break;
	case MACH_MSG_TYPE_PORT_RECEIVE:
		if (port->active)
			ipc_port_destroy(port);
		ipc_port_unref(port);
		break;
	default:
		panic("a right of type %u in a message", type);
	}
	/* LAB: starter */
	/* What a message held is lost, and nobody learns of it. */
	(void)type;
	/* LAB: end */
}

void ipc_entry_destroy(struct ipc_space *space, struct ipc_entry *entry)
{
	struct ipc_port *port = entry->port;
	u32 type = entry->type;

	if (type & IPC_PORT_SET) {
		struct ipc_pset *set = entry->set;
		ipc_entry_free(space, entry);
		ipc_pset_destroy(set);
		return;
	}
	ipc_request_cancel(entry);
	if (type & (IPC_SEND | IPC_RECEIVE))
		ipc_entry_unhash(space, entry);
	ipc_entry_free(space, entry);
	/* LAB: solution */
	if (type & IPC_DEAD_NAME)
		return;
	if (type & IPC_SEND_ONCE) {
		ipc_port_release_send_once(port);
		return;
	}
	if (type & IPC_SEND)
		ipc_port_uncount_send(port);
	if (type & IPC_RECEIVE)
		ipc_port_destroy(port);
	ipc_port_unref(port);
	/* LAB: starter */
	if (type & IPC_RECEIVE)
		ipc_port_destroy(port);
	/* LAB: end */
}

struct ipc_port *ipc_port_named(struct ipc_space *space, mach_port_t name, enum ipc_kotype type)
{
	struct ipc_entry *entry = ipc_entry_lookup(space, name);

	if (!entry || !(entry->type & IPC_SEND) || !entry->port->active ||
		entry->port->kotype != type)
		return NULL;
	return entry->port;
}
