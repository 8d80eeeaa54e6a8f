/*
 * The Mach-like kernel: what comes up in which order, and what a trap or a message to the kernel
 * leads to.
 *
 * The kernel knows tasks, threads, ports, messages and memory objects. It knows no Unix: a system
 * call with a number from 0 on is sent back to the emulation library in the caller's own space.
 */
#include <block/block.h>
#include <console/console.h>
#include <entry/entry.h>
#include <memory_object.h>
#include <task.h>

#include "../contract_tests.h"

static TRAP(trap_none)
{
	(void)a, (void)b, (void)c, UNUSED3;
	return KERN_INVALID_ARGUMENT;
}

/* The entry counts 0 among the native numbers; it is Linux's read(). */
static TRAP(trap_zero)
{
	(void)a, (void)b, (void)c, UNUSED3;
	return kernel_unknown_call(0);
}

_Static_assert(MACH_TRAPS <= NATIVE_CALLS, "the table holds every trap");
const entry_call native_calls[NATIVE_CALLS] = {
	[0] = trap_zero,
	[1 ... MACH_TRAP_MSG - 1] = trap_none,
	[MACH_TRAP_TASK_SELF + 1 ... MACH_TRAP_SWTCH - 1] = trap_none,
	[MACH_TRAP_SWTCH + 1 ... MACH_TRAP_VM_MAP - 1] = trap_none,
	[MACH_TRAPS... NATIVE_CALLS - 1] = trap_none,
	[MACH_TRAP_MSG] = mach_msg_trap,
	[MACH_TRAP_REPLY_PORT] = mach_reply_port_trap,
	[MACH_TRAP_THREAD_SELF] = trap_thread_self,
	[MACH_TRAP_TASK_SELF] = trap_task_self,
	[MACH_TRAP_SWTCH] = trap_swtch,
	[MACH_TRAP_VM_MAP] = trap_vm_map,
	[MACH_TRAP_VM_ALLOCATE] = trap_vm_allocate,
	[MACH_TRAP_VM_DEALLOCATE] = trap_vm_deallocate,
	[MACH_TRAP_VM_PROTECT] = trap_vm_protect,
	[MACH_TRAP_VM_READ] = trap_vm_read,
	[MACH_TRAP_VM_WRITE] = trap_vm_write,
	[MACH_TRAP_TASK_CREATE] = trap_task_create,
	[MACH_TRAP_TASK_TERMINATE] = trap_task_terminate,
	[MACH_TRAP_TASK_GET_SPECIAL_PORT] = trap_task_get_special_port,
	[MACH_TRAP_TASK_SET_SPECIAL_PORT] = trap_task_set_special_port,
	[MACH_TRAP_TASK_SET_EMULATION] = trap_task_set_emulation,
	[MACH_TRAP_PORT_ALLOCATE] = trap_port_allocate,
	[MACH_TRAP_PORT_DEALLOCATE] = trap_port_deallocate,
	[MACH_TRAP_PORT_INSERT_RIGHT] = trap_port_insert_right,
	[MACH_TRAP_PORT_MOD_REFS] = trap_port_mod_refs,
	[MACH_TRAP_PORT_GET_REFS] = trap_port_get_refs,
	[MACH_TRAP_PORT_MOVE_MEMBER] = trap_port_move_member,
	[MACH_TRAP_PORT_SET_QLIMIT] = trap_port_set_qlimit,
	[MACH_TRAP_THREAD_CREATE] = trap_thread_create,
	[MACH_TRAP_THREAD_TERMINATE] = trap_thread_terminate,
	[MACH_TRAP_THREAD_SUSPEND] = trap_thread_suspend,
	[MACH_TRAP_THREAD_RESUME] = trap_thread_resume,
	[MACH_TRAP_THREAD_ABORT] = trap_thread_abort,
	[MACH_TRAP_THREAD_GET_STATE] = trap_thread_get_state,
	[MACH_TRAP_THREAD_SET_STATE] = trap_thread_set_state,
	[MACH_TRAP_THREAD_DUP] = trap_thread_dup,
	[MACH_TRAP_DEVICE_WRITE] = trap_device_write,
	[MACH_TRAP_DEVICE_READ] = trap_device_read,
	[MACH_TRAP_HOST_REBOOT] = trap_host_reboot,
	[MACH_TRAP_MAKE_MEMORY_ENTRY] = trap_make_memory_entry,
	[MACH_TRAP_RESIZE_MEMORY_ENTRY] = trap_resize_memory_entry,
	[MACH_TRAP_TASK_USAGE] = trap_task_usage,
	[MACH_TRAP_HOST_MEMORY] = trap_host_memory,
	[MACH_TRAP_DEVICE_STATUS] = trap_device_status,
	[MACH_TRAP_DEVICE_READ_AT] = trap_device_read_at,
	[MACH_TRAP_DEVICE_WRITE_AT] = trap_device_write_at,
	[MACH_TRAP_DEVICE_FLUSH] = trap_device_flush,
	[MACH_TRAP_REQUEST_NOTIFICATION] = trap_port_request_notification,
	[MACH_TRAP_VM_REMAP] = trap_vm_remap,
	[MACH_TRAP_VM_DISCARD] = trap_vm_discard,
	[MACH_TRAP_VM_RESIDENT] = trap_vm_resident,
	[MACH_TRAP_MEMORY_ENTRY_MAPPINGS] = trap_memory_entry_mappings,
	[MACH_TRAP_VM_REGION_OBJECT] = trap_vm_region_object,
	[MACH_TRAP_VM_EXCHANGE] = trap_vm_exchange,
	[MACH_TRAP_MEMORY_ENTRY_NEXT] = trap_memory_entry_next,
	[MACH_TRAP_THREAD_TIMES] = trap_thread_times,
	[MACH_TRAP_HOST_TIMES] = trap_host_times,
};

