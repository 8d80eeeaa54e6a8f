/* mach_port_…: rights by name, of the caller's or another task that it holds. */
#include <task.h>

TRAP(trap_port_allocate)
{
	struct task *task = task_named((mach_port_t)a);
	mach_port_t name = MACH_PORT_NULL;

	UNUSED3;
	if (!task)
		return KERN_INVALID_TASK;
	if (put_result((vaddr_t)c, &name, sizeof(name)) !=
		KERN_SUCCESS) /* before anything is done */
		return KERN_INVALID_ADDRESS;
	task = task_named((mach_port_t)a); /* the copy may have blocked */
	if (!task)
		return KERN_INVALID_TASK;
	long result = ipc_port_allocate_name(&task->space, (unsigned)b, &name);
	return result == KERN_SUCCESS ? put_result((vaddr_t)c, &name, sizeof(name)) : result;
}

TRAP(trap_port_deallocate)
{
	struct task *task = task_named((mach_port_t)a);

	(void)c, UNUSED3;
	return task ? ipc_port_deallocate(&task->space, (mach_port_t)b) : KERN_INVALID_TASK;
}

/* The right found no place: a move is undone (perhaps under another name), a copy is as if it had
 * never been made. */
static void take_back(struct ipc_space *own, struct ipc_port *port, unsigned disposition)
{
	unsigned type = ipc_arriving_type(disposition);
	mach_port_t back;

	if (disposition == MACH_MSG_TYPE_COPY_SEND || disposition == MACH_MSG_TYPE_MAKE_SEND) {
		ipc_port_release_send(port);
	} else if (disposition == MACH_MSG_TYPE_MAKE_SEND_ONCE) {
		port->sorights--;
		ipc_port_unref(port);
	} else if (ipc_right_copyout(own, port, type, &back) != K_OK) {
		ipc_right_destroy(port, type);
	}
}

TRAP(trap_port_insert_right)
{
	struct task *task = task_named((mach_port_t)a);
	struct ipc_space *own = ipc_current_space();
	struct ipc_entry *entry = ipc_right_lookup(own, (mach_port_t)c);
	unsigned disposition = (unsigned)d;

	UNUSED2;
	if (!task)
		return KERN_INVALID_TASK;
	if (!entry || !ipc_right_check(entry, disposition))
		return KERN_INVALID_CAPABILITY;
	struct ipc_port *port = ipc_right_take(entry, disposition);
	if (port == IPC_PORT_DEAD)
		return KERN_INVALID_CAPABILITY;
	ipc_right_drop_moved(own, entry, disposition);
	long result = ipc_port_insert_right(
		&task->space, (mach_port_t)b, port, ipc_arriving_type(disposition));
	if (result != KERN_SUCCESS)
		take_back(own, port, disposition);
	return result;
}

TRAP(trap_port_mod_refs)
{
	struct task *task = task_named((mach_port_t)a);

	UNUSED2;
	return task ? ipc_port_mod_refs(&task->space, (mach_port_t)b, (unsigned)c, (s32)d)
		    : KERN_INVALID_TASK;
}

TRAP(trap_port_get_refs)
{
	struct task *task = task_named((mach_port_t)a);
	u32 refs;

	UNUSED2;
	if (!task)
		return KERN_INVALID_TASK;
	long result = ipc_port_get_refs(&task->space, (mach_port_t)b, (unsigned)c, &refs);
	return result == KERN_SUCCESS ? put_result((vaddr_t)d, &refs, sizeof(refs)) : result;
}

TRAP(trap_port_move_member)
{
	struct task *task = task_named((mach_port_t)a);

	UNUSED3;
	return task ? ipc_port_move_member(&task->space, (mach_port_t)b, (mach_port_t)c)
		    : KERN_INVALID_TASK;
}

TRAP(trap_port_set_qlimit)
{
	struct task *task = task_named((mach_port_t)a);

	UNUSED3;
	return task ? ipc_port_set_qlimit(&task->space, (mach_port_t)b, (u32)c) : KERN_INVALID_TASK;
}

/* The caller's right `notify` (MACH_PORT_NULL: none) on its way to a port: KERN_INVALID_CAPABILITY.
 */
static long take_notify(mach_port_t name, unsigned disposition, struct ipc_port **notify)
{
	struct ipc_entry *entry;

	*notify = NULL;
	if (name == MACH_PORT_NULL)
		return KERN_SUCCESS;
	entry = ipc_right_lookup(ipc_current_space(), name);
	if ((disposition != MACH_MSG_TYPE_MAKE_SEND_ONCE &&
		    disposition != MACH_MSG_TYPE_MOVE_SEND_ONCE) ||
		!entry || (entry->type & IPC_DEAD_NAME) || !ipc_right_check(entry, disposition))
		return KERN_INVALID_CAPABILITY;
	*notify = ipc_right_take(entry, disposition);
	ipc_right_drop_moved(ipc_current_space(), entry, disposition);
	return KERN_SUCCESS;
}

TRAP(trap_port_request_notification)
{
	struct ipc_space *own = ipc_current_space();
	mach_port_t name = MACH_PORT_NULL;
	struct ipc_port *notify, *previous;

	if (put_result((vaddr_t)f, &name, sizeof(name)) !=
		KERN_SUCCESS) /* before anything is done; it may block */
		return KERN_INVALID_ADDRESS;
	struct task *task = task_named((mach_port_t)a);
	if (!task)
		return KERN_INVALID_TASK;
	long result = take_notify((mach_port_t)d, (unsigned)e, &notify);
	if (result != KERN_SUCCESS)
		return result;
	result = ipc_port_request_notification(
		&task->space, (mach_port_t)b, (u32)c, (u32)((u64)c >> 32), notify, &previous);
	if (result != KERN_SUCCESS) {
		if (notify)
			take_back(own, notify, (unsigned)e);
		return result;
	}
	if (previous &&
		ipc_right_copyout(own, previous, MACH_MSG_TYPE_PORT_SEND_ONCE, &name) != K_OK)
		ipc_port_release_send_once(previous);
	return put_result((vaddr_t)f, &name, sizeof(name));
}
