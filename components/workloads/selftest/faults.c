/*
 * faults: a bad program dies by the right signal, and nobody else notices.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <workloads/common/test.h>

enum { ILL = 4, TRAP = 5, BUS = 7, FPE = 8, SEGV = 11 };

static void null_read(void)
{
	__asm__ volatile("mov (%0), %%al" : : "r"(8L) : "rax");
}

static void null_write(void)
{
	__asm__ volatile("movb $1, (%0)" : : "r"(8L) : "memory");
}

static void null_call(void)
{
	__asm__ volatile("xor %%eax, %%eax\n\tcall *%%rax" ::: "rax", "memory");
}

static void kernel_read(void)
{
	(void)*(volatile char *)0xffffffff80000000;
}

static void kernel_write(void)
{
	*(volatile char *)0xffffffff80100000 = 1;
}

static void kernel_jump(void)
{
	__asm__ volatile("jmp *%0" : : "r"(0xffffffff80100000));
}

static void hole_read(void)
{
	__asm__ volatile("mov (%0), %%al" : : "r"(0xdeadbeefdeadbeef) : "rax");
}

static void hole_jump(void)
{
	__asm__ volatile("jmp *%0" : : "r"(0xdeadbeefdeadbeef));
}

static void hole_return(void)
{
	__asm__ volatile("push %0\n\tret" : : "r"(0x800000000000));
}

static void stack_jump(void)
{
	volatile unsigned char code[] = {0xc3}; /* ret: harmless, were it executed */

	__asm__ volatile("call *%0" : : "r"(code) : "memory");
}

static void data_jump(void)
{
	char *page = map_pages(1, PROT_READ | PROT_WRITE);

	*page = (char)0xc3;
	__asm__ volatile("call *%0" : : "r"(page) : "memory");
}

static void text_store(void)
{
	*(volatile char *)(uintptr_t)null_read = 1;
}

static const char constant[] = "constant";

static void constant_write(void)
{
	*(volatile char *)(uintptr_t)constant = 1;
}

static void divide(void)
{
	__asm__ volatile("xor %%ecx, %%ecx\n\tmov $1, %%eax\n\tcltd\n\tidiv %%ecx" ::
				 : "rax", "rcx", "rdx");
}

static void divide_overflow(void)
{
	__asm__ volatile("mov $0x80000000, %%eax\n\tcltd\n\tmov $-1, %%ecx\n\tidiv %%ecx" ::
				 : "rax", "rcx", "rdx");
}

static void vector_exception(void)
{
	uint32_t unmasked = 0x1f80 & ~(1U << 9); /* division by zero */

	__asm__ volatile("ldmxcsr %0\n\tpxor %%xmm0, %%xmm0\n\tmov $1, %%eax\n\t"
			 "cvtsi2sd %%eax, %%xmm1\n\tdivsd %%xmm0, %%xmm1"
			 :
			 : "m"(unmasked)
			 : "rax", "xmm0", "xmm1");
}

static void x87_exception(void)
{
	uint16_t unmasked = 0x37f & ~(1U << 2);

	__asm__ volatile("fninit\n\tfldcw %0\n\tfld1\n\tfldz\n\tfdivrp\n\tfwait" : : "m"(unmasked));
}

static void invalid_opcode(void)
{
	__asm__ volatile("ud2");
}

static void breakpoint(void)
{
	__asm__ volatile("int3");
}

static void halt(void)
{
	__asm__ volatile("hlt");
}

static void interrupts_off(void)
{
	__asm__ volatile("cli");
}

static void port_read(void)
{
	__asm__ volatile("in $0x64, %%al" ::: "rax");
}

static void port_write(void)
{
	__asm__ volatile("out %%al, %%dx"
			 :
			 : "a"(0x10), "d"(0x501)); /* the exit device of the emulator */
}

static void control_register(void)
{
	__asm__ volatile("mov %%cr3, %%rax" ::: "rax");
}

static void model_register(void)
{
	__asm__ volatile("rdmsr" : : "c"(0xc0000082) : "rax", "rdx");
}

static void descriptor_table(void)
{
	static const char table[10];

	__asm__ volatile("lidt %0" : : "m"(table));
}

static void swap_gs(void)
{
	__asm__ volatile("swapgs");
}

static void interrupt_page_fault(void)
{
	__asm__ volatile("int $14"); /* would look like a page fault without its error code */
}

static void interrupt_timer(void)
{
	__asm__ volatile("int $0x20");
}

