/*
 * Exceptions: what a thread did wrong becomes a message to its task's exception port.
 *
 * The thread waits until the answer comes to a port made for this one exception. It may find its
 * registers changed then.
 */
#include <task.h>

static const char *const names[] = {[EXC_BAD_ACCESS] = "bad access",
	[EXC_PROCESSOR] = "processor exception",
	[EXC_SYSCALL] = "system call"};

static struct ipc_kmsg *message(struct thread *thread, struct task *task, struct ipc_port *reply)
{
	struct ipc_kmsg *kmsg = ipc_kmsg_kernel(sizeof(struct mach_exception), MACH_EXCEPTION_RAISE,
		task->exception, MACH_MSG_TYPE_PORT_SEND, reply, MACH_MSG_TYPE_PORT_SEND_ONCE);

	if (!kmsg)
		return NULL;
	struct mach_exception *exception = (struct mach_exception *)&kmsg->header;
	kmsg->header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
	exception->ports_type = MACH_TYPE(MACH_MSG_TYPE_PORT_SEND, 64, 2);
	exception->codes_type = MACH_TYPE(MACH_MSG_TYPE_INTEGER_64, 64, 4);
	exception->thread = (u64)ipc_port_make_send(thread->ipc.self);
	exception->task = (u64)ipc_port_make_send(task->self);
	ipc_port_make_send(task->exception);
	ipc_port_ref(reply);
	reply->sorights++;
	return kmsg;
}

static noinline void die(struct task *task, unsigned exception, u64 code, u64 subcode)
{
	kprintf("task ended: %s, code %ld at %lx, rip %lx, and no exception port\n",
		names[exception], (long)code, subcode, thread_current->frame->rip);
	task_terminate_now(task);
}

void exception_raise(unsigned exception, u64 code, u64 subcode, unsigned access)
{
	struct thread *self = thread_current;
	struct task *task = task_current();
	struct ipc_port *reply;

	if (!task->active)
		return; /* it ended while it was about to fault; the thread ends on its way out */
	if (!task->exception || !task->exception->active ||
		!(reply = ipc_port_alloc_kernel(IKOT_EXCEPTION, self))) {
		die(task, exception, code, subcode);
		return;
	}
	struct ipc_kmsg *kmsg = message(self, task, reply);
	if (!kmsg) {
		ipc_port_dealloc_kernel(reply);
		die(task, exception, code, subcode);
		return;
	}
	struct mach_exception *body = (struct mach_exception *)&kmsg->header;
	body->exception = exception;
	body->code = code;
	body->subcode = subcode;
	body->access = access;
	self->ipc.exception_port = reply;
	self->ipc.in_exception = true;
	self->state = THREAD_BLOCKED;
	struct thread *receiver = ipc_kernel_send(kmsg);
	if (receiver)
		thread_hand_off(receiver);
	else
		thread_switch_away();
}

/* Anything but a well-formed reply with code 0 means that nobody took care of it. */
void exception_answer(struct thread *thread, struct ipc_kmsg *kmsg)
{
	const struct mig_reply *reply = (const struct mig_reply *)&kmsg->header;
	bool handled = kmsg->header.msgh_id == MACH_EXCEPTION_REPLY &&
		       kmsg->header.msgh_size == sizeof(*reply) && reply->ret_code == KERN_SUCCESS;
	struct ipc_port *port = thread->ipc.exception_port;

	thread->ipc.exception_port = NULL;
	thread->ipc.in_exception = false;
	ipc_port_dealloc_kernel(port);
	if (handled)
		thread_wake(thread, K_OK);
	else
		task_terminate_now(thread->task);
	ipc_kmsg_destroy(kmsg);
}
