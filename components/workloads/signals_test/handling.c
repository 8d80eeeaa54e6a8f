/* handling: actions, masks, frames. */
#define _GNU_SOURCE /* REG_RIP */
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <workloads/signals_test/signals_test.h>

static void caught(void)
{
	CHECK_EQ(set_action(SIGUSR1, note_signal, 0), 0);
	CHECK_EQ(send_signal(sys_getpid(), SIGUSR1), 0);
	CHECK_EQ(handled, 1);
	CHECK_EQ(last_info.si_signo, SIGUSR1);
	CHECK_EQ(last_info.si_code, SI_USER);
	CHECK_EQ(last_info.si_pid, sys_getpid());
}

static long send_self(void)
{
	return send_signal(sys_getpid(), SIGUSR1);
}

static void spoil_vector(int signal, siginfo_t *info, void *context)
{
	note_signal(signal, info, context);
	__asm__ volatile("pcmpeqd %%xmm3, %%xmm3" : : : "xmm3");
}

static void vector_state(void)
{
	CHECK_EQ(set_action(SIGUSR1, spoil_vector, 0), 0);
	CHECK_EQ(vector_kept(send_self), 1);
	CHECK_EQ(handled, 1);
}

static void blocked(void)
{
	unsigned long pending = 0;

	CHECK_EQ(set_action(SIGUSR1, note_signal, 0), 0);
	CHECK_EQ(set_mask(bit(SIGUSR1)), 0);
	send_self();
	send_self();
	CHECK_EQ(handled, 0);
	CHECK_EQ(sys_call3(SYS_rt_sigpending, (long)&pending, 8, 0), 0);
	CHECK_EQ(pending, bit(SIGUSR1));
	CHECK_EQ(set_mask(0), 0);
	CHECK_EQ(handled, 1);
}

static void queued(void)
{
	CHECK_EQ(set_action(40, note_signal, 0), 0);
	CHECK_EQ(set_mask(bit(40)), 0);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(send_signal(sys_getpid(), 40), 0);
	CHECK_EQ(set_mask(0), 0);
	CHECK_EQ(handled, 5);
}

static void unblockable(void)
{
	unsigned long before = 0;

	CHECK_EQ(set_mask(~0UL), 0);
	CHECK_EQ(sys_call4(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)&before, 8), 0);
	CHECK_EQ(before & (bit(SIGKILL) | bit(SIGSTOP)), 0);
	CHECK_EQ(set_action(SIGKILL, note_signal, 0), -EINVAL);
	CHECK_EQ(set_action(SIGSTOP, note_signal, 0), -EINVAL);
	CHECK_EQ(set_action(65, note_signal, 0), -EINVAL);
	CHECK_EQ(sys_call4(SYS_rt_sigprocmask, 17, (long)&before, 0, 8), -EINVAL);
	CHECK_EQ(sys_call4(SYS_rt_sigprocmask, SIG_BLOCK, (long)&before, 0, 16), -EINVAL);
	CHECK_EQ(sys_call4(SYS_rt_sigaction, SIGUSR1, 8, 0, 8), -EFAULT);
}

static int depth;

static void nest(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info, (void)context;
	if (++depth < 3)
		send_self();
}

static void masked_in_handler(void)
{
	CHECK_EQ(set_action(SIGUSR1, nest, 0), 0);
	send_self();
	CHECK_EQ(depth, 3); /* one after the other: each is blocked while the one before it runs */
	depth = 0;
	CHECK_EQ(set_action(SIGUSR1, nest, SA_NODEFER), 0);
	send_self();
	CHECK_EQ(depth, 3);
}

static void reset(void)
{
	struct raw_action old;

	CHECK_EQ(set_action(SIGUSR1, note_signal, SA_RESETHAND), 0);
	send_self();
	CHECK_EQ(sys_call4(SYS_rt_sigaction, SIGUSR1, 0, (long)&old, 8), 0);
	CHECK(old.handler == NULL);
}

static char *fault_page;

static void repair(int signal, siginfo_t *info, void *context)
{
	note_signal(signal, info, context);
	sys_call3(SYS_mprotect, (long)fault_page, PAGE, PROT_READ | PROT_WRITE);
}

