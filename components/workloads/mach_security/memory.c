/* Address ranges, memory objects, pagers that die or lie. */
#include "security.h"

#define PAGE 4096ull
#define HERE 0x60000000ull

static void ranges(void)
{
	static const struct {
		u64 address, size;
	} bad[] = {
		{HERE + 1, PAGE},
		{HERE, PAGE + 1},
		{HERE, 0},
		{HERE, ~0ull},
		{HERE, ~0ull << 12},
		{0, PAGE},
		{~0ull << 12, PAGE},
		{LAST_PAGE_ADDRESS, PAGE},
		{LAST_PAGE_ADDRESS - PAGE, 2 * PAGE},
		{KERNEL_ADDRESS, PAGE},
		{DIRECT_MAP_ADDRESS, PAGE},
		{NONCANONICAL_ADDRESS, PAGE},
		{HERE, 1ull << 63},
	};
	bool refused = true;
	u64 address;

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		address = bad[i].address;
		refused &= vm_allocate(self, &address, bad[i].size, false) != KERN_SUCCESS;
		refused &= vm_deallocate(self, bad[i].address, bad[i].size) != KERN_SUCCESS;
		refused &= vm_protect(self, bad[i].address, bad[i].size, 7) != KERN_SUCCESS;
	}
	ok(refused, "ranges that are unaligned, empty, wrapping or not the user's are refused");
	address = HERE;
	eq(vm_map(self, &address, PAGE, 8, MACH_PORT_NULL, 0), KERN_INVALID_ARGUMENT,
		"unknown flags are refused");
	eq(vm_map(self, (u64 *)KERNEL_ADDRESS, PAGE, 3, MACH_PORT_NULL, 0), KERN_INVALID_ADDRESS,
		"so is an address kept in the kernel");
	eq(vm_protect(self, 0x400000, PAGE, 8), KERN_INVALID_ARGUMENT,
		"and a right that does not exist");
}

static void copies(void)
{
	static const u64 bad[] = {KERNEL_ADDRESS, DIRECT_MAP_ADDRESS, NONCANONICAL_ADDRESS,
		LAST_PAGE_ADDRESS, 0, ~0ull - 7};
	bool refused = true;
	u64 word = 0, address = HERE;

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		refused &= vm_read(self, bad[i], 8, &word) != KERN_SUCCESS;
		refused &= vm_write(self, bad[i], &word, 8) != KERN_SUCCESS;
		refused &= vm_write_forced(self, bad[i], &word, 8) != KERN_SUCCESS;
		refused &= vm_read(self, (u64)&word, 8, (void *)bad[i]) != KERN_SUCCESS;
		refused &= vm_write(self, (u64)&word, (void *)bad[i], 8) != KERN_SUCCESS;
	}
	refused &= vm_read(self, (u64)&word, ~0ull, &word) != KERN_SUCCESS;
	ok(refused, "a task's memory is read and written within user space only");
	check(vm_map(self, &address, PAGE, 1 | MACH_VM_COPY, MACH_PORT_NULL, 0) == KERN_SUCCESS);
	ok(vm_write(self, address, &word, 8) != KERN_SUCCESS,
		"what is mapped read-only is not written");
	eq(vm_write_forced(self, address, &word, 8), KERN_SUCCESS,
		"unless by whoever loads a program");
	vm_deallocate(self, address, PAGE);
}

static void objects(void)
{
	mach_port_t port = new_port(true);
	const mach_port_t bad[] = {self, boot->host, boot->console, 0x00abc000, MACH_PORT_DEAD};
	static const u64 offsets[] = {
		1, 4095, MEMORY_OBJECT_PAGES_MAX * PAGE, ~0ull << 12, 1ull << 63};
	bool refused = true;
	u64 address = HERE;

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		refused &= vm_map(self, &address, PAGE, 1, bad[i], 0) != KERN_SUCCESS;
	ok(refused, "a kernel port is no memory object");
	refused = true;
	for (unsigned i = 0; i < ARRAY_SIZE(offsets); i++)
		refused &= vm_map(self, &address, PAGE, 1, port, offsets[i]) != KERN_SUCCESS;
	ok(refused, "an object is mapped at whole pages within its limit");
	destroy_port(port);
}

