/*
 * The end: say what happened, where, with registers and a symbolised trace.
 *
 * Without frame pointers the trace is every word on the stack that looks like
 * a return address: it points into the text, right behind a call instruction.
 * A stale one may slip in: the first line is certain, the others are to be read with that in mind.
 */
#include <arch/arch.h>
#include <x86.h>

#define STACK_SCAN_BYTES 2048
#define TRACE_LINES      16

/* Made from the first link's symbols: functions sorted by address. Empty in that first link. */
struct ksym {
	u64 addr;
	u32 name, size;
};
extern const struct ksym ksyms[];
extern const u64 ksyms_count;
extern const char ksyms_names[];

extern const char kernel_text_start[], kernel_text_end[];
extern char boot_stack[], boot_stack_top[];

static bool in_text(u64 address)
{
	return address >= (u64)kernel_text_start && address < (u64)kernel_text_end;
}

static void print_symbol(u64 address)
{
	u64 low = 0, high = ksyms_count;

	if (high == 0) {
		kprintf("  %016lx\n", address);
		return;
	}
	while (high - low > 1) {
		u64 middle = (low + high) / 2;
		if (ksyms[middle].addr <= address)
			low = middle;
		else
			high = middle;
	}
	kprintf("  %016lx %s+0x%lx\n", address, ksyms_names + ksyms[low].name,
		address - ksyms[low].addr);
}

/* Is there a call instruction right before this address? e8 rel32, or ff /2 in its 2, 3, 6 and 7
 * byte forms. */
static bool follows_call(u64 address)
{
	const u8 *code = (const u8 *)address;

	if (!in_text(address - 7) || !in_text(address))
		return false;
	return code[-5] == 0xe8 || (code[-2] == 0xff && (code[-1] & 0x38) == 0x10) ||
	       (code[-3] == 0xff && (code[-2] & 0x38) == 0x10) ||
	       (code[-6] == 0xff && (code[-5] & 0x38) == 0x10) ||
	       (code[-7] == 0xff && (code[-6] & 0x38) == 0x10);
}

void arch_backtrace(u64 rip, u64 stack, u64 end)
{
	unsigned lines = 0;

	kprintf("backtrace:\n");
	if (in_text(rip))
		print_symbol(rip);
	for (u64 at = ALIGN_UP(stack, 8); at + 8 <= end && lines < TRACE_LINES; at += 8) {
		u64 word = *(const u64 *)at;
		if (in_text(word) && follows_call(word)) {
			print_symbol(word);
			lines++;
		}
	}
}

/* How far up the stack may be read: to the end of its page, or of the boot stack. */
static u64 stack_limit(u64 stack)
{
	if (stack >= (u64)boot_stack && stack < (u64)boot_stack_top)
		return (u64)boot_stack_top;
	return MIN(ALIGN_UP(stack + 1, PAGE_SIZE), stack + STACK_SCAN_BYTES);
}

static void print_frame(const struct trapframe *f)
{
	kprintf("vector %lu error %lx rip %04lx:%016lx rflags %lx\n", f->vector, f->error, f->cs,
		f->rip, f->rflags);
	kprintf("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
	kprintf("rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n", f->rsi, f->rdi, f->rbp, f->rsp);
	kprintf("r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n", f->r8, f->r9, f->r10, f->r11);
	kprintf("r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", f->r12, f->r13, f->r14, f->r15);
	kprintf("cr2 %016lx cr3 %016lx\n", read_cr2(), read_cr3());
}

noreturn void panic_frame(const struct trapframe *frame, const char *what)
{
	kprintf("\npanic: %s\n", what);
	print_frame(frame);
	if (!frame_is_user(frame))
		arch_backtrace(frame->rip, frame->rsp, stack_limit(frame->rsp));
	arch_exit(ARCH_EXIT_PANIC);
}

noreturn void panic(const char *format, ...)
{
	va_list ap;
	u64 stack;

	__asm__ volatile("cli; movq %%rsp, %0" : "=r"(stack));
	kprintf("\npanic: ");
	va_start(ap, format);
	kvprintf(format, ap);
	va_end(ap);
	kprintf("\n");
	arch_backtrace(0, stack, stack_limit(stack));
	arch_exit(ARCH_EXIT_PANIC);
}
