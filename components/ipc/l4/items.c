/*
 * IPC, the short ways of two messages that are one typed item: a pager's reply that maps one page,
 * and one string that lies within a page on both sides.
 *
 * Who comes here has passed the fast path's checks of the two threads (fast.c), so what is left is
 * the item. Whatever is not as simple as that is the slow path's to do or to refuse: up to the
 * switch nothing has been done that could not be done again.
 */
#include <direct.h>
#include <items.h>

/*
 * A pager's answer to a page fault: one map item of one page. What mapping it
 * may refuse it refuses with nothing done; then, as always, the slow path finds out why.
 */
long l4_map_one_page(struct thread *self, struct thread *peer, u64 from, u64 item, u64 fpage)
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
	thread_bill(peer);
	l4_switch_directly(self, peer, from);
}

static bool within_page(vaddr_t address, u64 length)
{
	return (address & (PAGE_SIZE - 1)) + length <= PAGE_SIZE && length <= PAGE_SIZE;
}

/* The bytes go straight from frame to frame. */
long l4_send_one_string(
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
	l4_switch_directly(self, peer, from);
}
