/*
 * registers: what a process has in the processor stays its own and stays as it is.
 */
#include <string.h>

#include <workloads/common/probes.h>
#include <workloads/common/test.h>

static int fds[2];

/* Call `number` with three arguments, everything else filled with patterns. Twice, as a second
 * entry may find leftovers. */
static struct register_probe keep(long number, long a, long b, long c)
{
	struct register_probe probe = {.number = (uint64_t)number};

	for (int i = 0; i < KEPT_REGISTERS; i++)
		probe.before[i] = 0x1122334455667700 + (uint64_t)i * 0x0101010101010101;
	probe.before[RDI] = (uint64_t)a;
	probe.before[RSI] = (uint64_t)b;
	probe.before[RDX] = (uint64_t)c;
	probe_registers(&probe);
	for (int i = 0; i < KEPT_REGISTERS; i++)
		CHECK_EQ(probe.after[i], probe.before[i]);
	CHECK_EQ(probe.rsp_after, probe.rsp_before);
	CHECK((int64_t)probe.rcx >= 0 && (int64_t)probe.r11 >= 0); /* no kernel address leaks out */
	return probe;
}

static void over_calls(void)
{
	static char buffer[64];

	CHECK_EQ(sys_pipe(fds), 0);
	for (int round = 0; round < 2; round++) {
		CHECK_EQ(keep(SYS_getpid, -1, -2, -3).rax, sys_getpid());
		CHECK_EQ(keep(SYS_getppid, -1, -2, -3).rax, sys_getppid());
		CHECK_EQ(keep(SYS_write, fds[1], (long)"abc", 3).rax, 3);
		CHECK_EQ(keep(SYS_read, fds[0], (long)buffer, 64).rax, 3);
		CHECK_EQ(keep(SYS_brk, 0, 0, 0).rax, sys_brk(NULL));
		CHECK_EQ(keep(SYS_read, -1, 0, 0).rax, -EBADF);
		CHECK_EQ(keep(SYS_write, fds[1], 0x800000000000, 3).rax, -EFAULT);
		CHECK_EQ(keep(SYS_wait4, -1, 0, 0).rax, -ECHILD);
		CHECK_EQ(keep(1000, 1, 2, 3).rax, -ENOSYS);
	}
}

static void over_switches(void)
{
	static struct {
		long seconds, nanoseconds;
	} length = {0, 1000000};
	long pid = sys_fork();

	if (pid == 0) {
		for (int i = 0; i < 200; i++)
			keep(SYS_sched_yield, 1, 2, 3);
		sys_exit(0);
	}
	for (int i = 0; i < 200; i++)
		CHECK_EQ(keep(SYS_sched_yield, -1, -2, -3).rax, 0);
	CHECK_EQ(keep(SYS_nanosleep, (long)&length, 0, 7).rax, 0);
	expect_exit(pid, 0);
}

static void over_fork(void)
{
	struct register_probe probe =
		keep(SYS_fork, 77, 78, 79); /* checks them in both processes */

	if (probe.rax == 0)
		sys_exit(0);
	CHECK((long)probe.rax > 0);
	expect_exit((long)probe.rax, 0);
}

static void red_zone(void)
{
	CHECK_EQ(probe_red_zone(SYS_getpid), 0);
	CHECK_EQ(probe_red_zone(SYS_sched_yield), 0);
	CHECK_EQ(probe_red_zone(1000), 0);
}

static void fill(struct vector_probe *probe, uint8_t seed)
{
	for (size_t i = 0; i < sizeof(probe->before); i++)
		probe->before[i / 32][i % 32] = (uint8_t)(seed + i * 37 + i / 32);
	memset(probe->after, 0, sizeof(probe->after));
}

static bool xmm_kept(const struct vector_probe *probe)
{
	for (int i = 0; i < 16; i++)
		if (memcmp(probe->before[i], probe->after[i], 16) != 0)
			return false;
	return true;
}

static void xmm_rounds(uint8_t seed)
{
	struct vector_probe probe;

	for (int i = 0; i < 100; i++) {
		fill(&probe, (uint8_t)(seed + i));
		probe_xmm(&probe, i % 2 ? SYS_sched_yield : SYS_getpid);
		CHECK(xmm_kept(&probe));
	}
}

