/* Headers, sizes, pointers, queues: everything about a message but its body. */
#include "security.h"

static const u64 bad_addresses[] = {0, 8, 0xfff, KERNEL_ADDRESS, DIRECT_MAP_ADDRESS,
	NONCANONICAL_ADDRESS, LAST_PAGE_ADDRESS, LAST_PAGE_ADDRESS - 16, ~0ull, ~0ull - 23};

static struct plain to(mach_port_t port, u32 disposition)
{
	return (struct plain){
		.head = {.msgh_bits = MACH_MSGH_BITS(disposition, 0), .msgh_remote_port = port}};
}

static void pointers(mach_port_t port)
{
	struct plain message;
	bool sent = true, received = true;

	for (unsigned i = 0; i < ARRAY_SIZE(bad_addresses); i++)
		sent &= send((void *)bad_addresses[i], sizeof(message)) == MACH_SEND_INVALID_DATA;
	ok(sent, "a message cannot be sent from where the sender may not read");
	for (unsigned i = 0; i < ARRAY_SIZE(bad_addresses); i++) {
		message = to(port, MACH_MSG_TYPE_COPY_SEND);
		received &= send(&message, sizeof(message)) == MACH_MSG_SUCCESS;
		received &= receive((void *)bad_addresses[i], sizeof(message), port) ==
			    MACH_RCV_INVALID_DATA;
	}
	ok(received, "a message cannot be received to where the receiver may not write");
	eq(receive(&message, sizeof(message), port), MACH_RCV_TIMED_OUT,
		"and is lost then, as Mach has it");
}

static void sizes(mach_port_t port)
{
	static u8 large[MACH_MSG_SIZE_MAX + 64] aligned(8);
	static const u64 small[] = {0, 1, 8, 16, 23, 25, 28, 31, 33};
	static const u64 huge[] = {MACH_MSG_SIZE_MAX + 8, 1 << 20, 0xfffffff8, (1ull << 32) + 24,
		1ull << 63, ~0ull - 7};
	struct plain message = to(port, MACH_MSG_TYPE_COPY_SEND);
	bool refused = true;

	memcpy(large, &message, sizeof(message));
	for (unsigned i = 0; i < ARRAY_SIZE(small); i++)
		refused &= mach_trap6(MACH_TRAP_MSG, (u64)large, MACH_SEND_MSG, small[i], 0, 0,
				   0) == MACH_SEND_MSG_TOO_SMALL;
	ok(refused, "a size below a header's, or not a multiple of 8, is refused");
	refused = true;
	for (unsigned i = 0; i < ARRAY_SIZE(huge); i++)
		refused &= mach_trap6(MACH_TRAP_MSG, (u64)large, MACH_SEND_MSG, huge[i], 0, 0, 0) ==
			   MACH_SEND_NO_BUFFER;
	ok(refused, "a size above the limit is refused, 64-bit ones too");
	eq(send(large, MACH_MSG_SIZE_MAX), MACH_MSG_SUCCESS, "the largest message goes");
	memset(large + sizeof(message), 1, 64);
	eq(receive(large, sizeof(message), port), MACH_RCV_TOO_LARGE,
		"it does not fit a small buffer");
	ok(large[sizeof(message)] == 1, "not a byte is written beyond the buffer's size");
	eq(receive(large, MACH_MSG_SIZE_MAX, port), MACH_RCV_TIMED_OUT, "and is gone");
	memcpy(large, &message, sizeof(message));
	eq(send(large, 64), MACH_MSG_SUCCESS, "another goes");
	eq(mach_msg(large, MACH_RCV_MSG | MACH_RCV_TIMEOUT | MACH_RCV_LARGE, 0, 32, port, 0, 0),
		MACH_RCV_TOO_LARGE, "with MACH_RCV_LARGE a small buffer is told");
	eq(receive(large, 64, port), MACH_MSG_SUCCESS, "and the message stays");
}

