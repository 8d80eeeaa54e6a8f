/*
 * flags: strange states of the processor at the moment of a system call.
 *
 * A program may set flags, segment registers and the stack pointer to what it
 * likes before it enters the kernel. The kernel works all the same, and the
 * program finds its own state again.
 */
#include <string.h>

#include <workloads/common/test.h>

#define FLAG_TRAP      (1L << 8)
#define FLAG_DIRECTION (1L << 10)
#define FLAG_NESTED    (1L << 14)
#define FLAG_ALIGNMENT (1L << 18)

/* Makes a call with `set` added to the flags; the flags that it returned with in *after. */
static long call_with_flags(long set, long number, long a, const void *b, long c, long *after)
{
	long result, flags;

	__asm__ volatile("sub $128, %%rsp\n\t" /* the compiler may use the red zone */
			 "pushf\n\tor %[set], (%%rsp)\n\tpopf\n\t"
			 "syscall\n\t"
			 "pushf\n\tpop %[flags]\n\t"
			 "push $0x202\n\tpopf\n\t"
			 "add $128, %%rsp"
			 : "=a"(result), [flags] "=&r"(flags)
			 : "0"(number), "D"(a), "S"(b), "d"(c), [set] "r"(set)
			 : "rcx", "r11", "cc", "memory");
	*after = flags;
	return result;
}

static int fds[2];

static void copy_with(long flag)
{
	char text[64], got[64];
	long after;

	for (int i = 0; i < 64; i++)
		text[i] = (char)('0' + i);
	memset(got, 0, sizeof(got));
	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(call_with_flags(flag, SYS_write, fds[1], text, 64, &after), 64);
	CHECK_EQ(after & flag, flag);
	CHECK_EQ(call_with_flags(flag, SYS_read, fds[0], got, 64, &after), 64);
	CHECK_EQ(after & flag, flag);
	CHECK(memcmp(text, got, 64) == 0);
}

static void direction(void)
{
	copy_with(FLAG_DIRECTION);
}

static void nested_task(void)
{
	long after;

	for (int i = 0; i < 3; i++)
		call_with_flags(FLAG_NESTED, SYS_sched_yield, 0, NULL, 0, &after);
	copy_with(FLAG_NESTED);
}

/* With SMAP this flag would let the kernel touch user memory anywhere, if it were left set. */
static void alignment(void)
{
	long after;

	copy_with(FLAG_ALIGNMENT);
	CHECK_EQ(call_with_flags(FLAG_ALIGNMENT, SYS_write, fds[1], (void *)0x1000, 8, &after),
		-EFAULT);
	CHECK_EQ(call_with_flags(FLAG_ALIGNMENT, SYS_sched_yield, 0, NULL, 0, &after), 0);
}

static void single_step(void)
{
	long after;

	call_with_flags(FLAG_TRAP, SYS_getpid, 0, NULL, 0, &after);
}

static void trap(void)
{
	expect_death(single_step, 5);
}

static void interrupts_stay_on(void)
{
	long flags;

	__asm__ volatile("pushf\n\tandq $~0x200, (%%rsp)\n\tpopf\n\tpushf\n\tpop %0"
			 : "=r"(flags)::"cc");
	CHECK((flags & 0x200) != 0);
	CHECK_EQ(flags & 0x3000, 0); /* I/O privilege */
}

/* getpid with the stack pointer anywhere; it must not matter to the kernel. */
static long getpid_on_stack(uint64_t stack)
{
	long result;

	__asm__ volatile("mov %%rsp, %%rbx\n\tmov %[stack], %%rsp\n\tsyscall\n\tmov %%rbx, %%rsp"
			 : "=a"(result)
			 : "0"(SYS_getpid), [stack] "r"(stack)
			 : "rbx", "rcx", "r11", "memory");
	return result;
}

static const uint64_t stacks[] = {0, 8, 0x800000000000, 0xdeadbeefdeadbeef, 0xffff800000000000,
	0xffffffff80100000, 0xfffffffffffffff8};

static void stack_anywhere(void)
{
	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++)
		CHECK_EQ(getpid_on_stack(stacks[i]), sys_getpid());
}

/* Spins with such a stack pointer until interrupts have surely come by. */
static void interrupted_there(void)
{
	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		long rounds = 6000000;

		__asm__ volatile("mov %%rsp, %%rbx\n\tmov %[stack], %%rsp\n\t"
				 "1: dec %[rounds]\n\tjnz 1b\n\tmov %%rbx, %%rsp"
				 : [rounds] "+r"(rounds)
				 : [stack] "r"(stacks[i])
				 : "rbx", "cc", "memory");
	}
}

static void stack_anywhere_interrupted(void)
{
	long pid = spawn(interrupted_there);

	interrupted_there();
	expect_exit(pid, 0);
}

/* ds, es and gs hold nothing of use in 64-bit mode; fs would take the thread pointer with it. */
static void null_segments(void)
{
	uint16_t none = 0;
	long pid = sys_fork();

	if (pid == 0) {
		__asm__ volatile("mov %0, %%ds\n\tmov %0, %%es\n\tmov %0, %%gs" : : "r"(none));
		for (int i = 0; i < 20; i++)
			sys_sched_yield();
		sys_exit(sys_getppid() > 0 ? 0 : 1);
	}
	sys_sched_yield();
	expect_exit(pid, 0);
	copy_with(0);
}

static const struct test_case cases[] = {
	CASE("the direction flag does not turn the kernel round", direction),
	CASE("the nested-task flag does no harm", nested_task),
	CASE("the alignment flag does no harm", alignment),
	CASE("single stepping over a call ends in SIGTRAP", trap),
	CASE("a program cannot turn interrupts off", interrupts_stay_on),
	CASE("system calls work wherever the stack pointer points", stack_anywhere),
	CASE("so do interrupts", stack_anywhere_interrupted),
	CASE("segment registers may be null", null_segments),
};
TEST_SUITE(flags, cases);
