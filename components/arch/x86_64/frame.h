/*
 * The trap frame, seen from assembly and from C.
 *
 * Every kernel entry from user mode leaves the same 22 words at the very top
 * of the thread's kernel stack, whether it came by SYSCALL, by an interrupt
 * gate or by an exception. 176 bytes: the stack stays 16-byte aligned for C.
 *
 * `vector` is the exception's number, or VECTOR_SYSCALL while the frame may be
 * left by SYSRET: rcx == rip, r11 == rflags and rip is canonical, as SYSCALL
 * found them. Whoever changes rip, rflags, rcx or r11 of a frame must set
 * vector to VECTOR_CHANGED, and the thread leaves by IRET. (SYSRET with a
 * non-canonical rip faults in kernel mode on Intel processors. The address that SYSCALL
 * itself leaves is always canonical because nothing is mapped in the last page
 * below the gap: see USER_MAX.)
 *
 * `error` is the exception's error code; in a system call's frame the number of the
 * call, which rax loses to the result.
 */
#pragma once

#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_USER_DATA   0x1b
#define SELECTOR_USER_CODE   0x23
#define SELECTOR_TSS         0x28

#define VECTOR_TIMER    0x20
#define VECTOR_SPURIOUS 0xff
#define VECTOR_SYSCALL  0x100
#define VECTOR_CHANGED  0x101

#define FLAG_CF   0x1
#define FLAG_TF   0x100
#define FLAG_IF   0x200
#define FLAG_DF   0x400
#define FLAG_IOPL 0x3000
#define FLAG_NT   0x4000
#define FLAG_AC   0x40000

#ifndef __ASSEMBLER__

#include <lib/lib.h>

struct trapframe {
	u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	u64 vector, error;
	u64 rip, cs, rflags, rsp, ss;
};
_Static_assert(sizeof(struct trapframe) == 176, "the stack is 16-byte aligned below a frame");

/* Whether a system call made the frame (VECTOR_CHANGED: or something that replaced it in one). */
static inline bool frame_is_call(const struct trapframe *frame)
{
	return frame->vector >= VECTOR_SYSCALL;
}

static inline bool frame_is_user(const struct trapframe *frame)
{
	return (frame->cs & 3) == 3;
}

#endif
