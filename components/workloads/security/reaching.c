/*
 * reaching: for memory, ports and interrupts that are the kernel's.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <workloads/common/test.h>

enum { TRAP = 5, BUS = 7, SEGV = 11 };

extern const unsigned char vector_stubs[256][4];

static uint64_t state = 0x7365637572697479;

static uint64_t next_random(void)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return state >> 32 | state << 32;
}

/* Places where kernels keep things: their image, maps of physical memory, tables, devices. */
static const uint64_t landmarks[] = {
	0xffff800000000000,
	0xffff888000000000,
	0xffffc00000000000,
	0xffffc90000000000,
	0xffffea0000000000,
	0xffffff0000000000,
	0xffffff8000000000,
	0xffffffff80000000,
	0xffffffff80001000,
	0xffffffff80100000,
	0xffffffff81000000,
	0xffffffffa0000000,
	0xfffffffffec00000,
	0xfffffffffee00000,
	0xfffffffffffff000,
	0xfffffe0000000000,
};
#define LANDMARKS (sizeof(landmarks) / sizeof(landmarks[0]))

static uint64_t somewhere_above(void)
{
	switch (next_random() % 4) {
	case 0:
		return (landmarks[next_random() % LANDMARKS] + next_random() % (64 << 20)) |
		       1UL << 63;
	case 1:
		return 0xffffffff80000000 + next_random() % (1UL << 31);
	case 2:
		return 0xffff800000000000 | next_random() >> 17;
	default:
		return next_random() | 1UL << 63;
	}
}

/* Through the kernel: it must not copy its own memory out, nor into itself. */
static void through_system_calls(void)
{
	int fds[2];
	char byte;

	CHECK_EQ(sys_pipe2(fds, O_NONBLOCK), 0);
	for (int i = 0; i < 20000; i++) {
		uint64_t address = i < (int)LANDMARKS ? landmarks[i] : somewhere_above();

		CHECK_EQ(sys_write(fds[1], (void *)address, 1), -EFAULT);
		if (i % 8 == 0) {
			CHECK_EQ(sys_write(fds[1], "x", 1), 1);
			CHECK_EQ(sys_read(fds[0], (void *)address, 1), -EFAULT);
			sys_read(fds[0], &byte, 1); /* gone or not, the pipe is empty now */
		}
	}
}

static uint64_t target;

static void read_target(void)
{
	__asm__ volatile("mov (%0), %%al" : : "r"(target) : "rax");
}

static void write_target(void)
{
	__asm__ volatile("movb $0xcc, (%0)" : : "r"(target) : "memory");
}

static void jump_to_target(void)
{
	__asm__ volatile("jmp *%0" : : "r"(target));
}

static void by_hand(void)
{
	static void (*const ways[])(void) = {read_target, write_target, jump_to_target};

	for (unsigned i = 0; i < 3 * LANDMARKS; i++) {
		target = landmarks[i / 3] + (i / 3 % 2 ? 0x10 : 0);
		expect_death(ways[i % 3], SEGV);
	}
	for (unsigned i = 0; i < 60; i++) {
		target = somewhere_above();
		expect_death(ways[i % 3], SEGV);
	}
}

static int vector;

static void raise_vector(void)
{
	__asm__ volatile("call *%0"
			 :
			 : "r"(vector_stubs[vector]), "a"(-1L)
			 : "rcx", "r11", "memory");
}

/* Only the breakpoint, and a system-call gate where a kernel has one, are a program's to raise. */
static void every_vector(void)
{
	for (vector = 0; vector < 256; vector++) {
		int status = 0;
		long pid = spawn(raise_vector);

		CHECK_EQ(sys_wait4(pid, &status, 0), pid);
		status &= ~0x80;
		if (vector == 3)
			CHECK_EQ(status, TRAP);
		else if (vector == 0x80)
			CHECK(status == 0 || status == SEGV);
		else
			CHECK_EQ(status, SEGV);
	}
}

static uint16_t port;

static void port_in(void)
{
	__asm__ volatile("in %%dx, %%al" : : "d"(port) : "rax");
}

static void port_out(void)
{
	__asm__ volatile("out %%al, %%dx" : : "d"(port), "a"(0x10));
}

static void ports(void)
{
	static const uint16_t numbers[] = {0x20, 0x21, 0x40, 0x43, 0x60, 0x64, 0x70, 0x80, 0xa1,
		0xe9, 0x3f8, 0x501, 0x604, 0xcf8, 0xcf9, 0xcfc, 0xffff};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		port = numbers[i];
		expect_death(port_in, SEGV);
		expect_death(port_out, SEGV);
	}
}

/* A bit of the flags that a program may not have, put back through every door there is. */
static void privileged_flags(void)
{
	const long wanted =
		0x3000 | 1L << 17 | 1L << 19 | 1L << 20; /* I/O privilege, VM, VIF, VIP */
	long flags;

	__asm__ volatile("pushf\n\tpop %0\n\tor %1, %0\n\tpush %0\n\tpopf\n\tpushf\n\tpop %0"
			 : "=&r"(flags)
			 : "r"(wanted)
			 : "cc", "memory");
	CHECK_EQ(flags & wanted, 0);
	CHECK((flags & 0x200) != 0);
}

/* The instruction after a system call need not be there: then it is the program that faults, not
 * the kernel. */
static char *last_bytes;

static void call_at_the_end(void)
{
	__asm__ volatile("jmp *%0" : : "r"(last_bytes), "a"(SYS_getpid) : "memory");
}

static void end_of_memory(void)
{
	static char *const places[] = {(char *)0x7fffffffe000, (char *)0x10000000};

	for (int i = 0; i < 2; i++) {
		long base = sys_mmap(places[i], PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED);

		if (base != (long)places[i])
			continue; /* in use (the stack), or writable code is not to be had */
		last_bytes = places[i] + PAGE - 2;
		memcpy(last_bytes, "\x0f\x05", 2); /* syscall */
		expect_death(call_at_the_end, SEGV);
	}
}

static const struct test_case cases[] = {
	CASE("the kernel copies none of its memory, nor into it", through_system_calls),
	CASE("kernel memory cannot be read, written or run", by_hand),
	CASE("no vector but the breakpoint can be raised", every_vector),
	CASE("no port can be read or written", ports),
	CASE("privileged flags stay off", privileged_flags),
	CASE("a system call in the last bytes of memory", end_of_memory),
};
TEST_SUITE(reaching, cases);
