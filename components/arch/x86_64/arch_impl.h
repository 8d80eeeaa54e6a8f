/* x86-64: what the rest of a kernel sees of the machine. The contract is <arch/arch.h>. */
#pragma once

#include <frame.h>

#define DIRECT_MAP  0xffff800000000000ull /* all of physical memory, never executable */
#define KERNEL_BASE 0xffffffff80000000ull /* the kernel image: physical address + this */
#define USER_MAX    0x00007ffffffff000ull /* the last user page is never mapped: see frame.h */

static inline void *phys_to_virt(paddr_t phys)
{
	return (void *)(DIRECT_MAP + phys);
}

/* --- single instructions --------------------------------------------------- */

static inline void port_write8(u16 port, u8 value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline u8 port_read8(u16 port)
{
	u8 value;
	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline u64 msr_read(u32 msr)
{
	u32 low, high;
	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (u64)high << 32 | low;
}

static inline void msr_write(u32 msr, u64 value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

#define MSR_APIC_BASE 0x1b
#define MSR_EFER      0xc0000080
#define MSR_STAR      0xc0000081
#define MSR_LSTAR     0xc0000082
#define MSR_FMASK     0xc0000084
#define MSR_FS_BASE   0xc0000100
#define MSR_GS_BASE   0xc0000101

#define EFER_SCE 0x1
#define EFER_NXE 0x800

static inline u64 read_tsc(void)
{
	u32 low, high;
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (u64)high << 32 | low;
}

static inline u64 read_cr2(void)
{
	u64 value;
	__asm__ volatile("movq %%cr2, %0" : "=r"(value));
	return value;
}

static inline u64 read_cr3(void)
{
	u64 value;
	__asm__ volatile("movq %%cr3, %0" : "=r"(value));
	return value;
}

static inline void write_cr3(paddr_t root)
{
	__asm__ volatile("movq %0, %%cr3" : : "r"(root) : "memory");
}

static inline void tlb_invalidate(vaddr_t address)
{
	__asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

/* --- user copies -------------------------------------------------------------- */

/* Bytes NOT copied; checks nothing but page faults. */
u64 usercopy_raw(void *to, const void *from, u64 n);
/* Like strncpy with faults: the length without NUL, `size` when there is no NUL, or -1 on a fault.
 */
s64 usercopy_string_raw(char *to, const char *from, u64 size);

static inline bool user_range_ok(vaddr_t start, u64 n)
{
	return n <= USER_MAX && start <= USER_MAX - n;
}

static inline enum kstatus copy_from_user(void *to, vaddr_t from, size_t n)
{
	if (unlikely(!user_range_ok(from, n) || usercopy_raw(to, (const void *)from, n) != 0))
		return K_FAULT;
	return K_OK;
}

static inline enum kstatus copy_to_user(vaddr_t to, const void *from, size_t n)
{
	if (unlikely(!user_range_ok(to, n) || usercopy_raw((void *)to, from, n) != 0))
		return K_FAULT;
	return K_OK;
}

/* --- time -------------------------------------------------------------------- */

static inline u64 arch_now(void)
{
	return read_tsc();
}

static inline u64 arch_random(void)
{
	u64 value;
	bool good;

	for (unsigned tries = 0; tries < 100; tries++) {
		__asm__ volatile("rdrand %0" : "=r"(value), "=@ccc"(good));
		if (good)
			return value;
	}
	panic("the processor's random number generator does not answer");
}

/* --- threads ------------------------------------------------------------------ */

/*
 * The task-state segment: the processor reads only rsp0 (the kernel stack for
 * entries from user mode), the IST stacks and iomap_base (past the limit: no
 * port is open; a thread with IOPL 3 in its flags needs no map).
 */
struct tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3;
	u16 iomap_base;
} packed;

/* Shifted so that rsp0, at offset 4, is naturally aligned: SYSCALL entry reads it too. */
struct cpu {
	u32 pad;
	struct tss tss;
} aligned(16);
extern struct cpu cpu;

#define FPU_AREA_SIZE 832 /* XSAVE: x87, SSE, AVX */

struct arch_thread {
	void *fpu; /* FPU_AREA_SIZE bytes, 64-byte aligned; NULL for the idle thread */
	u64 fs_base, gs_base;
	paddr_t root;  /* page-table root while the thread runs */
	u64 stack_top; /* the trap frame ends here */
};

extern u8 fpu_initial[FPU_AREA_SIZE]; /* the state of a thread that has done nothing yet */
extern paddr_t kernel_root;           /* page tables with the kernel's half only */

/* Turns an empty page-table root into one with the kernel's half, and such a one, which is not in
 * use any more and has no other entries, into an empty one. */
void arch_root_init(void *root_page);
void arch_root_clear(void *root_page);

/* Saves the callee-saved registers and the stack pointer, loads another's. */
void arch_switch_stack(u64 *save, u64 load);

/* Everything of a thread that lies outside its kernel stack. Inline: it is most of an IPC. */
static always_inline void arch_switch_state(struct arch_thread *from, const struct arch_thread *to)
{
	if (from->fpu)
		__asm__ volatile("xsave64 (%0)" : : "r"(from->fpu), "a"(7), "d"(0) : "memory");
	if (to->fpu)
		__asm__ volatile("xrstor64 (%0)" : : "r"(to->fpu), "a"(7), "d"(0) : "memory");
	if (from->fs_base != to->fs_base)
		msr_write(MSR_FS_BASE, to->fs_base);
	if (from->gs_base != to->gs_base)
		msr_write(MSR_GS_BASE, to->gs_base);
	if (from->root != to->root)
		write_cr3(to->root);
	cpu.tss.rsp[0] = to->stack_top;
}

/* A forked thread's floating point and thread pointer, from `from`, the current thread's. */
static inline void arch_copy_current_state(struct arch_thread *to, const struct arch_thread *from)
{
	__asm__ volatile("xsave64 (%0)" : : "r"(to->fpu), "a"(7), "d"(0) : "memory");
	to->fs_base = from->fs_base;
	to->gs_base = from->gs_base;
}

/* The floating-point state of a thread (`live`: of the current one), in XSAVE form. */
static inline void arch_get_fpu(const struct arch_thread *thread, bool live, void *state)
{
	if (live)
		__asm__ volatile("xsave64 (%0)" : : "r"(thread->fpu), "a"(7), "d"(0) : "memory");
	memcpy(state, thread->fpu, FPU_AREA_SIZE);
}

/* Sets it, made harmless first: XRSTOR of a malformed area would fault in the kernel. */
void arch_set_fpu(struct arch_thread *thread, bool live, const void *state);

/* Back to how a thread begins; `live`: it is the current one, whose state is in the processor. */
static inline void arch_reset_state(struct arch_thread *thread, bool live)
{
	memcpy(thread->fpu, fpu_initial, FPU_AREA_SIZE);
	thread->fs_base = 0;
	thread->gs_base = 0;
	if (live) {
		__asm__ volatile("xrstor64 (%0)" : : "r"(thread->fpu), "a"(7), "d"(0) : "memory");
		msr_write(MSR_FS_BASE, 0);
		msr_write(MSR_GS_BASE, 0);
	}
}

/*
 * Leaves to user mode with the registers in `frame`, which lies at the top of
 * the kernel stack of the thread that is now current; what the stack holds
 * below is forgotten. The address is also what a thread that blocked "with
 * a continuation" resumes at, rsp pointing to its frame.
 */
noreturn void arch_resume_user(struct trapframe *frame);
extern const char arch_resume_point[];

/*
 * Leaves the stack below frame `left` for ever and goes on with `continuation` on the stack below
 * `next`: it is called there, and what it returns is the result of the system call that `next` came
 * from. The thread of `left` is prepared for arch_switch_stack() to find: it will go on with the
 * same function. One piece of assembly, for it overwrites the stack that it is called on.
 */
static always_inline noreturn void arch_continue(
	struct trapframe *left, struct trapframe *next, long (*continuation)(void))
{
	__asm__ volatile("movq %[function], -16(%[left])\n\t"
			 "movq $arch_continue_point, -8(%[left])\n\t"
			 "movq %[next], %%rsp\n\t"
			 "movq %[function], %%rbx\n\t"
			 "jmp arch_continue_point"
			 :
			 : [left] "r"(left), [next] "r"(next), [function] "r"(continuation)
			 : "memory");
	__builtin_unreachable();
}

/* The registers of a thread that starts at `entry` and has done nothing yet. */
static inline void frame_init_user(struct trapframe *frame, vaddr_t entry, vaddr_t stack)
{
	*frame = (struct trapframe){
		.vector = VECTOR_CHANGED,
		.rip = entry,
		.cs = SELECTOR_USER_CODE,
		.rflags = FLAG_IF | 2,
		.rsp = stack,
		.ss = SELECTOR_USER_DATA,
	};
}

/* Called by the part of slot entry at start-up. */
void entry_init(void);
/* An entry part takes over a vector that user mode reaches by an exception. */
void arch_replace_gate(unsigned vector, void (*handler)(void));

/* Prints a symbolised trace of the return addresses found from `stack` up to `end`. */
void arch_backtrace(u64 rip, u64 stack, u64 end);
