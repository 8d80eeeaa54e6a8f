/*
 * The L4-like microkernel: what comes up in which order, and what a trap leads to.
 *
 * Threads, address spaces, IPC, and nothing else. A program's fault, exception or
 * unknown call is a message to the thread that is responsible for it.
 */
#include <console/console.h>
#include <entry/entry.h>
#include <l4.h>
#include <root.h>

#include "../contract_tests.h"

const entry_call native_calls[NATIVE_CALLS] = {
	[0] = l4_call_zero,
	[L4_CALL_IPC] = l4_call_ipc,
	[L4_CALL_UNMAP] = l4_call_unmap,
	[L4_CALL_THREAD_CONTROL] = l4_call_thread_control,
	[L4_CALL_SPACE_CONTROL] = l4_call_space_control,
	[L4_CALL_EXCHANGE_REGISTERS] = l4_call_exchange_registers,
	[L4_CALL_THREAD_SWITCH] = l4_call_thread_switch,
	[L4_CALL_SYSTEM_CLOCK] = l4_call_system_clock,
	[L4_CALL_DEBUGGER] = l4_call_debugger,
	[L4_CALL_THREAD_TIMES] = l4_call_thread_times,
};

long kernel_unknown_call(long number)
{
	(void)number; /* it is in the frame */
	return l4_trap();
}

/* The root task is everybody's pager and nobody's client: without it nothing can go on. */
static noreturn void root_failed(const char *what, u64 number, u64 rip)
{
	kprintf("the root task failed: %s %lx at %lx\n", what, number, rip);
	arch_exit(ARCH_EXIT_FAILED);
}

void kernel_user_fault(struct trapframe *frame, vaddr_t address, unsigned access)
{
	if (unlikely(thread_current->ipc.space->root && thread_current->ipc.pager == L4_NIL))
		root_failed("page fault", address, frame->rip);
	l4_user_fault(address, access);
}

void kernel_user_exception(struct trapframe *frame, unsigned vector, u64 error)
{
	(void)error;
	if (frame != thread_current->frame) /* a debug trap comes on a stack of its own */
		*thread_current->frame = *frame;
	if (unlikely(thread_current->ipc.space->root && thread_current->ipc.handler == L4_NIL))
		root_failed("exception", vector, frame->rip);
	l4_user_exception();
}

/* The kernel copies through its own view of memory, so this is only the entry path that looks at an
 * instruction. */
bool kernel_copy_fault(vaddr_t address, unsigned access)
{
	(void)address;
	(void)access;
	return false;
}

void kernel_timer(bool user)
{
	thread_timer(user);
}

void tap_print(const char *text)
{
	console_write(text, strlen(text));
}

noreturn void kernel_main(const struct boot_info *boot)
{
	console_init();
	thread_init();
	l4_space_init();
	l4_mapping_init();
	l4_threads_init();
	run_contract_tests();
	root_start(boot);
	thread_idle();
}
