/*
 * probes: see probes.h for what each does. All keep the C calling convention.
 */
	.text

	/* void probe_registers(struct register_probe *probe): the probe waits on the stack, since no register is free */
	.globl	probe_registers
	.type	probe_registers, @function
probe_registers:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rdi
	mov	%rdi, %rax
	mov	%rsp, 224(%rax)
	mov	8(%rax), %rbx
	mov	16(%rax), %rbp
	mov	24(%rax), %r12
	mov	32(%rax), %r13
	mov	40(%rax), %r14
	mov	48(%rax), %r15
	mov	56(%rax), %rdi
	mov	64(%rax), %rsi
	mov	72(%rax), %rdx
	mov	80(%rax), %r10
	mov	88(%rax), %r8
	mov	96(%rax), %r9
	mov	(%rax), %rax
	syscall
	push	%rax
	mov	8(%rsp), %rax			/* the probe */
	mov	%rbx, 104(%rax)
	mov	%rbp, 112(%rax)
	mov	%r12, 120(%rax)
	mov	%r13, 128(%rax)
	mov	%r14, 136(%rax)
	mov	%r15, 144(%rax)
	mov	%rdi, 152(%rax)
	mov	%rsi, 160(%rax)
	mov	%rdx, 168(%rax)
	mov	%r10, 176(%rax)
	mov	%r8, 184(%rax)
	mov	%r9, 192(%rax)
	pop	200(%rax)
	mov	%rcx, 208(%rax)
	mov	%r11, 216(%rax)
	mov	%rsp, 232(%rax)
	pop	%rdi
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
	.size	probe_registers, . - probe_registers

	/* long probe_xmm(struct vector_probe *probe, long number), and the same with the whole of ymm */
	.macro	vector_probe name, move, register
	.globl	\name
	.type	\name, @function
\name:
	mov	%rsi, %rax
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	\move	\n * 32(%rdi), %\register\n
	.endr
	syscall
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	\move	%\register\n, 512 + \n * 32(%rdi)
	.endr
	ret
	.size	\name, . - \name
	.endm

	vector_probe probe_xmm, movdqu, xmm
	vector_probe probe_ymm, vmovdqu, ymm

	/* long probe_spin(uint64_t seed, uint64_t rounds): register number n holds seed + n, and so do both halves of xmm n */
	.globl	probe_spin
	.type	probe_spin, @function
probe_spin:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsi, %rcx
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	lea	\n(%rdi), %rax
	movq	%rax, %xmm\n
	punpcklqdq %xmm\n, %xmm\n
	.endr
	lea	1(%rdi), %rax
	lea	2(%rdi), %rbx
	lea	3(%rdi), %rdx
	lea	4(%rdi), %rsi
	lea	5(%rdi), %rbp
	lea	6(%rdi), %r8
	lea	7(%rdi), %r9
	lea	8(%rdi), %r10
	lea	9(%rdi), %r11
	lea	10(%rdi), %r12
	lea	11(%rdi), %r13
	lea	12(%rdi), %r14
	lea	13(%rdi), %r15
1:	dec	%rcx
	jnz	1b
	sub	$1, %rax			/* each must be the seed again; their differences are or'ed into rax */
	xor	%rdi, %rax
	.macro	differs n, register
	sub	$\n, %\register
	xor	%rdi, %\register
	or	%\register, %rax
	.endm
	differs	2, rbx
	differs	3, rdx
	differs	4, rsi
	differs	5, rbp
	differs	6, r8
	differs	7, r9
	differs	8, r10
	differs	9, r11
	differs	10, r12
	differs	11, r13
	differs	12, r14
	differs	13, r15
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movq	%xmm\n, %rdx
	differs	\n, rdx
	psrldq	$8, %xmm\n
	movq	%xmm\n, %rdx
	differs	\n, rdx
	.endr
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
	.size	probe_spin, . - probe_spin

	/* long probe_red_zone(long number): word n below the stack pointer holds 0x5a5a0000 + n */
	.globl	probe_red_zone
	.type	probe_red_zone, @function
probe_red_zone:
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
	movq	$0x5a5a0000 + \n, -8 * \n(%rsp)
	.endr
	mov	%rdi, %rax
	syscall
	xor	%eax, %eax
	xor	%ecx, %ecx
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
	cmpq	$0x5a5a0000 + \n, -8 * \n(%rsp)
	setne	%cl
	add	%rcx, %rax
	.endr
	ret
	.size	probe_red_zone, . - probe_red_zone

	.section .note.GNU-stack, "", @progbits
