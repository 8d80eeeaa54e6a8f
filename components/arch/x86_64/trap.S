/*
 * Exceptions and interrupts: one stub for each vector, one common path, and
 * the way back to user mode, which system calls use too.
 */
#include <frame.h>
#include <frame.inc>
#include <offsets.h>

	.text
	.globl arch_resume_user, arch_resume_point, arch_continue_point, trap_return, trap_restore_iret

/*
 * Vectors 0 to 31, the timer and the spurious one. The processor pushes an
 * error code for some; the others get a zero so that all frames look alike.
 */
.macro STUB vector
	.align 16
trap_stub_\vector:
	.if !(\vector == 8 || (\vector >= 10 && \vector <= 14) || \vector == 17 || \vector == 21 || \vector == 29 || \vector == 30)
	pushq $0
	.endif
	pushq $\vector
	jmp trap_common
.endm

.altmacro
.macro STUBS from, to
	.set i, \from
	.rept \to - \from + 1
	STUB %i
	.set i, i + 1
	.endr
.endm
	STUBS 0, 31
	STUB 32
	STUB 255
.noaltmacro

	.align 16
trap_common:
	FRAME_SAVE_REGISTERS
	cld
	SMAP_INSTRUCTION clac
	xorl %ebp, %ebp
	movq %rsp, %rdi
	call trap_handle
	testb $3, (FRAME_VECTOR + FRAME_CS_FROM_VECTOR)(%rsp)
	je trap_restore_iret

/* A thread goes back to user mode: rsp points to its frame, interrupts are off. */
trap_return:
arch_resume_point:
	cmpb $0, thread_resched(%rip)
	jne trap_resched
trap_restore:
	cmpq $VECTOR_SYSCALL, FRAME_VECTOR(%rsp)
	jne trap_restore_iret
	FRAME_RESTORE_REGISTERS
	movq FRAME_RSP_FROM_VECTOR(%rsp), %rsp
	sysretq
trap_restore_iret:
	FRAME_RESTORE_REGISTERS
	addq $16, %rsp		/* vector and error */
	iretq
trap_resched:
	call thread_preempt
	jmp trap_restore

arch_resume_user:
	movq %rdi, %rsp
	jmp trap_restore

/* A thread goes on with a continuation: rsp points to its frame, rbx to the function, whose result is its call's. */
	.align 16
arch_continue_point:
	call *%rbx
	movq %rax, FRAME_RAX(%rsp)
	jmp trap_return

	.section .rodata
	.align 8
	.globl trap_stubs
trap_stubs:			/* [vector]; 32 is the timer, 33 the spurious interrupt */
.altmacro
.macro STUB_ADDRESS vector
	.quad trap_stub_\vector
.endm
	.set i, 0
	.rept 32
	STUB_ADDRESS %i
	.set i, i + 1
	.endr
	STUB_ADDRESS 32
	STUB_ADDRESS 255

	.section .note.GNU-stack, "", @progbits
