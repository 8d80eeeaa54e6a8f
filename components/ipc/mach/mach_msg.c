/*
 * mach_msg: send, receive, or send and then receive.
 *
 * The usual remote procedure call reads straight down: the message is copied in, its names become
 * rights, the server waits, so the message is put into its hands; the caller, who wants an answer,
 * goes to wait on its reply port, and the processor goes to the server with no look at the
 * scheduler and no kernel stack saved: both sides block with a continuation, mach_msg_continue()
 * (Draves et al. 1991). The continuation runs on the receiver's own stack and in its own address
 * space, where it names the rights and copies the message out. What happens in the rarer cases is
 * in mqueue.c.
 */
#include <ipc.h>

#define NS_PER_MS 1000000ull

static u64 deadline_of(long option, u32 bit, u32 milliseconds)
{
	if (likely(!(option & bit)))
		return THREAD_FOREVER;
	return milliseconds == 0 ? 0 : arch_now() + milliseconds * NS_PER_MS;
}

/*
 * The two headers of a remote procedure call, which nearly all messages have. Everything that
 * ipc_kmsg_copyin() would check is checked here, too; what is not exactly so goes there.
 */
#define REQUEST_BITS  MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE)
#define RESPONSE_BITS MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0)

/* A copy of the send right, and a send-once right made from the receive right of the reply port. */
static always_inline bool copyin_request(struct ipc_kmsg *kmsg, struct ipc_space *space)
{
	struct ipc_entry *dest = ipc_entry_lookup(space, kmsg->header.msgh_remote_port);
	struct ipc_entry *reply = ipc_entry_lookup(space, kmsg->header.msgh_local_port);

	if (unlikely(!dest || !(dest->type & IPC_SEND) || !dest->port->active))
		return false;
	if (unlikely(!reply || !(reply->type & IPC_RECEIVE)))
		return false;
	kmsg->remote = ipc_port_make_send(dest->port);
	kmsg->local = reply->port;
	reply->port->refs++;
	reply->port->sorights++;
	kmsg->header.msgh_bits =
		MACH_MSGH_BITS(MACH_MSG_TYPE_PORT_SEND, MACH_MSG_TYPE_PORT_SEND_ONCE);
	return true;
}

/* The send-once right itself: its name is given back, its counts move into the message. */
static always_inline bool copyin_response(struct ipc_kmsg *kmsg, struct ipc_space *space)
{
	struct ipc_entry *dest = ipc_entry_lookup(space, kmsg->header.msgh_remote_port);

	if (unlikely(!dest || dest->type != IPC_SEND_ONCE || !dest->port->active ||
		     kmsg->header.msgh_local_port != MACH_PORT_NULL))
		return false;
	kmsg->remote = dest->port;
	kmsg->local = NULL;
	ipc_entry_free(space, dest);
	kmsg->header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_PORT_SEND_ONCE, 0);
	return true;
}

static always_inline s64 copyin(struct ipc_kmsg *kmsg, struct ipc_space *space)
{
	u32 bits = kmsg->header.msgh_bits;

	if (likely(bits == REQUEST_BITS) && likely(copyin_request(kmsg, space)))
		return MACH_MSG_SUCCESS;
	if (likely(bits == RESPONSE_BITS) && likely(copyin_response(kmsg, space)))
		return MACH_MSG_SUCCESS;
	return ipc_kmsg_copyin(kmsg, space);
}

/* The other side of the two: the reply right gets a name, the right that brought the message here
 * is used up. */
static always_inline bool copyout_request(struct ipc_kmsg *kmsg, struct ipc_space *space)
{
	struct ipc_port *port = kmsg->remote, *reply = kmsg->local;

	if (unlikely(port->receiver != space || !reply->active))
		return false;
	struct ipc_entry *entry = ipc_entry_alloc(space);
	if (unlikely(!entry))
		return false;
	entry->port = reply;
	entry->type = IPC_SEND_ONCE;
	kmsg->header.msgh_remote_port = entry->name;
	kmsg->header.msgh_local_port = port->name;
	kmsg->header.msgh_bits =
		MACH_MSGH_BITS(MACH_MSG_TYPE_PORT_SEND_ONCE, MACH_MSG_TYPE_PORT_SEND);
	ipc_port_release_send(port);
	return true;
}

