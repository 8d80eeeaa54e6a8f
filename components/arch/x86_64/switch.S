/* Changing from one kernel stack to another. */

	.text
	.globl arch_switch_stack

/* void arch_switch_stack(u64 *save %rdi, u64 load %rsi): returns on the other stack. */
arch_switch_stack:
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq %rsp, (%rdi)
	movq %rsi, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	ret

	.section .note.GNU-stack, "", @progbits
