/* What a signal handler returns to that was installed without the C library. */
	.text
	.globl signal_restorer
signal_restorer:
	movl $15, %eax
	syscall

	.section .note.GNU-stack, "", @progbits
