/*
 * The Mach-like kernel's binary interface: what both sides of a trap agree on.
 *
 * A message is a header of 24 bytes and a body. The body is made of items, each a type
 * descriptor of 8 bytes and its data, padded to a multiple of 8; a message's size is one too.
 * The body is parsed only when MACH_MSGH_BITS_COMPLEX is set: then some item may carry port rights,
 * one in each 64-bit element (a name in user space, a port inside the kernel, hence the width).
 *
 * Port names are 32 bits: the upper 20 index the task's table, the lower 12 are
 * the generation of that slot, so that a name that was given back does not soon mean something
 * else.
 */
#pragma once

#include <lib/lib.h>

typedef u32 mach_port_t;

#define MACH_PORT_NULL ((mach_port_t)0)
#define MACH_PORT_DEAD ((mach_port_t)~0u)

/* --- messages ------------------------------------------------------------------ */

struct mach_msg_header {
	u32 msgh_bits;
	u32 msgh_size;                /* bytes, header included */
	mach_port_t msgh_remote_port; /* sent: where to; received: where to reply */
	mach_port_t msgh_local_port;  /* sent: where to reply; received: the port it came through */
	u32 msgh_seqno;               /* received: how many came through that port before */
	s32 msgh_id;
};
_Static_assert(sizeof(struct mach_msg_header) == 24, "layout of the interface");

#define MACH_MSGH_BITS_REMOTE_MASK    0x000000ffu
#define MACH_MSGH_BITS_LOCAL_MASK     0x0000ff00u
#define MACH_MSGH_BITS_COMPLEX        0x80000000u
#define MACH_MSGH_BITS(remote, local) ((u32)(remote) | (u32)(local) << 8)
#define MACH_MSGH_REMOTE(bits)        ((bits)&0xff)
#define MACH_MSGH_LOCAL(bits)         ((bits) >> 8 & 0xff)

#define MACH_MSG_SIZE_MAX 16384u /* the longest inline message */

/* What an item holds: msgt_number elements of msgt_size bits. */
struct mach_msg_type {
	u32 msgt_name : 8;
	u32 msgt_size : 16;
	u32 msgt_unused : 5;     /* must be 0 */
	u32 msgt_inline : 1;     /* the data follow; else: the 64-bit address of memory */
	u32 msgt_longform : 1;   /* must be 0 */
	u32 msgt_deallocate : 1; /* not inline: the sender gives the memory up */
	u32 msgt_number;
};
_Static_assert(sizeof(struct mach_msg_type) == 8, "layout of the interface");

#define MACH_MSG_TYPE_INTEGER_32 2
#define MACH_MSG_TYPE_CHAR       8
#define MACH_MSG_TYPE_BYTE       9
#define MACH_MSG_TYPE_INTEGER_64 11
#define MACH_MSG_TYPE_PORT_NAME  15 /* a name as a number: no right goes with it */

/* How a right is taken from the sender's names … */
#define MACH_MSG_TYPE_MOVE_RECEIVE   16
#define MACH_MSG_TYPE_MOVE_SEND      17
#define MACH_MSG_TYPE_MOVE_SEND_ONCE 18
#define MACH_MSG_TYPE_COPY_SEND      19
#define MACH_MSG_TYPE_MAKE_SEND      20 /* from a receive right */
#define MACH_MSG_TYPE_MAKE_SEND_ONCE 21 /* from a receive right */
/* … and what arrives. */
#define MACH_MSG_TYPE_PORT_RECEIVE   MACH_MSG_TYPE_MOVE_RECEIVE
#define MACH_MSG_TYPE_PORT_SEND      MACH_MSG_TYPE_MOVE_SEND
#define MACH_MSG_TYPE_PORT_SEND_ONCE MACH_MSG_TYPE_MOVE_SEND_ONCE

static inline bool mach_type_is_port(unsigned name)
{
	return name >= MACH_MSG_TYPE_MOVE_RECEIVE && name <= MACH_MSG_TYPE_MAKE_SEND_ONCE;
}

/* A descriptor of `number` elements of `bits` bits each. */
#define MACH_TYPE(name, bits, number)                                                              \
	((struct mach_msg_type){.msgt_name = (name),                                               \
		.msgt_size = (bits),                                                               \
		.msgt_inline = 1,                                                                  \
		.msgt_number = (number)})

/*
 * The same, but the data are elsewhere: a 64-bit address follows. The receiver gets a copy of the
 * memory in a place of its own, at the same offset in the page; nothing for no bytes. Rights travel
 * inline only.
 */
#define MACH_TYPE_MEMORY(name, bits, number, deallocate)                                           \
	((struct mach_msg_type){.msgt_name = (name),                                               \
		.msgt_size = (bits),                                                               \
		.msgt_deallocate = (deallocate),                                                   \
		.msgt_number = (number)})
