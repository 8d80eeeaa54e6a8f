/* Private to the x86-64 part: what its own files know of each other. */
#pragma once

#include <arch/arch.h>

#define APIC_PHYS 0xfee00000ull

void cpu_init_tables(void);   /* GDT, TSS, IDT: from here on an exception is reported */
void cpu_init_features(void); /* control registers and FPU, after the final page tables */
void apic_init(void);
void apic_acknowledge(void);
void trap_handle(struct trapframe *frame);
noreturn void panic_frame(const struct trapframe *frame, const char *what);
