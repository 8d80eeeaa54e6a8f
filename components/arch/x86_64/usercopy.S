/*
 * Copies between kernel and user memory that survive a page fault.
 *
 * A fault on an instruction between usercopy_begin and usercopy_end whose
 * address is the user's goes to kernel_copy_fault(); if that cannot help, the
 * trap handler continues at usercopy_failed, with %rcx still counting what
 * was not copied. Nothing is pushed here, so the failure path can return at once.
 */
#include <frame.h>
#include <frame.inc>

	.text
	.globl usercopy_raw, usercopy_string_raw, usercopy_begin, usercopy_end
	.globl usercopy_words_failed, usercopy_bytes_failed, usercopy_string_failed
	.globl usercopy_words, usercopy_bytes, usercopy_string_byte

/* u64 usercopy_raw(void *to %rdi, const void *from %rsi, u64 n %rdx): bytes left. */
usercopy_raw:
	SMAP_INSTRUCTION stac
	movq %rdx, %rcx
	andl $7, %edx
	shrq $3, %rcx
usercopy_begin:
usercopy_words:
	rep movsq
	movl %edx, %ecx
usercopy_bytes:
	rep movsb
	SMAP_INSTRUCTION clac
	movl %ecx, %eax
	ret
usercopy_words_failed:		/* rcx words and rdx bytes were not copied */
	SMAP_INSTRUCTION clac
	leaq (%rdx, %rcx, 8), %rax
	ret
usercopy_bytes_failed:
	SMAP_INSTRUCTION clac
	movq %rcx, %rax
	ret

/* s64 usercopy_string_raw(char *to %rdi, const char *from %rsi, u64 size %rdx) */
usercopy_string_raw:
	SMAP_INSTRUCTION stac
	xorl %eax, %eax
1:	cmpq %rdx, %rax
	je 2f
usercopy_string_byte:
	movb (%rsi, %rax), %cl
	movb %cl, (%rdi, %rax)
	incq %rax
	testb %cl, %cl
	jne 1b
	decq %rax
2:	SMAP_INSTRUCTION clac
	ret
usercopy_end:
usercopy_string_failed:
	SMAP_INSTRUCTION clac
	movq $-1, %rax
	ret

	.section .note.GNU-stack, "", @progbits
