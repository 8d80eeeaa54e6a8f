/*
 * The root task's first instructions: rdi points to the kernel information
 * page, rsi to the UTCB, and there is no stack yet.
 */
	.section .text.start, "ax"
	.globl l4_start
l4_start:
	leaq l4_stack_top(%rip), %rsp
	xorl %ebp, %ebp
	call l4_main
	ud2

	.bss
	.align 4096
l4_stack:
	.skip 32768
l4_stack_top:

	.section .note.GNU-stack, "", @progbits
