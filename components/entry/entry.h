/*
 * entry: the way into the kernel and back for system calls.
 *
 * A Linux program traps with the SYSCALL instruction, whatever part is chosen:
 * programs are unmodified. Number in rax; arguments in rdi, rsi, rdx, r10, r8,
 * r9; result in rax; all other registers but rcx and r11 are kept. Native calls
 * of a microkernel use the same registers and negative numbers, as in Mach.
 *
 * The part saves a full trap frame at the top of the thread's kernel stack,
 * then calls, with the arguments where C wants them,
 *
 *     number in [0, ENTRY_CALLS), and that entry of ENTRY_TABLE not NULL:  the function there
 *     number in (-NATIVE_CALLS, 0):                       native_calls[-number], never NULL
 *     any other number:                                   kernel_unknown_call(number)
 *
 * and stores the result in the frame. A kernel that redirects the personality's
 * numbers has no table of them: its ENTRY_CALLS is 0. A handler that changes
 * other registers writes them into the frame (thread_current->frame), sets the
 * frame's vector to VECTOR_CHANGED if frame.h says so, and returns what rax shall be.
 * A handler that answers by going to another thread does so with
 * thread_hand_off() or arch_resume_user().
 */
#pragma once

#include <kernel_calls.h> /* from the kernel's folder: ENTRY_CALLS, ENTRY_TABLE, NATIVE_CALLS */

#ifndef __ASSEMBLER__
#include <arch/arch.h>

typedef long (*entry_call)(long, long, long, long, long, long);
extern const entry_call native_calls[];
long kernel_unknown_call(long number);
#endif
