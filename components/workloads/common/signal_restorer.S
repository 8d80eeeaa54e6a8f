/* What a signal handler returns to: the C library has one of its own, which the raw calls go without. */
	.text
	.globl signal_restorer
signal_restorer:
	movl $15, %eax
	syscall

	.section .note.GNU-stack, "", @progbits
