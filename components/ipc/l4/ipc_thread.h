/* What the L4 IPC path keeps of a thread. */
#pragma once

#include <lib/list.h>
#include <stdint.h>

struct l4_space;
struct l4_utcb;
struct thread;

/* What a thread's operation is: how its message is read, and what a reply means. */
enum ipc_kind {
	IPC_PLAIN,     /* the IPC call */
	IPC_TRAP,      /* the kernel sends a trap of an alien program; the reply is its result */
	IPC_FAULT,     /* a page fault; the reply maps */
	IPC_EXCEPTION, /* another exception */
	IPC_INTERRUPT, /* its handler asked for it */
};

enum ipc_phase {
	IPC_IDLE,
	IPC_SENDING, /* in its partner's queue */
	IPC_RECEIVING,
};

/* Who is handed the processor with a message works on the bill of who sent it. */
#define IPC_DONATES 1

struct ipc_thread {
	uint64_t id;          /* global id */
	uint64_t waiting_for; /* who may send to it now: an id, L4_ANY; L4_NIL: nobody */
	uint64_t redirector;  /* the only thread it may send to; L4_NIL: any */
	struct l4_utcb *utcb; /* where the kernel sees it; NULL: it has none */
	struct list senders;  /* of threads that wait to send to it, by ipc.send_link */
	enum ipc_kind kind;
	enum ipc_phase phase;
	uint64_t pager,
		handler; /* ids: who resolves its page faults; its other exceptions and traps */
	struct list send_link;
	struct l4_space *space;
	uint64_t fault_address;
	unsigned fault_access;
	uint64_t utcb_address; /* where its owner sees the UTCB */
};
