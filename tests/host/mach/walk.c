/* The random walk. */
#include "mach_test.h"

#include <objects/objects.h>
#include <tap.h>

#define STEPS    60000
#define ELEMENTS 4

struct ipc_space spaces[SPACES];
struct ipc_port *ports[PORTS];

static unsigned sent, refused, received, died;
static unsigned told[3]; /* of dead names, of no senders, of names that went */

void watch(struct ipc_port *port)
{
	for (int i = 0; i < PORTS; i++) {
		if (!ports[i]) {
			ports[i] = port;
			ipc_port_ref(port);
			return;
		}
	}
	panic("no place for another port");
}

/* A port that only the test refers to is let go; whether there is a place for a new one. */
static bool have_place(void)
{
	bool place = false;

	for (int i = 0; i < PORTS; i++) {
		if (ports[i] && ports[i]->refs == 1 && !ports[i]->active) {
			ipc_port_unref(ports[i]);
			ports[i] = NULL;
			died++;
		}
		place |= !ports[i];
	}
	return place;
}

/* Some name of the space, mostly one that means something. */
static mach_port_t some_name(const struct ipc_space *space)
{
	if (roll(30) == 0)
		return (mach_port_t)next_random();
	for (int tries = 0; tries < 8 && space->limit > 0; tries++) {
		const struct ipc_entry *entry = &space->chunks[0][1 + roll(32)];
		if (entry->type != 0 || tries == 7)
			return entry->name;
	}
	return MACH_PORT_NULL;
}

static u32 some_disposition(void)
{
	return roll(40) == 0 ? roll(256) : MACH_MSG_TYPE_MOVE_RECEIVE + roll(6);
}

/* A disposition that mostly suits what the name stands for. */
static u32 suitable(const struct ipc_space *space, mach_port_t name)
{
	const struct ipc_entry *entry = ipc_entry_lookup(space, name);
	u32 type = entry ? entry->type : 0;

	if (roll(8) == 0)
		return some_disposition();
	if ((type & IPC_RECEIVE) && roll(3))
		return roll(6) ? MACH_MSG_TYPE_MAKE_SEND + roll(2) : MACH_MSG_TYPE_MOVE_RECEIVE;
	if (type & IPC_SEND_ONCE)
		return MACH_MSG_TYPE_MOVE_SEND_ONCE;
	return roll(2) ? MACH_MSG_TYPE_MOVE_SEND : MACH_MSG_TYPE_COPY_SEND;
}

static void step_allocate(struct ipc_space *space)
{
	static const unsigned rights[] = {MACH_PORT_RIGHT_RECEIVE, MACH_PORT_RIGHT_RECEIVE,
		MACH_PORT_RIGHT_PORT_SET, MACH_PORT_RIGHT_DEAD_NAME, MACH_PORT_RIGHT_SEND, 99};
	unsigned right = rights[roll(ARRAY_SIZE(rights))];
	mach_port_t name;

	if (!have_place() || ipc_port_allocate_name(space, right, &name) != KERN_SUCCESS)
		return;
	if (right == MACH_PORT_RIGHT_RECEIVE)
		watch(ipc_right_lookup(space, name)->port);
}

static void step_insert(struct ipc_space *from, struct ipc_space *to)
{
	u32 disposition = MACH_MSG_TYPE_MOVE_RECEIVE + roll(6);
	struct ipc_entry *entry = ipc_right_lookup(from, some_name(from));

	if (!entry || !ipc_right_check(entry, disposition))
		return;
	mach_port_t name = roll(2) ? entry->name : some_name(to), back;
	struct ipc_port *port = ipc_right_take(entry, disposition);
	if (port == IPC_PORT_DEAD)
		return;
	ipc_right_drop_moved(from, entry, disposition);
	unsigned type = ipc_arriving_type(disposition);
	if (ipc_port_insert_right(to, name, port, type) != KERN_SUCCESS &&
		ipc_right_copyout(from, port, type, &back) != K_OK)
		ipc_right_destroy(port, type);
}

