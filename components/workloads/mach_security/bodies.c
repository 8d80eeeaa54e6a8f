/* Complex messages: descriptors that lie, rights that are not there, receive rights that travel in
 * circles. */
#include "security.h"

#define NAMES_MAX 64

struct carrying {
	struct mach_msg_header head;
	struct mach_msg_type type;
	u64 names[NAMES_MAX];
};

static struct carrying message;

/* A message to `port` with one item of `count` rights, each `name` taken with `disposition`. */
static u32 carry(mach_port_t port, u32 disposition, mach_port_t name, u32 count)
{
	message.head = (struct mach_msg_header){
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX,
		.msgh_remote_port = port,
	};
	message.type = MACH_TYPE(disposition, 64, count);
	for (u32 i = 0; i < count; i++)
		message.names[i] = name;
	return (u32)offsetof(struct carrying, names) + count * 8;
}

static void lies(mach_port_t port)
{
	mach_port_t right = new_port(true);
	u32 size = carry(port, MACH_MSG_TYPE_COPY_SEND, right, 4);
	static const u32 numbers[] = {5, 6, 0x1000, 0x1fffffff, 0x20000000, 0x7fffffff, 0xffffffff};
	bool refused = true;

	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++) {
		carry(port, MACH_MSG_TYPE_COPY_SEND, right, 4);
		message.type.msgt_number = numbers[i];
		refused &= send(&message, size) == MACH_SEND_MSG_TOO_SMALL;
	}
	carry(port, MACH_MSG_TYPE_COPY_SEND, right, 4);
	message.type = MACH_TYPE(MACH_MSG_TYPE_BYTE, 65535, 0xffffffff);
	refused &= send(&message, size) == MACH_SEND_MSG_TOO_SMALL;
	ok(refused, "an item that says it is longer than its message is refused");
	refused = true;
	for (u32 field = 0; field < 5; field++) {
		carry(port, MACH_MSG_TYPE_COPY_SEND, right, 4);
		if (field == 0)
			message.type.msgt_inline = 0;
		else if (field == 1)
			message.type.msgt_longform = 1;
		else if (field == 2)
			message.type.msgt_deallocate = 1;
		else if (field == 3)
			message.type.msgt_unused = 7;
		else
			message.type.msgt_size = 32, message.type.msgt_number = 8;
		refused &= send(&message, size) == MACH_SEND_INVALID_TYPE;
	}
	ok(refused, "descriptors of kinds that are not carried are refused");
	/* Two items: the first good, the second a lie, so rights have been taken already. */
	for (unsigned i = 0; i < 100; i++) {
		carry(port, MACH_MSG_TYPE_COPY_SEND, right, 4);
		message.type.msgt_number = 2;
		struct mach_msg_type bad = MACH_TYPE(MACH_MSG_TYPE_COPY_SEND, 64, 100);
		memcpy(&message.names[2], &bad, sizeof(bad));
		refused &= send(&message, size) == MACH_SEND_MSG_TOO_SMALL;
	}
	ok(refused && refs(right, MACH_PORT_RIGHT_SEND) == 1,
		"rights taken before the lie are given up, and counted");
	eq(receive(&message, sizeof(message), port), MACH_RCV_TIMED_OUT, "nothing was delivered");
	destroy_port(right);
}

static void missing_rights(mach_port_t port)
{
	mach_port_t receive_only = new_port(false), both = new_port(true), dead = new_port(true);
	bool refused = true;

	mach_port_mod_refs(self, dead, MACH_PORT_RIGHT_RECEIVE, -1);
	const struct {
		mach_port_t name;
		u32 disposition;
	} tries[] = {
		{receive_only, MACH_MSG_TYPE_COPY_SEND},
		{receive_only, MACH_MSG_TYPE_MOVE_SEND},
		{receive_only, MACH_MSG_TYPE_MOVE_SEND_ONCE},
		{both, MACH_MSG_TYPE_MOVE_SEND_ONCE},
		{self, MACH_MSG_TYPE_MOVE_RECEIVE},
		{self, MACH_MSG_TYPE_MAKE_SEND},
		{self, MACH_MSG_TYPE_MAKE_SEND_ONCE},
		{boot->host, MACH_MSG_TYPE_MOVE_RECEIVE},
		{dead, MACH_MSG_TYPE_MOVE_RECEIVE},
		{dead, MACH_MSG_TYPE_MAKE_SEND},
		{0x12345678, MACH_MSG_TYPE_COPY_SEND},
		{both + 1, MACH_MSG_TYPE_MOVE_SEND},
	};
	for (unsigned i = 0; i < ARRAY_SIZE(tries); i++) {
		u32 size = carry(port, tries[i].disposition, tries[i].name, 1);
		refused &= send(&message, size) == MACH_SEND_INVALID_RIGHT;
	}
	u32 size = carry(port, MACH_MSG_TYPE_COPY_SEND, both, 1);
	message.names[0] |= 1ull << 32;
	refused &= send(&message, size) == MACH_SEND_INVALID_RIGHT;
	ok(refused, "rights that one does not have cannot be sent");
	size = carry(port, MACH_MSG_TYPE_MOVE_SEND, both, 2);
	eq(send(&message, size), MACH_SEND_INVALID_RIGHT,
		"one user reference cannot be moved twice");
	ok(refs(both, MACH_PORT_RIGHT_SEND) == 0 && refs(both, MACH_PORT_RIGHT_RECEIVE) == 1,
		"what such a message had taken is gone");
	size = carry(port, MACH_MSG_TYPE_COPY_SEND, dead, 1);
	eq(send(&message, size), MACH_MSG_SUCCESS, "a dead name may be sent");
	receive(&message, sizeof(message), port);
	eq((s64)message.names[0], MACH_PORT_DEAD, "and arrives dead");
	destroy_port(receive_only);
	destroy_port(both);
	destroy_port(dead);
}

