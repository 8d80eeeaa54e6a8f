/*
 * What the L4-like kernel and its programs agree on. The names are those of
 * the L4 X.2 reference manual; the binary layout is our own (README.md).
 *
 * System calls: SYSCALL with the negative of an L4_CALL_… in rax, arguments in
 * rdi, rsi, rdx, r10, r8, r9. The answer comes in rax: 0 or more is good, else
 * it is the negative of an L4_ERROR_…
 *
 * IPC, one call with a send phase and a receive phase, either of which may be left out:
 *
 *     rdi   whom to send to; L4_NIL: no send phase
 *     rsi   whom to receive from; L4_ANY: anybody; L4_NIL: no receive phase
 *     rdx   time-outs: bits 0-31 of the send, bits 32-63 of the receive phase
 *     r10   MR0, the message tag
 *     r8, r9, rbx, r12, r13, r14, r15    MR1 to MR7
 *
 * MR8 to MR63 are in the UTCB. Afterwards rax is the sender's id (0 if there was no receive phase),
 * r10 and the others hold the message. Registers beyond the message's length keep what the receiver
 * had in them. An error in rax: -(2 * L4_ERROR_… + phase), phase 1 for the receive phase.
 */
#pragma once

#define L4_CALL_IPC                1
#define L4_CALL_UNMAP              2
#define L4_CALL_THREAD_CONTROL     3
#define L4_CALL_SPACE_CONTROL      4
#define L4_CALL_EXCHANGE_REGISTERS 5
#define L4_CALL_THREAD_SWITCH      6
#define L4_CALL_SYSTEM_CLOCK       7
#define L4_CALL_DEBUGGER           8
#define L4_CALL_THREAD_TIMES       9
#define L4_CALLS                   10 /* numbers end below this */

#define L4_ERROR_TIMEOUT    1  /* the time ran out */
#define L4_ERROR_NO_PARTNER 2  /* no such thread (any more) */
#define L4_ERROR_CANCELED   3  /* another thread broke the operation off */
#define L4_ERROR_OVERFLOW   4  /* the receiver has no room for what was sent */
#define L4_ERROR_ABORTED    7  /* a page of the receiver's buffer is missing */
#define L4_ERROR_DENIED     8  /* needs a right that the caller lacks */
#define L4_ERROR_INVALID    9  /* an argument makes no sense */
#define L4_ERROR_NO_MEMORY  10 /* the kernel's own memory is used up */

#ifndef __ASSEMBLER__
#include <lib/lib.h>

/* --- thread ids: bits 32-62 the number, bits 0-31 the version, which is never 0  */

#define L4_NIL 0ull
#define L4_ANY (~0ull)

static inline u64 l4_id(u32 number, u32 version)
{
	return (u64)number << 32 | version;
}

static inline u32 l4_number(u64 id)
{
	return (u32)(id >> 32);
}

/* --- the message tag: label in bits 16-63, typed words in 6-11, untyped words in 0-5  */

#define L4_MRS          64 /* message registers, MR0 included */
#define L4_REGISTER_MRS 7  /* MR1 to MR7 are in processor registers */

static inline u64 l4_tag(u64 label, unsigned untyped, unsigned typed)
{
	return label << 16 | typed << 6 | untyped;
}

static inline unsigned l4_untyped(u64 tag)
{
	return tag & 63;
}

static inline unsigned l4_typed(u64 tag)
{
	return tag >> 6 & 63;
}

static inline u64 l4_label(u64 tag)
{
	return tag >> 16;
}

/* Labels of the messages that the kernel sends for a thread. */
#define L4_LABEL_FAULT                                                                             \
	0xffffffffffe0ull /* + the access as VM_PROT bits; MR1 address, MR2 rip. Reply: map items  \
			   */
#define L4_LABEL_EXCEPTION                                                                         \
	0xffffffffffd0ull /* MR1 vector, MR2 error, MR3 rip, MR4 rsp, MR5 rflags. Reply: goes on   \
			   */
#define L4_LABEL_TRAP                                                                              \
	0xffffffffffc0ull /* MR1 number, MR2 to MR7 arguments. Reply: MR1, if there is one, is the \
			     result */
#define L4_LABEL_INTERRUPT                                                                         \
	0xffffffffffb0ull /* nothing: its handler wanted to hear of it. Reply: goes on */

/* --- time-outs ----------------------------------------------------------- */

#define L4_FOREVER 0u /* as a time-out: never */
#define L4_ZERO    1u /* at once; all others are nanoseconds */

static inline u64 l4_timeouts(u32 send, u32 receive)
{
	return (u64)receive << 32 | send;
}

/* --- flexpages: 2^size bytes at a base aligned to that, with rights ------ */

#define L4_FPAGE_MIN      12   /* a page */
#define L4_FPAGE_MAX      21   /* more would keep the kernel, which nobody preempts, too long */
#define L4_FPAGE_COMPLETE 2ull /* as a receive window: all of the address space */

static inline u64 l4_fpage(u64 base, unsigned size, unsigned rights)
{
	return base | size << 4 | rights;
}

static inline u64 l4_fpage_base(u64 fpage)
{
	return fpage & ~0xfffull;
}

