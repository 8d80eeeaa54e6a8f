/*
 * The way into the kernel and back, by SYSCALL.
 *
/* LAB: solution */
 * On arrival rcx is the return address and r11 the flags; rsp is still the
 * user's and may point anywhere, so nothing is pushed before it is the
 * kernel's. Flags that could do harm are off already (FMASK, see entry.c).
 *
 * The number is the user's word: it is compared as an unsigned number of 64
 * bits, so that neither a negative nor a huge one gets past, and an entry of
 * the table may be empty.
/* LAB: starter */
 * This one works for programs that do nothing unusual: it trusts the number
 * that it is given, and it does more than it has to. entry.h is the contract;
 * handout.md says in which order to mend it.
/* LAB: end */
 */
#include <frame.h>
#include <frame.inc>
#include <offsets.h>
#include <entry/entry.h>

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
/* LAB: solution */
	/* The user's argument registers are untouched so far; the fourth is in r10. */
.if ENTRY_CALLS > 0
	cmpq $ENTRY_CALLS, %rax
	jae 1f
	movq ENTRY_TABLE(, %rax, 8), %r11
	testq %r11, %r11
	je 1f
	movq %r10, %rcx
	call *%r11
	movq %rax, FRAME_RAX(%rsp)
	jmp trap_return
1:
.endif
.if NATIVE_CALLS > 0
	negq %rax
	cmpq $NATIVE_CALLS, %rax
	jae 2f
	movq %r10, %rcx
	call *native_calls(, %rax, 8)
	movq %rax, FRAME_RAX(%rsp)
	jmp trap_return
2:	negq %rax
.endif
	movq %rax, %rdi
	call kernel_unknown_call
	movq %rax, FRAME_RAX(%rsp)
	jmp trap_return
/* LAB: starter */
	/* Your turn, twice: which numbers may index a table, and what of this is there already? */
	movq FRAME_RAX(%rsp), %rax
	movq FRAME_RDI(%rsp), %rdi
	movq FRAME_RSI(%rsp), %rsi
	movq FRAME_RDX(%rsp), %rdx
	movq FRAME_R10(%rsp), %rcx
	movq FRAME_R8(%rsp), %r8
	movq FRAME_R9(%rsp), %r9
.if ENTRY_CALLS > 0
	call *ENTRY_TABLE(, %rax, 8)
.else
	testq %rax, %rax
	jns 1f
	negq %rax
	call *native_calls(, %rax, 8)
	jmp 2f
1:	movq %rax, %rdi
	call kernel_unknown_call
2:
.endif
	movq %rax, FRAME_RAX(%rsp)
	jmp trap_return
/* LAB: end */

	.bss
	.align 8
entry_user_rsp:
	.skip 8

	.section .note.GNU-stack, "", @progbits
