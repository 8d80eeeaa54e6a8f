/*
 * fuzz: thousands of system calls with hostile arguments.
 *
 * Each case is one stretch from its own seed, made by a child that may lose its
 * mind or its life: it must either exit or be killed for a fault of its own, and
 * everybody else must be as well as before. Arguments are drawn from what is
 * known to hurt: limits, bad and half-good addresses, numbers that wrap.
 *
 * Calls that would sleep, fork or end the process are left out, as they would
 * only make the stretch shorter. None of those that are left can harm a host.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <workloads/common/probes.h>
#include <workloads/common/test.h>

#define SCRATCH_PAGES 16
#define CALLS         2000

static uint64_t state;
static char *scratch; /* memory that may be unmapped, protected or overwritten */
static int ends[2];   /* of a pipe that does not block */

static uint64_t next_random(void)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return state >> 33;
}

#define PICK(table) ((table)[next_random() % (sizeof(table) / sizeof((table)[0]))])

static uint64_t bad_address(void)
{
	static const uint64_t bad[] = {0, 1, 8, 0xfff, 0x1000, 0x7fffffffefff, 0x7ffffffff000,
		0x7fffffffffff, 0x800000000000, 0xdeadbeefdeadbeef, 0xffff800000000000,
		0xffff888000000000, 0xffffffff80000000, 0xffffffff80100000, 0xfffffffffffff000,
		~0UL};

	return PICK(bad);
}

static uint64_t some_address(void)
{
	if (next_random() % 3 == 0)
		return bad_address();
	return (uint64_t)scratch + next_random() % (SCRATCH_PAGES * PAGE) * (next_random() % 2) +
	       (next_random() % SCRATCH_PAGES) * PAGE * (next_random() % 2);
}

static uint64_t some_length(void)
{
	static const uint64_t lengths[] = {0, 1, 7, 8, 16, 100, 4095, 4096, 4097, 8192, 65536,
		1 << 20, 1UL << 31, 1UL << 32, 1UL << 46, 1UL << 47, 1UL << 63, -1UL, -2UL,
		-4096UL};

	return PICK(lengths);
}

/* The ends of our pipe are never closed: a write without a reader would end the stretch. */
static uint64_t other_descriptor(void)
{
	static const uint64_t odd[] = {-1UL, -2UL, 63, 64, 255, 256, 1023, 1024, 1 << 20,
		0x7fffffff, 0x80000000, 1UL << 32 | 99, 3 | 7UL << 32};

	return next_random() % 2 ? next_random() % 40 + 2 : PICK(odd);
}

static uint64_t some_descriptor(void)
{
	return next_random() % 4 ? (uint64_t)ends[next_random() % 2] | next_random() << 40
				 : other_descriptor();
}

static uint64_t some_small(void)
{
	return next_random() % 4 ? next_random() % 16 : some_length();
}

enum kind {
	NONE,
	FD,
	OTHER,
	ADDRESS,
	BAD,
	LENGTH,
	PAGES,
	SMALL,
	PROT,
	FLAGS,
	FIXED,
	NOHANG,
	NOBLOCK
};

static uint64_t argument_of(enum kind kind)
{
	static const uint64_t flags[] = {0, MAP_PRIVATE, MAP_PRIVATE | MAP_ANONYMOUS,
		MAP_SHARED | MAP_ANONYMOUS, MAP_ANONYMOUS};

	switch (kind) {
	case FD:
		return some_descriptor();
	case OTHER:
		return other_descriptor();
	case PAGES:
		return next_random() % 8 ? next_random() % SCRATCH_PAGES * PAGE + next_random() % 2
					 : -PAGE;
	case FIXED:
		return MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
	case ADDRESS:
		return some_address();
	case LENGTH:
		return some_length();
	case SMALL:
		return some_small();
	case PROT:
		return next_random() % 4; /* nothing, read, write: code is of no use here */
	case FLAGS:
		return PICK(flags);
	case BAD: /* whatever has been mapped by now: or we would get a pipe that sleeps */
		return bad_address() | 1UL << 63;
	case NOHANG:
		return WNOHANG;
	case NOBLOCK:
		return O_NONBLOCK | next_random() % 2 * some_small();
	default:
		return next_random();
	}
}

