/* Message queues: putting messages in, taking them out, waiting for either. */
#include <ipc.h>

enum kstatus ipc_wait(struct wait_queue *queue, u64 deadline)
{
	struct thread *self = thread_current;

	self->ipc.stack_kept = true;
	enum kstatus status = thread_wait(queue, deadline);
	self->ipc.stack_kept = false;
	return self->on_return ? K_INTERRUPTED : status;
}

enum kstatus ipc_wait_hand_off(struct wait_queue *queue, u64 deadline, struct thread *next)
{
	struct thread *self = thread_current;

	if (next && deadline != THREAD_FOREVER) {
		thread_make_ready(next);
		next = NULL;
	}
	if (!next)
		return ipc_wait(queue, deadline);
	self->ipc.stack_kept = true;
	self->state = THREAD_BLOCKED;
	self->wake_status = K_OK;
	list_push_back(&queue->waiters, &self->wait_link);
	thread_hand_off(next);
	self->ipc.stack_kept = false;
	return self->on_return ? K_INTERRUPTED : self->wake_status;
}

/* The first thread that waits for a message of this port, off the queue and holding the message;
 * NULL if none waits. */
static always_inline struct thread *hand_over(struct ipc_port *port, struct ipc_kmsg *kmsg)
{
	struct ipc_mqueue *queue = port->queue;

	if (list_is_empty(&queue->receivers))
		return NULL;
	struct thread *receiver = list_entry(queue->receivers.next, struct thread, wait_link);
	list_remove(&receiver->wait_link);
	if (unlikely(list_is_linked(&receiver->timeout_link)))
		thread_clear_deadline(receiver);
	receiver->ipc.kmsg = kmsg;
	kmsg->header.msgh_seqno = port->seqno++;
	return receiver;
}

static void enqueue(struct ipc_port *port, struct ipc_kmsg *kmsg)
{
	port->msgcount++;
	list_push_back(&port->queue->messages, &kmsg->link);
}

/* Waits for room in the queue; the message keeps the port in existence. */
static noinline s64 wait_for_room(struct ipc_port *port, u64 deadline)
{
	while (port->active && port->msgcount >= port->qlimit) {
		if (deadline == 0)
			return MACH_SEND_TIMED_OUT;
		enum kstatus status = ipc_wait(&port->senders, deadline);
		if (status == K_TIMEDOUT)
			return MACH_SEND_TIMED_OUT;
		if (status == K_INTERRUPTED)
			return MACH_SEND_INTERRUPTED;
	}
	return MACH_MSG_SUCCESS;
}

/* Not the usual case: a kernel port, a dead one, a message that cannot be, or nobody who waits. */
static noinline s64 send_slowly(struct ipc_kmsg *kmsg, u64 deadline, struct thread **receiver)
{
	struct ipc_port *port = kmsg->remote;

	if (port->receiver == &ipc_space_kernel) {
		ipc_kobject_server(kmsg);
		return MACH_MSG_SUCCESS;
	}
	if (kmsg->header.msgh_bits & IPC_BITS_CIRCULAR) {
		kmsg->header.msgh_bits &= ~IPC_BITS_CIRCULAR;
		ipc_kmsg_destroy(kmsg);
		return MACH_MSG_SUCCESS;
	}
	/* A send-once right is its own proof that there is room. */
	if (MACH_MSGH_REMOTE(kmsg->header.msgh_bits) != MACH_MSG_TYPE_PORT_SEND_ONCE) {
		s64 result = wait_for_room(port, deadline);
		if (result != MACH_MSG_SUCCESS)
			return result;
	}
	if (!port->active) {
		ipc_kmsg_destroy(kmsg);
		return MACH_MSG_SUCCESS; /* as if it had been queued just before the port died */
	}
	*receiver = hand_over(port, kmsg);
	if (!*receiver)
		enqueue(port, kmsg);
	return MACH_MSG_SUCCESS;
}

s64 ipc_mqueue_send(struct ipc_kmsg *kmsg, u64 deadline, struct thread **receiver)
{
	if (likely(!(kmsg->header.msgh_bits & IPC_BITS_CIRCULAR))) {
		*receiver = hand_over(
			kmsg->remote, kmsg); /* nobody waits at a kernel port or a dead one */
		if (likely(*receiver))
			return MACH_MSG_SUCCESS;
	}
	return send_slowly(kmsg, deadline, receiver);
}

struct thread *ipc_kernel_send(struct ipc_kmsg *kmsg)
{
	struct ipc_port *port = kmsg->remote;
	struct thread *receiver = NULL;

	if (port->receiver == &ipc_space_kernel) {
		ipc_kobject_server(kmsg);
	} else if (!port->active) {
		ipc_kmsg_destroy(kmsg);
	} else {
		receiver = hand_over(port, kmsg);
		if (!receiver)
			enqueue(port, kmsg);
	}
	return receiver;
}

void ipc_kernel_post(struct ipc_kmsg *kmsg)
{
	struct thread *receiver = ipc_kernel_send(kmsg);

	if (receiver)
		thread_make_ready(receiver);
}

bool ipc_receive_abort(struct thread *thread, s64 result)
{
	if (thread->state != THREAD_BLOCKED || thread->ipc.stack_kept || thread->ipc.in_exception)
		return false;
	thread->ipc.kmsg = NULL;
	thread->ipc.result = result;
	thread_wake(thread, K_INTERRUPTED);
	return true;
}
