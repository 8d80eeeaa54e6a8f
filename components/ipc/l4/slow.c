/*
 * IPC, everything but the fast path.
 *
 * A thread's IPC is a send phase, then a receive phase. What it sends, and
 * what is done with the reply, follows from ipc.kind; its arguments are in its trap frame. It
 * blocks in ipc.phase SENDING (linked in its partner's `senders`) or RECEIVING (ipc.waiting_for
 * says from whom), and in both no kernel stack is kept: whoever ends
 * the operation writes the frame and lets the thread resume in user mode.
 *
 * So any operation can be started over by setting the frame back to the system
 * call, which is what happens when a page of a string has to be fetched first.
 */
#include <l4.h>

#define SYSCALL_LENGTH 2

static long send_error(unsigned error)
{
	return -(long)(2 * error);
}

static long receive_error(unsigned error)
{
	return -(long)(2 * error + 1);
}

static u64 partner_of(const struct thread *thread)
{
	switch (thread->ipc.kind) {
	case IPC_PLAIN:
		return thread->frame->rdi;
	case IPC_FAULT:
		return thread->ipc.pager;
	default:
		return thread->ipc.handler;
	}
}

/* Whom the thread wants to hear from after its send phase. */
static u64 source_of(const struct thread *thread)
{
	return thread->ipc.kind == IPC_PLAIN ? thread->frame->rsi : partner_of(thread);
}

void l4_complete(struct thread *thread, long result)
{
	thread->ipc.phase = IPC_IDLE;
	thread->ipc.waiting_for = L4_NIL;
	if (thread->ipc.kind == IPC_PLAIN)
		thread->frame->rax = (u64)result;
	thread_clear_deadline(thread);
	if (thread != thread_current && thread->state == THREAD_BLOCKED) {
		thread_set_resume_user(thread);
		thread_make_ready(thread);
	}
}

/* Nobody can help the thread: it stops for good, until somebody deletes it or starts it anew. */
static void halt(struct thread *thread)
{
	kprintf("l4: thread %u halts: %s %lx at %lx, and nobody to tell\n",
		l4_number(thread->ipc.id),
		thread->ipc.kind == IPC_FAULT  ? "page fault"
		: thread->ipc.kind == IPC_TRAP ? "trap"
					       : "exception",
		thread->ipc.kind == IPC_FAULT  ? thread->ipc.fault_address
		: thread->ipc.kind == IPC_TRAP ? thread->frame->rax
					       : thread->frame->vector,
		thread->frame->rip);
	thread->ipc.phase = IPC_IDLE;
	thread->ipc.waiting_for = L4_NIL;
	thread->state = THREAD_STOPPED;
	thread_set_resume_user(thread);
}

static void fail_send(struct thread *thread, unsigned error)
{
	if (thread->ipc.kind == IPC_PLAIN)
		l4_complete(thread, send_error(error));
	else
		halt(thread);
}

static void unlink_sender(struct thread *thread)
{
	if (list_is_linked(&thread->ipc.send_link))
		list_remove(&thread->ipc.send_link);
}

bool l4_break_off(struct thread *thread, unsigned error)
{
	enum ipc_phase phase = thread->ipc.phase;

	unlink_sender(thread);
	if (phase == IPC_SENDING)
		l4_complete(thread, send_error(error));
	else if (phase == IPC_RECEIVING)
		l4_complete(thread, receive_error(error));
	return phase != IPC_IDLE;
}

static void time_out(struct thread *thread)
{
	l4_break_off(thread, L4_ERROR_TIMEOUT);
}

static void set_timeout(struct thread *thread, u32 timeout)
{
	if (timeout != L4_FOREVER)
		thread_set_deadline(thread, arch_now() + timeout, time_out);
}

static u32 timeout_of(const struct thread *thread, bool receive)
{
	if (thread->ipc.kind != IPC_PLAIN)
		return L4_FOREVER;
	return (u32)(receive ? thread->frame->rdx >> 32 : thread->frame->rdx);
}

/* --- one transfer, and what becomes of the sender ------------------------ */

static bool can_take(const struct thread *receiver, const struct thread *sender)
{
	return receiver->ipc.waiting_for == L4_ANY || receiver->ipc.waiting_for == sender->ipc.id;
}

static void start_send(struct thread *thread, struct thread **released);

/* The page at ipc.fault_address is fetched, then the thread makes its call again. */
static void fault_in(struct thread *sender, struct thread **released)
{
	sender->frame->rip -= SYSCALL_LENGTH;
	sender->frame->rcx = sender->frame->rip;
	sender->frame->vector = VECTOR_CHANGED;
	sender->frame->rax = (u64)-L4_CALL_IPC;
	sender->ipc.kind = IPC_FAULT;
	start_send(sender, released);
}

/*
 * `receiver` waits for `sender`, in no queue. True: the message has arrived. Both ends are
 * completed as far as this phase decides it; the receiver that got its message is left to the
 * caller.
 */
static bool transfer(struct thread *sender, struct thread *receiver, struct thread **released)
{
	unsigned error;

	switch (l4_transfer(sender, receiver, &error)) {
	case L4_TRANSFERRED:
		receiver->ipc.phase = IPC_IDLE;
		receiver->ipc.waiting_for = L4_NIL;
		thread_clear_deadline(receiver);
		return true;
	case L4_TRANSFER_SENDER_FAULT:
		fault_in(sender, released);
		return false;
	case L4_TRANSFER_FAILED:
		l4_complete(receiver, receive_error(error));
		/* fall through */
	default:
		fail_send(sender, error);
		return false;
	}
}

static void become_ready(struct thread *thread)
{
	if (thread == thread_current || thread->state != THREAD_BLOCKED)
		return;
	thread_set_resume_user(thread);
	thread_make_ready(thread);
}

