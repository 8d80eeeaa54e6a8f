/* Making partners: threads of this task, or of a copy of it. */
#include "mach_ipc.h"

#define STACK_SIZE 16384
#define PARTNERS   4

static u8 stacks[PARTNERS][STACK_SIZE] aligned(16);
static unsigned stacks_used;

mach_port_t new_port(void)
{
	mach_port_t self = mach_task_self(), port;

	must(mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &port), "mach_port_allocate");
	must(mach_port_insert_right(self, port, port, MACH_MSG_TYPE_MAKE_SEND),
		"mach_port_insert_right");
	return port;
}

mach_port_t spawn(bool own_task, void (*body)(mach_port_t), mach_port_t port)
{
	mach_port_t task = mach_task_self(), thread;

	if (stacks_used == PARTNERS)
		fail("too many partners", 0);
	u8 *stack = stacks[stacks_used++] + STACK_SIZE;
	if (own_task) {
		must(task_create(task, MACH_TASK_INHERIT, &task), "task_create");
		must(mach_port_insert_right(task, port, port, MACH_MSG_TYPE_MOVE_RECEIVE),
			"handing over a port");
	}
	must(thread_create(task, &thread), "thread_create");
	struct mach_thread_registers registers = {
		.rip = (u64)body, .rsp = (u64)stack - 8, .rdi = port};
	must(thread_set_state(thread, MACH_THREAD_REGISTERS, &registers, sizeof(registers)),
		"thread_set_state");
	must(thread_resume(thread), "thread_resume");
	return task;
}
