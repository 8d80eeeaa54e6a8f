/*
 * Processor tables and features: GDT, TSS, IDT, control registers, floating point.
 *
 * NMI, double fault, machine check and debug run on stacks of their own: they
 * can strike on the first instruction of a system call, where the stack pointer is still the
 * user's.
 */
#include <arch/arch.h>
#include <x86.h>

#define CR4_OSFXSR     (1u << 9)
#define CR4_OSXMMEXCPT (1u << 10)
#define CR4_PGE        (1u << 7)
#define CR4_UMIP       (1u << 11)
#define CR4_OSXSAVE    (1u << 18)
#define CR4_SMEP       (1u << 20)
#define CR4_SMAP       (1u << 21)

#define CPUID7_EBX_SMEP   (1u << 7)
#define CPUID7_EBX_SMAP   (1u << 20)
#define CPUID7_ECX_UMIP   (1u << 2)
#define CPUID1_ECX_XSAVE  (1u << 26)
#define CPUID1_ECX_AVX    (1u << 28)
#define CPUID1_ECX_RDRAND (1u << 30)
#define CPUID1_ECX_NEEDED (CPUID1_ECX_XSAVE | CPUID1_ECX_AVX | CPUID1_ECX_RDRAND)

#define GATE_INTERRUPT 0x8e /* present, ring 0, 64-bit interrupt gate */
#define GATE_USER      0xee /* the same, usable from ring 3 */
#define IST_STACK_SIZE 4096

struct gate {
	u16 offset_low, selector;
	u8 ist, type;
	u16 offset_middle;
	u32 offset_high, reserved;
};

struct descriptor_pointer {
	u16 limit;
	u64 base;
} packed;

struct cpu cpu;
u8 fpu_initial[FPU_AREA_SIZE] aligned(64);
extern void (*const trap_stubs[34])(void);
extern const u64 smap_sites_start[], smap_sites_end[];

static struct gate idt[256] aligned(16);
static u8 ist_stacks[4][IST_STACK_SIZE] aligned(16);
static u64 gdt[7] aligned(16) = {
	0, 0x00af9b000000ffff, /* 0x08 kernel code */
	0x00cf93000000ffff,    /* 0x10 kernel data */
	0x00cff3000000ffff,    /* 0x18 user data: SYSRET wants it right before … */
	0x00affb000000ffff,    /* 0x20 … user code */
			       /* 0x28, two words: the TSS */
};

static void gate_set(unsigned vector, void (*handler)(void), u8 type, u8 ist)
{
	u64 address = (u64)handler;

	idt[vector] = (struct gate){
		.offset_low = (u16)address,
		.selector = SELECTOR_KERNEL_CODE,
		.ist = ist,
		.type = type,
		.offset_middle = (u16)(address >> 16),
		.offset_high = (u32)(address >> 32),
	};
}

void arch_replace_gate(unsigned vector, void (*handler)(void))
{
	gate_set(vector, handler, GATE_INTERRUPT, 0);
}

