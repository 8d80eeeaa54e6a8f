/*
 * IPC, the fast path, and the messages that the kernel sends for a thread.
 *
 * A message without typed items, to a thread that waits for it, from a thread
 * that then waits itself, is delivered here: all checks come first, and any that
 * fails leads to the slow path with nothing to undo. After them nothing can fail:
 * registers go from trap frame to trap frame, and the receiver is resumed from its frame, without
 * scheduler, queue or stack switch (Liedtke 1993, direct process switch).
 *
 * A trap of an alien program and a page fault go the same way, and so do their replies.
 */
#include <l4.h>

#define TYPED_OR_FLAGS    0xffc0ull /* of a tag */
#define ONE_ITEM_NO_WORDS 0x80ull

/* Takes the processor from `self`, which begins to wait for `source`, to `peer`, whose frame is
 * complete. */
static always_inline noreturn void switch_directly(
	struct thread *self, struct thread *peer, u64 source)
{
	self->ipc.phase = IPC_RECEIVING;
	self->ipc.waiting_for = source;
	self->state = THREAD_BLOCKED;
	peer->ipc.phase = IPC_IDLE;
	peer->ipc.waiting_for = L4_NIL;
	peer->state = THREAD_RUNNING;
	thread_current = peer;
	arch_switch_state(&self->arch, &peer->arch);
	arch_resume_user(peer->frame);
}

/* Waits `peer`, in a way that needs no more thought, for `self`? */
static always_inline bool takes_from(const struct thread *peer, const struct thread *self)
{
	return (peer->ipc.waiting_for == L4_ANY || peer->ipc.waiting_for == self->ipc.id) &&
	       !list_is_linked(&peer->timeout_link);
}

/* Only as many registers as the message has words: the others are nobody's business but their
 * owner's. */
static always_inline void copy_registers(
	struct thread *peer, struct thread *self, unsigned words, u64 mr1, u64 mr2)
{
	struct trapframe *to = peer->frame;
	const struct trapframe *from = self->frame;

	switch (words) {
	default: {
		const u64 *source = &self->ipc.utcb->mr[L4_REGISTER_MRS + 1];
		u64 *target = &peer->ipc.utcb->mr[L4_REGISTER_MRS + 1],
		    count = words - L4_REGISTER_MRS;
		__asm__ volatile("rep movsq"
				 : "+D"(target), "+S"(source), "+c"(count)
				 :
				 : "memory");
	} /* fall through */
	case 7:
		to->r15 = from->r15; /* fall through */
	case 6:
		to->r14 = from->r14; /* fall through */
	case 5:
		to->r13 = from->r13; /* fall through */
	case 4:
		to->r12 = from->r12; /* fall through */
	case 3:
		to->rbx = from->rbx; /* fall through */
	case 2:
		to->r9 = mr2; /* fall through */
	case 1:
		to->r8 = mr1; /* fall through */
	case 0:
		break;
	}
}

/* The message's words, and what they mean to a receiver that waits in a trap or a fault. */
static always_inline void deliver(
	struct thread *peer, struct thread *self, u64 tag, u64 mr1, u64 mr2)
{
	unsigned words = l4_untyped(tag);

	if (likely(peer->ipc.kind == IPC_PLAIN)) {
		peer->frame->rax = self->ipc.id;
		peer->frame->r10 = tag;
		copy_registers(peer, self, words, mr1, mr2);
	} else if (peer->ipc.kind == IPC_TRAP && words > 0) {
		peer->frame->rax = mr1;
	}
}

static always_inline bool registers_only(
	const struct thread *self, const struct thread *peer, u64 tag)
{
	return likely((tag & TYPED_OR_FLAGS) == 0) &&
	       likely(l4_untyped(tag) <= L4_REGISTER_MRS || (self->ipc.utcb && peer->ipc.utcb));
}

/* Does `self` keep what the direct way demands, whatever it sends: a peer that waits for it, and
 * itself going to wait? */
static always_inline bool may_go_directly(
	const struct thread *self, const struct thread *peer, u64 to, u64 from, u64 timeouts)
{
	if (unlikely(peer->ipc.id != to || !takes_from(peer, self)))
		return false;
	if (unlikely(timeouts >> 32 != L4_FOREVER || (from != to && from != L4_ANY)))
		return false;
	if (unlikely(!list_is_empty(&self->ipc.senders)))
		return false;
	return likely(self->ipc.redirector == L4_NIL || self->ipc.redirector == to);
}

/*
 * A pager's answer to a page fault: one map item of one page. What mapping it
 * may refuse it refuses with nothing done; then, as always, the slow path finds out why.
 */
static noinline long reply_to_fault(
	struct thread *self, struct thread *peer, u64 from, u64 item, u64 fpage)
{
	vaddr_t target = l4_fpage_base(item);

	if (unlikely((item & L4_ITEM_MASK) != L4_ITEM_MAP || l4_fpage_size(fpage) != L4_FPAGE_MIN))
		return l4_ipc_slow();
	if (unlikely(target >= USER_MAX || peer->ipc.space->root))
		return l4_ipc_slow();
	if (unlikely(l4_map_page(self->ipc.space, l4_fpage_base(fpage), peer->ipc.space, target,
		    l4_fpage_rights(fpage))))
		return l4_ipc_slow();
	self->ipc.kind = IPC_PLAIN;
	switch_directly(self, peer, from);
}

static bool within_page(vaddr_t address, u64 length)
{
	return (address & (PAGE_SIZE - 1)) + length <= PAGE_SIZE && length <= PAGE_SIZE;
}

