/*
 * entry: how the processor is set up for system calls. What happens in one is
 * tested from the program's side (workload selftest: suites registers, flags, pointers).
 */
#include <entry/entry.h>
#include <tap.h>

void contract_test_entry(void);

#define VECTOR_INVALID_OPCODE 6
#define FMASK_NEEDED          (FLAG_TF | FLAG_IF | FLAG_DF | FLAG_IOPL | FLAG_NT | FLAG_AC)

extern void (*const trap_stubs[34])(void);

struct gate {
	u16 offset_low, selector;
	u8 ist, type;
	u16 offset_middle;
	u32 offset_high, reserved;
};

static u64 gate_address(unsigned vector)
{
	struct {
		u16 limit;
		u64 base;
	} packed idt;

	__asm__ volatile("sidt %0" : "=m"(idt));
	const struct gate *gate = (const struct gate *)idt.base + vector;
	return (u64)gate->offset_high << 32 | (u64)gate->offset_middle << 16 | gate->offset_low;
}

static void test_instruction(void)
{
	u64 star = msr_read(MSR_STAR);

	tap_eq(msr_read(MSR_FMASK) & FMASK_NEEDED, FMASK_NEEDED,
		"SYSCALL clears every flag that could do harm");
	tap_eq(star >> 32 & 0xffff, SELECTOR_KERNEL_CODE, "it enters with the kernel's segments");
	tap_ok((((star >> 48) + 16) | 3) == SELECTOR_USER_CODE &&
			(((star >> 48) + 8) | 3) == SELECTOR_USER_DATA,
		"SYSRET leaves with the user's");
	tap_ok(msr_read(MSR_LSTAR) >= KERNEL_BASE, "the entry lies in the kernel");
}

void contract_test_entry(void)
{
	bool own_gate =
		gate_address(VECTOR_INVALID_OPCODE) != (u64)trap_stubs[VECTOR_INVALID_OPCODE];

	if (msr_read(MSR_EFER) & EFER_SCE)
		test_instruction();
	else
		tap_ok(own_gate, "SYSCALL is off, and its exception leads to the entry");
}
