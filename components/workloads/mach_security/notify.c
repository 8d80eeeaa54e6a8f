/* Notifications: of dead names, of names that went, of ports without senders. */
#include "security.h"

static mach_port_t inbox; /* where notifications go */

static long ask(mach_port_t name, u32 id, u32 sync)
{
	mach_port_t previous = MACH_PORT_NULL;
	long result = mach_port_request_notification(
		self, name, id, sync, inbox, MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous);

	if (previous != MACH_PORT_NULL) /* it says so in the inbox, which is read at once */
		mach_port_deallocate(self, previous);
	return result;
}

/* What has come: its identifier, 0: nothing. */
static s32 told(u32 *value)
{
	struct mach_notification note = {.value = 0};

	if (receive(&note, sizeof(note), inbox) != MACH_MSG_SUCCESS)
		return 0;
	*value = note.value;
	return note.head.msgh_id;
}

static void dead_names(void)
{
	mach_port_t port = new_port(true);
	u32 value = 0;

	eq(ask(port, MACH_NOTIFY_DEAD_NAME, 0), KERN_SUCCESS, "a death can be asked for");
	eq(ask(port, MACH_NOTIFY_DEAD_NAME, 0), KERN_SUCCESS, "by somebody else, too");
	eq(told(&value), MACH_NOTIFY_SEND_ONCE, "the first's right comes back");
	eq(told(&value), 0, "and nobody has died yet");
	mach_port_mod_refs(self, port, MACH_PORT_RIGHT_RECEIVE, -1);
	eq(told(&value), MACH_NOTIFY_DEAD_NAME, "the port's death is told");
	eq(value, port, "with the name");
	eq(refs(port, MACH_PORT_RIGHT_DEAD_NAME), 2, "which has a user reference for the message");
	eq(told(&value), 0, "once");
	eq(ask(port, MACH_NOTIFY_DEAD_NAME, 0), KERN_INVALID_ARGUMENT, "what is dead dies no more");
	eq(ask(port, MACH_NOTIFY_DEAD_NAME, 1), KERN_SUCCESS, "but can be told at once");
	eq(told(&value), MACH_NOTIFY_DEAD_NAME, "and is");
	eq(refs(port, MACH_PORT_RIGHT_DEAD_NAME), 3, "with another reference");
	mach_port_mod_refs(self, port, MACH_PORT_RIGHT_DEAD_NAME, -3);
	eq(ask(port, MACH_NOTIFY_DEAD_NAME, 1), KERN_INVALID_NAME,
		"a name that is none has no end");
}

static void deleted_names(void)
{
	mach_port_t port = new_port(true), name = port;
	u32 value = 0;

	ask(port, MACH_NOTIFY_DEAD_NAME, 0);
	mach_port_deallocate(self, port);
	eq(told(&value), 0, "a name with a right left is still a name");
	mach_port_mod_refs(self, port, MACH_PORT_RIGHT_RECEIVE, -1);
	eq(told(&value), MACH_NOTIFY_PORT_DELETED, "one that goes first is told as that");
	eq(value, name, "by the name it was");
	port = new_port(true);
	ask(port, MACH_NOTIFY_DEAD_NAME, 0);
	mach_port_t previous;
	eq(mach_port_request_notification(
		   self, port, MACH_NOTIFY_DEAD_NAME, 0, MACH_PORT_NULL, 0, &previous),
		KERN_SUCCESS, "a request can be taken back");
	mach_port_deallocate(self, previous);
	eq(told(&value), MACH_NOTIFY_SEND_ONCE, "with its right");
	destroy_port(port);
	mach_port_deallocate(self, port);
	eq(told(&value), 0, "and then nobody is told");
}

static void no_senders(void)
{
	mach_port_t port = new_port(false);
	u32 value = 0;

	eq(ask(port, MACH_NOTIFY_NO_SENDERS, 1), KERN_SUCCESS, "a server asks for its last sender");
	eq(told(&value), 0, "that there is none yet is no news");
	mach_port_insert_right(self, port, port, MACH_MSG_TYPE_MAKE_SEND);
	mach_port_insert_right(self, port, port, MACH_MSG_TYPE_MAKE_SEND);
	mach_port_deallocate(self, port);
	eq(told(&value), 0, "one of two references is not the last");
	mach_port_deallocate(self, port);
	eq(told(&value), MACH_NOTIFY_NO_SENDERS, "the last sender's going is told");
	eq(value, 2, "with how many send rights were made");
	eq(ask(port, MACH_NOTIFY_NO_SENDERS, 2), KERN_SUCCESS, "who knows of them all");
	eq(told(&value), MACH_NOTIFY_NO_SENDERS, "is told at once");
	ask(port, MACH_NOTIFY_NO_SENDERS, 3);
	eq(told(&value), 0, "who awaits another is not");
	destroy_port(port);
	eq(told(&value), MACH_NOTIFY_SEND_ONCE, "a port that dies gives its right back");
}

