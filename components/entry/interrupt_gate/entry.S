/*
 * System calls through an interrupt gate.
 *
 * SYSCALL is disabled in EFER, so the instruction raises invalid opcode
 * (vector 6). The gate of vector 6 leads here: when the two bytes at rip are
 * SYSCALL's, the call is served and the program goes on behind them; else it is an ordinary
 * exception. The processor has saved ss, rsp, rflags, cs and rip.
 *
 * SYSCALL's contract is kept: rcx and r11 are lost to the program (they hold
 * the return address and the flags afterwards), all else but rax survives.
 */
#include <frame.h>
#include <frame.inc>
#include <offsets.h>
#include <entry/entry.h>
#include <entry/dispatch.inc>

	.text
	.globl entry_invalid_opcode
	.align 64
entry_invalid_opcode:
	pushq $0
	pushq $6
	FRAME_SAVE_REGISTERS
	cld
	SMAP_INSTRUCTION clac
	xorl %ebp, %ebp
	movq %rsp, %rdi
	call entry_is_syscall
	testl %eax, %eax
	je 3f
	movq FRAME_RAX(%rsp), %rax
	movq FRAME_RDI(%rsp), %rdi
	movq FRAME_RSI(%rsp), %rsi
	movq FRAME_RDX(%rsp), %rdx
	movq FRAME_R10(%rsp), %r10
	movq FRAME_R8(%rsp), %r8
	movq FRAME_R9(%rsp), %r9
	ENTRY_DISPATCH
3:	movq %rsp, %rdi
	call trap_handle
	testb $3, (FRAME_VECTOR + FRAME_CS_FROM_VECTOR)(%rsp)
	jne trap_return
	jmp trap_restore_iret

	.section .note.GNU-stack, "", @progbits
