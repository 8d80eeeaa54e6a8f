/*
 * Ports, rights, names and messages inside the kernel.
 *
 * A *port* is a bounded queue with one receiver. A task holds *rights* to ports and calls them by
 * names, through its `struct ipc_space`. Rights that are on the way are in a message (struct
 * ipc_kmsg).
 *
 * Invariants (tests/host/mach checks them after random operations):
 * - port->refs counts names that refer to the port, rights in messages, and pointers that the
 * kernel keeps;
 * - port->srights counts send rights: one for each name (whatever its user references), one for
 * each in a message or kept by the kernel; port->sorights the same of send-once rights;
 * - exactly one of: some space has the receive right (receiver, name); it is in a message
 *   (destination); the kernel receives (receiver == &ipc_space_kernel); the port is dead (!active);
 * - a space has at most one name for receive and send rights of one port, found through `buckets`;
 * each send-once right has a name of its own.
 *
 * A dead port stays as long as it is referred to; names of it turn into dead names when they are
 * looked at.
 */
#pragma once

#include <mach_types.h>
#include <thread/thread.h>

struct ipc_entry;
struct ipc_space;

/* Where messages wait for receivers, or receivers for messages. */
struct ipc_mqueue {
	struct list messages;  /* struct ipc_kmsg.link */
	struct list receivers; /* struct thread.wait_link */
};

/* What a message to a kernel port reaches. */
enum ipc_kotype {
	IKOT_NONE,
	IKOT_TASK,           /* struct task */
	IKOT_THREAD,         /* struct thread */
	IKOT_HOST,           /* the privileged host port */
	IKOT_DEVICE,         /* kobject: its number */
	IKOT_PAGER,          /* a user's port: struct memory_object */
	IKOT_PAGING_REQUEST, /* memory control port: struct memory_object */
	IKOT_EXCEPTION,      /* answers to exceptions of struct thread */
	IKOT_MEMORY,         /* memory entry: an internal struct vm_object */
};

struct ipc_port {
	u32 refs;
	u32 srights, sorights;
	u32 mscount; /* send rights made since the receive right came to where it is */
	bool active;
	u8 kotype;
	u32 seqno;
	u32 msgcount, qlimit;
	mach_port_t name;           /* the receive right's */
	struct ipc_space *receiver; /* NULL: in transit, or dead */
	struct ipc_port
		*destination; /* in transit: where to (not counted in its refs: the message is) */
	struct ipc_mqueue *queue; /* &own, or its set's */
	struct ipc_mqueue own;
	struct ipc_pset *set;
	struct list set_link;
	struct wait_queue senders;   /* who wait for room */
	struct list requests;        /* to be told of its death: struct ipc_request.link */
	struct ipc_kmsg *no_senders; /* what is sent when srights falls to 0; NULL: nothing */
	void *kobject;
};

/* A port set: one queue for several ports. */
struct ipc_pset {
	struct ipc_mqueue queue;
	struct list members; /* struct ipc_port.set_link */
};

#define IPC_SEND      MACH_PORT_TYPE(MACH_PORT_RIGHT_SEND)
#define IPC_RECEIVE   MACH_PORT_TYPE(MACH_PORT_RIGHT_RECEIVE)
#define IPC_SEND_ONCE MACH_PORT_TYPE(MACH_PORT_RIGHT_SEND_ONCE)
#define IPC_PORT_SET  MACH_PORT_TYPE(MACH_PORT_RIGHT_PORT_SET)
#define IPC_DEAD_NAME MACH_PORT_TYPE(MACH_PORT_RIGHT_DEAD_NAME)
#define IPC_ANY_PORT  (IPC_SEND | IPC_RECEIVE | IPC_SEND_ONCE)
#define IPC_REQUESTED 1u /* beside these: somebody wants to be told when the name dies */

struct ipc_entry {
	union {
		struct ipc_port *port;
		struct ipc_pset *set;
	};
	mach_port_t name;       /* with the generation that is (or will be) handed out */
	u32 type;               /* IPC_… bits; 0: free */
	u32 urefs;              /* user references of a send right or a dead name */
	struct ipc_entry *next; /* in its bucket (send and receive rights), or in the free list */
};

#define IPC_GENERATION_BITS 12
#define IPC_GENERATION_MASK ((1u << IPC_GENERATION_BITS) - 1)
#define IPC_CHUNK_ENTRIES   128u /* entries in a page */
#define IPC_GROWTH          16u  /* entries that a table grows by: most tasks have few names */
#define IPC_CHUNKS          64u  /* pages in a table: 8192 names for one task */
#define IPC_BUCKETS         64u

