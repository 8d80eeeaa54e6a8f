/*
 * IPC, the fast path.
 *
 * A message without typed items, to a thread that waits for it, from a thread
 * that then waits itself, is delivered here. All checks come first, and any that
 * fails leads to the slow path with nothing to undo. After them nothing can fail:
 * registers go from trap frame to trap frame, and the receiver is resumed from its frame
 * (direct.h).
 *
 * Part of the way is shared by a message with one typed item (items.h), and by one after which the
 * sender goes on.
 */
#include <direct.h>
#include <items.h>

#define TYPED_OR_FLAGS 0xffc0ull /* of a tag */

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

/* The message's words, and what they mean to a receiver that waits in a trap or a fault: that one
 * pays for itself again (direct.h) if it `runs` now. */
static always_inline void deliver(
	struct thread *peer, struct thread *self, u64 tag, u64 mr1, u64 mr2, bool runs)
{
	unsigned words = l4_untyped(tag);

	if (likely(peer->ipc.kind == IPC_PLAIN)) {
		peer->frame->rax = self->ipc.id;
		peer->frame->r10 = tag;
		copy_registers(peer, self, words, mr1, mr2);
	} else {
		if (peer->ipc.kind == IPC_TRAP && words > 0)
			peer->frame->rax = mr1;
		if (runs)
			thread_bill(peer);
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
	if (unlikely(peer->ipc.id != to || !l4_takes_from(peer, self)))
		return false;
	if (unlikely(timeouts >> 32 != L4_FOREVER || (from != to && from != L4_ANY)))
		return false;
	if (unlikely(!list_is_empty(&self->ipc.senders)))
		return false;
	return likely(self->ipc.redirector == L4_NIL || self->ipc.redirector == to);
}

/*
 * A message after which the sender goes on: a server that replies to one client while others of its
 * threads can run. The receiver becomes ready.
 */
static noinline long send_only(
	struct thread *self, struct thread *peer, u64 to, u64 tag, u64 mr1, u64 mr2)
{
	if (unlikely(peer->ipc.id != to || !l4_takes_from(peer, self) ||
		     !registers_only(self, peer, tag)))
		return l4_ipc_slow();
	if (unlikely(self->ipc.redirector != L4_NIL && self->ipc.redirector != to))
		return l4_ipc_slow();
	deliver(peer, self, tag, mr1, mr2, false);
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
	if (unlikely(!registers_only(self, peer, (u64)tag)))
		return l4_ipc_typed(self, peer, (u64)from, (u64)tag, (u64)mr1, (u64)mr2);
	/* From here on nothing can fail. */
	deliver(peer, self, (u64)tag, (u64)mr1, (u64)mr2, true);
	self->ipc.kind = IPC_PLAIN;
	l4_switch_directly(self, peer, (u64)from);
}