/* --- pagers ----------------------------------------------------------------------------- */

static void reader(u64 address)
{
	u64 value = *(volatile u64 *)address;

	result[1] = (s64)value;
	child_report(1);
}

static mach_port_t object, exceptions;
static struct child child;

/* A child reads the first page of a fresh object; its request has come. */
static void start_reader(struct memory_object_data_request *request)
{
	u64 address = 0x50000000;

	object = new_port(true);
	exceptions = new_port(true);
	child_start(&child, reader, address);
	check(task_set_special_port(child.task, TASK_EXCEPTION_PORT, exceptions) == KERN_SUCCESS);
	check(vm_map(child.task, &address, PAGE, 1 | MACH_VM_COPY, object, 0) == KERN_SUCCESS);
	check(mach_msg(request, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(*request), object, 100,
		      0) == MACH_MSG_SUCCESS);
}

static void end_reader(void)
{
	child_end(&child);
	destroy_port(exceptions);
	destroy_port(object);
}

static struct memory_object_data_provided answer;

static void prepare_answer(const struct memory_object_data_request *request)
{
	memset(&answer, 0x5a, sizeof(answer));
	answer.answer.head = (struct mach_msg_header){
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
		.msgh_remote_port = request->head.msgh_remote_port,
		.msgh_id = MEMORY_OBJECT_DATA_PROVIDED,
	};
	answer.answer.type = MACH_TYPE(MACH_MSG_TYPE_INTEGER_64, 64, 1);
	answer.answer.offset = request->offset;
	answer.data_type = MACH_TYPE(MACH_MSG_TYPE_BYTE, 8, MEMORY_OBJECT_PAGE_SIZE);
}

static void lying_pager(void)
{
	struct memory_object_data_request request;

	start_reader(&request);
	prepare_answer(&request);
	send(&answer, sizeof(answer) - 8);
	prepare_answer(&request);
	answer.data_type.msgt_number = 1 << 20;
	send(&answer, sizeof(answer));
	prepare_answer(&request);
	answer.answer.offset = 1ull << 63;
	send(&answer, sizeof(answer));
	prepare_answer(&request);
	answer.answer.offset += 1;
	send(&answer, sizeof(answer));
	prepare_answer(&request);
	answer.answer.head.msgh_id = 4711;
	send(&answer, sizeof(answer));
	let_run();
	eq(result[0], 0, "answers of wrong size, type, place or kind are not taken");
	prepare_answer(&request);
	send(&answer, sizeof(answer));
	send(&answer, sizeof(answer)); /* once more: nobody has asked */
	ok(child_done() && result[1] == 0x5a5a5a5a5a5a5a5a, "the true one is");
	end_reader();
}

static void failing_pager(void)
{
	struct memory_object_data_request request;
	union {
		struct mach_exception exception;
		u8 room[512];
	} message;

	start_reader(&request);
	prepare_answer(&request);
	answer.answer.head.msgh_id = MEMORY_OBJECT_DATA_ERROR;
	send(&answer, sizeof(answer.answer));
	eq(mach_msg(&message, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(message), exceptions, 100,
		   0),
		MACH_MSG_SUCCESS, "an error of the pager is an exception of the reader");
	eq((s64)message.exception.code, KERN_INVALID_ADDRESS, "for a bad address");
	mach_port_deallocate(self, message.exception.head.msgh_remote_port);
	let_run();
	eq(task_terminate(child.task), KERN_INVALID_TASK,
		"whose task ends when nobody answers for it");
	end_reader();

	start_reader(&request);
	mach_port_mod_refs(self, object, MACH_PORT_RIGHT_RECEIVE, -1);
	eq(mach_msg(&message, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(message), exceptions, 100,
		   0),
		MACH_MSG_SUCCESS, "a pager that dies is an exception too");
	eq((s64)message.exception.code, KERN_MEMORY_FAILURE, "of failed memory");
	ok(refs((mach_port_t)message.exception.thread, MACH_PORT_RIGHT_SEND) == 2 &&
			refs((mach_port_t)message.exception.task, MACH_PORT_RIGHT_SEND) == 2,
		"which comes with send rights to thread and task");
	end_reader();
}

void test_memory(void)
{
	ranges();
	copies();
	objects();
	lying_pager();
	failing_pager();
}
