/*
 * l4_pager: what the server that pages for its clients does with its kernel.
 *
 * The server's pmaps are notes of what it has mapped, or would map, to each
 * client. A right that vanishes from a pmap must vanish in the kernel too; that is collected here
 * and done with one unmap call for many pages. A right that appears need not be told: the client
 * will fault, and the reply carries it.
 */
#pragma once

#include <l4_user.h>
#include <pmap/pmap.h>

/* Once, with the UTCB of the server's one kernel thread. */
void l4_pager_init(struct l4_utcb *utcb);

/* The client of this map has lost its address space: no change of the map need be told any more.
 * NULL: no such map. */
void l4_pager_detach(const struct pmap *pmap);

/*
 * A fault of the map's client at `address` is being resolved, and the reply will map
 * the page there: so that one need not be revoked. Then l4_pager_answer() writes that reply.
 */
void l4_pager_begin_fault(const struct pmap *pmap, vaddr_t address);
void l4_pager_answer(struct l4_message *reply);

/* Revokes what is still outstanding. Before any client runs again. */
void l4_pager_flush(void);
extern unsigned l4_pager_pending;
