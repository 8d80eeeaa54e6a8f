/*
 * The SYSCALL entry.
 *
 * On arrival: rcx is the return address, r11 the flags, rsp still the user's;
 * interrupts, single step, direction and SMAP override are off (FMASK). One
 * processor: the user's stack pointer can wait in a variable.
 */
#include <frame.h>
#include <frame.inc>
#include <offsets.h>
#include <entry/entry.h>
#include <entry/dispatch.inc>

	.text
	.globl entry_syscall
	.align 64
entry_syscall:
	movq %rsp, entry_user_rsp(%rip)
	movq cpu + CPU_RSP0(%rip), %rsp
	pushq $SELECTOR_USER_DATA
	pushq entry_user_rsp(%rip)
	pushq %r11
	pushq $SELECTOR_USER_CODE
	pushq %rcx
	pushq %rax		/* the error word keeps the call's number */
	pushq $VECTOR_SYSCALL
	FRAME_SAVE_REGISTERS
	ENTRY_DISPATCH

	.bss
	.align 8
entry_user_rsp:
	.skip 8

	.section .note.GNU-stack, "", @progbits