/* Items of memory in the place of one of ELEMENTS words. */
static u64 *put_memory(u64 *at)
{
	for (u32 words = 0; words < 1 + ELEMENTS; words += 2) {
		u32 bytes = roll(20) == 0 ? MACH_MSG_MEMORY_MAX + 1 : roll(3) * 5000;
		struct mach_msg_type type = MACH_TYPE_MEMORY(MACH_MSG_TYPE_BYTE, 8, bytes, roll(2));
		if (words + 1 == 1 + ELEMENTS) /* one word left: a number of nothing */
			type = MACH_TYPE(MACH_MSG_TYPE_BYTE, 8, 0);
		else if (roll(20) == 0)
			type.msgt_name = MACH_MSG_TYPE_COPY_SEND;
		memcpy(at++, &type, sizeof(type));
		if (words + 1 < 1 + ELEMENTS)
			*at++ = 0x10000;
	}
	return at;
}

/* A message with random header and items, some of which lie about themselves. */
static struct ipc_kmsg *make_message(const struct ipc_space *space)
{
	u32 items = roll(3), size = sizeof(struct mach_msg_header) + items * (8 + ELEMENTS * 8);
	struct ipc_kmsg *kmsg = ipc_kmsg_alloc(size);
	u64 *at = (u64 *)(&kmsg->header + 1);

	mach_port_t dest = some_name(space), reply = some_name(space);

	kmsg->header = (struct mach_msg_header){
		.msgh_bits = MACH_MSGH_BITS(
				     suitable(space, dest), roll(2) ? suitable(space, reply) : 0) |
			     (items ? MACH_MSGH_BITS_COMPLEX : 0),
		.msgh_size = size,
		.msgh_remote_port = dest,
		.msgh_local_port = reply,
	};
	if (MACH_MSGH_LOCAL(kmsg->header.msgh_bits) == 0 && roll(20))
		kmsg->header.msgh_local_port = MACH_PORT_NULL;
	for (u32 i = 0; i < items; i++) {
		mach_port_t name = some_name(space);
		if (roll(5) == 0) {
			at = put_memory(at);
			continue;
		}
		struct mach_msg_type type = MACH_TYPE(suitable(space, name), 64, ELEMENTS);
		type.msgt_number += roll(20) == 0 ? roll(8) - 4 : 0;
		type.msgt_unused = roll(50) == 0;
		memcpy(at++, &type, sizeof(type));
		for (u32 j = 0; j < ELEMENTS; j++)
			*at++ = j == 0 ? name : roll(4) == 0 ? some_name(space) : MACH_PORT_NULL;
	}
	return kmsg;
}

static void step_send(struct ipc_space *space)
{
	struct ipc_kmsg *kmsg = make_message(space);
	struct thread *receiver = NULL;

	if (ipc_kmsg_copyin(kmsg, space) != MACH_MSG_SUCCESS) {
		refused++;
		ipc_kmsg_free(kmsg);
	} else if (ipc_mqueue_send(kmsg, 0, &receiver) != MACH_MSG_SUCCESS) {
		ipc_kmsg_copyout_pseudo(kmsg, space);
		ipc_kmsg_free(kmsg);
	} else {
		sent++;
	}
}

static void step_receive(struct ipc_space *space)
{
	struct ipc_entry *entry = ipc_right_lookup(space, some_name(space));
	struct ipc_mqueue *queue;

	if (!entry || !(entry->type & (IPC_RECEIVE | IPC_PORT_SET)))
		return;
	queue = entry->type & IPC_PORT_SET ? &entry->set->queue : &entry->port->own;
	struct ipc_kmsg *kmsg = list_first(&queue->messages, struct ipc_kmsg, link);
	if (!kmsg)
		return;
	list_remove(&kmsg->link);
	kmsg->remote->msgcount--;
	if (roll(4) == 0) { /* as when the receiver's buffer is too small */
		ipc_kmsg_destroy(kmsg);
		return;
	}
	told[0] += kmsg->header.msgh_id == MACH_NOTIFY_DEAD_NAME;
	told[1] += kmsg->header.msgh_id == MACH_NOTIFY_NO_SENDERS;
	told[2] += kmsg->header.msgh_id == MACH_NOTIFY_PORT_DELETED;
	s64 result = ipc_kmsg_copyout(kmsg, space);
	if (result != MACH_MSG_SUCCESS && result != (MACH_RCV_BODY_ERROR | MACH_MSG_VM_SPACE))
		panic("there was no name left in a table that is nearly empty");
	ipc_kmsg_free(kmsg);
	received++;
}