struct ipc_space {
	bool active;
	u32 limit; /* entries that exist */
	struct ipc_entry *free;
	struct ipc_entry *chunks[IPC_CHUNKS];
	struct ipc_entry *buckets[IPC_BUCKETS];
};

/* The receiver of kernel ports. Holds no names. */
extern struct ipc_space ipc_space_kernel;

struct ipc_kmsg {
	struct list link;        /* in a queue */
	struct ipc_port *remote; /* a right of the type that the header's bits say */
	struct ipc_port *local;  /* the reply right; NULL if none; IPC_PORT_DEAD */
	u32 capacity;            /* bytes from `header` on */
	struct mach_msg_header header aligned(8); /* the message, its items at multiples of 8 */
};
#define IPC_PORT_DEAD ((struct ipc_port *)-1)
#define IPC_BITS_CIRCULAR                                                                          \
	0x40000000u /* in msgh_bits, inside the kernel: a receive right that travels to itself */

/* --- start ---------------------------------------------------------------------- */

void ipc_init(void);
/* The space of the current thread's task: whatever a kernel calls a task begins with it. */
static inline struct ipc_space *ipc_current_space(void)
{
	return thread_current->task;
}

/* --- ports (port.c) --------------------------------------------------------------- */

/* An active port with one reference, its receiver not set yet. NULL when memory is out. */
struct ipc_port *ipc_port_alloc(void);
/* A port that the kernel receives from; one reference, and no send right. */
struct ipc_port *ipc_port_alloc_kernel(enum ipc_kotype type, void *object);
void ipc_port_free(struct ipc_port *port);
/* The receive right is gone: waiters are told, queued messages destroyed. Drops no reference. */
void ipc_port_destroy(struct ipc_port *port);
/* A kernel port's object is gone: destroys it and drops the kernel's reference. */
void ipc_port_dealloc_kernel(struct ipc_port *port);
void ipc_mqueue_init(struct ipc_mqueue *queue);
/* In and out of a set; messages that wait move along. */
void ipc_pset_add(struct ipc_pset *set, struct ipc_port *port);
void ipc_pset_remove(struct ipc_port *port);
void ipc_pset_destroy(struct ipc_pset *set);
struct ipc_pset *ipc_pset_alloc(void);

static inline void ipc_port_ref(struct ipc_port *port)
{
	port->refs++;
}

static inline void ipc_port_unref(struct ipc_port *port)
{
	assert(port->refs > 0);
	if (unlikely(--port->refs == 0))
		ipc_port_free(port);
}

/* A send right that the kernel keeps or sends: counts it. */
static inline struct ipc_port *ipc_port_make_send(struct ipc_port *port)
{
	port->refs++;
	port->srights++;
	return port;
}

/* The last send right has gone, and somebody wants to know. */
void ipc_port_no_senders(struct ipc_port *port);
static inline void ipc_port_uncount_send(struct ipc_port *port)
{
	assert(port->srights > 0);
	if (unlikely(--port->srights == 0 && port->no_senders))
		ipc_port_no_senders(port);
}

static inline void ipc_port_release_send(struct ipc_port *port)
{
	ipc_port_uncount_send(port);
	ipc_port_unref(port);
}

/* Destroys a send-once right unused: the port is told by a message. */
void ipc_port_release_send_once(struct ipc_port *port);

/* --- names (space.c) ---------------------------------------------------------------- */

void ipc_space_init(struct ipc_space *space);
/* All rights are given up. */
void ipc_space_destroy(struct ipc_space *space);

/* The entry of a name, perhaps a free one's (type 0); NULL for a name that cannot be. */
static inline struct ipc_entry *ipc_entry_lookup(const struct ipc_space *space, mach_port_t name)
{
	u32 index = name >> IPC_GENERATION_BITS;

	if (unlikely(index >= space->limit))
		return NULL;
	struct ipc_entry *entry =
		&space->chunks[index / IPC_CHUNK_ENTRIES][index % IPC_CHUNK_ENTRIES];
	return likely(entry->name == name) ? entry : NULL;
}

/* More free entries. K_NOMEM; K_FULL when the table is at its limit; K_DEAD. */
enum kstatus must_check ipc_space_grow(struct ipc_space *space);

/* A free entry for the caller to fill; NULL when there is none to be had. */
static inline struct ipc_entry *ipc_entry_alloc(struct ipc_space *space)
{
	if (unlikely(!space->free) && ipc_space_grow(space) != K_OK)
		return NULL;
	struct ipc_entry *entry = space->free;
	space->free = entry->next;
	return entry;
}

