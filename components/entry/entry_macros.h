/* What both entry parts do once the frame is saved. Assembly only. */
#pragma once

/*
 * rax is the number, the user's argument registers are untouched. Calls the function for it,
 * stores the result in the frame and leaves. Clobbers what C may clobber.
 */
.macro ENTRY_DISPATCH
.if ENTRY_CALLS > 0
	cmpq $ENTRY_CALLS, %rax
	jae 1f
	movq ENTRY_TABLE(, %rax, 8), %r11
	testq %r11, %r11
	je 1f
	movq %r10, %rcx
	call *%r11
	movq %rax, FRAME_RAX(%rsp)
	jmp trap_return
1:
.endif
.if NATIVE_CALLS > 0
	negq %rax
	cmpq $NATIVE_CALLS, %rax
	jae 2f
	movq %r10, %rcx
	call *native_calls(, %rax, 8)
	movq %rax, FRAME_RAX(%rsp)
	jmp trap_return
2:	negq %rax
.endif
	movq %rax, %rdi
	call kernel_unknown_call
	movq %rax, FRAME_RAX(%rsp)
	jmp trap_return
.endm