static void travelling(mach_port_t port)
{
	mach_port_t guest = new_port(true), old = guest;
	u32 size = carry(port, MACH_MSG_TYPE_MOVE_RECEIVE, guest, 1);

	eq(send(&message, size), MACH_MSG_SUCCESS, "a receive right travels");
	eq(receive(&message, sizeof(message), guest), MACH_RCV_INVALID_NAME,
		"nobody receives from it meanwhile");
	struct plain note = {.head = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
				     .msgh_remote_port = guest}};
	eq(send(&note, sizeof(note)), MACH_MSG_SUCCESS, "messages to it wait");
	eq(receive(&message, sizeof(message), port), MACH_MSG_SUCCESS, "it arrives");
	eq((s64)message.names[0], old, "under the name of the send right that stayed");
	eq(receive(&note, sizeof(note), guest), MACH_MSG_SUCCESS, "with its messages");
	destroy_port(guest);
}

static void circles(void)
{
	mach_port_t one = new_port(true), two = new_port(true);
	u32 size = carry(one, MACH_MSG_TYPE_MOVE_RECEIVE, one, 1);

	eq(send(&message, size), MACH_MSG_SUCCESS, "a receive right sent to itself");
	eq(refs(one, MACH_PORT_RIGHT_DEAD_NAME), 1, "is destroyed");
	mach_port_deallocate(self, one);
	one = new_port(true);
	size = carry(two, MACH_MSG_TYPE_MOVE_RECEIVE, one, 1);
	send(&message, size);
	size = carry(one, MACH_MSG_TYPE_MOVE_RECEIVE, two, 1);
	eq(send(&message, size), MACH_MSG_SUCCESS, "two receive rights, each sent to the other");
	ok(refs(one, MACH_PORT_RIGHT_DEAD_NAME) == 1 && refs(two, MACH_PORT_RIGHT_DEAD_NAME) == 1,
		"are both destroyed");
	mach_port_deallocate(self, one);
	mach_port_deallocate(self, two);
	one = new_port(true);
	two = new_port(true);
	size = carry(one, MACH_MSG_TYPE_MOVE_RECEIVE, one, 2);
	message.names[1] = two;
	eq(send(&message, size), MACH_MSG_SUCCESS, "a circle with a passenger ends too");
	mach_port_deallocate(self, one);
	mach_port_deallocate(self, two);
}

/* Each port's only message holds the receive right of the one before: destroying the last destroys
 * all. */
static void nests(void)
{
	mach_port_t inner = new_port(true), first = inner;
	bool built = true;

	for (unsigned i = 0; i < 3000; i++) {
		mach_port_t outer = new_port(true);
		u32 size = carry(outer, MACH_MSG_TYPE_MOVE_RECEIVE, inner, 1);
		built &= send(&message, size) == MACH_MSG_SUCCESS;
		if (inner != first)
			mach_port_deallocate(self, inner);
		inner = outer;
	}
	ok(built, "receive rights nest 3000 deep");
	destroy_port(inner);
	eq(refs(first, MACH_PORT_RIGHT_DEAD_NAME), 1,
		"and die all at once, within the kernel's stack");
	mach_port_deallocate(self, first);
}

static void send_once(mach_port_t port)
{
	u32 size = carry(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, port, 3);
	mach_port_t names[3];

	send(&message, size);
	receive(&message, sizeof(message), port);
	for (unsigned i = 0; i < 3; i++)
		names[i] = (mach_port_t)message.names[i];
	ok(names[0] != names[1] && names[1] != names[2],
		"each send-once right has a name of its own");
	struct plain note = {.head = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0),
				     .msgh_remote_port = names[0]}};
	eq(send(&note, sizeof(note)), MACH_MSG_SUCCESS, "it sends once");
	note.head = (struct mach_msg_header){
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0),
		.msgh_remote_port = names[0]};
	eq(send(&note, sizeof(note)), MACH_SEND_INVALID_DEST, "and never again");
	receive(&note, sizeof(note), port);
	note.head = (struct mach_msg_header){
		.msgh_bits =
			MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, MACH_MSG_TYPE_MOVE_SEND_ONCE),
		.msgh_remote_port = names[1],
		.msgh_local_port = names[1],
	};
	eq(send(&note, sizeof(note)), MACH_SEND_INVALID_REPLY,
		"nor is it destination and reply port at once");
	mach_port_deallocate(self, names[1]);
	eq(receive(&note, sizeof(note), port), MACH_MSG_SUCCESS,
		"one that is given up unused is reported");
	eq(note.head.msgh_id, MACH_NOTIFY_SEND_ONCE, "by a send-once notification");
	/* In a message that dies with its queue. */
	mach_port_t doomed = new_port(true);
	size = carry(doomed, MACH_MSG_TYPE_MOVE_SEND_ONCE, names[2], 1);
	send(&message, size);
	destroy_port(doomed);
	eq(receive(&note, sizeof(note), port), MACH_MSG_SUCCESS,
		"so is one that dies in a message");
}

void test_bodies(void)
{
	mach_port_t port = new_port(true);

	lies(port);
	missing_rights(port);
	travelling(port);
	circles();
	nests();
	send_once(port);
	eq(refs(port, MACH_PORT_RIGHT_SEND), 1, "all rights of the tests are accounted for");
	destroy_port(port);
}
