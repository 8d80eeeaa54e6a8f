/*
 * Notifications: being told of the end of a port or of its last sender.
 *
 * Who asks hands in a send-once right. The message that will be sent with it is made at once and
 * kept (a *note*), so that a notification can never fail for want of memory:
 * - dead names: the port keeps a request for each name it was asked for, and the name's entry says
 *   so (IPC_REQUESTED). When the port dies each such name turns into a dead name there and then,
 *   with one user reference more: the notification's. A name that goes before its port does is
 *   reported with another message, MACH_NOTIFY_PORT_DELETED, for the name may mean something else
 *   soon;
 * - no senders: the port keeps one note, sent when the last send right goes. A send right may be on
 *   the way just then (the server has made one and not yet handed it on), so each port counts the
 *   send rights ever made from its receive right; the note carries that count, and who asks says
 *   which count it knows of.
 */
#include <ipc.h>
#include <objects/objects.h>

static struct object_cache request_cache;

void ipc_request_cache_init(void)
{
	object_cache_init(&request_cache, "port request", sizeof(struct ipc_request), 8);
}

static struct mach_notification *body_of(struct ipc_kmsg *note)
{
	return (struct mach_notification *)&note->header;
}

/* `notify`, a send-once right, becomes the note's; NULL: no memory, and it stays the caller's. */
static struct ipc_kmsg *make_note(struct ipc_port *notify, s32 id, unsigned type)
{
	struct ipc_kmsg *note = ipc_kmsg_kernel(sizeof(struct mach_notification), id, notify,
		MACH_MSG_TYPE_PORT_SEND_ONCE, NULL, 0);

	if (note)
		body_of(note)->type = MACH_TYPE(type, 32, 1);
	return note;
}

static void send_note(struct ipc_kmsg *note, s32 id, u32 value)
{
	note->header.msgh_id = id;
	body_of(note)->value = value;
	ipc_kernel_post(note);
}

/* The note is needed no more: its right is the caller's again. */
static struct ipc_port *take_right(struct ipc_kmsg *note)
{
	struct ipc_port *notify = note->remote;

	ipc_kmsg_free(note);
	return notify;
}

/* --- dead names ------------------------------------------------------------------ */

static struct ipc_request *find_request(const struct ipc_entry *entry)
{
	struct ipc_request *request;

	list_for_each(request, &entry->port->requests, link)
	{
		if (request->entry == entry)
			return request;
	}
	panic("name %x is marked and its port keeps no request", entry->name);
}

/* The note of a request, which goes. */
static struct ipc_kmsg *end_request(struct ipc_request *request)
{
	struct ipc_kmsg *note = request->note;

	list_remove(&request->link);
	request->entry->type &= ~IPC_REQUESTED;
	object_free(&request_cache, request);
	return note;
}

void ipc_request_cancel(struct ipc_entry *entry)
{
	mach_port_t name = entry->name;

	if (entry->type & IPC_REQUESTED)
		send_note(end_request(find_request(entry)), MACH_NOTIFY_PORT_DELETED, name);
}

/* The user reference that comes with a notification of a dead name. */
static void count_notification(struct ipc_entry *entry)
{
	entry->urefs += entry->urefs < MACH_PORT_UREFS_MAX;
}

void ipc_requests_fulfil(struct ipc_port *port)
{
	struct ipc_request *request;

	while ((request = list_first(&port->requests, struct ipc_request, link))) {
		struct ipc_space *space = request->space;
		struct ipc_entry *entry = request->entry;
		struct ipc_kmsg *note = end_request(request);

		ipc_entry_make_dead(space, entry);
		count_notification(entry);
		send_note(note, MACH_NOTIFY_DEAD_NAME, entry->name);
	}
}

