/* vector_stubs: for each vector n, at 4 * n, the code "int n; ret". rax should hold -1, a system call that no kernel knows. */
	.text
	.globl	vector_stubs
	.balign	4
vector_stubs:
	.set	n, 0
	.rept	256
	.byte	0xcd, n, 0xc3, 0x90
	.set	n, n + 1
	.endr

	.section .note.GNU-stack, "", @progbits
