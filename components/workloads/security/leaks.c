/*
 * leaks: what the kernel hands out holds nothing of itself or of others.
 *
 * One process leaves a secret everywhere it can and exits; the next looks for
 * it in everything it gets. Addresses of the kernel count as secrets, too.
 */
#include <elf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>

#include <workloads/common/probes.h>
#include <workloads/common/test.h>

#define SECRET       0x7e57ab1e5ec2e7a5
#define SECRET_PAGES 4096 /* 16 MiB */

static bool is_kernel_address(uint64_t word)
{
	return word >= 0xffff800000000000 &&
	       word < (uint64_t)-4096; /* above that: small negative numbers */
}

static bool is_clean(const void *start, size_t size)
{
	const uint64_t *words = start;

	for (size_t i = 0; i < size / 8; i++)
		if (words[i] == SECRET || is_kernel_address(words[i]))
			return false;
	return true;
}

static struct vector_probe vectors;

static void fill_vectors(uint64_t pattern)
{
	for (size_t i = 0; i < sizeof(vectors.before); i += 8)
		memcpy((uint8_t *)vectors.before + i, &pattern, 8);
}

/* The secret in memory, on the stack, in the heap, in a pipe and in the vector registers. */
static void leave_secrets(void)
{
	uint64_t *base = (uint64_t *)map_pages(SECRET_PAGES, PROT_READ | PROT_WRITE);
	uint64_t stack[2048];
	int fds[2];

	for (size_t i = 0; i < SECRET_PAGES * PAGE / 8; i++)
		base[i] = SECRET;
	for (size_t i = 0; i < 2048; i++)
		stack[i] = SECRET;
	__asm__ volatile("" : : "r"(stack) : "memory"); /* or the compiler would leave it out */
	CHECK(sys_brk((char *)sys_brk(NULL) + 16 * PAGE) > 0);
	memcpy((char *)sys_brk(NULL) - 16 * PAGE, base, 16 * PAGE);
	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_write(fds[1], base, PAGE), PAGE);
	fill_vectors(SECRET);
	probe_xmm(&vectors, SYS_getpid);
}

static void second_hand_memory(void)
{
	char *base;

	for (int i = 0; i < 4; i++)
		expect_exit(spawn(leave_secrets), 0);
	base = map_pages(SECRET_PAGES, PROT_READ | PROT_WRITE);
	for (size_t i = 0; i < SECRET_PAGES * PAGE; i += 8)
		CHECK_EQ(*(uint64_t *)(base + i), 0);
	base = (char *)sys_brk(NULL);
	CHECK(sys_brk(base + 64 * PAGE) > 0);
	for (size_t i = 0; i < 64 * PAGE; i++)
		CHECK_EQ(base[i], 0);
}

/* Below where a new program's stack is in use there are zeroes. */
static void new_program(void)
{
	char *argv[] = {(char *)own_path, TEST_CHILD_PREFIX "fresh", NULL}, *envp[] = {NULL};

	expect_exit(spawn(leave_secrets), 0);
	CHECK_EQ(sys_execve(own_path, argv, envp), 0);
}

static char bss[8 * PAGE] __attribute__((aligned(4096)));

static bool is_fresh(void)
{
	char *low = (char *)((uintptr_t)__builtin_frame_address(0) & ~(PAGE - 1)) - 15 * PAGE;
	char *top = (char *)start_argv;

	for (size_t i = 0; i < 15 * PAGE - PAGE; i += 8)
		if (*(volatile uint64_t *)(low + i) == SECRET)
			return false;
	while (is_readable((char *)(((uintptr_t)top + PAGE) & ~(PAGE - 1)), 1))
		top = (char *)(((uintptr_t)top + PAGE) & ~(PAGE - 1));
	top = (char *)(((uintptr_t)top + PAGE) & ~(PAGE - 1));
	if (!is_clean(start_argv, (size_t)(top - (char *)start_argv)))
		return false; /* arguments, environment, auxiliary vector and strings */
	for (size_t i = 0; i < sizeof(bss); i++)
		if (bss[i] != 0)
			return false;
	return true;
}

int test_child(const char *role)
{
	if (strcmp(role, TEST_CHILD_PREFIX "fresh") != 0)
		return 2;
	CHECK(is_fresh());
	return 0;
}

/* Structures have holes and longer fields than what is in them; each is filled with a pattern
 * first. */