/* The name is given back; its generation goes up, so that the old name fails from now on. */
static inline void ipc_entry_free(struct ipc_space *space, struct ipc_entry *entry)
{
	entry->name =
		(entry->name & ~IPC_GENERATION_MASK) | ((entry->name + 1) & IPC_GENERATION_MASK);
	entry->type = 0;
	entry->port = NULL;
	entry->next = space->free;
	space->free = entry;
}

/* By port, among names of receive and send rights. */
struct ipc_entry *ipc_entry_find(const struct ipc_space *space, const struct ipc_port *port);
void ipc_entry_hash(struct ipc_space *space, struct ipc_entry *entry);
void ipc_entry_unhash(struct ipc_space *space, struct ipc_entry *entry);

/* --- rights (right.c) ----------------------------------------------------------------- */

/* The entry of a name, a dead port's turned into a dead name first; NULL if the name means nothing.
 */
struct ipc_entry *ipc_right_lookup(struct ipc_space *space, mach_port_t name);
/* Whether `disposition` (MACH_MSG_TYPE_…) can be taken from the entry. */
bool ipc_right_check(const struct ipc_entry *entry, unsigned disposition);
/* Takes the right, in two steps: a new right is counted … */
struct ipc_port *ipc_right_take(const struct ipc_entry *entry, unsigned disposition);
/* … and what a move takes away is given up. */
void ipc_right_drop_moved(struct ipc_space *space, struct ipc_entry *entry, unsigned disposition);
/* The right, of an arriving type, becomes a name: MACH_PORT_DEAD if its port is dead. K_NOMEM,
 * K_FULL: not done. */
enum kstatus must_check ipc_right_copyout(
	struct ipc_space *space, struct ipc_port *port, unsigned type, mach_port_t *name);
/* Gives up a right that is in a message or kept by the kernel. */
void ipc_right_destroy(struct ipc_port *port, unsigned type);
/* The port has died: what was a right is a dead name now, with the same number of user references.
 */
void ipc_entry_make_dead(struct ipc_space *space, struct ipc_entry *entry);
/* A receive or send right leaves its name; with the last of them the name goes. */
void ipc_entry_lose(struct ipc_space *space, struct ipc_entry *entry, u32 right);
/* Gives up all that a name stands for. */
void ipc_entry_destroy(struct ipc_space *space, struct ipc_entry *entry);
/* What a taken right is called when it arrives. */
unsigned ipc_arriving_type(unsigned disposition);
/* Port behind a send right of that kind of kernel object, NULL if the name is no such thing. */
struct ipc_port *ipc_port_named(struct ipc_space *space, mach_port_t name, enum ipc_kotype type);

/* --- notifications (notify.c) --------------------------------------------------------------- */

/* Somebody wants to be told when the name of a right dies. */
struct ipc_request {
	struct list link; /* in its port's `requests` */
	struct ipc_space *space;
	struct ipc_entry *entry; /* of a right to the port; marked IPC_REQUESTED */
	struct ipc_kmsg *note;   /* what will be sent, with a send-once right to where */
};

void ipc_request_cache_init(void);
/*
 * `notify`, a send-once right (NULL: nobody), is to be told of the death of the name (`sync` not 0:
 * also if it is dead by now) or that its port has no senders (also at once, if at least `sync` send
 * rights were made). On success the right is used up, and *previous is the one that was to be told
 * until now, or NULL. KERN_… code.
 */
long ipc_port_request_notification(struct ipc_space *space, mach_port_t name, u32 id, u32 sync,
	struct ipc_port *notify, struct ipc_port **previous);
/* The entry's name is about to mean nothing: who asked is told so. */
void ipc_request_cancel(struct ipc_entry *entry);
/* The port has died: who asked is told so. Needs a reference of the caller's. */
void ipc_requests_fulfil(struct ipc_port *port);
/* The same: nobody can be told of its senders any more. */
void ipc_port_forget_no_senders(struct ipc_port *port);

/* --- messages (kmsg.c, body.c) ----------------------------------------------------------- */

/* Room for a message of `size` bytes; header and body are not initialised. NULL when memory is out.
 */
struct ipc_kmsg *ipc_kmsg_alloc(u32 size);
void ipc_kmsg_free(struct ipc_kmsg *kmsg);
/* Gives up all rights in it, and the memory. */
void ipc_kmsg_destroy(struct ipc_kmsg *kmsg);
/* Names become rights. On failure nothing is left to undo but ipc_kmsg_free(). A MACH_SEND_… code.
 */
