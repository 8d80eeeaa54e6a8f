/*
 * The direct process switch: from who sends to who receives, with no scheduler, no queue and no
 * stack switch in between (Liedtke 1993). Every short way of IPC ends in it.
 *
 * The processor's time stays on the bill of who paid for the sender: a server works on its
 * client's. A reply to a trap or a fault ends that: thread_bill(peer) comes before this.
 */
#pragma once

#include <l4.h>

/* Waits `peer`, in a way that needs no more thought, for `self`? */
static always_inline bool l4_takes_from(const struct thread *peer, const struct thread *self)
{
	return (peer->ipc.waiting_for == L4_ANY || peer->ipc.waiting_for == self->ipc.id) &&
	       !list_is_linked(&peer->timeout_link);
}

/*
 * Takes the processor from `self`, which begins to wait for `source`, to `peer`, whose frame is
 * complete: it goes on in user mode.
 */
static always_inline noreturn void l4_switch_directly(
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
