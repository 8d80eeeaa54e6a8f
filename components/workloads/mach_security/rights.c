/* Names and reference counts. */
#include "security.h"

static void overflows(void)
{
	mach_port_t port = new_port(true), twin;
	const u32 type = MACH_PORT_RIGHT_SEND;

	eq(mach_port_mod_refs(self, port, type, MACH_PORT_UREFS_MAX), KERN_UREFS_OVERFLOW,
		"references do not overflow");
	eq(mach_port_mod_refs(self, port, type, INT32_MAX), KERN_UREFS_OVERFLOW,
		"by a large number neither");
	eq(mach_port_mod_refs(self, port, type, MACH_PORT_UREFS_MAX - 1), KERN_SUCCESS,
		"they reach their limit");
	for (unsigned i = 0; i < 3; i++)
		mach_port_insert_right(self, port, port, MACH_MSG_TYPE_MAKE_SEND);
	eq(refs(port, type), MACH_PORT_UREFS_MAX, "and stay there");
	mach_port_deallocate(self, port);
	eq(refs(port, type), MACH_PORT_UREFS_MAX,
		"for good: nobody knows any more how many there are");
	eq(mach_port_mod_refs(self, port, type, INT32_MIN), KERN_INVALID_VALUE,
		"they do not fall below 0");
	eq(mach_port_mod_refs(self, port, type, -(s32)MACH_PORT_UREFS_MAX), KERN_SUCCESS,
		"all of them can be taken away");
	eq(refs(port, type), 0, "and are gone");
	eq(mach_port_mod_refs(self, port, MACH_PORT_RIGHT_RECEIVE, 1), KERN_UREFS_OVERFLOW,
		"there is one receive right only");
	eq(mach_port_mod_refs(self, port, MACH_PORT_RIGHT_RECEIVE, -2), KERN_INVALID_VALUE,
		"and not two to give up");
	eq(mach_port_mod_refs(self, port, 5, -1), KERN_INVALID_VALUE,
		"a right that does not exist");
	eq(mach_port_mod_refs(self, port, 0xffffffff, -1), KERN_INVALID_VALUE, "by far");
	eq(mach_port_mod_refs(self, port, MACH_PORT_RIGHT_SEND_ONCE, -1), KERN_INVALID_RIGHT,
		"a right that the name is not");
	eq(mach_port_deallocate(self, port), KERN_INVALID_RIGHT,
		"a receive right is not deallocated by accident");
	destroy_port(port);
	eq(mach_port_deallocate(self, port), KERN_INVALID_NAME,
		"a name that was given back is no name");
	twin = new_port(false);
	ok(twin != port, "its place comes back under another name");
	eq(mach_port_deallocate(self, port), KERN_INVALID_NAME, "the old name still means nothing");
	destroy_port(twin);
}

static void inserting(void)
{
	mach_port_t port = new_port(true), other = new_port(true), once = new_port(false);
	static const mach_port_t impossible[] = {0, 1, 0xfff, 0xffffffff, 0xfffff000, 0x02000000};
	bool refused = true;

	for (unsigned i = 0; i < ARRAY_SIZE(impossible); i++)
		refused &= mach_port_insert_right(self, impossible[i], once,
				   MACH_MSG_TYPE_MAKE_SEND) != KERN_SUCCESS;
	ok(refused, "a right cannot be given a name that cannot be");
	eq(mach_port_insert_right(self, other, port, MACH_MSG_TYPE_COPY_SEND), KERN_NAME_EXISTS,
		"nor one that is taken");
	eq(mach_port_insert_right(self, other, once, MACH_MSG_TYPE_MAKE_SEND_ONCE),
		KERN_NAME_EXISTS, "a send-once right neither");
	struct plain note;
	eq(receive(&note, sizeof(note), once), MACH_RCV_TIMED_OUT,
		"which then comes back instead of dying");
	ok(refs(port, MACH_PORT_RIGHT_SEND) == 1 && refs(other, MACH_PORT_RIGHT_SEND) == 1,
		"no right was lost or won");
	eq(mach_port_insert_right(self, port, self, MACH_MSG_TYPE_MOVE_RECEIVE),
		KERN_INVALID_CAPABILITY, "a right that one does not have is not inserted");
	eq(mach_port_insert_right(self, 0x00100000, once, MACH_MSG_TYPE_MAKE_SEND_ONCE),
		KERN_SUCCESS, "a free name may be chosen");
	eq(refs(0x00100000, MACH_PORT_RIGHT_SEND_ONCE), 1, "and is it then");
	destroy_port(port);
	destroy_port(other);
	destroy_port(once);
	eq(refs(0x00100000, MACH_PORT_RIGHT_DEAD_NAME), 1, "when its port dies it is a dead name");
	mach_port_deallocate(self, 0x00100000);
}