s64 must_check ipc_kmsg_copyin(struct ipc_kmsg *kmsg, struct ipc_space *space);
s64 must_check ipc_kmsg_copyin_body(struct ipc_kmsg *kmsg, struct ipc_space *space);
/* Rights become names of `space`, the message as its receiver shall see it. A MACH_RCV_… code. */
s64 must_check ipc_kmsg_copyout(struct ipc_kmsg *kmsg, struct ipc_space *space);
s64 must_check ipc_kmsg_copyout_body(struct ipc_kmsg *kmsg, struct ipc_space *space);
/* The message goes back to its sender unsent: rights become names again. */
void ipc_kmsg_copyout_pseudo(struct ipc_kmsg *kmsg, struct ipc_space *space);
/* Memory that is in a message: before anything else, for it may block. A MACH_SEND_… code; on
 * failure no memory is in it. */
s64 must_check ipc_kmsg_copyin_memory(struct ipc_kmsg *kmsg);
/* Gives the memory in a body up. */
void ipc_body_destroy_memory(struct ipc_kmsg *kmsg);
/* Gives up the rights in a body, up to byte `end`. */
void ipc_body_destroy(struct ipc_kmsg *kmsg, u32 end);
/* A message from the kernel: header of `size` bytes all zero but bits, size and id; takes over the
 * rights. */
struct ipc_kmsg *ipc_kmsg_kernel(u32 size, s32 id, struct ipc_port *remote, unsigned remote_type,
	struct ipc_port *local, unsigned local_type);

/* --- the message path (mqueue.c, mach_msg.c) ---------------------------------------------- */

/*
 * Sends. A waiting receiver is taken off its queue, holds the message and is handed back in
 * *receiver: the caller goes to it or makes it ready before anything else can happen. Else the
 * message is queued; a full queue blocks the current thread unless `deadline` is 0.
 */
s64 must_check ipc_mqueue_send(struct ipc_kmsg *kmsg, u64 deadline, struct thread **receiver);
/* The kernel sends: never blocks and never fails (a dead port swallows the message). The receiver,
 * if one waited, comes back as above. */
struct thread *ipc_kernel_send(struct ipc_kmsg *kmsg);
/* The same; a receiver is made ready. */
void ipc_kernel_post(struct ipc_kmsg *kmsg);
/* Waits on a queue with the kernel stack kept. K_INTERRUPTED also when the thread was ended
 * meanwhile. */
enum kstatus must_check ipc_wait(struct wait_queue *queue, u64 deadline);
/* The same, but the processor goes to `next` (which may be NULL): directly, where there is no
 * deadline. */
enum kstatus must_check ipc_wait_hand_off(
	struct wait_queue *queue, u64 deadline, struct thread *next);
/* Ends a wait in mach_msg with `result`; false if the thread is not in one. */
bool ipc_receive_abort(struct thread *thread, s64 result);

/* The kernel's part of a message to one of its ports: the message is the callee's. Given by the
 * kernel. */
void ipc_kobject_server(struct ipc_kmsg *kmsg);
/*
 * A port that stood for a kernel object has died: a pager's, which a user received, or a memory
 * entry's, for its last right is gone. Given by the kernel.
 */
void ipc_kobject_died(struct ipc_port *port);

/*
 * Memory on its way, for the message path, given by the kernel: a virtual copy of the current
 * task's memory; `deallocate`: and the task gives it up. May block. K_INTERRUPTED: the task must
 * not be touched any more. Anything else: K_NOMEM, or it may not be read.
 */
struct ipc_memory;
enum kstatus must_check ipc_memory_copyin(
	vaddr_t address, u64 size, bool deallocate, struct ipc_memory **out);
/* Puts it into the current task's memory; the copy is used up whatever happens. K_NOMEM. */
enum kstatus must_check ipc_memory_copyout(struct ipc_memory *memory, vaddr_t *address);
void ipc_memory_destroy(struct ipc_memory *memory);

/* --- traps -------------------------------------------------------------------------------- */

long mach_msg_trap(
	long msg, long option, long send_size, long rcv_size, long rcv_name, long timeout_notify);
long mach_reply_port_trap(long, long, long, long, long, long);

/* Port rights by name, of a space that need not be the caller's (port_calls.c). KERN_… codes. */
long ipc_port_allocate_name(struct ipc_space *space, unsigned right, mach_port_t *name);
long ipc_port_deallocate(struct ipc_space *space, mach_port_t name);
long ipc_port_mod_refs(struct ipc_space *space, mach_port_t name, unsigned right, s32 delta);
long ipc_port_get_refs(struct ipc_space *space, mach_port_t name, unsigned right, u32 *refs);
long ipc_port_insert_right(
	struct ipc_space *space, mach_port_t name, struct ipc_port *port, unsigned type);
long ipc_port_move_member(struct ipc_space *space, mach_port_t member, mach_port_t set);
long ipc_port_set_qlimit(struct ipc_space *space, mach_port_t name, u32 limit);