static inline unsigned l4_fpage_size(u64 fpage)
{
	return fpage >> 4 & 63;
}

static inline unsigned l4_fpage_rights(u64 fpage)
{
	return fpage & 7; /* VM_PROT bits */
}

/* --- typed items, two words each ----------------------------------------- */

#define L4_ITEM_MASK   0xeull
#define L4_ITEM_STRING 0x0ull /* length << 10; then the address */
#define L4_ITEM_MAP    0x8ull /* send base | 8; then the fpage */
#define L4_STRINGS     4      /* string items of a message */
#define L4_STRING_MAX  65536  /* bytes of one */

static inline u64 l4_string_item(u64 length)
{
	return length << 10 | L4_ITEM_STRING;
}

static inline u64 l4_string_length(u64 item)
{
	return item >> 10;
}

static inline u64 l4_map_item(u64 send_base)
{
	return send_base | L4_ITEM_MAP;
}

/* --- the user-level thread control block: one pinned page that thread and kernel share  */

struct l4_utcb {
	u64 mr[L4_MRS]; /* of IPC: MR8 to MR63. Of UNMAP: from MR0 on */
	u64 acceptor;   /* receive window (an fpage, L4_FPAGE_COMPLETE, or 0: no map items) */
	struct {
		u64 address, size;
	} buffers[L4_STRINGS]; /* for string items, in the order of their coming; size 0: none */
};

/* --- kernel information: the first page that the root task sees ---------- */

#define L4_KIP_MAGIC         0x4b50344cu /* "L4PK" */
#define L4_KIP_RANGES        32
#define L4_KIP_ADDRESS       0x700000000000ull
#define L4_ROOT_UTCB_ADDRESS 0x700000001000ull

struct l4_range {
	u64 start, end;
};

struct l4_kip {
	u32 magic, ranges_count;
	u64 root_id;                           /* the root task's first thread */
	u64 memory_end;                        /* first byte after the last of memory */
	struct l4_range initrd;                /* readable there */
	struct l4_range image;                 /* the root task's own */
	struct l4_range ranges[L4_KIP_RANGES]; /* the free memory that is the root task's, all of it
						  mapped */
	char command_line[512];
};

/* --- control words ------------------------------------------------------- */

/* SPACE_CONTROL */
#define L4_SPACE_ALIEN                                                                             \
	1u /* its programs are of another system: their traps are sent to their handler */
#define L4_SPACE_CLEAR 2u /* take away everything that was mapped into it */

/* EXCHANGE_REGISTERS: what to do. CANCEL comes first, then the others in this order, RUN last. */
#define L4_EXREGS_COPY   0x01u /* all registers, floating point too, from the thread `source` */
#define L4_EXREGS_RESET  0x02u /* all registers as those of a thread that never ran */
#define L4_EXREGS_IP     0x04u
#define L4_EXREGS_SP     0x08u
#define L4_EXREGS_ARG    0x10u /* rdi, a new thread's argument */
#define L4_EXREGS_TP     0x20u /* the thread pointer, fs base */
#define L4_EXREGS_RESULT 0x40u /* rax */
#define L4_EXREGS_CANCEL                                                                           \
	0x80u /* break off its IPC (L4_ERROR_CANCELED); answers 1 if it was in one */
#define L4_EXREGS_SET                                                                              \
	0x100u /* the user registers from *file; flags that are not the user's stay as they are */
#define L4_EXREGS_SETFPU 0x200u /* the floating-point state from *fpu, made harmless */
#define L4_EXREGS_GET    0x400u /* … into *file */
#define L4_EXREGS_GETFPU 0x800u /* … into *fpu */
#define L4_EXREGS_INTERRUPT                                                                        \
	0x1000u /* where it runs its program: make it send L4_LABEL_INTERRUPT to its handler */
#define L4_EXREGS_RUN  0x2000u /* start it, if it does not run yet */
#define L4_EXREGS_MASK 0x3fffu

/* The user registers; SET leaves out cs and ss. */
struct l4_register_file {
	u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	u64 rip, cs, rflags, rsp, ss;
};

struct l4_registers {
	u64 source, ip, sp, arg, tp, result;
	struct l4_register_file *file;
	void *fpu; /* 832 bytes in XSAVE's form */
};

/*
 * THREAD_TIMES, for the root task only: what a thread has had of the processor; of L4_NIL: how long
 * that was idle. Whose trap or fault a server has taken pays for it until the reply.
 */
struct l4_thread_times {
	u64 total;         /* nanoseconds */
	u64 program_ticks; /* timer ticks that found it in user mode … */
	u64 system_ticks;  /* … or the kernel, or its server, at work for it */
	u64 preemptions;   /* times that another ran though it was ready */
	u64 loads[3];      /* of L4_NIL: how many can run, over 1, 5, 15 minutes, in 2048ths */
};

/* DEBUGGER, for the root task only */
#define L4_DEBUGGER_RESULT  1          /* address, length: bytes for the result channel */
#define L4_DEBUGGER_CONSOLE 2          /* address, length: text for the console */
#define L4_DEBUGGER_EXIT    3          /* status: power off (ARCH_EXIT_…) */
#define L4_DEBUGGER_MAX     (1u << 20) /* bytes of one call */

#endif
