/*
 * Message transfer, the general case: any kind of sender and receiver, typed items.
 *
 * The sender's message is gathered in a buffer first, read once: a UTCB is
 * memory that its owner may write, so nothing is checked in place. Map items go through mapping.c.
 * Strings are copied once, from frame to frame through the
 * kernel's view of memory. A missing page of the sender's is its pager's business: the transfer
 * is given up with nothing done that could not be done again, and the sender starts
 * over when the page is there. A missing page of the receiver's buffer ends the transfer for both.
 */
#include <l4.h>

struct message {
	u64 tag;
	u64 mr[L4_MRS]; /* from MR1 on */
};

/* Where string items go. */
struct buffers {
	unsigned used;
	const struct l4_utcb *utcb; /* NULL: there are none */
};

static void read_registers(const struct trapframe *f, u64 *mr)
{
	mr[1] = f->r8;
	mr[2] = f->r9;
	mr[3] = f->rbx;
	mr[4] = f->r12;
	mr[5] = f->r13;
	mr[6] = f->r14;
	mr[7] = f->r15;
}

static unsigned read_plain(const struct thread *sender, struct message *m)
{
	unsigned words;

	m->tag = sender->frame->r10;
	words = l4_untyped(m->tag) + l4_typed(m->tag);
	if (words >= L4_MRS || (l4_typed(m->tag) & 1))
		return L4_ERROR_INVALID;
	read_registers(sender->frame, m->mr);
	if (words > L4_REGISTER_MRS) {
		if (!sender->ipc.utcb)
			return L4_ERROR_INVALID;
		for (unsigned i = L4_REGISTER_MRS + 1; i <= words; i++)
			m->mr[i] = sender->ipc.utcb->mr[i];
	}
	return 0;
}

/* The messages that the kernel makes up for a thread. */
static void make_message(const struct thread *sender, struct message *m)
{
	const struct trapframe *f = sender->frame;
	u64 *mr = m->mr;

	if (sender->ipc.kind == IPC_TRAP) {
		m->tag = l4_tag(L4_LABEL_TRAP, 7, 0);
		mr[1] = f->rax;
		mr[2] = f->rdi;
		mr[3] = f->rsi;
		mr[4] = f->rdx;
		mr[5] = f->r10;
		mr[6] = f->r8;
		mr[7] = f->r9;
	} else if (sender->ipc.kind == IPC_FAULT) {
		m->tag = l4_tag(L4_LABEL_FAULT | sender->ipc.fault_access, 2, 0);
		mr[1] = sender->ipc.fault_address;
		mr[2] = f->rip;
	} else if (sender->ipc.kind == IPC_INTERRUPT) {
		m->tag = l4_tag(L4_LABEL_INTERRUPT, 0, 0);
	} else {
		m->tag = l4_tag(L4_LABEL_EXCEPTION, 5, 0);
		mr[1] = f->vector;
		mr[2] = f->error;
		mr[3] = f->rip;
		mr[4] = f->rsp;
		mr[5] = f->rflags;
	}
}

/* --- strings ------------------------------------------------------------- */

/* Is all of a thread's memory there? If not, ipc.fault_address says where it is not. */
static bool present(struct thread *thread, vaddr_t address, u64 length)
{
	if (!user_range_ok(address, length))
		return false;
	for (u64 at = ALIGN_DOWN(address, PAGE_SIZE); at < address + length; at += PAGE_SIZE) {
		if (!l4_space_bytes(thread->ipc.space, at, VM_PROT_READ)) {
			thread->ipc.fault_address = at;
			thread->ipc.fault_access = VM_PROT_READ;
			return false;
		}
	}
	return true;
}

/* Before anything is done: every string of the message can be read. */
static enum l4_transfer check_strings(
	struct thread *sender, const struct message *m, unsigned *error)
{
	unsigned first = l4_untyped(m->tag) + 1, strings = 0;

	for (unsigned i = first; i < first + l4_typed(m->tag); i += 2) {
		u64 item = m->mr[i] & L4_ITEM_MASK, length = l4_string_length(m->mr[i]);

		if (item == L4_ITEM_MAP)
			continue;
		*error = L4_ERROR_INVALID;
		if (item != L4_ITEM_STRING || length > L4_STRING_MAX || ++strings > L4_STRINGS ||
			!user_range_ok(m->mr[i + 1], length))
			return L4_TRANSFER_BAD_MESSAGE;
		if (!present(sender, m->mr[i + 1], length))
			return L4_TRANSFER_SENDER_FAULT;
	}
	return L4_TRANSFERRED;
}