/*
 * System-call redirection: the thread goes on at the task's emulation entry with all registers as
 * they were, but for the two that SYSCALL loses anyway: rcx is where to return to, r11 the thread's
 * emulation context.
 */
long kernel_unknown_call(long number)
{
	struct trapframe *frame = thread_current->frame;
	vaddr_t entry = task_current()->emulation;

	if (unlikely(number < 0))
		return KERN_INVALID_ARGUMENT;
	if (unlikely(!entry)) {
		exception_raise(EXC_SYSCALL, (u64)number, frame->rip, 0);
		return KERN_FAILURE;
	}
	frame->rcx = frame->rip;
	frame->r11 = thread_current->ipc.emulation;
	frame->rip = entry;
	frame->vector = VECTOR_CHANGED;
	return number;
}

#define RESERVE 256 /* frames that the kernel and the first task alone may use */

/* There is no memory: the first task, on which all others rely, gets of what is kept back. */
static noinline enum kstatus fault_without_memory(vaddr_t address, unsigned access)
{
	enum kstatus status = K_NOMEM;

	if (task_current() == task_first) {
		frames_reserve = 0;
		status = vm_fault(&task_current()->map, address, access);
		frames_reserve = RESERVE;
	}
	return status;
}

void kernel_user_fault(struct trapframe *frame, vaddr_t address, unsigned access)
{
	enum kstatus status = vm_fault(&task_current()->map, address, access);

	if (unlikely(status == K_NOMEM))
		status = fault_without_memory(address, access);

	(void)frame;
	if (unlikely(status == K_INTERRUPTED))
		return; /* it will stop or end, or fault again */
	if (unlikely(status != K_OK))
		exception_raise(EXC_BAD_ACCESS, (u64)fault_code(status), address, access);
}

bool kernel_copy_fault(vaddr_t address, unsigned access)
{
	enum kstatus status = vm_fault(&task_current()->map, address, access);

	if (unlikely(status == K_NOMEM))
		status = fault_without_memory(address, access);
	return status == K_OK;
}

void kernel_user_exception(struct trapframe *frame, unsigned vector, u64 error)
{
	(void)frame;
	exception_raise(EXC_PROCESSOR, vector, error, 0);
}

void kernel_timer(bool user)
{
	thread_timer(user);
}

/* A message to a kernel object that has no messages: the answer says so, as a MIG stub's would. */
static void answer_bad_id(struct ipc_kmsg *request)
{
	struct ipc_port *reply = request->local;
	unsigned type = MACH_MSGH_LOCAL(request->header.msgh_bits);
	struct ipc_kmsg *kmsg = NULL;

	if (reply && reply != IPC_PORT_DEAD && type == MACH_MSG_TYPE_PORT_SEND_ONCE)
		kmsg = ipc_kmsg_kernel(sizeof(struct mig_reply), request->header.msgh_id + 100,
			reply, type, NULL, 0);
	if (kmsg) {
		struct mig_reply *body = (struct mig_reply *)&kmsg->header;
		body->ret_type = MACH_TYPE(MACH_MSG_TYPE_INTEGER_32, 32, 1);
		body->ret_code = MIG_BAD_ID;
		request->local = NULL;
		ipc_kernel_post(kmsg);
	}
	ipc_kmsg_destroy(request);
}

void ipc_kobject_server(struct ipc_kmsg *kmsg)
{
	struct ipc_port *port = kmsg->remote;

	if (port->kotype == IKOT_PAGING_REQUEST)
		memory_object_control(port->kobject, kmsg);
	else if (port->kotype == IKOT_EXCEPTION)
		exception_answer(port->kobject, kmsg);
	else
		answer_bad_id(kmsg);
}

void ipc_kobject_died(struct ipc_port *port)
{
	if (port->kotype == IKOT_MEMORY)
		vm_object_unref(port->kobject);
	else
		memory_object_pager_died(port->kobject);
}

void tap_print(const char *text)
{
	console_write(text, strlen(text));
}

noreturn void kernel_main(const struct boot_info *boot)
{
	(void)boot;
	console_init();
	thread_init();
	frames_reserve = RESERVE;
	ipc_init();
	enum kstatus disk = block_init(phys_to_virt(BLOCK_WINDOW_PHYS));
	if (disk != K_OK && disk != K_NOENT)
		kprintf("there is a disk, but no memory to use it\n");
	memory_object_init();
	task_init();
	run_contract_tests();
	bootstrap_start();
	thread_idle();
}