/*
 * One string and nothing else, that lies within a page on both sides: the bytes go straight from
 * frame to frame. Whatever is missing or too long is the slow path's to find and to tell.
 */
static noinline long send_one_string(
	struct thread *self, struct thread *peer, u64 from, u64 tag, u64 item, vaddr_t source)
{
	const struct l4_utcb *utcb = peer->ipc.utcb;
	u64 length = l4_string_length(item);

	if (unlikely((item & L4_ITEM_MASK) != L4_ITEM_STRING || !utcb))
		return l4_ipc_slow();
	vaddr_t target = utcb->buffers[0].address;
	if (unlikely(length > utcb->buffers[0].size || !within_page(source, length) ||
		     !within_page(target, length)))
		return l4_ipc_slow();
	const void *in = l4_space_bytes(self->ipc.space, source, VM_PROT_READ);
	void *out = l4_space_bytes(peer->ipc.space, target, VM_PROT_WRITE);
	if (unlikely(!in || !out))
		return l4_ipc_slow();
	memcpy(out, in, length);
	peer->frame->rax = self->ipc.id;
	peer->frame->r10 = tag;
	peer->frame->r8 = item;
	peer->frame->r9 = target;
	self->ipc.kind = IPC_PLAIN;
	switch_directly(self, peer, from);
}

/*
 * A message after which the sender goes on: a server that replies to one client while others of its
 * threads can run. The receiver becomes ready.
 */
static noinline long send_only(
	struct thread *self, struct thread *peer, u64 to, u64 tag, u64 mr1, u64 mr2)
{
	if (unlikely(peer->ipc.id != to || !takes_from(peer, self) ||
		     !registers_only(self, peer, tag)))
		return l4_ipc_slow();
	if (unlikely(self->ipc.redirector != L4_NIL && self->ipc.redirector != to))
		return l4_ipc_slow();
	deliver(peer, self, tag, mr1, mr2);
	peer->ipc.phase = IPC_IDLE;
	peer->ipc.waiting_for = L4_NIL;
	thread_set_resume_user(peer);
	thread_make_ready(peer);
	return 0;
}

long l4_call_ipc(long to, long from, long timeouts, long tag, long mr1, long mr2)
{
	struct thread *self = thread_current, *peer = l4_slot((u64)to);

	if (unlikely(!may_go_directly(self, peer, (u64)to, (u64)from, (u64)timeouts))) {
		if ((u64)from == L4_NIL)
			return send_only(self, peer, (u64)to, (u64)tag, (u64)mr1, (u64)mr2);
		return l4_ipc_slow();
	}
	if (unlikely(!registers_only(self, peer, (u64)tag))) {
		if (((u64)tag & 0xffff) != ONE_ITEM_NO_WORDS)
			return l4_ipc_slow();
		if (peer->ipc.kind == IPC_FAULT)
			return reply_to_fault(self, peer, (u64)from, (u64)mr1, (u64)mr2);
		if (peer->ipc.kind == IPC_PLAIN)
			return send_one_string(self, peer, (u64)from, (u64)tag, (u64)mr1, (u64)mr2);
		return l4_ipc_slow();
	}
	/* From here on nothing can fail. */
	deliver(peer, self, (u64)tag, (u64)mr1, (u64)mr2);
	self->ipc.kind = IPC_PLAIN;
	switch_directly(self, peer, (u64)from);
}

/* --- messages that the kernel sends -------------------------------------- */

long l4_trap(void)
{
	struct thread *self = thread_current, *peer = l4_slot(self->ipc.handler);

	if (unlikely(!self->ipc.space->alien))
		return -L4_ERROR_INVALID;
	if (unlikely(peer->ipc.id != self->ipc.handler || !takes_from(peer, self) ||
		     peer->ipc.kind != IPC_PLAIN))
		l4_send_for_current(IPC_TRAP);

	const struct trapframe *from = self->frame;
	struct trapframe *to = peer->frame;
	to->rax = self->ipc.id;
	to->r10 = l4_tag(L4_LABEL_TRAP, 7, 0);
	to->r8 = from->rax;
	to->r9 = from->rdi;
	to->rbx = from->rsi;
	to->r12 = from->rdx;
	to->r13 = from->r10;
	to->r14 = from->r8;
	to->r15 = from->r9;
	self->ipc.kind = IPC_TRAP;
	switch_directly(self, peer, self->ipc.handler);
}

long l4_call_zero(long a, long b, long c, long d, long e, long f)
{
	(void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
	return l4_trap();
}

noreturn void l4_user_fault(vaddr_t address, unsigned access)
{
	struct thread *self = thread_current, *peer = l4_slot(self->ipc.pager);

	self->ipc.fault_address = address;
	self->ipc.fault_access = access;
	if (unlikely(peer->ipc.id != self->ipc.pager || !takes_from(peer, self) ||
		     peer->ipc.kind != IPC_PLAIN))
		l4_send_for_current(IPC_FAULT);
	peer->frame->rax = self->ipc.id;
	peer->frame->r10 = l4_tag(L4_LABEL_FAULT | access, 2, 0);
	peer->frame->r8 = address;
	peer->frame->r9 = self->frame->rip;
	self->ipc.kind = IPC_FAULT;
	switch_directly(self, peer, self->ipc.pager);
}

noreturn void l4_user_exception(void)
{
	l4_send_for_current(IPC_EXCEPTION);
}