/* The name is dead already: `at_once` says whether that is still news. */
static long request_dead(struct ipc_entry *entry, bool at_once, struct ipc_port *notify)
{
	if (!notify || !at_once)
		return KERN_INVALID_ARGUMENT;
	if (entry->urefs == MACH_PORT_UREFS_MAX)
		return KERN_UREFS_OVERFLOW;
	struct ipc_kmsg *note = make_note(notify, MACH_NOTIFY_DEAD_NAME, MACH_MSG_TYPE_PORT_NAME);
	if (!note)
		return KERN_RESOURCE_SHORTAGE;
	count_notification(entry);
	send_note(note, MACH_NOTIFY_DEAD_NAME, entry->name);
	return KERN_SUCCESS;
}

static long add_request(struct ipc_space *space, struct ipc_entry *entry, struct ipc_port *notify)
{
	struct ipc_request *request = object_alloc(&request_cache);

	if (!request)
		return KERN_RESOURCE_SHORTAGE;
	request->note = make_note(notify, MACH_NOTIFY_DEAD_NAME, MACH_MSG_TYPE_PORT_NAME);
	if (!request->note) {
		object_free(&request_cache, request);
		return KERN_RESOURCE_SHORTAGE;
	}
	request->space = space;
	request->entry = entry;
	entry->type |= IPC_REQUESTED;
	list_push_back(&entry->port->requests, &request->link);
	return KERN_SUCCESS;
}

static long request_dead_name(struct ipc_space *space, struct ipc_entry *entry, bool at_once,
	struct ipc_port *notify, struct ipc_port **previous)
{
	if (entry->type & IPC_DEAD_NAME)
		return request_dead(entry, at_once, notify);
	if (!(entry->type & IPC_ANY_PORT))
		return KERN_INVALID_RIGHT;
	struct ipc_request *old = entry->type & IPC_REQUESTED ? find_request(entry) : NULL;
	if (notify) {
		long result = add_request(space, entry, notify);
		if (result != KERN_SUCCESS)
			return result;
	}
	if (old) {
		*previous = take_right(end_request(old));
		entry->type |= notify ? IPC_REQUESTED : 0;
	}
	return KERN_SUCCESS;
}

/* --- no senders -------------------------------------------------------------------- */

void ipc_port_no_senders(struct ipc_port *port)
{
	struct ipc_kmsg *note = port->no_senders;

	port->no_senders = NULL;
	send_note(note, MACH_NOTIFY_NO_SENDERS, port->mscount);
}

void ipc_port_forget_no_senders(struct ipc_port *port)
{
	struct ipc_kmsg *note = port->no_senders;

	port->no_senders = NULL;
	if (note)
		ipc_port_release_send_once(take_right(note));
}

static long request_no_senders(
	struct ipc_entry *entry, u32 known, struct ipc_port *notify, struct ipc_port **previous)
{
	struct ipc_port *port = entry->port;
	struct ipc_kmsg *note = NULL;

	if (!(entry->type & IPC_RECEIVE))
		return KERN_INVALID_RIGHT;
	if (notify) {
		note = make_note(notify, MACH_NOTIFY_NO_SENDERS, MACH_MSG_TYPE_INTEGER_32);
		if (!note)
			return KERN_RESOURCE_SHORTAGE;
	}
	if (port->no_senders)
		*previous = take_right(port->no_senders);
	port->no_senders = note;
	if (note && port->srights == 0 && known <= port->mscount)
		ipc_port_no_senders(port);
	return KERN_SUCCESS;
}

long ipc_port_request_notification(struct ipc_space *space, mach_port_t name, u32 id, u32 sync,
	struct ipc_port *notify, struct ipc_port **previous)
{
	struct ipc_entry *entry = ipc_right_lookup(space, name);

	*previous = NULL;
	if (id != MACH_NOTIFY_DEAD_NAME && id != MACH_NOTIFY_NO_SENDERS)
		return KERN_INVALID_VALUE;
	if (!entry)
		return KERN_INVALID_NAME;
	return id == MACH_NOTIFY_DEAD_NAME
		       ? request_dead_name(space, entry, sync != 0, notify, previous)
		       : request_no_senders(entry, sync, notify, previous);
}
