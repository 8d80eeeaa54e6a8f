/* Attacks: what registers tell; and what a program can do to the processor. */
#include <workloads/l4_security/security.h>

/* From registers_probe.S: all registers filled, an IPC, all registers stored. */
struct register_file {
	u64 rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
	u64 xmm[32];
};
void probe_ipc(struct register_file *file);

static struct register_file sent, received, fresh;

static void fill(struct register_file *file, u64 pattern)
{
	u64 *words = (u64 *)file;

	for (unsigned i = 0; i < sizeof(*file) / 8; i++)
		words[i] = pattern;
	file->rax = (u64)-L4_CALL_IPC;
	file->rdx = 0;
	file->r10 = 0; /* a tag of nothing at all */
}

static void send_secrets(void *unused)
{
	(void)unused;
	fill(&sent, 0x5ec2e75ec2e75ec2);
	sent.rdi = id_of(VICTIM);
	sent.rsi = id_of(VICTIM);
	probe_ipc(&sent);
	task_done(0);
}

static void receive_nothing(void *unused)
{
	(void)unused;
	fill(&received, 0x1111222233334444);
	received.rdi = L4_NIL;
	received.rsi = L4_ANY;
	probe_ipc(&received);
	task_done(1);
}

static bool all_are(const struct register_file *file, u64 pattern)
{
	bool same = file->rbx == pattern && file->rbp == pattern && file->r8 == pattern &&
		    file->r9 == pattern && file->r12 == pattern && file->r13 == pattern &&
		    file->r14 == pattern && file->r15 == pattern;

	for (unsigned i = 0; i < ARRAY_SIZE(file->xmm); i++)
		same &= file->xmm[i] == pattern;
	return same;
}

static void test_leaks(void (*first)(void *), void (*second)(void *), const char *what)
{
	begin();
	prepare(ATTACKER);
	prepare(VICTIM);
	start(first == send_secrets ? ATTACKER : VICTIM, first);
	ok(task_wait_for(NULL, 5000000).thread == 0, "one of two threads waits for the other");
	start(second == send_secrets ? ATTACKER : VICTIM, second);
	struct task_event event = task_wait(NULL);
	ok(event.kind == TASK_DONE && event.value == 1 && received.rax == id_of(ATTACKER) &&
			all_are(&received, 0x1111222233334444),
		what);
	finish();
}

/* --- a new thread -------------------------------------------------------- */

void probe_start(void);
extern struct register_file *probe_file;

static void test_fresh_thread(void)
{
	bool empty = true;

	begin();
	probe_file = &fresh;
	fill(&fresh, 0xff);
	task_make(id_of(ATTACKER), id_of(ATTACKER), ATTACKER);
	struct l4_registers r = {.ip = (u64)probe_start, .sp = (u64)&fresh};
	task_must(l4_exchange_registers(
			  id_of(ATTACKER), L4_EXREGS_IP | L4_EXREGS_SP | L4_EXREGS_RUN, &r),
		"starting");
	struct task_event event = task_wait(NULL);
	for (unsigned i = 0; i < sizeof(fresh) / 8; i++)
		empty &= ((u64 *)&fresh)[i] == 0;
	ok(event.kind == TASK_EXCEPTION && event.value == 6 && empty,
		"a new thread finds all its registers empty");
	task_delete(id_of(ATTACKER));
}

/* --- the processor ------------------------------------------------------- */

#define INSTRUCTION_ATTACK(function, instruction)                                                  \
	static void function(void *unused)                                                         \
	{                                                                                          \
		(void)unused;                                                                      \
		__asm__ volatile(instruction : : : "rax", "rcx", "rdx", "memory");                 \
		result[0] = 1;                                                                     \
		task_done(99);                                                                     \
	}

INSTRUCTION_ATTACK(use_cli, "cli")
INSTRUCTION_ATTACK(use_hlt, "hlt")
INSTRUCTION_ATTACK(use_port, "movw $0x501, %%dx; movb $0x10, %%al; outb %%al, %%dx")
INSTRUCTION_ATTACK(
	use_wrmsr, "movl $0xc0000082, %%ecx; xorl %%eax, %%eax; xorl %%edx, %%edx; wrmsr")
