/*
 * Tasks: an address map, a table of port names, and threads.
 *
 * A task is alive until task_terminate(); its structure stays as long as somebody refers to it. A
 * thread that must still unwind its kernel stack when its task ends is moved to `task_dead`, which
 * has no memory and no names: so code that may have blocked must fetch the current task anew.
 */
#pragma once

#include <ipc.h>
#include <mach_kernel.h>
#include <vm/vm.h>

struct task {
	struct ipc_space space; /* first: see ipc_current_space() */
	struct vm_map map;
	u32 refs;
	bool active;
	struct list threads;                    /* struct thread.ipc.task_link */
	vaddr_t emulation;                      /* where redirected system calls go; 0: nowhere */
	struct ipc_port *self;                  /* the port that stands for it */
	struct ipc_port *bootstrap, *exception; /* send rights; NULL: none */
};
_Static_assert(offsetof(struct task, space) == 0, "the IPC path takes a task for its space");

#define TASK_MEMORY_MIN 0x10000ull

extern struct task task_dead;
extern struct task *task_first; /* when it ends, so does the run */

static inline struct task *task_current(void)
{
	return thread_current->task;
}

void task_init(void);
/* A child of `parent` (NULL: of nobody), with a copy on write of its memory if `inherit`. */
enum kstatus must_check task_new(struct task *parent, bool inherit, struct task **out);
/* Ends it and all its threads; the current one, if it is among them, when it would return to user
 * mode. */
void task_terminate_now(struct task *task);
void task_unref(struct task *task);
/* A stopped thread of the task. */
enum kstatus must_check task_thread_new(struct task *task, s32 priority, struct thread **out);
void task_thread_end(struct thread *thread);

/* A trap's argument: the task behind a name, NULL if the name is no living task's. */
static inline struct task *task_named(mach_port_t name)
{
	struct ipc_port *port = ipc_port_named(ipc_current_space(), name, IKOT_TASK);

	return port ? port->kobject : NULL;
}

static inline struct thread *thread_named(mach_port_t name)
{
	struct ipc_port *port = ipc_port_named(ipc_current_space(), name, IKOT_THREAD);

	return port ? port->kobject : NULL;
}

/* Gives the current task a name for a send right to `port` (its own count). MACH_PORT_NULL: no
 * room. */
mach_port_t task_name_port(struct ipc_port *port);
/* Writes a result where the caller wants it. */
static inline long put_result(vaddr_t to, const void *value, size_t size)
{
	return copy_to_user(to, value, size) == K_OK ? KERN_SUCCESS : KERN_INVALID_ADDRESS;
}
/* The KERN_… code for a status of vm. */
long kern_code(enum kstatus status);
/* The same of a page fault: memory whose object ends before it is KERN_MEMORY_FAILURE. */
long fault_code(enum kstatus status);

/* Tells the task's exception port, and waits for its verdict; ends the task when there is nobody to
 * tell. */
void exception_raise(unsigned exception, u64 code, u64 subcode, unsigned access);
void exception_answer(struct thread *thread, struct ipc_kmsg *kmsg);

/* Starts the first task from the initrd. */
void bootstrap_start(void);

/* The traps; arguments as mach.h passes them. */
#define TRAP(name) long name(long a, long b, long c, long d, long e, long f)
TRAP(trap_thread_self);
TRAP(trap_task_self);
TRAP(trap_swtch);
TRAP(trap_vm_map);
TRAP(trap_vm_allocate);
TRAP(trap_vm_deallocate);
TRAP(trap_vm_protect);
TRAP(trap_vm_read);
TRAP(trap_vm_write);
TRAP(trap_vm_region_object);
TRAP(trap_vm_exchange);
TRAP(trap_task_create);
TRAP(trap_task_terminate);
TRAP(trap_task_get_special_port);
TRAP(trap_task_set_special_port);
TRAP(trap_task_set_emulation);
TRAP(trap_port_allocate);
TRAP(trap_port_deallocate);
TRAP(trap_port_insert_right);
TRAP(trap_port_mod_refs);
TRAP(trap_port_get_refs);
TRAP(trap_port_move_member);
TRAP(trap_port_set_qlimit);
TRAP(trap_port_request_notification);
TRAP(trap_thread_create);
TRAP(trap_thread_terminate);
TRAP(trap_thread_suspend);
TRAP(trap_thread_resume);
TRAP(trap_thread_abort);
TRAP(trap_thread_get_state);
TRAP(trap_thread_set_state);
TRAP(trap_thread_dup);
TRAP(trap_device_write);
TRAP(trap_device_read);
TRAP(trap_host_reboot);
TRAP(trap_make_memory_entry);
TRAP(trap_resize_memory_entry);
TRAP(trap_memory_entry_mappings);
TRAP(trap_memory_entry_next);
TRAP(trap_task_usage);
TRAP(trap_host_memory);
TRAP(trap_host_times);
TRAP(trap_thread_times);
TRAP(trap_device_status);
TRAP(trap_device_read_at);
TRAP(trap_device_write_at);
TRAP(trap_device_flush);
TRAP(trap_vm_remap);
TRAP(trap_vm_discard);
TRAP(trap_vm_resident);
/* For parameters that a trap does not have. */
#define UNUSED3 ((void)d, (void)e, (void)f)
#define UNUSED2 ((void)e, (void)f)