static void headers(mach_port_t port)
{
	static const u32 bad_types[] = {0, 1, 15, MACH_MSG_TYPE_MOVE_RECEIVE, 22, 127, 255};
	struct plain message;
	bool refused = true;

	for (unsigned i = 0; i < ARRAY_SIZE(bad_types); i++) {
		message = to(port, bad_types[i]);
		refused &= send(&message, sizeof(message)) == MACH_SEND_INVALID_HEADER;
		if (bad_types[i] == 0)
			continue;
		message = to(port, MACH_MSG_TYPE_COPY_SEND);
		message.head.msgh_bits |= bad_types[i] << 8;
		message.head.msgh_local_port = port;
		refused &= send(&message, sizeof(message)) == MACH_SEND_INVALID_HEADER;
	}
	for (u32 bit = 1u << 16; bit < MACH_MSGH_BITS_COMPLEX; bit <<= 1) {
		message = to(port, MACH_MSG_TYPE_COPY_SEND);
		message.head.msgh_bits |= bit;
		refused &= send(&message, sizeof(message)) == MACH_SEND_INVALID_HEADER;
	}
	message = to(port, MACH_MSG_TYPE_COPY_SEND);
	message.head.msgh_local_port = port;
	refused &= send(&message, sizeof(message)) == MACH_SEND_INVALID_HEADER;
	ok(refused, "bits and types that mean nothing are refused");
	eq(mach_msg(&message, MACH_SEND_MSG | 0x8, sizeof(message), 0, 0, 0, 0),
		MACH_SEND_INVALID_NOTIFY, "unknown options are refused");
	eq(mach_msg(&message, MACH_SEND_MSG, sizeof(message), 0, 0, 0, port),
		MACH_SEND_INVALID_NOTIFY, "so is a notify port, which nothing here uses");
	eq(refs(port, MACH_PORT_RIGHT_SEND), 1, "none of all this cost a right");
}

static void destinations(mach_port_t port)
{
	mach_port_t receive_only = new_port(false), dead = new_port(true), set,
		    old = new_port(true);
	struct plain message = to(MACH_PORT_NULL, MACH_MSG_TYPE_COPY_SEND);
	bool refused = true;

	mach_port_allocate(self, MACH_PORT_RIGHT_PORT_SET, &set);
	mach_port_mod_refs(self, dead, MACH_PORT_RIGHT_RECEIVE, -1);
	destroy_port(old);
	const mach_port_t names[] = {MACH_PORT_NULL, MACH_PORT_DEAD, receive_only, dead, set, old,
		port + 1, port ^ 0x800, port + 0x100000, 0x80000000, 0x00000fff, boot->host ^ 1};
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		message = to(names[i], MACH_MSG_TYPE_COPY_SEND);
		refused &= send(&message, sizeof(message)) == MACH_SEND_INVALID_DEST;
		message = to(names[i], MACH_MSG_TYPE_MOVE_SEND_ONCE);
		refused &= send(&message, sizeof(message)) == MACH_SEND_INVALID_DEST;
		if (names[i] == receive_only)
			continue;
		message = to(names[i], MACH_MSG_TYPE_MAKE_SEND);
		refused &= send(&message, sizeof(message)) == MACH_SEND_INVALID_DEST;
	}
	ok(refused, "null, dead, stale, guessed and wrong names are no destinations");
	refused = true;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i] == receive_only)
			continue;
		message = to(port, MACH_MSG_TYPE_COPY_SEND);
		message.head.msgh_bits |= MACH_MSG_TYPE_MAKE_SEND_ONCE << 8;
		message.head.msgh_local_port = names[i];
		refused &= send(&message, sizeof(message)) == MACH_SEND_INVALID_REPLY;
		refused &= names[i] == set ||
			   receive(&message, sizeof(message), names[i]) == MACH_RCV_INVALID_NAME;
	}
	ok(refused, "nor reply ports, nor can one receive from them");
	eq(receive(&message, sizeof(message), port), MACH_RCV_TIMED_OUT,
		"nothing was sent by the way");
	mach_port_move_member(self, receive_only, set);
	eq(receive(&message, sizeof(message), receive_only), MACH_RCV_IN_SET,
		"a member of a set is received from through its set");
	mach_port_mod_refs(self, set, MACH_PORT_RIGHT_PORT_SET, -1);
	eq(receive(&message, sizeof(message), receive_only), MACH_RCV_TIMED_OUT,
		"and by itself when the set is gone");
	destroy_port(receive_only);
	destroy_port(dead);
}

