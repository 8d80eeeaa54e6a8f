/* Tasks without privileges, tasks that are killed in the middle, registers that must not be set. */
#include "security.h"

/* Tries all names that could mean the first task's privileged ports. */
static void guess(u64 unused)
{
	u64 reached = 0;

	(void)unused;
	for (mach_port_t index = 0; index < 256; index++) {
		for (mach_port_t generation = 0; generation < 4; generation++) {
			mach_port_t name = index << 12 | generation;
			u64 count;
			reached += device_write(name, "", 0) == KERN_SUCCESS;
			reached += device_read(name, &count, 8, &count) == KERN_SUCCESS;
			reached += thread_suspend(name) == KERN_SUCCESS;
			host_reboot(name, 1); /* it returns, or the judge never ends */
		}
	}
	child_report(reached == 0 ? 1 : 2);
}

/* Other kernel entry numbers, with rubbish in all registers. */
static void rubbish(u64 seed)
{
	for (unsigned i = 0; i < 20000; i++) {
		u64 a[6];
		for (unsigned j = 0; j < 6; j++) {
			seed = seed * 6364136223846793005ull + 1442695040888963407ull;
			a[j] = seed >> 60 < 8    ? seed >> 33 & 0x3f03
			       : seed >> 60 < 12 ? seed
						 : seed >> 52 << 12;
		}
		long number = (long)(seed >> 40 & 127);
		if (number == MACH_TRAP_SWTCH || number == MACH_TRAP_TASK_TERMINATE ||
			number == MACH_TRAP_THREAD_TERMINATE || number == MACH_TRAP_VM_DEALLOCATE ||
			number == MACH_TRAP_VM_PROTECT || number == 0)
			continue; /* the child wants to see the end */
		if (number == MACH_TRAP_MSG)
			a[1] |= MACH_RCV_TIMEOUT | MACH_SEND_TIMEOUT, a[5] = 0;
		mach_trap6(number, a[0], a[1], a[2], a[3], a[4], a[5]);
		mach_trap6(1000 + number, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
	child_report(1);
}

static void unprivileged(void)
{
	struct child child;

	child_start(&child, guess, 0);
	ok(child_done() && result[0] == 1,
		"a task without rights reaches no device, thread or host by guessing");
	child_end(&child);
	child_start(&child, rubbish, 42);
	child_done(); /* it may have unmapped itself: what counts is that we live */
	ok(true, "40000 traps with rubbish do the kernel no harm");
	child_end(&child);
}

/* --- registers ------------------------------------------------------------------------------ */

static void idle(u64 unused)
{
	(void)unused;
	child_report(1);
}

static void registers(void)
{
	static const u64 bad[] = {
		KERNEL_ADDRESS, NONCANONICAL_ADDRESS, LAST_PAGE_ADDRESS, DIRECT_MAP_ADDRESS, ~0ull};
	struct mach_thread_registers state;
	struct child child;
	bool refused = true;

	child_start(&child, idle, 0);
	check(child_done());
	while (thread_suspend(child.thread) == KERN_FAILURE)
		let_run();
	check(thread_get_state(child.thread, MACH_THREAD_REGISTERS, &state, sizeof(state)) ==
		KERN_SUCCESS);
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		struct mach_thread_registers changed = state;
		struct mach_thread_pointers pointers = {.fs_base = bad[i]};
		changed.rip = bad[i];
		refused &= thread_set_state(child.thread, MACH_THREAD_REGISTERS, &changed,
				   sizeof(changed)) == KERN_INVALID_ADDRESS;
		refused &= thread_set_state(child.thread, MACH_THREAD_POINTERS, &pointers,
				   sizeof(pointers)) == KERN_INVALID_ADDRESS;
		pointers = (struct mach_thread_pointers){.gs_base = bad[i]};
		refused &= thread_set_state(child.thread, MACH_THREAD_POINTERS, &pointers,
				   sizeof(pointers)) == KERN_INVALID_ADDRESS;
		refused &= task_set_emulation(child.task, bad[i]) == KERN_INVALID_ADDRESS;
	}
	ok(refused, "an instruction pointer, thread pointer or emulation entry outside user space "
		    "is refused");
	eq(thread_set_state(child.thread, 4, &state, sizeof(state)), KERN_INVALID_ARGUMENT,
		"so is an unknown flavor");
	eq(thread_set_state(child.thread, MACH_THREAD_REGISTERS, &state, 8), KERN_INVALID_ARGUMENT,
		"and a wrong size");
	eq(thread_get_state(
		   child.thread, MACH_THREAD_REGISTERS, (void *)KERNEL_ADDRESS, sizeof(state)),
		KERN_INVALID_ADDRESS, "registers are not stored into the kernel");
	struct mach_thread_registers changed = state;
	changed.rflags = ~0ull & ~0x100ull;
	eq(thread_set_state(child.thread, MACH_THREAD_REGISTERS, &changed, sizeof(changed)),
		KERN_SUCCESS, "all flags at once");
	thread_get_state(child.thread, MACH_THREAD_REGISTERS, &changed, sizeof(changed));
	eq((s64)(changed.rflags & 0x3000), 0, "do not include the I/O privilege level");
	ok(changed.rflags & 0x200, "and leave interrupts on");
	child_end(&child);
}

/* --- killed in the middle
 * ------------------------------------------------------------------------- */

/* What a child is in the middle of; names are of its own. */
static void blocked_receiver(u64 unused)
{
	struct plain message;

	(void)unused;
	mach_msg(&message, MACH_RCV_MSG, 0, sizeof(message), mach_reply_port(), 0, 0);
	child_report(2);
}

static void blocked_sender(u64 port)
{
	struct plain message;

	for (;;) {
		message.head = (struct mach_msg_header){
			.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
			.msgh_remote_port = (mach_port_t)port,
		};
		if (mach_msg(&message, MACH_SEND_MSG, sizeof(message), 0, 0, 0, 0) !=
			MACH_MSG_SUCCESS)
			child_report(2);
	}
}

static void blocked_fault(u64 address)
{
	child_report(*(volatile u64 *)address + 1);
}

static void blocked_copy(u64 address)
{
	child_report(send((void *)address, 24) + 3);
}

static void killed_receiving(void)
{
	struct child child;

	for (unsigned i = 0; i < 50; i++) {
		child_start(&child, blocked_receiver, 0);
		let_run();
		child_end(&child);
	}
	ok(result[0] == 0, "50 tasks are killed while they receive");
}

static void killed_sending(void)
{
	mach_port_t port = new_port(true);
	struct plain message;
	struct child child;
	unsigned received = 0;

	for (unsigned i = 0; i < 50; i++) {
		child_start(&child, blocked_sender, 0x00100000);
		check(mach_port_insert_right(child.task, 0x00100000, port,
			      MACH_MSG_TYPE_COPY_SEND) == KERN_SUCCESS);
		let_run();
		child_end(&child);
	}
	while (receive(&message, sizeof(message), port) == MACH_MSG_SUCCESS)
		received++;
	eq(received, MACH_PORT_QLIMIT_DEFAULT,
		"50 tasks are killed while they wait for room; the full queue is all that stays");
	child_start(&child, blocked_sender, 0x00100000);
	check(mach_port_insert_right(child.task, 0x00100000, port, MACH_MSG_TYPE_COPY_SEND) ==
		KERN_SUCCESS);
	let_run();
	destroy_port(port);
	ok(child_done() && result[0] == 2, "one that waits for room in a port that dies is told");
	child_end(&child);
}

static void killed_faulting(void (*body)(u64), const char *what)
{
	struct memory_object_data_request request;
	struct memory_object_answer answer;
	mach_port_t object = new_port(true);
	struct child child;
	bool told = true;

	for (unsigned i = 0; i < 20; i++) {
		u64 address = 0x50000000;
		child_start(&child, body, address);
		check(vm_map(child.task, &address, 4096, 1 | MACH_VM_COPY, object, i * 4096ull) ==
			KERN_SUCCESS);
		told &= mach_msg(&request, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(request),
				object, 100, 0) == MACH_MSG_SUCCESS;
		child_end(&child);
		answer = (struct memory_object_answer){
			.head = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND, 0),
				.msgh_remote_port = request.head.msgh_remote_port,
				.msgh_id = MEMORY_OBJECT_DATA_UNAVAILABLE},
			.type = MACH_TYPE(MACH_MSG_TYPE_INTEGER_64, 64, 1),
			.offset = request.offset,
		};
		told &= send(&answer, sizeof(answer)) == MACH_MSG_SUCCESS;
		let_run();
	}
	ok(told && result[0] == 0, what);
	destroy_port(object);
}

static noreturn void die_in_a_trap(u64 unused)
{
	(void)unused;
	result[1] = 1;
	task_terminate(mach_task_self());
	child_report(2);
}

static void suicides(void)
{
	struct child child;

	child_start(&child, die_in_a_trap, 0);
	let_run();
	ok(result[1] == 1 && result[0] == 0, "a task that ends itself does not come back");
	eq(task_terminate(child.task), KERN_INVALID_TASK, "its port is dead");
	child_end(&child);
}

void test_tasks(void)
{
	unprivileged();
	registers();
	killed_receiving();
	killed_sending();
	killed_faulting(blocked_fault, "20 tasks are killed while a pager fetches a page for them");
	killed_faulting(blocked_copy, "20 more while the kernel reads such a page for them");
	suicides();
}