static void interrupt_last(void)
{
	__asm__ volatile("int $0xff");
}

static void bad_segment(void)
{
	__asm__ volatile("mov %0, %%ds" : : "r"((uint16_t)0xfff8));
}

static void kernel_segment_return(void)
{
	__asm__ volatile(
		"pushq $0\n\tpushq %%rsp\n\tpushq $0x202\n\tpushq $8\n\tpushq $0\n\tiretq" ::
			: "memory");
}

static int recurse(int depth)
{
	volatile char frame[4096];

	memset((char *)frame, depth, sizeof(frame));
	return depth == 0x7fffffff ? 0 : recurse(depth + 1) + frame[7];
}

static void stack_overflow(void)
{
	recurse(0);
}

static void stack_in_hole(void)
{
	__asm__ volatile("mov %0, %%rsp\n\tpush %%rax" : : "r"(0x8000000000000000) : "memory");
}

/* Some deaths are different under QEMU's translator. */
static int death_of(void (*body)(void))
{
	int status = 0;
	long pid = spawn(body);

	CHECK_EQ(sys_wait4(pid, &status, 0), pid);
	return status & ~0x80;
}

static void bad_stack(void)
{
	int status = death_of(stack_in_hole);

	CHECK(status == BUS ||
		status == SEGV); /* QEMU: a general protection, not a stack exception */
}

static void vector_dies(void)
{
	int status = death_of(vector_exception);

	CHECK(status == FPE || status == 0); /* QEMU 7.2 never raises it */
}

/*
 * QEMU 7.2 reads the stack with the kernel's rights here, so that SMAP forbids it: a page fault
 * that claims to come from the kernel. Linux believes that, says "Oops", and kills the process; one
 * who looks at the code segment on the stack knows better.
 */
static void iret_dies(void)
{
	int status = death_of(kernel_segment_return);

	CHECK(status == SEGV || status == 9);
}

/* Twenty bad programs beside one that computes and must not notice. */
static void bystander(void)
{
	uint64_t sum = 0, end = ticks() + 20000000;
	long pid = sys_fork();

	if (pid == 0) {
		while (ticks() < end)
			sum += 1;
		sys_exit(sum > 0 ? 33 : 0);
	}
	for (int i = 0; i < 20; i++)
		expect_death(i % 2 ? null_write : invalid_opcode, i % 2 ? SEGV : ILL);
	expect_exit(pid, 33);
}

static const struct test_case cases[] = {
	DIES("null read", null_read, SEGV),
	DIES("null write", null_write, SEGV),
	DIES("null call", null_call, SEGV),
	DIES("kernel read", kernel_read, SEGV),
	DIES("kernel write", kernel_write, SEGV),
	DIES("kernel jump", kernel_jump, SEGV),
	DIES("non-canonical read", hole_read, SEGV),
	DIES("non-canonical jump", hole_jump, SEGV),
	DIES("non-canonical return", hole_return, SEGV),
	DIES("code on the stack", stack_jump, SEGV),
	DIES("code in data", data_jump, SEGV),
	DIES("write to text", text_store, SEGV),
	DIES("write to constants", constant_write, SEGV),
	DIES("divide by zero", divide, FPE),
	DIES("divide overflow", divide_overflow, FPE),
	CASE("SSE exception", vector_dies),
	DIES("x87 exception", x87_exception, FPE),
	DIES("invalid opcode", invalid_opcode, ILL),
	DIES("breakpoint", breakpoint, TRAP),
	DIES("hlt", halt, SEGV),
	DIES("cli", interrupts_off, SEGV),
	DIES("in", port_read, SEGV),
	DIES("out", port_write, SEGV),
	DIES("mov from cr3", control_register, SEGV),
	DIES("rdmsr", model_register, SEGV),
	DIES("lidt", descriptor_table, SEGV),
	DIES("swapgs", swap_gs, SEGV),
	DIES("int 14", interrupt_page_fault, SEGV),
	DIES("int 0x20", interrupt_timer, SEGV),
	DIES("int 0xff", interrupt_last, SEGV),
	DIES("bad segment", bad_segment, SEGV),
	CASE("iret to the kernel's segment", iret_dies),
	DIES("stack overflow", stack_overflow, SEGV),
	CASE("stack pointer in the hole", bad_stack),
	CASE("bad programs do not disturb another", bystander),
};
TEST_SUITE(faults, cases);