static void structures(void)
{
	static union {
		struct utsname system;
		struct rusage usage;
		struct timespec time;
		uint8_t bytes[1024];
	} out;
	long pid;

	memset(&out, 0x11, sizeof(out));
	CHECK_EQ(sys_call3(SYS_uname, (long)&out, 0, 0), 0);
	CHECK(is_clean(&out, sizeof(out)));
	CHECK_EQ(out.bytes[sizeof(out.system)], 0x11); /* and no byte too many */
	for (size_t i = 0; i < 6; i++) {
		const char *field = (const char *)&out + i * 65;

		for (size_t j = strlen(field); j < 65; j++)
			CHECK_EQ(field[j], 0);
	}
	memset(&out, 0x11, sizeof(out));
	CHECK_EQ(sys_clock_gettime(CLOCK_MONOTONIC, &out.time), 0);
	CHECK(is_clean(&out, sizeof(out)));
	CHECK_EQ(out.bytes[16], 0x11);
	pid = sys_fork();
	if (pid == 0)
		sys_exit(0);
	memset(&out, 0x11, sizeof(out));
	CHECK_EQ(sys_call4(SYS_wait4, pid, 0, 0, (long)&out), pid);
	CHECK(is_clean(&out, sizeof(out)));
	CHECK_EQ(out.bytes[sizeof(out.usage) > 144 ? 144 : sizeof(out.usage)], 0x11);
}

/* No more bytes come out of a pipe than went in, whatever the buffer was used for before. */
static void pipes_are_exact(void)
{
	static uint8_t got[2 * PAGE];
	int fds[2];

	expect_exit(spawn(leave_secrets), 0);
	for (size_t length = 1; length <= PAGE; length = length * 3 + 1) {
		CHECK_EQ(sys_pipe(fds), 0);
		memset(got, 0x22, sizeof(got));
		CHECK_EQ(sys_write(fds[1], bss, length), length);
		CHECK_EQ(sys_read(fds[0], got, sizeof(got)), length);
		for (size_t i = 0; i < sizeof(got); i++)
			CHECK_EQ(got[i], i < length ? 0 : 0x22);
		sys_close(fds[0]);
		sys_close(fds[1]);
	}
}

/* Processes that have the secret in their registers run in between; ours must be ours. */
static void spread_secret(void)
{
	fill_vectors(SECRET);
	for (int i = 0; i < 200; i++)
		probe_xmm(&vectors, SYS_sched_yield);
}

static void vector_registers(void)
{
	long pid = spawn(spread_secret);
	struct vector_probe mine = {0};

	for (int i = 0; i < 200; i++) {
		probe_xmm(&mine, SYS_sched_yield);
		for (int n = 0; n < 16; n++)
			CHECK(is_clean(mine.after[n], 16));
	}
	expect_exit(pid, 0);
}

/* Every register after every kind of call: results, errors, faults, switches. */
static void registers_after_calls(void)
{
	static const long numbers[] = {SYS_getpid, SYS_getppid, SYS_read, SYS_write, SYS_brk,
		SYS_mmap, SYS_munmap, SYS_pipe, SYS_close, SYS_dup2, SYS_wait4, SYS_execve,
		SYS_sched_yield, SYS_clock_gettime, SYS_nanosleep, SYS_writev, SYS_uname,
		SYS_arch_prctl, 400, 1000, 1L << 31};
	/* No open file, not even in the lower half: a console would be waited for. */
	static const uint64_t arguments[] = {99, -1UL, 0x800000000063};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		for (size_t argument = 0; argument < 3; argument++) {
			struct register_probe probe = {.number = (uint64_t)numbers[i]};

			for (int r = 0; r < KEPT_REGISTERS; r++)
				probe.before[r] = 0x1000 + (uint64_t)r;
			probe.before[RDI] = arguments[argument];
			probe_registers(&probe);
			CHECK(memcmp(probe.before, probe.after, sizeof(probe.before)) == 0);
			CHECK(!is_kernel_address(probe.rax) && !is_kernel_address(probe.rcx) &&
				!is_kernel_address(probe.r11));
		}
}

static const struct test_case cases[] = {
	CASE("second-hand memory is zero", second_hand_memory),
	CASE("a new program's stack and data hold nothing of others", new_program),
	CASE("structures from the kernel have no holes and no byte too many", structures),
	CASE("pipes give what was written and no more", pipes_are_exact),
	CASE("vector registers do not pass from one process to another", vector_registers),
	CASE("no register holds an address of the kernel after a call", registers_after_calls),
};
TEST_SUITE(leaks, cases);
