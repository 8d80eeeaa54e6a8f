/* What a signal handler returns to: the C library has one of its own, which these tests go without. */
	.text
	.globl signal_restorer, vector_kept
signal_restorer:
	movl $15, %eax
	syscall

/* long vector_kept(long (*call)(void)): xmm3 holds a pattern over the call; 1 if it is kept. */
vector_kept:
	pushq %rbx
	movabsq $0x0123456789abcdef, %rbx
	movq %rbx, %xmm3
	call *%rdi
	movq %xmm3, %rax
	cmpq %rbx, %rax
	sete %al
	movzbl %al, %eax
	popq %rbx
	ret

	.section .note.GNU-stack, "", @progbits
