/*
 * Where redirected system calls arrive.
 *
 * All registers are the program's, but rcx is where to return to and r11 the context. A kept answer is given at once. Else the
 * library goes to its own stack, below the context (the program's may be full, or have a red zone), and
 * C does the rest. All registers but rax, rcx and r11 are as they were on return, and so are the flags but for the
 * arithmetic ones, which no compiler relies on.
 */
#include <emulator.h>

	.section .text.start, "ax"
	.globl emulator_header
emulator_header:
	.quad EMULATOR_MAGIC, emulator_entry
	.quad emulator_copy_start, emulator_copy_end, emulator_copy_failed

	.text
	.align 64
	.globl emulator_entry
emulator_entry:
	cmpq $EMULATOR_ANSWERS, %rax
	jae 1f
	cmpl $0, CONTEXT_ANSWERS(%r11, %rax, 4)
	je 1f
	movl CONTEXT_ANSWERS(%r11, %rax, 4), %eax
	decl %eax
	jmp *%rcx

1:	movq %rdi, SAVED_ARGUMENTS + 0(%r11)
	movq %rsi, SAVED_ARGUMENTS + 8(%r11)
	movq %rdx, SAVED_ARGUMENTS + 16(%r11)
	movq %r10, SAVED_ARGUMENTS + 24(%r11)
	movq %r8, SAVED_ARGUMENTS + 32(%r11)
	movq %r9, SAVED_ARGUMENTS + 40(%r11)
	movq %rbx, SAVED_RBX(%r11)
	movq %rbp, SAVED_RBP(%r11)
	movq %r12, SAVED_R12(%r11)
	movq %r13, SAVED_R13(%r11)
	movq %r14, SAVED_R14(%r11)
	movq %r15, SAVED_R15(%r11)
	movq %rsp, SAVED_RSP(%r11)
	movq %rcx, SAVED_RIP(%r11)
	movq %r11, %rsp
	pushfq
	popq SAVED_RFLAGS(%r11)
	cld
	movq %r11, %rbx
	movq %r11, %rdi
	movq %rax, %rsi
	call emulator_call
	movq %rbx, %r11
	movq SAVED_ARGUMENTS + 0(%r11), %rdi
	movq SAVED_ARGUMENTS + 8(%r11), %rsi
	movq SAVED_ARGUMENTS + 16(%r11), %rdx
	movq SAVED_ARGUMENTS + 24(%r11), %r10
	movq SAVED_ARGUMENTS + 32(%r11), %r8
	movq SAVED_ARGUMENTS + 40(%r11), %r9
	movq SAVED_RBX(%r11), %rbx
	pushq SAVED_RFLAGS(%r11)
	popfq
	movq SAVED_RIP(%r11), %rcx
	movq SAVED_RSP(%r11), %rsp
	jmp *%rcx

/*
 * Touching the program's memory. A fault in here, which nothing can mend, goes on at
 * emulator_copy_failed: nothing is on the stack but the return address.
 */
	.globl emulator_copy, emulator_copy_string, emulator_touch
emulator_copy_start:

/* long emulator_copy(void *to %rdi, const void *from %rsi, size_t n %rdx): 0, or -1 */
emulator_copy:
	movq %rdx, %rcx
	shrq $3, %rcx
	rep movsq
	movl %edx, %ecx
	andl $7, %ecx
	rep movsb
	xorl %eax, %eax
	ret

/* long emulator_copy_string(char *to %rdi, const char *from %rsi, size_t max %rdx): bytes with NUL, 0: no NUL, or -1 */
emulator_copy_string:
	xorl %eax, %eax
2:	cmpq %rdx, %rax
	je 3f
	movb (%rsi, %rax), %cl
	movb %cl, (%rdi, %rax)
	incq %rax
	testb %cl, %cl
	jne 2b
	ret
3:	xorl %eax, %eax
	ret

/* long emulator_touch(void *at %rdi, size_t n %rsi): 0 if every page of it can be written, or -1; n > 0 */
emulator_touch:
	leaq -1(%rdi, %rsi), %rdx	/* the last byte */
4:	lock orb $0, (%rdi)
	orq $4095, %rdi
	incq %rdi
	cmpq %rdx, %rdi
	jbe 4b
	lock orb $0, (%rdx)
	xorl %eax, %eax
	ret
emulator_copy_end:
emulator_copy_failed:
	movq $-1, %rax
	ret

	.section .note.GNU-stack, "", @progbits