INSTRUCTION_ATTACK(use_cr3, "movq %%cr3, %%rax")
INSTRUCTION_ATTACK(use_lgdt, "subq $16, %%rsp; lgdt (%%rsp)")
INSTRUCTION_ATTACK(use_ud2, "ud2")
INSTRUCTION_ATTACK(use_int3, "int3")
INSTRUCTION_ATTACK(use_int20, "int $0x20")
INSTRUCTION_ATTACK(use_int_df, "int $8")
INSTRUCTION_ATTACK(divide_by_zero, "xorl %%ecx, %%ecx; xorl %%edx, %%edx; divl %%ecx")
INSTRUCTION_ATTACK(jump_astray, "movabsq $0x900000000000, %%rax; jmp *%%rax")
INSTRUCTION_ATTACK(single_step, "pushfq; orq $0x100, (%%rsp); popfq; nop; nop")
INSTRUCTION_ATTACK(touch_astray, "movabsq $0x900000000000, %%rax; movb (%%rax), %%al")

static void test_instructions(void)
{
	static void (*const general[])(void *) = {use_cli, use_hlt, use_port, use_wrmsr, use_cr3,
		use_lgdt, use_int20, use_int_df, jump_astray, touch_astray};
	bool stopped = true;

	for (unsigned i = 0; i < ARRAY_SIZE(general); i++) {
		struct task_event event = attack(general[i]);
		stopped &= event.kind == TASK_EXCEPTION && event.value == 13 && result[0] == 0;
	}
	ok(stopped, "privileged instructions, ports, gates and wild jumps end in a general "
		    "protection exception");
	ok(attack(use_ud2).value == 6, "an undefined instruction is reported as such");
	ok(attack(use_int3).value == 3, "a breakpoint too");
	ok(attack(divide_by_zero).value == 0 && result[0] == 0, "a division by zero too");
	ok(attack(single_step).value == 1 && result[0] == 0, "a single step too");
}

static void read_kernel(void *unused)
{
	(void)unused;
	result[0] = *(volatile u8 *)KERNEL_ADDRESS;
	task_done(99);
}

static void write_kernel(void *unused)
{
	(void)unused;
	*(volatile u8 *)DIRECT_MAP_ADDRESS = 1;
	task_done(99);
}

static void run_data(void *unused)
{
	static u8 code[16] = {0xc3};

	(void)unused;
	((void (*)(void))(uintptr_t)code)();
	task_done(99);
}

static void write_code(void *unused)
{
	(void)unused;
	*(volatile u8 *)(uintptr_t)run_data = 0xc3;
	task_done(99);
}

static void write_kip(void *unused)
{
	(void)unused;
	*(volatile u8 *)L4_KIP_ADDRESS = 0;
	task_done(99);
}

static void test_memory(void)
{
	ok(attack(read_kernel).kind == TASK_FAULT, "the kernel's memory is not read");
	ok(attack(write_kernel).kind == TASK_FAULT, "nor written");
	struct task_event event = attack(run_data);
	ok(event.kind == TASK_FAULT && event.access == PROT_EXEC, "data is not run");
	event = attack(write_code);
	ok(event.kind == TASK_FAULT && event.access == PROT_WRITE, "code is not written");
	ok(attack(write_kip).kind == TASK_FAULT, "the root task's information is nobody else's");
}

/* Flags that the user may set must not hurt the kernel in its calls. */
static void strange_flags(void *unused)
{
	struct l4_message m = {.tag = 0};

	(void)unused;
	__asm__ volatile("std; pushfq; orq $0x44000, (%%rsp); popfq"
			 :
			 :
			 : "memory", "cc"); /* NT, AC */
	__asm__ volatile("movq $-7, %%rax; syscall" : : : "rax", "rcx", "r11", "memory");
	__asm__ volatile("cld; pushfq; andq $~0x44000, (%%rsp); popfq" : : : "memory", "cc");
	result[0] = l4_ipc(L4_NIL, L4_ANY, NOW, &m);
	task_done(77);
}

void test_registers(void)
{
	test_leaks(receive_nothing, send_secrets,
		"an empty message carries no register, where the receiver waits");
	test_leaks(send_secrets, receive_nothing, "nor where the sender does");
	test_fresh_thread();
	test_instructions();
	test_memory();
	ok(attack(strange_flags).value == 77, "strange flags do the kernel no harm");
}
