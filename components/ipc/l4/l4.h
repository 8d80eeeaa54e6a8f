/*
 * What the files of the L4 IPC path know of each other, and what the kernel
 * that is made with it (kernels/l4-like) calls.
 */
#pragma once

#include <l4_abi.h>
#include <pmap/pmap.h>
#include <thread/thread.h>

/* --- address spaces (space.c) -------------------------------------------- */

struct l4_space {
	struct pmap pmap;
	struct l4_mapping *mappings; /* what was mapped into it */
	unsigned threads;            /* it goes with the last of them */
	bool root; /* the root task's: all free memory, virtual = physical, never in the pmap's last
		      level */
	bool alien;
	u64 redirector;
};

/* An entry of the page table that is no mapping of anybody's: a UTCB, the kernel information page.
 */
#define L4_PTE_PINNED 0x400ull

void l4_space_init(void);
void l4_mapping_init(void);
enum kstatus must_check l4_space_create(struct l4_space **out);
/* The processor must not be using it. */
void l4_space_destroy(struct l4_space *space);
/* A fresh zeroed page that the kernel keeps, seen at `address` by the space. K_EXISTS, K_NOMEM. */
enum kstatus must_check l4_space_pin(
	struct l4_space *space, vaddr_t address, bool writable, void **bytes);
void l4_space_unpin(struct l4_space *space, vaddr_t address);
/*
 * Where the kernel sees the user's byte at `address`, if `access` (VM_PROT_READ or
 * VM_PROT_WRITE) is possible there now, else NULL. Good to the end of the page.
 */
void *l4_space_bytes(const struct l4_space *space, vaddr_t address, unsigned access);

/* Gives the root task a run of 2^FRAMES_MAX_ORDER frames; `map`: as one piece of data. */
void l4_root_give(struct l4_space *space, paddr_t start, bool map);
/* The same of device registers, which are nobody's memory: it cannot hand them on. */
void l4_root_give_device(struct l4_space *space, paddr_t start);
bool l4_root_owns(paddr_t address);

/* --- mappings (mapping.c) ------------------------------------------------ */

/* Does what a map item says. 0, or an L4_ERROR_… */
unsigned must_check l4_map(
	struct l4_space *from, u64 send_base, u64 fpage, struct l4_space *to, u64 window);
/* One page, at addresses that are user space and page multiples; nothing is mapped where there is
 * nothing. The same. */
unsigned must_check l4_map_page(struct l4_space *from, vaddr_t address, struct l4_space *to,
	vaddr_t target, unsigned rights);
/* Takes the rights of an fpage away from everybody who had them from this space; with `own` from
 * itself too. */
void l4_unmap(struct l4_space *space, u64 fpage, bool own);
/* Removes all that was mapped into the space, and what came of it. */
void l4_unmap_all(struct l4_space *space);

/* --- threads (control.c) ------------------------------------------------- */

extern struct thread *l4_threads[CONFIG_IPC_L4_THREADS];
extern u32 l4_threads_end; /* no number at or above it was ever used */

/* The thread in its slot; never NULL. Compare its id: an unused slot holds a thread that never
 * waits. */
static inline struct thread *l4_slot(u64 id)
{
	return l4_threads[l4_number(id) % CONFIG_IPC_L4_THREADS];
}

/* The thread of that id, or NULL. */
static inline struct thread *l4_find(u64 id)
{
	struct thread *thread = l4_slot(id);

	return thread->ipc.id == id && l4_number(id) != 0 ? thread : NULL;
}

void l4_threads_init(void);
/* A stopped thread with that id, in `space`. 0, or an L4_ERROR_… */
unsigned must_check l4_thread_create(u64 id, struct l4_space *space, struct thread **out);

/* Copies from the current thread's memory; false: it is not all there. (registers.c) */
bool must_check l4_read_caller(void *to, vaddr_t from, size_t n);

/* --- IPC (fast.c, items.c, upcalls.c, slow.c, transfer.c) ----------------- */

/* The current thread's message, of a kind that the kernel makes up, goes to its pager or handler;
 * then it waits for the reply. */
noreturn void l4_send_for_current(enum ipc_kind kind);
/* Everything that the fast path leaves to it: arguments are in the current thread's frame. */
long l4_ipc_slow(void);
/* The thread's call or kernel message comes to an end with `result` in rax; it becomes ready unless
 * it is current. */
void l4_complete(struct thread *thread, long result);
/* Ends whatever IPC the thread is in, if it is in one: an IPC call returns that error, a kernel
 * message is forgotten. */
bool l4_break_off(struct thread *thread, unsigned error);
/* A thread that runs its program sends a message of kind IPC_INTERRUPT to its handler before it
 * goes on. */
void l4_interrupt(struct thread *thread);
/* The thread will go: whoever waits for it, or to send to it, is told. */
void l4_thread_gone(struct thread *thread);

enum l4_transfer {
	L4_TRANSFERRED,
	L4_TRANSFER_SENDER_FAULT, /* ipc.fault_address and fault_access of the sender say where */
	L4_TRANSFER_BAD_MESSAGE,  /* *error is the sender's fault: the receiver hears nothing of it
				   */
	L4_TRANSFER_FAILED,       /* *error, for both */
};
enum l4_transfer l4_transfer(struct thread *sender, struct thread *receiver, unsigned *error);

/* The system calls, for native_calls[]. */
long l4_call_ipc(long to, long from, long timeouts, long tag, long mr1, long mr2);
long l4_call_unmap(long control, long, long, long, long, long);
long l4_call_thread_control(
	long id, long space, long pager, long handler, long utcb, long priority);
long l4_call_space_control(long id, long control, long redirector, long, long, long);
long l4_call_exchange_registers(long id, long control, long registers, long, long, long);
long l4_call_thread_switch(long id, long, long, long, long, long);
long l4_call_system_clock(long, long, long, long, long, long);
long l4_call_thread_times(long id, long times, long, long, long, long);
long l4_call_debugger(long operation, long address, long length, long, long, long);
/* native_calls[0]: the trap number 0. */
long l4_call_zero(long, long, long, long, long, long);
/* A number that is no call of this kernel: an alien program's trap, which is sent to its handler.
 */
long l4_trap(void);
/* The kernel's upcalls of the same names (arch.h). */
noreturn void l4_user_fault(vaddr_t address, unsigned access);
noreturn void l4_user_exception(void);
