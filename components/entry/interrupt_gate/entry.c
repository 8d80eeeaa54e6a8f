/* Leads SYSCALL, which stays disabled, through the invalid-opcode gate. */
#include <entry/entry.h>

#define SYSCALL_OPCODE 0x050f /* 0f 05, as a little-endian word */
#define SYSCALL_LENGTH 2

extern void entry_invalid_opcode(void);
bool entry_is_syscall(struct trapframe *frame);

/* Is the instruction that user mode could not execute a SYSCALL? Then the frame is moved behind it.
 */
bool entry_is_syscall(struct trapframe *frame)
{
	u16 opcode;

	if (!frame_is_user(frame))
		return false;
	if (copy_from_user(&opcode, frame->rip, sizeof(opcode)) != K_OK || opcode != SYSCALL_OPCODE)
		return false;
	frame->rip += SYSCALL_LENGTH;
	frame->rcx = frame->rip;
	frame->r11 = frame->rflags;
	frame->error = frame->rax;      /* the error word keeps the call's number */
	frame->vector = VECTOR_CHANGED; /* IRET leads back: SYSRET is as disabled as SYSCALL */
	return true;
}

void entry_init(void)
{
	arch_replace_gate(6, entry_invalid_opcode);
}
