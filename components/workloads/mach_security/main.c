/* mach_security: the judge's bench. See security.h. */
#include "security.h"

#define STACK_SIZE 16384
#define PATIENCE   2000

const struct mach_boot *boot;
mach_port_t self;
volatile s64 *result;

static unsigned findings, failures;
static u8 stack[STACK_SIZE] aligned(16); /* each child has its own copy */

static void print(const char *bytes, size_t length)
{
	device_write(boot->console, bytes, length);
}

void console_write(const char *text, size_t length)
{
	write_lines(print, text, length);
}

noreturn void panic(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	kvprintf(format, ap);
	va_end(ap);
	for (;;)
		host_reboot(boot->host, 1);
}

void ok(bool holds, const char *what)
{
	findings++;
	failures += !holds;
	kprintf("%sok %u - %s\n", holds ? "" : "not ", findings, what);
}

void eq(s64 actual, s64 expected, const char *what)
{
	ok(actual == expected, what);
	if (actual != expected)
		kprintf("# %lx where %lx was expected\n", actual, expected);
}

void child_start(struct child *child, void (*body)(u64), u64 argument)
{
	struct mach_thread_registers registers = {
		.rip = (u64)body, .rsp = (u64)stack + STACK_SIZE - 8, .rdi = argument};

	for (unsigned i = 0; i < RESULTS; i++)
		result[i] = 0;
	check(task_create(self, MACH_TASK_INHERIT, &child->task) == KERN_SUCCESS);
	check(thread_create(child->task, &child->thread) == KERN_SUCCESS);
	check(thread_set_state(child->thread, MACH_THREAD_REGISTERS, &registers,
		      sizeof(registers)) == KERN_SUCCESS);
	check(thread_resume(child->thread) == KERN_SUCCESS);
}

/* Waiting for a message that never comes is sleeping: children run, whatever their priority. */
static void sleep_ms(u32 ms)
{
	static mach_port_t nobody;
	struct plain message;

	if (nobody == MACH_PORT_NULL)
		nobody = mach_reply_port();
	mach_msg(&message, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(message), nobody, ms, 0);
}

bool child_done(void)
{
	for (unsigned i = 0; i < PATIENCE && result[0] == 0; i++)
		sleep_ms(1);
	return result[0] != 0;
}

void let_run(void)
{
	sleep_ms(3);
}

void child_end(struct child *child)
{
	task_terminate(child->task); /* it may be gone already */
	mach_port_deallocate(self, child->thread);
	mach_port_deallocate(self, child->task);
}

noreturn void child_report(s64 value)
{
	result[0] = value;
	for (;;)
		swtch();
}

mach_port_t new_port(bool send)
{
	mach_port_t port;

	check(mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &port) == KERN_SUCCESS);
	if (send)
		check(mach_port_insert_right(self, port, port, MACH_MSG_TYPE_MAKE_SEND) ==
			KERN_SUCCESS);
	return port;
}

void destroy_port(mach_port_t port)
{
	mach_port_mod_refs(self, port, MACH_PORT_RIGHT_RECEIVE, -1);
	while (mach_port_deallocate(self, port) == KERN_SUCCESS)
		; /* what were send rights, a dead name by now */
}

u32 refs(mach_port_t name, u32 right)
{
	u32 count = 0;

	return mach_port_get_refs(self, name, right, &count) == KERN_SUCCESS ? count : 0;
}

long send(void *head, u32 size)
{
	return mach_msg(head, MACH_SEND_MSG | MACH_SEND_TIMEOUT, size, 0, MACH_PORT_NULL, 0, 0);
}

long receive(void *to, u32 size, mach_port_t port)
{
	return mach_msg(to, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, size, port, 0, 0);
}

noreturn void _start(const struct mach_boot *boot_page);
noreturn void _start(const struct mach_boot *boot_page)
{
	u64 shared = 0;

	boot = boot_page;
	self = mach_task_self();
	kprintf("TAP version 13\n");
	check(vm_map(self, &shared, 4096, MACH_VM_ANYWHERE | 3, MACH_PORT_NULL, 0) == KERN_SUCCESS);
	result = (volatile s64 *)shared;
	test_messages();
	test_bodies();
	test_rights();
	test_notify();
	test_outofline();
	test_tasks();
	test_memory();
	test_entries();
	test_model();
	kprintf("1..%u\n", findings);
	for (;;)
		host_reboot(boot->host, failures ? 1 : 0);
}