static void exhausting(void)
{
	static mach_port_t names[10000];
	u32 count[2] = {0, 0};
	long result = KERN_SUCCESS;
	struct plain note;

	for (unsigned round = 0; round < 2; round++) {
		u32 *n = &count[round];
		while (*n < ARRAY_SIZE(names) &&
			(result = mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &names[*n])) ==
				KERN_SUCCESS)
			++*n;
		if (round == 0) {
			eq(result, KERN_NO_SPACE, "a task runs out of names");
			eq(mach_reply_port(), MACH_PORT_NULL, "for reply ports too");
			/* A message with a right for which there is no name: from a task's port,
			 * which answers. */
			mach_port_t last = names[0];
			note.head = (struct mach_msg_header){
				.msgh_bits = MACH_MSGH_BITS(
					MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE),
				.msgh_remote_port = last,
				.msgh_local_port = last,
			};
			send(&note, sizeof(note));
			eq(receive(&note, sizeof(note), last),
				MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_SPACE,
				"a right that comes then is given up, and the receiver told");
		}
		for (u32 i = 0; i < *n; i++)
			mach_port_mod_refs(self, names[i], MACH_PORT_RIGHT_RECEIVE, -1);
	}
	eq(count[1], count[0], "names that were given back can be had again, all of them");
}

static void kinds(void)
{
	const mach_port_t not_tasks[] = {MACH_PORT_NULL, MACH_PORT_DEAD, boot->host, boot->console,
		mach_thread_self(), 0x7fffffff};
	const mach_port_t not_devices[] = {
		self, boot->host, mach_thread_self(), MACH_PORT_NULL, 0x00abc000};
	mach_port_t name = 7;
	bool refused = true;

	for (unsigned i = 0; i < ARRAY_SIZE(not_tasks); i++) {
		mach_port_t t = not_tasks[i];
		u64 address = 0;
		refused &= task_terminate(t) == KERN_INVALID_TASK &&
			   task_create(t, 0, &name) == KERN_INVALID_TASK;
		refused &= vm_allocate(t, &address, 4096, true) == KERN_INVALID_TASK;
		refused &=
			mach_port_allocate(t, MACH_PORT_RIGHT_RECEIVE, &name) == KERN_INVALID_TASK;
		refused &= task_set_emulation(t, 0x1000) == KERN_INVALID_TASK;
		refused &= thread_create(t, &name) == KERN_INVALID_TASK;
		refused &= vm_write(t, 0x400000, &address, 8) == KERN_INVALID_TASK;
	}
	ok(refused, "what is no task cannot be treated as one");
	refused = true;
	for (unsigned i = 0; i < ARRAY_SIZE(not_devices); i++) {
		u64 count;
		refused &= device_write(not_devices[i], "x", 1) == KERN_INVALID_CAPABILITY;
		refused &= device_read(not_devices[i], &name, 4, &count) == KERN_INVALID_CAPABILITY;
		if (not_devices[i] != boot->host)
			refused &= host_reboot(not_devices[i], 1) == KERN_INVALID_CAPABILITY;
		if (i != 2)
			refused &= thread_terminate(not_devices[i]) == KERN_INVALID_ARGUMENT;
	}
	ok(refused, "nor a device, a host or a thread");
	eq(device_write(boot->console, (void *)KERNEL_ADDRESS, 16), KERN_INVALID_ADDRESS,
		"the kernel's memory is not written to a device");
	eq(device_write(boot->results, (void *)0x10, ~0ull), KERN_INVALID_ADDRESS,
		"nor memory without end");
}

void test_rights(void)
{
	overflows();
	inserting();
	exhausting();
	kinds();
}