static void fault_handled(void)
{
	fault_page = map_pages(1, PROT_READ);
	CHECK_EQ(set_action(SIGSEGV, repair, 0), 0);
	*(volatile char *)(fault_page + 17) = 5;
	CHECK_EQ(handled, 1);
	CHECK(last_info.si_addr == fault_page + 17);
	CHECK_EQ(fault_page[17], 5);
}

static void skip_division(int signal, siginfo_t *info, void *context)
{
	ucontext_t *user = context;

	note_signal(signal, info, context);
	user->uc_mcontext.gregs[REG_RIP] += 2; /* f7 f9: idiv %ecx */
	user->uc_mcontext.gregs[REG_RAX] = 99;
}

static void registers_changed(void)
{
	int result = 7;

	CHECK_EQ(set_action(SIGFPE, skip_division, 0), 0);
	__asm__ volatile("xorl %%ecx, %%ecx\n\tcltd\n\tidivl %%ecx"
			 : "+a"(result)
			 :
			 : "ecx", "edx");
	CHECK_EQ(result, 99);
	CHECK_EQ(last_info.si_code, FPE_INTDIV);
}

static char other_stack[16384];
static uintptr_t where;

static void note_stack(int signal, siginfo_t *info, void *context)
{
	char here;

	note_signal(signal, info, context);
	where = (uintptr_t)&here;
}

static void alternative_stack(void)
{
	stack_t stack = {.ss_sp = other_stack, .ss_size = sizeof(other_stack)}, old;

	CHECK_EQ(sys_call3(SYS_sigaltstack, (long)&stack, 0, 0), 0);
	CHECK_EQ(set_action(SIGUSR1, note_stack, SA_ONSTACK), 0);
	send_self();
	CHECK(where - (uintptr_t)other_stack < sizeof(other_stack));
	CHECK_EQ(sys_call3(SYS_sigaltstack, 0, (long)&old, 0), 0);
	CHECK(old.ss_sp == other_stack && old.ss_size == sizeof(other_stack));
	stack.ss_size = 100;
	CHECK_EQ(sys_call3(SYS_sigaltstack, (long)&stack, 0, 0), -ENOMEM);
}

static void hostile_return(void)
{
	/* A stack pointer at no frame: SIGSEGV, not the kernel's end. */
	__asm__ volatile("movq $0x1000, %%rsp\n\tmovl $15, %%eax\n\tsyscall" : : : "memory");
}

static void random_frame(void)
{
	static unsigned long junk[512];

	for (size_t i = 0; i < 512; i++)
		junk[i] = ticks() * 0x9e3779b97f4a7c15UL;
	__asm__ volatile("movq %0, %%rsp\n\tmovl $15, %%eax\n\tsyscall"
			 :
			 : "r"(junk + 64)
			 : "memory");
}

static void no_restorer(void)
{
	struct raw_action action = {note_signal, SA_SIGINFO, NULL, 0};

	CHECK_EQ(sys_call4(SYS_rt_sigaction, SIGUSR1, (long)&action, 0, 8), 0);
	send_self();
}

static void inherited(void)
{
	long pid;

	CHECK_EQ(set_action(SIGUSR1, note_signal, 0), 0);
	pid = sys_fork();
	if (pid == 0) {
		send_self();
		sys_exit(handled);
	}
	expect_exit(pid, 1);
	CHECK_EQ(handled, 0);
}

static const struct test_case cases[] = {
	CASE("a handler runs, and knows from whom", caught),
	CASE("vector registers survive a handler", vector_state),
	CASE("a blocked signal waits, once", blocked),
	CASE("real-time signals queue", queued),
	CASE("bad arguments; KILL and STOP cannot be blocked", unblockable),
	CASE("a handler is not interrupted by its own signal", masked_in_handler),
	CASE("SA_RESETHAND", reset),
	CASE("a handler repairs a fault", fault_handled),
	CASE("a handler changes registers", registers_changed),
	CASE("the alternative stack", alternative_stack),
	CASE("a child inherits handlers, not signals", inherited),
	DIES("returning from no frame", hostile_return, SIGSEGV),
	DIES("returning from a random frame", random_frame, SIGSEGV),
	DIES("a handler without a restorer", no_restorer, SIGSEGV),
};
TEST_SUITE(handling, cases);
