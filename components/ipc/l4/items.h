/*
 * The short ways of two messages that are one typed item and nothing else: a page that a pager
 * maps to end a fault, and a string.
 */
#pragma once

#include <l4.h>

#define ONE_ITEM_NO_WORDS 0x80ull /* the lower 16 bits of such a message's tag */

/* Both send the current thread's item, MR1 and MR2, to `peer` and begin to wait for `from`.
 * (items.c) */
long l4_map_one_page(struct thread *self, struct thread *peer, u64 from, u64 item, u64 fpage);
long l4_send_one_string(
	struct thread *self, struct thread *peer, u64 from, u64 tag, u64 item, vaddr_t source);

/*
 * What is left of the fast path for a message with typed items, once sender and receiver have
 * passed its checks: the current thread's message goes to `peer`, if need be by the slow path.
 */
static always_inline long l4_ipc_typed(
	struct thread *self, struct thread *peer, u64 from, u64 tag, u64 mr1, u64 mr2)
{
	if ((tag & 0xffff) != ONE_ITEM_NO_WORDS)
		return l4_ipc_slow();
	if (peer->ipc.kind == IPC_FAULT)
		return l4_map_one_page(self, peer, from, mr1, mr2);
	if (peer->ipc.kind == IPC_PLAIN)
		return l4_send_one_string(self, peer, from, tag, mr1, mr2);
	return l4_ipc_slow();
}
