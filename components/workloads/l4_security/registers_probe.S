/*
 * All registers at once: filled from a structure before an IPC, stored after
 * it. struct register_file of registers.c gives the order.
 */
	.text
	.globl probe_ipc, probe_start

/* void probe_ipc(struct register_file *file %rdi) */
probe_ipc:
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	pushq %rdi
	.set i, 0
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movups 120 + 16 * i(%rdi), %xmm\n
	.set i, i + 1
	.endr
	movq 0(%rdi), %rax
	movq 8(%rdi), %rbx
	movq 24(%rdi), %rdx
	movq 32(%rdi), %rsi
	movq 48(%rdi), %rbp
	movq 56(%rdi), %r8
	movq 64(%rdi), %r9
	movq 72(%rdi), %r10
	movq 88(%rdi), %r12
	movq 96(%rdi), %r13
	movq 104(%rdi), %r14
	movq 112(%rdi), %r15
	movq 40(%rdi), %rdi
	syscall
	movq (%rsp), %rdi
	call store
	popq %rdi
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	ret

/* All but rdi and rsp, which are the caller's business. */
store:
	movq %rax, 0(%rdi)
	movq %rbx, 8(%rdi)
	movq %rcx, 16(%rdi)
	movq %rdx, 24(%rdi)
	movq %rsi, 32(%rdi)
	movq %rbp, 48(%rdi)
	movq %r8, 56(%rdi)
	movq %r9, 64(%rdi)
	movq %r10, 72(%rdi)
	movq %r11, 80(%rdi)
	movq %r12, 88(%rdi)
	movq %r13, 96(%rdi)
	movq %r14, 104(%rdi)
	movq %r15, 112(%rdi)
	.set i, 0
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movups %xmm\n, 120 + 16 * i(%rdi)
	.set i, i + 1
	.endr
	ret

/* A thread's very first instruction: it uses no register before it is stored, and its "stack" is the structure itself. */
probe_start:
	movq %rdi, 40(%rsp)
	movq %rsp, %rdi
	leaq probe_stack_top(%rip), %rsp
	call store
	ud2

	.data
	.align 8
	.globl probe_file
probe_file:
	.quad 0

	.bss
	.align 16
probe_stack:
	.skip 64
probe_stack_top:

	.section .note.GNU-stack, "", @progbits
