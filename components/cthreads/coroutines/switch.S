/* From one coroutine's stack to another's: only what a C function must preserve. */

	.text
	.globl cthread_switch

/* void cthread_switch(u64 *save %rdi, u64 load %rsi): returns on the other stack. */
cthread_switch:
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