static void queues(mach_port_t port)
{
	struct plain message;
	unsigned sent = 0;
	bool in_order = true;

	do {
		message = to(port, MACH_MSG_TYPE_COPY_SEND);
		message.head.msgh_id = (s32)sent;
	} while (send(&message, sizeof(message)) == MACH_MSG_SUCCESS && ++sent < 100);
	eq(sent, MACH_PORT_QLIMIT_DEFAULT, "a queue takes as many messages as its limit");
	message = to(port, MACH_MSG_TYPE_COPY_SEND);
	eq(send(&message, sizeof(message)), MACH_SEND_TIMED_OUT, "and no more");
	eq(message.head.msgh_remote_port, port, "a message that was not sent comes back");
	eq(refs(port, MACH_PORT_RIGHT_SEND), 3, "with the right that it took");
	eq(send(&message, sizeof(message)), MACH_SEND_TIMED_OUT,
		"so that it can be sent again as it is");
	eq(refs(port, MACH_PORT_RIGHT_SEND), 3, "which moves that right to and fro");
	mach_port_mod_refs(self, port, MACH_PORT_RIGHT_SEND, -2);
	message = to(port, MACH_MSG_TYPE_COPY_SEND);
	eq(mach_msg(&message, MACH_SEND_MSG | MACH_SEND_TIMEOUT, sizeof(message), 0, 0, 1, 0),
		MACH_SEND_TIMED_OUT, "waiting for room ends with the time given");
	mach_port_mod_refs(self, port, MACH_PORT_RIGHT_SEND, -1);
	for (unsigned i = 0; i < sent; i++) {
		in_order &= receive(&message, sizeof(message), port) == MACH_MSG_SUCCESS;
		in_order &= message.head.msgh_id == (s32)i;
	}
	ok(in_order, "messages arrive in order");
	eq(mach_port_set_qlimit(self, port, MACH_PORT_QLIMIT_MAX + 1), KERN_INVALID_VALUE,
		"a limit has a limit");
	eq(receive(&message, sizeof(message), port), MACH_RCV_TIMED_OUT,
		"and the queue is empty again");
}

/* Nothing of the kernel's, and nothing of another sender's, in what arrives. */
static void leftovers(mach_port_t port)
{
	struct {
		struct mach_msg_header head;
		u8 beyond[1024];
	} message;
	struct mig_reply *reply = (struct mig_reply *)&message;
	bool untouched = true;

	*(struct plain *)&message = to(port, MACH_MSG_TYPE_COPY_SEND);
	send(&message, sizeof(message.head));
	memset(&message, 0xa5, sizeof(message));
	receive(&message, sizeof(message), port);
	for (unsigned i = 0; i < sizeof(message.beyond); i++)
		untouched &= message.beyond[i] == 0xa5;
	ok(untouched && message.head.msgh_size == sizeof(message.head),
		"a short message writes no more than its size");
	memset(&message, 0xa5, sizeof(message));
	message.head = (struct mach_msg_header){
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE),
		.msgh_remote_port = self,
		.msgh_local_port = port,
		.msgh_id = 12345,
	};
	send(&message, sizeof(message.head));
	eq(receive(&message, sizeof(message), port), MACH_MSG_SUCCESS,
		"a task's port answers what it does not understand");
	eq(reply->ret_code, MIG_BAD_ID, "by saying so");
	eq(reply->pad, 0, "and the padding of the answer is zero");
	eq(message.head.msgh_id, 12445, "with an id 100 higher");
}

void test_messages(void)
{
	mach_port_t port = new_port(true);

	pointers(port);
	sizes(port);
	headers(port);
	destinations(port);
	queues(port);
	leftovers(port);
	destroy_port(port);
}