#define MACH_MSG_MEMORY_MAX 0x1000000u /* bytes of memory in one item: 16 MiB */

/* --- mach_msg: options and results ----------------------------------------------- */

#define MACH_SEND_MSG     0x001u
#define MACH_RCV_MSG      0x002u
#define MACH_SEND_TIMEOUT 0x010u
#define MACH_RCV_TIMEOUT  0x100u
#define MACH_RCV_LARGE    0x800u /* a message that is too large stays in the queue */
#define MACH_MSG_OPTIONS                                                                           \
	(MACH_SEND_MSG | MACH_RCV_MSG | MACH_SEND_TIMEOUT | MACH_RCV_TIMEOUT | MACH_RCV_LARGE)

#define MACH_MSG_SUCCESS         0
#define MACH_SEND_INVALID_DATA   0x10000002
#define MACH_SEND_INVALID_DEST   0x10000003
#define MACH_SEND_TIMED_OUT      0x10000004
#define MACH_SEND_INTERRUPTED    0x10000007
#define MACH_SEND_MSG_TOO_SMALL  0x10000008
#define MACH_SEND_INVALID_REPLY  0x10000009
#define MACH_SEND_INVALID_RIGHT  0x1000000a
#define MACH_SEND_INVALID_NOTIFY 0x1000000b
#define MACH_SEND_INVALID_MEMORY 0x1000000c
#define MACH_SEND_NO_BUFFER      0x1000000d
#define MACH_SEND_INVALID_TYPE   0x1000000f
#define MACH_SEND_INVALID_HEADER 0x10000010
#define MACH_RCV_INVALID_NAME    0x10004002
#define MACH_RCV_TIMED_OUT       0x10004003
#define MACH_RCV_TOO_LARGE       0x10004004
#define MACH_RCV_INTERRUPTED     0x10004005
#define MACH_RCV_PORT_CHANGED    0x10004006
#define MACH_RCV_INVALID_DATA    0x10004008
#define MACH_RCV_PORT_DIED       0x10004009
#define MACH_RCV_IN_SET          0x1000400a
#define MACH_RCV_HEADER_ERROR    0x1000400b
#define MACH_RCV_BODY_ERROR      0x1000400c
#define MACH_MSG_IPC_SPACE       0x00002000 /* or'ed in: there was no room for a name */
#define MACH_MSG_VM_SPACE        0x00001000 /* or'ed in: there was no room for memory */

/* --- results of all other traps --------------------------------------------------- */

#define KERN_SUCCESS            0
#define KERN_INVALID_ADDRESS    1
#define KERN_PROTECTION_FAILURE 2
#define KERN_NO_SPACE           3
#define KERN_INVALID_ARGUMENT   4
#define KERN_FAILURE            5
#define KERN_RESOURCE_SHORTAGE  6
#define KERN_MEMORY_FAILURE     9
#define KERN_NOT_IN_SET         12
#define KERN_NAME_EXISTS        13
#define KERN_INVALID_NAME       15
#define KERN_INVALID_TASK       16
#define KERN_INVALID_RIGHT      17
#define KERN_INVALID_VALUE      18
#define KERN_UREFS_OVERFLOW     19
#define KERN_INVALID_CAPABILITY 20

/* --- port rights by name ------------------------------------------------------------ */

#define MACH_PORT_RIGHT_SEND      0u
#define MACH_PORT_RIGHT_RECEIVE   1u
#define MACH_PORT_RIGHT_SEND_ONCE 2u
#define MACH_PORT_RIGHT_PORT_SET  3u
#define MACH_PORT_RIGHT_DEAD_NAME 4u
#define MACH_PORT_RIGHT_NUMBER    5u
#define MACH_PORT_TYPE(right)     (0x10000u << (right))

#define MACH_PORT_QLIMIT_DEFAULT 5u
#define MACH_PORT_QLIMIT_MAX     16u
#define MACH_PORT_UREFS_MAX      65535u

/* --- messages that the kernel sends --------------------------------------------------- */

#define MACH_NOTIFY_PORT_DELETED 65 /* a name whose death was asked for went before its port */
#define MACH_NOTIFY_NO_SENDERS   70 /* the last send right has gone */
#define MACH_NOTIFY_SEND_ONCE    71 /* a send-once right was destroyed unused; header only */
#define MACH_NOTIFY_DEAD_NAME    72 /* a name is dead now; it has one user reference more */

/* All but the header-only one: the name, or how many send rights were ever made. */
struct mach_notification {
	struct mach_msg_header head;
	struct mach_msg_type type;
	u32 value;
	u32 pad;
};
#define MIG_BAD_ID (-303)

/* The answer to a request, when the answer is but a return code. */
struct mig_reply {
	struct mach_msg_header head;
	struct mach_msg_type ret_type;
	s32 ret_code;
	u32 pad;
};
