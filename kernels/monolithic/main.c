/*
 * The monolithic kernel: what comes up in which order, and what a trap leads to.
 *
 * Everything is in this one address space: the Linux calls are the kernel's
 * calls, and a page fault is resolved where it is taken.
 */
#include <block/block.h>
#include <console/console.h>
#include <entry/entry.h>
#include <services/services.h>

#include "../contract_tests.h"

_Static_assert(ENTRY_CALLS == SERVICE_CALLS, "the entry indexes the services' table");

#define RESERVE 64 /* frames that programs cannot touch: the kernel goes on with them */

long kernel_unknown_call(long number)
{
	return services_unknown_call(number);
}

void kernel_user_fault(struct trapframe *frame, vaddr_t address, unsigned access)
{
	struct proc *proc = env_current();

	(void)frame;
	enum kstatus status = vm_fault(&proc->client.space->map, address, access);
	if (unlikely(status != K_OK))
		services_memory_fault(proc, address, access, status);
}

bool kernel_copy_fault(vaddr_t address, unsigned access)
{
	struct vm_map *map = &env_current()->client.space->map;
	enum kstatus status;

	do
		status = vm_fault(map, address, access);
	while (unlikely(status != K_OK) && services_copy_failed(address, 1, status));
	return status == K_OK;
}

void kernel_user_exception(struct trapframe *frame, unsigned vector, u64 error)
{
	(void)error;
	services_exception(env_current(), vector, frame->rip);
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
	char init[64] = "/bin/hello", args[256] = "";

	(void)boot;
	console_init();
	thread_init();
	frames_reserve = RESERVE;
	enum kstatus disk = block_init(phys_to_virt(BLOCK_WINDOW_PHYS));
	if (disk != K_OK && disk != K_NOENT)
		kprintf("there is a disk, but no memory to use it\n");
	run_contract_tests();
	boot_option("init", init, sizeof(init));
	boot_option("args", args, sizeof(args));
	enum kstatus status = services_start(init, args);
	if (status != K_OK) {
		kprintf("cannot start %s: %s (init=PATH on the command line names another)\n", init,
			status == K_NOENT ? "it is not in the initrd"
					  : "it is no program that can run here");
		arch_exit(ARCH_EXIT_FAILED);
	}
	thread_idle();
}
