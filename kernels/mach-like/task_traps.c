/* task_…: children, special ports, redirection of system calls. */
#include <task.h>

TRAP(trap_task_self)
{
	(void)a, (void)b, (void)c, UNUSED3;
	return task_name_port(task_current()->self);
}

TRAP(trap_task_create)
{
	mach_port_t name = MACH_PORT_NULL;
	struct task *child;

	UNUSED3;
	if (b & ~(long)MACH_TASK_INHERIT)
		return KERN_INVALID_ARGUMENT;
	if (put_result((vaddr_t)c, &name, sizeof(name)) != KERN_SUCCESS)
		return KERN_INVALID_ADDRESS;
	struct task *parent = task_named((mach_port_t)a);
	if (!parent)
		return KERN_INVALID_TASK;
	if (task_new(parent, b & MACH_TASK_INHERIT, &child) != K_OK)
		return KERN_RESOURCE_SHORTAGE;
	name = task_name_port(child->self);
	if (name == MACH_PORT_NULL) {
		task_terminate_now(child);
		return KERN_NO_SPACE;
	}
	return put_result((vaddr_t)c, &name, sizeof(name));
}

TRAP(trap_task_terminate)
{
	struct task *task = task_named((mach_port_t)a);

	(void)b, (void)c, UNUSED3;
	if (!task)
		return KERN_INVALID_TASK;
	task_terminate_now(task);
	return KERN_SUCCESS;
}

static struct ipc_port **special_port(struct task *task, unsigned which)
{
	switch (which) {
	case TASK_EXCEPTION_PORT:
		return &task->exception;
	case TASK_BOOTSTRAP_PORT:
		return &task->bootstrap;
	default:
		return NULL;
	}
}

TRAP(trap_task_get_special_port)
{
	struct task *task = task_named((mach_port_t)a);
	mach_port_t name = MACH_PORT_NULL;

	UNUSED3;
	if (!task)
		return KERN_INVALID_TASK;
	struct ipc_port **port = special_port(task, (unsigned)b);
	if (!port)
		return KERN_INVALID_ARGUMENT;
	if (*port && (*port)->active)
		name = task_name_port(*port);
	return put_result((vaddr_t)c, &name, sizeof(name));
}

/* A send right, copied or made from what the caller holds, takes the place of the one that is
 * there; MACH_PORT_NULL: none. */
TRAP(trap_task_set_special_port)
{
	struct task *task = task_named((mach_port_t)a);
	struct ipc_port *fresh = NULL;

	UNUSED3;
	if (!task)
		return KERN_INVALID_TASK;
	struct ipc_port **port = special_port(task, (unsigned)b);
	if (!port)
		return KERN_INVALID_ARGUMENT;
	if (c != MACH_PORT_NULL) {
		struct ipc_entry *entry = ipc_right_lookup(ipc_current_space(), (mach_port_t)c);
		if (!entry || !(entry->type & (IPC_SEND | IPC_RECEIVE)))
			return KERN_INVALID_CAPABILITY;
		fresh = ipc_port_make_send(entry->port);
	}
	if (*port)
		ipc_port_release_send(*port);
	*port = fresh;
	return KERN_SUCCESS;
}

TRAP(trap_task_set_emulation)
{
	struct task *task = task_named((mach_port_t)a);

	(void)c, UNUSED3;
	if (!task)
		return KERN_INVALID_TASK;
	if ((u64)b >= USER_MAX)
		return KERN_INVALID_ADDRESS;
	task->emulation = (vaddr_t)b;
	return KERN_SUCCESS;
}
