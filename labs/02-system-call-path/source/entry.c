/* Points the processor's SYSCALL registers at the entry. */
#include <entry/entry.h>

extern void entry_syscall(void);

/* LAB: solution */
/*
 * What the processor clears in the flags on the way in. Each could do harm in the kernel: TF would
 * trap there, IF interrupt it, DF turn its copies round, NT break IRET, AC open user memory to it.
 */
#define CLEARED (FLAG_TF | FLAG_IF | FLAG_DF | FLAG_IOPL | FLAG_NT | FLAG_AC)

/* LAB: starter */
/* What the processor clears in the flags on the way in: the kernel is not to be interrupted. */
#define CLEARED FLAG_IF

/* LAB: end */
void entry_init(void)
{
	/* SYSCALL loads CS and SS from bits 32-47, SYSRET from bits 48-63 plus 16 and 8. */
	msr_write(
		MSR_STAR, (u64)SELECTOR_KERNEL_CODE << 32 | (u64)(SELECTOR_KERNEL_DATA | 3) << 48);
	msr_write(MSR_LSTAR, (u64)entry_syscall);
	msr_write(MSR_FMASK, CLEARED);
	msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_SCE);
}
