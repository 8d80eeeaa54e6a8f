/* Tasks and their threads: made, inherited, ended. */
#include <objects/objects.h>
#include <task.h>

static struct object_cache task_cache;
struct task *task_first;
struct task task_dead;

void task_init(void)
{
	object_cache_init(&task_cache, "task", sizeof(struct task), 16);
	list_init(&task_dead.threads);
	list_init(&task_dead.map.entries);
}

static enum kstatus make_map(struct task *task, struct task *parent, bool inherit)
{
	enum kstatus status = vm_map_create(&task->map, TASK_MEMORY_MIN, USER_MAX);

	if (status == K_OK && inherit) {
		status = vm_map_fork(&task->map, &parent->map);
		if (status != K_OK)
			vm_map_destroy(&task->map);
	}
	return status;
}

static struct ipc_port *inherit_port(struct ipc_port *port)
{
	return port ? ipc_port_make_send(port) : NULL;
}

enum kstatus task_new(struct task *parent, bool inherit, struct task **out)
{
	struct task *task = object_alloc(&task_cache);

	if (!task)
		return K_NOMEM;
	memset(task, 0, sizeof(*task));
	task->self = ipc_port_alloc_kernel(IKOT_TASK, task);
	if (!task->self)
		goto out_task;
	if (make_map(task, parent, inherit) != K_OK)
		goto out_port;
	ipc_space_init(&task->space);
	list_init(&task->threads);
	task->refs = 1;
	task->active = true;
	if (parent) {
		task->emulation = parent->emulation;
		task->bootstrap = inherit_port(parent->bootstrap);
		task->exception = inherit_port(parent->exception);
	}
	*out = task;
	return K_OK;

out_port:
	ipc_port_dealloc_kernel(task->self);
out_task:
	object_free(&task_cache, task);
	return K_NOMEM;
}

void task_unref(struct task *task)
{
	assert(task->refs > 0);
	if (--task->refs > 0)
		return;
	vm_map_destroy(&task->map);
	object_free(&task_cache, task);
}

void task_terminate_now(struct task *task)
{
	struct thread *thread;

	if (!task->active)
		return;
	if (task == task_first) {
		kprintf("the first task has ended: nobody is left who could power off\n");
		arch_exit(ARCH_EXIT_FAILED);
	}
	task->active = false;
	ipc_port_dealloc_kernel(task->self);
	while ((thread = list_first(&task->threads, struct thread, ipc.task_link)))
		task_thread_end(thread);
	if (task->bootstrap)
		ipc_port_release_send(task->bootstrap);
	if (task->exception)
		ipc_port_release_send(task->exception);
	ipc_space_destroy(&task->space);
	task_unref(task);
}

enum kstatus task_thread_new(struct task *task, s32 priority, struct thread **out)
{
	struct thread *thread;
	enum kstatus status = thread_create(&thread, priority);

	if (status != K_OK)
		return status;
	thread->ipc.self = ipc_port_alloc_kernel(IKOT_THREAD, thread);
	if (!thread->ipc.self) {
		thread_destroy(thread);
		return K_NOMEM;
	}
	thread->task = task;
	list_push_back(&task->threads, &thread->ipc.task_link);
	thread_set_root(thread, task->map.pmap.root);
	*out = thread;
	return K_OK;
}

void task_thread_end(struct thread *thread)
{
	struct ipc_kmsg *kmsg = thread->ipc.kmsg;

	list_remove(&thread->ipc.task_link);
	ipc_port_dealloc_kernel(thread->ipc.self);
	if (thread->ipc.exception_port)
		ipc_port_dealloc_kernel(thread->ipc.exception_port);
	thread->task = &task_dead;
	thread_set_root(thread, kernel_root);
	if (thread == thread_current) {
		thread_call_on_return(thread, thread_exit);
	} else if (thread->ipc.stack_kept) {
		thread->ipc.doomed = true;
		thread_call_on_return(thread, thread_exit);
		if (thread->state == THREAD_BLOCKED)
			thread_wake(thread, K_INTERRUPTED);
	} else {
		thread_destroy(thread);
		if (kmsg)
			ipc_kmsg_destroy(kmsg);
	}
}

mach_port_t task_name_port(struct ipc_port *port)
{
	mach_port_t name;

	ipc_port_make_send(port);
	if (ipc_right_copyout(ipc_current_space(), port, MACH_MSG_TYPE_PORT_SEND, &name) == K_OK)
		return name;
	ipc_port_release_send(port);
	return MACH_PORT_NULL;
}

long fault_code(enum kstatus status)
{
	return status == K_RANGE ? KERN_MEMORY_FAILURE : kern_code(status);
}

long kern_code(enum kstatus status)
{
	switch (status) {
	case K_OK:
		return KERN_SUCCESS;
	case K_FAULT:
	case K_NOENT:
		return KERN_INVALID_ADDRESS;
	case K_EXISTS:
		return KERN_NO_SPACE;
	case K_INVAL:
	case K_RANGE:
		return KERN_INVALID_ARGUMENT;
	case K_DENIED:
		return KERN_PROTECTION_FAILURE;
	case K_NOMEM:
	case K_FULL:
		return KERN_RESOURCE_SHORTAGE;
	case K_DEAD:
	case K_TIMEDOUT:
		return KERN_MEMORY_FAILURE;
	default:
		return KERN_FAILURE;
	}
}