static always_inline bool copyout_response(struct ipc_kmsg *kmsg, struct ipc_space *space)
{
	struct ipc_port *port = kmsg->remote;

	if (unlikely(port->receiver != space))
		return false;
	kmsg->header.msgh_remote_port = MACH_PORT_NULL;
	kmsg->header.msgh_local_port = port->name;
	kmsg->header.msgh_bits = MACH_MSGH_BITS(0, MACH_MSG_TYPE_PORT_SEND_ONCE);
	port->sorights--;
	ipc_port_unref(port);
	thread_bill(thread_current); /* the server has done its work */
	return true;
}

static always_inline s64 copyout(struct ipc_kmsg *kmsg, struct ipc_space *space)
{
	u32 bits = kmsg->header.msgh_bits;

	if (likely(bits == MACH_MSGH_BITS(MACH_MSG_TYPE_PORT_SEND, MACH_MSG_TYPE_PORT_SEND_ONCE)) &&
		kmsg->local != IPC_PORT_DEAD && likely(copyout_request(kmsg, space)))
		return MACH_MSG_SUCCESS;
	if (likely(bits == MACH_MSGH_BITS(MACH_MSG_TYPE_PORT_SEND_ONCE, 0)) &&
		likely(copyout_response(kmsg, space)))
		return MACH_MSG_SUCCESS;
	return ipc_kmsg_copyout(kmsg, space);
}

/* The caller's message, as it is; MACH_SEND_… */
static always_inline s64 get_message(vaddr_t msg, u64 size, struct ipc_kmsg **out)
{
	if (unlikely(size < sizeof(struct mach_msg_header) || size % 8 != 0))
		return MACH_SEND_MSG_TOO_SMALL;
	if (unlikely(size > MACH_MSG_SIZE_MAX))
		return MACH_SEND_NO_BUFFER;
	struct ipc_kmsg *kmsg = ipc_kmsg_alloc((u32)size);
	if (unlikely(!kmsg))
		return MACH_SEND_NO_BUFFER;
	if (unlikely(copy_from_user(&kmsg->header, msg, size) != K_OK)) {
		ipc_kmsg_free(kmsg);
		return MACH_SEND_INVALID_DATA;
	}
	kmsg->header.msgh_size = (u32)size;
	*out = kmsg;
	return MACH_MSG_SUCCESS;
}

/* Names what is in the message and hands it to the user. The message is used up. */
static always_inline s64 put_message(struct ipc_kmsg *kmsg, vaddr_t msg, u32 rcv_size)
{
	u32 size = kmsg->header.msgh_size;

	if (unlikely(size > rcv_size)) {
		ipc_kmsg_destroy(kmsg);
		return MACH_RCV_TOO_LARGE;
	}
	s64 result = copyout(kmsg, ipc_current_space());
	if (unlikely(copy_to_user(msg, &kmsg->header, size) != K_OK))
		result = MACH_RCV_INVALID_DATA;
	ipc_kmsg_free(kmsg);
	return result;
}

/* Where a thread that waited for a message goes on. */
static long mach_msg_continue(void)
{
	struct thread *self = thread_current;
	struct ipc_kmsg *kmsg = self->ipc.kmsg;

	if (unlikely(!kmsg))
		return self->ipc.result;
	self->ipc.kmsg = NULL;
	return put_message(kmsg, self->ipc.msg, self->ipc.rcv_size);
}

static void receive_expired(struct thread *thread)
{
	check(ipc_receive_abort(thread, MACH_RCV_TIMED_OUT));
}

/* The first message in the queue; with MACH_RCV_LARGE one that is too large stays there. */
static s64 take_message(struct ipc_mqueue *queue, u32 option, u32 rcv_size, struct ipc_kmsg **out)
{
	struct ipc_kmsg *kmsg = list_first(&queue->messages, struct ipc_kmsg, link);

	if ((option & MACH_RCV_LARGE) && kmsg->header.msgh_size > rcv_size)
		return MACH_RCV_TOO_LARGE;
	struct ipc_port *port = kmsg->remote;
	list_remove(&kmsg->link);
	kmsg->header.msgh_seqno = port->seqno++;
	port->msgcount--;
	if (!list_is_empty(&port->senders.waiters) && port->msgcount < port->qlimit)
		thread_wake_one(&port->senders);
	*out = kmsg;
	return MACH_MSG_SUCCESS;
}

/* The queue behind a name that one may receive from. */
static always_inline s64 find_queue(mach_port_t name, struct ipc_mqueue **queue)
{
	struct ipc_entry *entry = ipc_entry_lookup(ipc_current_space(), name);

	if (unlikely(!entry || !(entry->type & (IPC_RECEIVE | IPC_PORT_SET))))
		return MACH_RCV_INVALID_NAME;
	if (entry->type & IPC_PORT_SET) {
		*queue = &entry->set->queue;
		return MACH_MSG_SUCCESS;
	}
	if (unlikely(entry->port->set))
		return MACH_RCV_IN_SET;
	*queue = &entry->port->own;
	return MACH_MSG_SUCCESS;
}