/* --- the phases ---------------------------------------------------------- */

static struct thread *find_sender(struct thread *receiver, u64 source)
{
	struct thread *sender;

	list_for_each(sender, &receiver->ipc.senders,
		ipc.send_link) if (source == L4_ANY || sender->ipc.id == source) return sender;
	return NULL;
}

/*
 * The thread's send phase is done. It takes a message that waits for it, or begins to wait. The
 * sender that it took a message from goes on to its own receive phase, and so on.
 */
static void start_receive(struct thread *thread)
{
	while (thread) {
		u64 source = source_of(thread);
		struct thread *sender, *other = NULL;

		if (source == L4_NIL) {
			l4_complete(thread, 0);
			return;
		}
		if (source != L4_ANY && !l4_find(source)) {
			l4_complete(thread, receive_error(L4_ERROR_NO_PARTNER));
			return;
		}
		thread->ipc.phase = IPC_RECEIVING;
		thread->ipc.waiting_for = source;
		sender = find_sender(thread, source);
		if (!sender) {
			if (timeout_of(thread, true) == L4_ZERO)
				l4_complete(thread, receive_error(L4_ERROR_TIMEOUT));
			else
				set_timeout(thread, timeout_of(thread, true));
			return;
		}
		list_remove(&sender->ipc.send_link);
		thread_clear_deadline(sender);
		bool arrived = transfer(sender, thread, &other);
		if (other) /* the pager of a sender whose page is missing; it may be this very
			      thread */
			become_ready(other);
		if (arrived) {
			if (thread == thread_current)
				thread_bill(sender->ipc.kind == IPC_PLAIN ? thread : sender);
			become_ready(thread);
			thread = sender;
		} else if (thread->ipc.phase != IPC_RECEIVING) {
			return; /* it has got another message, or failed */
		}
		/* else that sender's message was no good: look for another */
	}
}

/* Begins the send phase. *released: a receiver that got its message and could run now, not yet
 * ready. */
static void start_send(struct thread *thread, struct thread **released)
{
	struct thread *partner = l4_find(partner_of(thread));

	thread->ipc.phase = IPC_SENDING;
	if (!partner || partner == thread) {
		fail_send(thread, L4_ERROR_NO_PARTNER);
	} else if (can_take(partner, thread)) {
		if (transfer(thread, partner, released)) {
			*released = partner;
			start_receive(thread);
		}
	} else if (timeout_of(thread, false) == L4_ZERO) {
		fail_send(thread, L4_ERROR_TIMEOUT);
	} else {
		list_push_back(&partner->ipc.senders, &thread->ipc.send_link);
		set_timeout(thread, timeout_of(thread, false));
	}
}

/* --- the current thread -------------------------------------------------- */

static bool may_send(const struct thread *self, u64 to)
{
	return self->ipc.redirector == L4_NIL || self->ipc.redirector == to;
}

/* Gives up the processor: to the thread that was released if there is one. Comes back only if it is
 * preempted as ready. */
static noreturn void give_way(struct thread *released)
{
	if (released) {
		if (released->ipc.kind != IPC_PLAIN) /* the reply that it waited for */
			thread_bill(released);
		thread_set_resume_user(released);
		thread_hand_off(released);
	} else {
		thread_switch_away();
	}
	panic("a blocked thread came back to its kernel stack");
}

long l4_ipc_slow(void)
{
	struct thread *self = thread_current, *released = NULL;
	u64 to = self->frame->rdi;

	self->ipc.kind = IPC_PLAIN;
	if (to == L4_NIL) {
		start_receive(self);
	} else if (!may_send(self, to)) {
		return send_error(L4_ERROR_DENIED);
	} else {
		start_send(self, &released);
	}
	if (self->ipc.phase == IPC_IDLE && self->state == THREAD_RUNNING) {
		if (released)
			become_ready(released);
		return (long)self->frame->rax;
	}
	if (self->state == THREAD_RUNNING)
		self->state = THREAD_BLOCKED;
	give_way(released);
}

noreturn void l4_send_for_current(enum ipc_kind kind)
{
	struct thread *self = thread_current, *released = NULL;

	self->ipc.kind = kind;
	start_send(self, &released);
	if (self->state == THREAD_RUNNING)
		self->state = THREAD_BLOCKED;
	give_way(released);
}

static void send_interrupt(void)
{
	l4_send_for_current(IPC_INTERRUPT);
}

/* A ready thread sends it in its own turn: who asked for it is not to lose its own to that. */
void l4_interrupt(struct thread *thread)
{
	if (thread->state == THREAD_BLOCKED && thread->ipc.kind == IPC_PLAIN)
		l4_break_off(thread, L4_ERROR_CANCELED);
	if (thread->state != THREAD_READY)
		return; /* it talks to its handler already, or does not run at all */
	thread_call_on_return(thread, send_interrupt);
}

/* --- the end of a thread ------------------------------------------------- */

void l4_thread_gone(struct thread *gone)
{
	struct thread *thread;

	unlink_sender(gone);
	while ((thread = list_first(&gone->ipc.senders, struct thread, ipc.send_link))) {
		list_remove(&thread->ipc.send_link);
		thread_clear_deadline(thread);
		fail_send(thread, L4_ERROR_NO_PARTNER);
	}
	for (u32 i = 1; i < l4_threads_end; i++) {
		thread = l4_threads[i];
		if (thread->ipc.waiting_for != gone->ipc.id || thread == gone)
			continue;
		if (thread->ipc.kind == IPC_PLAIN)
			l4_complete(thread, receive_error(L4_ERROR_NO_PARTNER));
		else
			halt(thread);
	}
}