/* 0 or an L4_ERROR_…; both ranges lie in user space, and the sender's is present. */
static unsigned copy_string(const struct l4_space *from, vaddr_t source, const struct l4_space *to,
	vaddr_t target, u64 length)
{
	while (length > 0) {
		const void *in = l4_space_bytes(from, source, VM_PROT_READ);
		void *out = l4_space_bytes(to, target, VM_PROT_WRITE);
		u64 room = PAGE_SIZE - MAX(source & (PAGE_SIZE - 1), target & (PAGE_SIZE - 1)),
		    part = MIN(room, length);

		if (!in || !out)
			return L4_ERROR_ABORTED;
		memcpy(out, in, part);
		source += part;
		target += part;
		length -= part;
	}
	return 0;
}

static unsigned send_string(
	struct thread *sender, struct thread *receiver, u64 *item, struct buffers *buffers)
{
	u64 length = l4_string_length(item[0]), source = item[1];

	if (!buffers->utcb || buffers->used == L4_STRINGS)
		return L4_ERROR_OVERFLOW;
	u64 target = buffers->utcb->buffers[buffers->used].address,
	    size = buffers->utcb->buffers[buffers->used].size;
	buffers->used++;
	if (length > size)
		return L4_ERROR_OVERFLOW;
	if (!user_range_ok(target, length))
		return L4_ERROR_ABORTED;
	item[1] = target; /* the receiver hears where it was put */
	return copy_string(sender->ipc.space, source, receiver->ipc.space, target, length);
}

/* --- the whole ----------------------------------------------------------- */

static unsigned send_items(struct thread *sender, struct thread *receiver, struct message *m)
{
	unsigned first = l4_untyped(m->tag) + 1;
	const struct l4_utcb *utcb = receiver->ipc.kind == IPC_PLAIN ? receiver->ipc.utcb : NULL;
	u64 window = receiver->ipc.kind != IPC_PLAIN ? L4_FPAGE_COMPLETE
		     : utcb                          ? utcb->acceptor
						     : 0;
	struct buffers buffers = {0, utcb};

	for (unsigned i = first; i < first + l4_typed(m->tag); i += 2) {
		unsigned error;
		if ((m->mr[i] & L4_ITEM_MASK) == L4_ITEM_MAP)
			error = l4_map(sender->ipc.space, m->mr[i], m->mr[i + 1],
				receiver->ipc.space, window);
		else
			error = send_string(sender, receiver, &m->mr[i], &buffers);
		if (error)
			return error;
	}
	return 0;
}

static void write_message(struct thread *sender, struct thread *receiver, const struct message *m)
{
	struct trapframe *f = receiver->frame;
	unsigned words = l4_untyped(m->tag) + l4_typed(m->tag);

	f->r10 = m->tag;
	switch (words) {
	default:
		for (unsigned i = L4_REGISTER_MRS + 1; i <= words; i++)
			receiver->ipc.utcb->mr[i] = m->mr[i];
		/* fall through */
	case 7:
		f->r15 = m->mr[7]; /* fall through */
	case 6:
		f->r14 = m->mr[6]; /* fall through */
	case 5:
		f->r13 = m->mr[5]; /* fall through */
	case 4:
		f->r12 = m->mr[4]; /* fall through */
	case 3:
		f->rbx = m->mr[3]; /* fall through */
	case 2:
		f->r9 = m->mr[2]; /* fall through */
	case 1:
		f->r8 = m->mr[1]; /* fall through */
	case 0:
		break;
	}
	f->rax = sender->ipc.id;
}

enum l4_transfer l4_transfer(struct thread *sender, struct thread *receiver, unsigned *error)
{
	struct message m;

	if (sender->ipc.kind == IPC_PLAIN) {
		*error = read_plain(sender, &m);
		if (*error)
			return L4_TRANSFER_BAD_MESSAGE;
		enum l4_transfer status = check_strings(sender, &m, error);
		if (status != L4_TRANSFERRED)
			return status;
	} else {
		make_message(sender, &m);
	}
	unsigned words = l4_untyped(m.tag) + l4_typed(m.tag);
	bool plain = receiver->ipc.kind == IPC_PLAIN;

	*error = plain && words > L4_REGISTER_MRS && !receiver->ipc.utcb
			 ? L4_ERROR_OVERFLOW
			 : send_items(sender, receiver, &m);
	if (*error) /* who waits in a fault or a trap goes on waiting */
		return plain ? L4_TRANSFER_FAILED : L4_TRANSFER_BAD_MESSAGE;
	if (plain)
		write_message(sender, receiver, &m);
	else if (receiver->ipc.kind == IPC_TRAP && words > 0)
		receiver->frame->rax = m.mr[1];
	return L4_TRANSFERRED;
}
