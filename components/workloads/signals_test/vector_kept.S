/* long vector_kept(long (*call)(void)): xmm3 holds a pattern over the call; 1 if it is kept. */
	.text
	.globl vector_kept
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
