/* Points the processor's SYSCALL registers at the entry. */
#include <entry/entry.h>

extern void entry_syscall(void);

void entry_init(void)
{
	/* SYSCALL loads CS and SS from bits 32-47, SYSRET from bits 48-63 plus 16 and 8. */
	msr_write(
		MSR_STAR, (u64)SELECTOR_KERNEL_CODE << 32 | (u64)(SELECTOR_KERNEL_DATA | 3) << 48);
	msr_write(MSR_LSTAR, (u64)entry_syscall);
	msr_write(MSR_FMASK, FLAG_TF | FLAG_IF | FLAG_DF | FLAG_IOPL | FLAG_NT | FLAG_AC);
	msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_SCE);
}