/* The only send right is in a message: it is still a sender until that has been destroyed. */
static void travelling_sender(void)
{
	struct {
		struct mach_msg_header head;
		struct mach_msg_type type;
		u64 name;
	} message;
	mach_port_t port = new_port(true), carrier = new_port(true);
	u32 value = 0;

	ask(port, MACH_NOTIFY_NO_SENDERS, 1);
	message.head = (struct mach_msg_header){
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX,
		.msgh_remote_port = carrier,
	};
	message.type = MACH_TYPE(MACH_MSG_TYPE_MOVE_SEND, 64, 1);
	message.name = port;
	eq(send(&message, sizeof(message)), MACH_MSG_SUCCESS, "the last send right travels");
	eq(told(&value), 0, "and counts");
	destroy_port(carrier);
	eq(told(&value), MACH_NOTIFY_NO_SENDERS, "until its message dies with a queue");
	mach_port_deallocate(self, carrier);
	destroy_port(port);
}

/* A child that holds the only send right, given to it under this name. */
#define CHILD_NAME 0x7f000u
static void hold_until_killed(u64 argument)
{
	(void)argument;
	result[0] = 1;
	for (;;)
		swtch();
}

static void killed_client(void)
{
	mach_port_t port = new_port(false);
	struct child child;
	u32 value = 0;

	child_start(&child, hold_until_killed, 0);
	eq(mach_port_insert_right(child.task, CHILD_NAME, port, MACH_MSG_TYPE_MAKE_SEND),
		KERN_SUCCESS, "a client gets the only send right");
	ask(port, MACH_NOTIFY_NO_SENDERS, 1);
	ok(child_done(), "it lives");
	eq(told(&value), 0, "and so has the server a client");
	child_end(&child);
	eq(told(&value), MACH_NOTIFY_NO_SENDERS, "when it is killed the server is told");
	destroy_port(port);
}

static void refusals(void)
{
	mach_port_t port = new_port(true), set, previous;
	const u32 dead = MACH_NOTIFY_DEAD_NAME, make = MACH_MSG_TYPE_MAKE_SEND_ONCE;

	mach_port_allocate(self, MACH_PORT_RIGHT_PORT_SET, &set);
	eq(ask(set, dead, 0), KERN_INVALID_RIGHT, "a set does not die like that");
	eq(ask(port, MACH_NOTIFY_PORT_DELETED, 0), KERN_INVALID_VALUE, "not all can be asked for");
	mach_port_mod_refs(self, set, MACH_PORT_RIGHT_PORT_SET, -1);
	eq(mach_port_request_notification(MACH_PORT_NULL, port, dead, 0, inbox, make, &previous),
		KERN_INVALID_TASK, "nor of no task");
	eq(mach_port_request_notification(
		   self, port, dead, 0, inbox, MACH_MSG_TYPE_COPY_SEND, &previous),
		KERN_INVALID_CAPABILITY, "a send right does not do");
	eq(mach_port_request_notification(self, port, dead, 0, 0xdead000, make, &previous),
		KERN_INVALID_CAPABILITY, "nor a name that is none");
	eq(mach_port_request_notification(
		   self, port, dead, 0, inbox, make, (mach_port_t *)KERNEL_ADDRESS),
		KERN_INVALID_ADDRESS, "the answer does not go into the kernel");
	mach_port_t only_send = new_port(true);
	mach_port_mod_refs(self, only_send, MACH_PORT_RIGHT_RECEIVE, -1);
	eq(ask(only_send, MACH_NOTIFY_NO_SENDERS, 0), KERN_INVALID_RIGHT,
		"only who receives hears of senders");
	mach_port_deallocate(self, only_send);
	destroy_port(port);
	mach_port_deallocate(self, port);
}

void test_notify(void)
{
	inbox = new_port(false);
	mach_port_set_qlimit(self, inbox, MACH_PORT_QLIMIT_MAX);
	dead_names();
	deleted_names();
	no_senders();
	travelling_sender();
	killed_client();
	refusals();
	u32 value;
	eq(told(&value), 0, "nothing more was told");
	destroy_port(inbox);
}
