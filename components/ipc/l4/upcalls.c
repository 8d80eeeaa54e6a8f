/*
 * IPC, the messages that the kernel sends for a thread: a trap of an alien program, a page fault,
 * another exception.
 *
 * Where the handler or pager waits, the first two go as directly as a program's own messages do;
 * else, as always, the slow path sees to it. The reply comes as any message does (fast.c, items.c).
 */
#include <direct.h>

long l4_trap(void)
{
	struct thread *self = thread_current, *peer = l4_slot(self->ipc.handler);

	if (unlikely(!self->ipc.space->alien))
		return -L4_ERROR_INVALID;
	if (unlikely(peer->ipc.id != self->ipc.handler || !l4_takes_from(peer, self) ||
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
	l4_switch_directly(self, peer, self->ipc.handler);
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
	if (unlikely(peer->ipc.id != self->ipc.pager || !l4_takes_from(peer, self) ||
		     peer->ipc.kind != IPC_PLAIN))
		l4_send_for_current(IPC_FAULT);
	peer->frame->rax = self->ipc.id;
	peer->frame->r10 = l4_tag(L4_LABEL_FAULT | access, 2, 0);
	peer->frame->r8 = address;
	peer->frame->r9 = self->frame->rip;
	self->ipc.kind = IPC_FAULT;
	l4_switch_directly(self, peer, self->ipc.pager);
}

noreturn void l4_user_exception(void)
{
	l4_send_for_current(IPC_EXCEPTION);
}