static const struct {
	long number;
	enum kind arguments[6];
} calls[] = {
	{SYS_read, {FD, ADDRESS, LENGTH}},
	{SYS_write, {FD, ADDRESS, LENGTH}},
	{SYS_readv, {FD, ADDRESS, SMALL}},
	{SYS_writev, {FD, ADDRESS, SMALL}},
	{SYS_close, {OTHER}},
	{SYS_dup, {FD}},
	{SYS_dup2, {FD, OTHER}},
	{SYS_dup3, {FD, OTHER, SMALL}},
	{SYS_ioctl, {FD, SMALL, ADDRESS}},
	{SYS_pipe, {BAD}},
	{SYS_pipe2, {ADDRESS, NOBLOCK}},
	{SYS_mmap, {ADDRESS, LENGTH, PROT, FLAGS, FD, LENGTH}},
	{SYS_mmap, {ADDRESS, PAGES, PROT, FIXED, FD, LENGTH}},
	{SYS_mprotect, {ADDRESS, PAGES, PROT}},
	{SYS_munmap, {ADDRESS, PAGES}},
	{SYS_brk, {ADDRESS}},
	{SYS_wait4, {SMALL, ADDRESS, NOHANG, ADDRESS}},
	{SYS_execve, {ADDRESS, ADDRESS, ADDRESS}},
	{SYS_uname, {ADDRESS}},
	{SYS_clock_gettime, {SMALL, ADDRESS}},
	{SYS_clock_getres, {SMALL, ADDRESS}},
	{SYS_gettimeofday, {ADDRESS, ADDRESS}},
	{SYS_time, {ADDRESS}},
	{SYS_getrandom, {ADDRESS, SMALL, SMALL}},
	{SYS_arch_prctl, {SMALL, ADDRESS}},
	{SYS_set_tid_address, {ADDRESS}},
	{SYS_getpid, {NONE}},
	{SYS_getppid, {NONE}},
	{SYS_sched_yield, {NONE}},
	{400, {ADDRESS, LENGTH, ADDRESS}},
	{0x7fffffff, {ADDRESS, LENGTH, ADDRESS}},
};

/* One call. The registers that are nobody's arguments hold rubbish, and all must survive. */
static void one_call(void)
{
	static const int places[] = {RDI, RSI, RDX, R10, R8, R9};
	struct register_probe probe;
	size_t which = next_random() % (sizeof(calls) / sizeof(calls[0]));

	for (int i = 0; i < KEPT_REGISTERS; i++)
		probe.before[i] = next_random() << 32 | next_random();
	probe.number = (uint64_t)calls[which].number;
	for (int i = 0; i < 6; i++)
		probe.before[places[i]] = argument_of(calls[which].arguments[i]);
	probe_registers(&probe);
	if (memcmp(probe.before, probe.after, sizeof(probe.before)) != 0)
		sys_exit(2);
	if ((int64_t)probe.rax < -4095 || (int64_t)probe.rcx < 0)
		sys_exit(3); /* neither a result nor an error */
}

static void stretch(void)
{
	/* Not to spoil the report; and an empty pipe instead of a console to wait for. */
	for (int fd = 0; fd < 4; fd++)
		sys_close(fd);
	CHECK_EQ(sys_pipe2(ends, O_NONBLOCK), 0);
	scratch = map_pages(
		4 * SCRATCH_PAGES, PROT_READ | PROT_WRITE); /* what lies behind may suffer */
	for (int i = 0; i < CALLS; i++)
		one_call();
}

static uint64_t witness[512];

static void one_seed(uint64_t seed)
{
	int status = -1, fds[2];
	char text[4];
	long pid;

	state = seed;
	for (size_t i = 0; i < 512; i++)
		witness[i] = seed * i;
	pid = spawn(stretch);
	CHECK_EQ(sys_wait4(pid, &status, 0), pid);
	status &= ~0x80;
	CHECK(status == 0 || status == 11 || status == 7 || status == 13); /* SEGV, BUS, PIPE */
	for (size_t i = 0; i < 512; i++)
		CHECK_EQ(witness[i], seed * i);
	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_write(fds[1], "well", 4), 4);
	CHECK_EQ(sys_read(fds[0], text, 4), 4);
	CHECK(memcmp(text, "well", 4) == 0);
	sys_close(fds[0]);
	sys_close(fds[1]);
}

static void seeds(uint64_t first)
{
	for (uint64_t seed = first; seed < first + 5; seed++)
		one_seed(seed);
}

static void stretch_1(void)
{
	seeds(0x1000);
}

static void stretch_2(void)
{
	seeds(0x2000);
}

static void stretch_3(void)
{
	seeds(0x3000);
}

static void stretch_4(void)
{
	seeds(0x4000);
}

/* Two at a time, so that one is switched away from in the middle. */
static void together(void)
{
	long pids[4];

	for (int i = 0; i < 4; i++) {
		state = 0x5000 + (uint64_t)i;
		pids[i] = spawn(stretch);
	}
	for (int i = 0; i < 4; i++) {
		int status = -1;

		CHECK_EQ(sys_wait4(pids[i], &status, 0), pids[i]);
		status &= ~0x80;
		CHECK(status == 0 || status == 11 || status == 7 || status == 13);
	}
	one_seed(0x6000);
}

static const struct test_case cases[] = {
	CASE("10000 hostile calls, seeds from 0x1000", stretch_1),
	CASE("10000 hostile calls, seeds from 0x2000", stretch_2),
	CASE("10000 hostile calls, seeds from 0x3000", stretch_3),
	CASE("10000 hostile calls, seeds from 0x4000", stretch_4),
	CASE("four processes of hostile calls at a time", together),
};
TEST_SUITE(fuzz, cases);