static void xmm_over_switches(void)
{
	for (int i = 0; i < 3; i++)
		if (sys_fork() == 0) {
			xmm_rounds((uint8_t)(i * 50));
			sys_exit(0);
		}
	xmm_rounds(200);
	for (int i = 0; i < 3; i++) {
		int status = -1;

		CHECK(sys_wait4(-1, &status, 0) > 0);
		CHECK_EQ(status, 0);
	}
}

static void xmm_over_fork(void)
{
	struct vector_probe probe;
	long pid;

	fill(&probe, 9);
	pid = probe_xmm(&probe, SYS_fork);
	if (pid == 0)
		sys_exit(xmm_kept(&probe) ? 0 : 1);
	CHECK(pid > 0 && xmm_kept(&probe));
	expect_exit(pid, 0);
}

/* Does the kernel keep ymm (XCR0 bits 1 and 2), on a processor that has it? */
static bool has_ymm(void)
{
	uint32_t a = 1, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if ((c & (1U << 27)) == 0 || (c & (1U << 28)) == 0) /* OSXSAVE, AVX */
		return false;
	__asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
	return (a & 6) == 6;
}

static void ymm_over_switches(void)
{
	struct vector_probe probe;
	long pid;

	if (!has_ymm())
		skip("the kernel does not offer AVX");
	fill(&probe, 33);
	pid = probe_ymm(&probe, SYS_fork);
	for (int i = 0; i < 50; i++) {
		CHECK(memcmp(probe.before, probe.after, sizeof(probe.before)) == 0);
		fill(&probe, (uint8_t)(pid == 0 ? i : 128 + i));
		probe_ymm(&probe, SYS_sched_yield);
	}
	if (pid == 0)
		sys_exit(0);
	expect_exit(pid, 0);
}

/* Control words and the x87 stack: the child changes its own. */
static void x87_over_fork(void)
{
	uint16_t control = 0x27f, control_after;
	uint32_t mxcsr = 0x5f80, mxcsr_after; /* round up */
	double kept = 0;
	long pid;

	__asm__ volatile("fldcw %0\n\tldmxcsr %1\n\tfldpi" : : "m"(control), "m"(mxcsr));
	pid = sys_fork();
	if (pid == 0)
		__asm__ volatile("fninit");
	sys_sched_yield();
	if (pid == 0)
		sys_exit(0);
	__asm__ volatile("fstpl %0\n\tfnstcw %1\n\tstmxcsr %2"
			 : "=m"(kept), "=m"(control_after), "=m"(mxcsr_after));
	expect_exit(pid, 0);
	CHECK_EQ(control_after, control);
	CHECK_EQ(mxcsr_after, mxcsr);
	CHECK(kept > 3.14 && kept < 3.15);
}

static __thread long own_word = 5;

static void thread_pointer(void)
{
	long pid = sys_fork();

	for (int i = 0; i < 50; i++) {
		own_word += pid == 0 ? 1 : 2;
		sys_sched_yield();
	}
	if (pid == 0)
		sys_exit(own_word == 55 ? 0 : 1);
	CHECK_EQ(own_word, 105);
	expect_exit(pid, 0);
}

#define SPIN_ROUNDS 15000000

/* Three processes that make no system call: only a timer can switch between them. */
static void over_preemption(void)
{
	for (uint64_t i = 0; i < 3; i++)
		if (sys_fork() == 0)
			sys_exit(
				probe_spin(0x1000 + (i << 56 | i << 20), SPIN_ROUNDS) == 0 ? 0 : 1);
	for (int i = 0; i < 3; i++) {
		int status = -1;

		CHECK(sys_wait4(-1, &status, 0) > 0);
		CHECK_EQ(status, 0);
	}
}

static const struct test_case cases[] = {
	CASE("general registers survive system calls", over_calls),
	CASE("general registers survive switches", over_switches),
	CASE("general registers are the same in parent and child", over_fork),
	CASE("the red zone below the stack survives", red_zone),
	CASE("xmm registers survive calls and switches", xmm_over_switches),
	CASE("xmm registers are the same in parent and child", xmm_over_fork),
	CASE("ymm registers survive, too", ymm_over_switches),
	CASE("floating-point control and stack are each process's own", x87_over_fork),
	CASE("the thread pointer is each process's own", thread_pointer),
	CASE("all registers survive preemption", over_preemption),
};
TEST_SUITE(registers, cases);