static void step_modify(struct ipc_space *space)
{
	long result = ipc_port_mod_refs(space, some_name(space), roll(6), (s32)roll(7) - 3);

	(void)result; /* what it may be is for mach_security to say: here it is counts that matter
		       */
}

static void step_member(struct ipc_space *space)
{
	mach_port_t set = roll(3) ? some_name(space) : MACH_PORT_NULL;

	(void)ipc_port_move_member(space, some_name(space), set);
}

/* Asks to be told of a death or a last sender; or, with nobody to tell, no more. */
static void step_notify(struct ipc_space *space)
{
	struct ipc_entry *entry = ipc_right_lookup(space, some_name(space));
	u32 disposition = MACH_MSG_TYPE_MOVE_SEND_ONCE + 3 * roll(2);
	u32 id = roll(20) == 0 ? roll(100)
		 : roll(2)     ? MACH_NOTIFY_DEAD_NAME
			       : MACH_NOTIFY_NO_SENDERS;
	struct ipc_port *notify = NULL, *previous;
	mach_port_t name;

	if (roll(4) != 0) {
		if (!entry || (entry->type & IPC_DEAD_NAME) || !ipc_right_check(entry, disposition))
			return;
		notify = ipc_right_take(entry, disposition);
		ipc_right_drop_moved(space, entry, disposition);
	}
	struct ipc_space *other = &spaces[roll(SPACES)];
	if (ipc_port_request_notification(
		    other, some_name(other), id, roll(3), notify, &previous) == KERN_SUCCESS)
		notify = previous;
	if (notify && ipc_right_copyout(space, notify, MACH_MSG_TYPE_PORT_SEND_ONCE, &name) != K_OK)
		ipc_port_release_send_once(notify);
}

static void step(void)
{
	struct ipc_space *space = &spaces[roll(SPACES)];
	u32 what = roll(100);

	if (what < 15)
		step_allocate(space);
	else if (what < 26)
		step_notify(space);
	else if (what < 35)
		step_insert(space, &spaces[roll(SPACES)]);
	else if (what < 65)
		step_send(space);
	else if (what < 82)
		step_receive(space);
	else if (what < 88)
		step_modify(space);
	else if (what < 92)
		step_member(space);
	else if (what < 99)
		(void)ipc_port_deallocate(space, some_name(space));
	else if (roll(20) == 0) {
		ipc_space_destroy(space);
		ipc_space_init(space);
	}
}

void walk(void)
{
	const char *wrong = NULL;
	bool clean = true;
	unsigned n;

	for (int i = 0; i < SPACES; i++)
		ipc_space_init(&spaces[i]);
	for (n = 0; n < STEPS && !wrong; n++) {
		step();
		wrong = recount();
	}
	tap_ok(wrong == NULL,
		"after each of 60000 random steps all references are what a recount finds");
	if (wrong)
		kprintf("# step %u: %s\n", n, wrong);
	tap_ok(sent > 500 && refused > 500 && received > 200 && died > 50,
		"messages were sent, refused and received, and ports died");
	tap_ok(told[0] > 10 && told[1] > 10 && told[2] > 10,
		"who asked was told of dead names, of ports without senders and of names that "
		"went");
	kprintf("# %u dead names, %u without senders, %u gone\n", told[0], told[1], told[2]);
	kprintf("# %u sent, %u refused, %u received, %u ports died\n", sent, refused, received,
		died);
	for (int i = 0; i < SPACES; i++)
		ipc_space_destroy(&spaces[i]);
	have_place();
	for (int i = 0; i < PORTS; i++)
		clean &= !ports[i];
	tap_ok(clean && memories == 0, "when all tasks have ended no port and no memory is left");
}
