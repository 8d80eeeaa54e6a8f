/*
 * The local APIC's timer, one shot at a time.
 *
 * The APIC counts at a fixed rate that QEMU sets to 1 GHz of guest time; the
 * time stamp counter of a TCG guest runs at that rate too, so nanoseconds, APIC
 * counts and (under -icount shift=0) instructions are one and the same.
 */
#include <arch/arch.h>
#include <x86.h>

#define APIC_SPURIOUS         0x0f0
#define APIC_SPURIOUS_ON      0x100
#define APIC_END_OF_INTERRUPT 0x0b0
#define APIC_TIMER            0x320
#define APIC_TIMER_COUNT      0x380
#define APIC_TIMER_DIVIDE     0x3e0
#define APIC_TIMER_BY_1       0xb
#define APIC_MSR_ENABLE       0x800
#define APIC_SHORTEST         1000 /* counts: a moment that is past or near rings after this many */

static volatile u32 *apic_register(u32 offset)
{
	return phys_to_virt(APIC_PHYS + offset);
}

void apic_init(void)
{
	/* The old interrupt controllers, where a machine has them, are masked altogether. */
	port_write8(0x21, 0xff);
	port_write8(0xa1, 0xff);
	msr_write(MSR_APIC_BASE, msr_read(MSR_APIC_BASE) | APIC_MSR_ENABLE);
	*apic_register(APIC_SPURIOUS) = APIC_SPURIOUS_ON | VECTOR_SPURIOUS;
	*apic_register(APIC_TIMER_DIVIDE) = APIC_TIMER_BY_1;
	*apic_register(APIC_TIMER) = VECTOR_TIMER;
}

void apic_acknowledge(void)
{
	*apic_register(APIC_END_OF_INTERRUPT) = 0;
}

void arch_timer_set(u64 when)
{
	u64 now = arch_now();
	u64 distance = when > now + APIC_SHORTEST ? when - now : APIC_SHORTEST;

	*apic_register(APIC_TIMER_COUNT) = (u32)MIN(distance, (u64)UINT32_MAX);
}

void arch_idle(void)
{
	__asm__ volatile("sti; hlt; cli" : : : "memory");
}
