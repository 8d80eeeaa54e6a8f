/*
 * Counting anew: what ipc.h says of references, from the names and messages that there are.
 */
#include "mach_test.h"

static struct {
	u32 refs, srights, sorights, receivers, messages;
} tally[PORTS];

static const char *wrong;
static u32 counted_memories;
static u32 requests, marked; /* names whose death somebody wants to hear of */

static int index_of(const struct ipc_port *port)
{
	for (int i = 0; i < PORTS; i++)
		if (ports[i] == port)
			return i;
	wrong = "a right to a port that nobody made";
	return 0;
}

static void count_right(struct ipc_port *port, unsigned type)
{
	if (!port || port == IPC_PORT_DEAD)
		return;
	int i = index_of(port);
	tally[i].refs++;
	tally[i].srights += type == MACH_MSG_TYPE_PORT_SEND;
	tally[i].sorights += type == MACH_MSG_TYPE_PORT_SEND_ONCE;
	tally[i].receivers += type == MACH_MSG_TYPE_PORT_RECEIVE && port->active;
}

static void count_body(const struct ipc_kmsg *kmsg)
{
	const char *at = (const char *)(&kmsg->header + 1);
	const char *end = (const char *)&kmsg->header + kmsg->header.msgh_size;

	while (at < end) {
		const struct mach_msg_type *type = (const struct mach_msg_type *)at;
		const u64 *data = (const u64 *)(type + 1);
		for (u32 i = 0; i < type->msgt_number && mach_type_is_port(type->msgt_name); i++)
			count_right((struct ipc_port *)data[i], type->msgt_name);
		counted_memories += !type->msgt_inline && data[0] != 0;
		at += sizeof(*type) +
		      (type->msgt_inline
				      ? ALIGN_UP(((u64)type->msgt_size * type->msgt_number + 7) / 8,
						8)
				      : sizeof(u64));
	}
}

static void count_queue(const struct ipc_mqueue *queue)
{
	const struct ipc_kmsg *kmsg;

	list_for_each(kmsg, &queue->messages, link)
	{
		u32 bits = kmsg->header.msgh_bits;
		count_right(kmsg->remote, MACH_MSGH_REMOTE(bits));
		count_right(kmsg->local, MACH_MSGH_LOCAL(bits));
		tally[index_of(kmsg->remote)].messages++;
		if (bits & MACH_MSGH_BITS_COMPLEX)
			count_body(kmsg);
	}
}

static void count_entry(struct ipc_space *space, const struct ipc_entry *entry)
{
	if (entry->type & IPC_PORT_SET)
		count_queue(&entry->set->queue);
	if (!(entry->type & IPC_ANY_PORT))
		return;
	int i = index_of(entry->port);
	tally[i].refs++;
	marked += (entry->type & IPC_REQUESTED) != 0;
	tally[i].srights += (entry->type & IPC_SEND) != 0;
	tally[i].sorights += (entry->type & IPC_SEND_ONCE) != 0;
	if (entry->type & IPC_RECEIVE) {
		tally[i].receivers++;
		if (entry->port->receiver != space || entry->port->name != entry->name)
			wrong = "a receive right's port does not know where it is";
	}
	if ((entry->type & IPC_SEND) && (entry->urefs == 0 || entry->urefs > MACH_PORT_UREFS_MAX))
		wrong = "a send right with no user reference, or too many";
	if ((entry->type & (IPC_SEND | IPC_RECEIVE)) && ipc_entry_find(space, entry->port) != entry)
		wrong = "a right that cannot be found by its port";
}

/* What a port keeps for those who want to be told of its end or of its last sender's. */
static void count_kept(const struct ipc_port *port)
{
	const struct ipc_request *request;

	if (port->no_senders)
		count_right(port->no_senders->remote, MACH_MSG_TYPE_PORT_SEND_ONCE);
	list_for_each(request, &port->requests, link)
	{
		count_right(request->note->remote, MACH_MSG_TYPE_PORT_SEND_ONCE);
		requests++;
		if (!(request->entry->type & IPC_REQUESTED) || request->entry->port != port)
			wrong = "a request for a name that is not the port's";
	}
	if (!port->active && (port->no_senders || !list_is_empty(&port->requests)))
		wrong = "a dead port that has told nobody";
}

static void count_space(struct ipc_space *space)
{
	u32 used = 0, unused = 0;

	for (u32 i = 0; i < space->limit; i++) {
		struct ipc_entry *entry =
			&space->chunks[i / IPC_CHUNK_ENTRIES][i % IPC_CHUNK_ENTRIES];
		used += entry->type != 0;
		if (entry->type != 0)
			count_entry(space, entry);
	}
	for (const struct ipc_entry *entry = space->free; entry; entry = entry->next)
		unused++;
	if (space->limit > 0 && used + unused != space->limit - 1)
		wrong = "entries that are neither in use nor free";
}

const char *recount(void)
{
	wrong = NULL;
	requests = marked = counted_memories = 0;
	memset(tally, 0, sizeof(tally));
	for (int i = 0; i < SPACES; i++)
		count_space(&spaces[i]);
	for (int i = 0; i < PORTS; i++) {
		if (!ports[i])
			continue;
		count_queue(&ports[i]->own);
		count_kept(ports[i]);
	}
	if (counted_memories != memories)
		wrong = "memory that is in no message, or in two";
	if (requests != marked)
		wrong = "a name that is marked and has no request, or more than one";
	for (int i = 0; i < PORTS; i++) {
		const struct ipc_port *port = ports[i];
		if (!port)
			continue;
		if (port->refs != tally[i].refs + 1) /* the test's own */
			wrong = "a port's references";
		if (port->srights != tally[i].srights)
			wrong = "a port's send rights";
		if (port->sorights != tally[i].sorights)
			wrong = "a port's send-once rights";
		if (port->msgcount != tally[i].messages && port->active)
			wrong = "a port's messages";
		if (tally[i].receivers != (port->active ? 1u : 0u))
			wrong = "the number of receive rights to a port";
	}
	return wrong;
}