/*
 * Receives. `handoff`, if not NULL, holds the message that the caller has just sent and
 * waits for the processor: it gets it when the caller has to wait, else it becomes ready.
 */
static always_inline s64 receive(vaddr_t msg, u32 option, u32 rcv_size, mach_port_t name,
	u32 timeout, struct thread *handoff)
{
	struct thread *self = thread_current;
	struct ipc_mqueue *queue;
	struct ipc_kmsg *kmsg;
	s64 result = find_queue(name, &queue);

	if (unlikely(result != MACH_MSG_SUCCESS || !list_is_empty(&queue->messages))) {
		if (handoff)
			thread_make_ready(handoff);
		thread_bill(self); /* the next work is not his whom it worked for */
		if (result == MACH_MSG_SUCCESS)
			result = take_message(queue, option, rcv_size, &kmsg);
		return result == MACH_MSG_SUCCESS ? put_message(kmsg, msg, rcv_size) : result;
	}
	if (unlikely(option & MACH_RCV_TIMEOUT)) {
		u64 deadline = deadline_of(option, MACH_RCV_TIMEOUT, timeout);
		if (deadline == 0) {
			if (handoff)
				thread_make_ready(handoff);
			return MACH_RCV_TIMED_OUT;
		}
		thread_set_deadline(self, deadline, receive_expired);
	}
	self->ipc.msg = msg;
	self->ipc.rcv_size = rcv_size;
	self->ipc.option = option;
	list_push_back(&queue->receivers, &self->wait_link);
	self->state = THREAD_BLOCKED;
	if (likely(handoff))
		thread_continue(handoff, mach_msg_continue);
	thread_switch_away();
	return mach_msg_continue();
}

/* Not sent: the message goes back to where it came from. */
static noinline long send_failed(struct ipc_kmsg *kmsg, vaddr_t msg, s64 result)
{
	ipc_kmsg_copyout_pseudo(kmsg, ipc_current_space());
	if (copy_to_user(msg, &kmsg->header, kmsg->header.msgh_size) != K_OK)
		result = MACH_SEND_INVALID_DATA;
	ipc_kmsg_free(kmsg);
	return result;
}

long mach_reply_port_trap(long a, long b, long c, long d, long e, long f)
{
	mach_port_t name;

	(void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
	if (ipc_port_allocate_name(ipc_current_space(), MACH_PORT_RIGHT_RECEIVE, &name) !=
		KERN_SUCCESS)
		return MACH_PORT_NULL;
	return name;
}

/*
 * mach_msg_trap: Mach's seven arguments in six registers; the last holds the time-out in
 * milliseconds (lower half) and the name to notify (upper half), which must be MACH_PORT_NULL.
 */
long mach_msg_trap(
	long msg, long option, long send_size, long rcv_size, long rcv_name, long timeout_notify)
{
	u32 timeout = (u32)timeout_notify;
	struct thread *receiver = NULL;

	if (unlikely((option & ~(long)MACH_MSG_OPTIONS) || (u64)timeout_notify >> 32))
		return MACH_SEND_INVALID_NOTIFY;
	if (option & MACH_SEND_MSG) {
		struct ipc_kmsg *kmsg;
		s64 result = get_message((vaddr_t)msg, (u64)send_size, &kmsg);
		if (unlikely(result != MACH_MSG_SUCCESS))
			return result;
		result = copyin(kmsg, ipc_current_space());
		if (unlikely(result != MACH_MSG_SUCCESS)) {
			ipc_kmsg_free(kmsg);
			return result;
		}
		result = ipc_mqueue_send(
			kmsg, deadline_of(option, MACH_SEND_TIMEOUT, timeout), &receiver);
		if (unlikely(result != MACH_MSG_SUCCESS))
			return send_failed(kmsg, (vaddr_t)msg, result);
	}
	if (likely(option & MACH_RCV_MSG))
		return receive((vaddr_t)msg, (u32)option,
			(u32)MIN((u64)rcv_size, (u64)MACH_MSG_SIZE_MAX), (mach_port_t)rcv_name,
			timeout, receiver);
	if (receiver)
		thread_make_ready(receiver);
	return MACH_MSG_SUCCESS;
}