static void load_tables(void)
{
	struct descriptor_pointer gdt_pointer = {sizeof(gdt) - 1, (u64)gdt};
	struct descriptor_pointer idt_pointer = {sizeof(idt) - 1, (u64)idt};
	u64 base = (u64)&cpu.tss;

	gdt[5] = (sizeof(cpu.tss) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 |
		 (base >> 24 & 0xff) << 56;
	gdt[6] = base >> 32;
	__asm__ volatile("lgdt %0; lidt %1; ltr %w2"
			 :
			 : "m"(gdt_pointer), "m"(idt_pointer), "r"(SELECTOR_TSS)
			 : "memory");
}

void cpu_init_tables(void)
{
	static const u8 ist_vectors[4] = {
		1, 2, 8, 18}; /* debug, NMI, double fault, machine check */

	for (unsigned vector = 0; vector < 32; vector++)
		gate_set(vector, trap_stubs[vector], GATE_INTERRUPT, 0);
	gate_set(VECTOR_TIMER, trap_stubs[32], GATE_INTERRUPT, 0);
	gate_set(VECTOR_SPURIOUS, trap_stubs[33], GATE_INTERRUPT, 0);
	gate_set(3, trap_stubs[3], GATE_USER,
		0); /* a user's breakpoint is its own business, not a #GP */
	gate_set(4, trap_stubs[4], GATE_USER, 0);
	cpu.tss.iomap_base = sizeof(cpu.tss);
	for (unsigned i = 0; i < 4; i++) {
		cpu.tss.ist[i] = (u64)ist_stacks[i] + IST_STACK_SIZE;
		idt[ist_vectors[i]].ist = (u8)(i + 1);
	}
	load_tables();
}

static void cpuid(u32 leaf, u32 registers[4])
{
	__asm__ volatile(
		"cpuid"
		: "=a"(registers[0]), "=b"(registers[1]), "=c"(registers[2]), "=d"(registers[3])
		: "a"(leaf), "c"(0));
}

/* Without SMAP its two instructions do not exist: they become 3-byte no-ops, before text is
 * read-only for good. */
static void patch_out_smap(void)
{
	static const u8 no_operation[3] = {0x0f, 0x1f, 0x00};
	u64 cr0;

	__asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
	__asm__ volatile("movq %0, %%cr0" : : "r"(cr0 & ~0x10000ull) : "memory");
	for (const u64 *site = smap_sites_start; site < smap_sites_end; site++)
		memcpy((void *)*site, no_operation, sizeof(no_operation));
	__asm__ volatile("movq %0, %%cr0" : : "r"(cr0) : "memory");
}

#define FPU_MXCSR      24 /* byte offsets in an XSAVE area */
#define FPU_MXCSR_MASK 28
#define FPU_HEADER     512 /* components present, compaction, six reserved words */

void arch_set_fpu(struct arch_thread *thread, bool live, const void *state)
{
	u8 *area = thread->fpu;
	u64 *header = (u64 *)(area + FPU_HEADER);
	u32 mask = *(u32 *)(fpu_initial + FPU_MXCSR_MASK);

	memcpy(area, state, FPU_AREA_SIZE);
	*(u32 *)(area + FPU_MXCSR) &= mask ? mask : 0xffbf;
	header[0] &= 7;
	memset(header + 1, 0, 7 * sizeof(*header));
	if (live)
		__asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"(7), "d"(0) : "memory");
}

static void init_fpu(void)
{
	u64 cr0;

	__asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
	__asm__ volatile("movq %0, %%cr0"
			 :
			 : "r"(cr0 & ~0xcull)); /* no emulation, no task-switched trap */
	__asm__ volatile("xsetbv" : : "c"(0), "a"(7), "d"(0)); /* x87, SSE, AVX */
	__asm__ volatile("fninit");
	u32 mxcsr = 0x1f80;
	__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
	__asm__ volatile("xsave64 %0" : "+m"(fpu_initial) : "a"(7), "d"(0));
}

void cpu_init_features(void)
{
	u32 features1[4], features7[4];
	u64 cr4;

	cpuid(1, features1);
	cpuid(7, features7);
	if ((features1[2] & CPUID1_ECX_NEEDED) != CPUID1_ECX_NEEDED)
		panic("the processor lacks XSAVE, AVX or RDRAND: run QEMU with -cpu max");
	__asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
	cr4 |= CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE;
	if (features7[1] & CPUID7_EBX_SMEP)
		cr4 |= CR4_SMEP;
	if (features7[2] & CPUID7_ECX_UMIP)
		cr4 |= CR4_UMIP;
	if (features7[1] & CPUID7_EBX_SMAP)
		cr4 |= CR4_SMAP;
	else
		patch_out_smap();
	__asm__ volatile("movq %0, %%cr4" : : "r"(cr4) : "memory");
	init_fpu();
	entry_init();
}
