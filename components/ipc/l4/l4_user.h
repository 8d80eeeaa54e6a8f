/*
 * L4 system calls for user mode: the stubs.
 *
 * The IPC stubs are written where they are used (inline), so that message registers
 * stay in registers: MR1 to MR7 are a structure that the compiler takes apart.
 */
#pragma once

#include "l4_abi.h"

/* A short message: the tag and what travels in registers. */
struct l4_message {
	u64 tag;
	u64 mr[L4_REGISTER_MRS]; /* [i] is MR(i + 1) */
};

/*
 * Sends to `to` and receives from `from`; `message` is what is sent, and what is received. The
 * sender's id (0: no receive phase), or a negative error.
 */
static always_inline s64 l4_ipc(u64 to, u64 from, u64 timeouts, struct l4_message *message)
{
	s64 result = -L4_CALL_IPC;
	register u64 r10 __asm__("r10") = message->tag;
	register u64 r8 __asm__("r8") = message->mr[0];
	register u64 r9 __asm__("r9") = message->mr[1];
	u64 rbx = message->mr[2];
	register u64 r12 __asm__("r12") = message->mr[3];
	register u64 r13 __asm__("r13") = message->mr[4];
	register u64 r14 __asm__("r14") = message->mr[5];
	register u64 r15 __asm__("r15") = message->mr[6];

	__asm__ volatile("syscall"
			 : "+a"(result), "+r"(r10), "+r"(r8), "+r"(r9), "+b"(rbx), "+r"(r12),
			 "+r"(r13), "+r"(r14), "+r"(r15)
			 : "D"(to), "S"(from), "d"(timeouts)
			 : "rcx", "r11", "memory");
	message->tag = r10;
	message->mr[0] = r8;
	message->mr[1] = r9;
	message->mr[2] = rbx;
	message->mr[3] = r12;
	message->mr[4] = r13;
	message->mr[5] = r14;
	message->mr[6] = r15;
	return result;
}

static inline s64 l4_call(u64 to, struct l4_message *message)
{
	return l4_ipc(to, to, 0, message);
}

static inline s64 l4_syscall(long number, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	s64 result = -number;
	register u64 r10 __asm__("r10") = d;
	register u64 r8 __asm__("r8") = e;
	register u64 r9 __asm__("r9") = f;

	__asm__ volatile("syscall"
			 : "+a"(result)
			 : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

/* `space`: a thread of the space it shall live in, `id` itself for a new one, L4_NIL to delete the
 * thread. */
static inline s64 l4_thread_control(
	u64 id, u64 space, u64 pager, u64 handler, u64 utcb, unsigned priority)
{
	return l4_syscall(L4_CALL_THREAD_CONTROL, id, space, pager, handler, utcb, priority);
}

static inline s64 l4_space_control(u64 id, unsigned control, u64 redirector)
{
	return l4_syscall(L4_CALL_SPACE_CONTROL, id, control, redirector, 0, 0, 0);
}

static inline s64 l4_exchange_registers(
	u64 id, unsigned control, const struct l4_registers *registers)
{
	return l4_syscall(L4_CALL_EXCHANGE_REGISTERS, id, control, (u64)registers, 0, 0, 0);
}

/* The first `count` message registers of the UTCB, from MR0 on, are fpages whose rights are taken
 * away. */
static inline s64 l4_unmap(unsigned count, bool own)
{
	return l4_syscall(L4_CALL_UNMAP, (count - 1) | (own ? 64u : 0), 0, 0, 0, 0, 0);
}

static inline s64 l4_thread_switch(u64 id)
{
	return l4_syscall(L4_CALL_THREAD_SWITCH, id, 0, 0, 0, 0, 0);
}

static inline u64 l4_system_clock(void)
{
	return (u64)l4_syscall(L4_CALL_SYSTEM_CLOCK, 0, 0, 0, 0, 0, 0);
}

static inline s64 l4_thread_times(u64 id, struct l4_thread_times *times)
{
	return l4_syscall(L4_CALL_THREAD_TIMES, id, (u64)times, 0, 0, 0, 0);
}

static inline s64 l4_debugger(long operation, const void *bytes, u64 length)
{
	return l4_syscall(L4_CALL_DEBUGGER, (u64)operation, (u64)bytes, length, 0, 0, 0);
}

static inline noreturn void l4_power_off(unsigned status)
{
	for (;;)
		l4_syscall(L4_CALL_DEBUGGER, L4_DEBUGGER_EXIT, status, 0, 0, 0, 0);
}

/* Given by the program: the root task's first function. The kernel passes the two addresses. */
noreturn void l4_main(const struct l4_kip *kip, struct l4_utcb *utcb);
