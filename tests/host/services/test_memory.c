/* Memory by address: random calls against Linux, and what Linux would answer on a machine of its
 * own. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/mman.h>

#include "linux_side.h"
#include "services_test.h"

#define STEPS  1500
#define PAGES  12
#define WINDOW 0x300000000000ull /* nothing is there, on either side */

struct step {
	long number;
	long arguments[6];
	bool anywhere; /* the answer is an address of the system's choice, which is given back */
};

struct trace {
	struct step steps[STEPS];
	long answers[STEPS];
	u8 pages[STEPS]
		[PAGES]; /* after each step: what can be done with each page, and what it holds */
};

static long pick(const long *from, size_t n)
{
	return from[host_random() % n];
}

/* Mostly pages of the window, sometimes nonsense. */
static long random_address(void)
{
	static const long odd[] = {
		0, 0x1000, (long)WINDOW + 1, (long)0x800000000000, -4096, (long)0xffff800000000000};

	return host_chance(12) ? pick(odd, 6)
			       : (long)(WINDOW + PAGE_SIZE * (host_random() % PAGES));
}

static long random_length(void)
{
	static const long odd[] = {
		0, 1, 4097, -1, -4096, (long)0x800000000000, (long)0x7fffffffffff0000};

	return host_chance(8) ? pick(odd, 7) : (long)(PAGE_SIZE * (1 + host_random() % 5));
}

/*
 * What becomes smaller, or one page that moves and grows: which mappings Linux takes for one, and
 * in what order it finds nonsense, has changed with its versions.
 */
static struct step random_remap(void)
{
	long from = (long)(host_random() % PAGES), to = (long)(host_random() % PAGES);
	long pages = 1 + (long)(host_random() % 4), at = (long)WINDOW + from * (long)PAGE_SIZE;

	if (host_chance(3))
		return (struct step){SYS_mremap,
			{at, 2 * (long)PAGE_SIZE, (long)PAGE_SIZE, host_chance(8) ? 64 : 0}, false};
	if (to <= from && from < to + pages)
		to = from + 1;
	return (struct step){SYS_mremap,
		{at, (long)PAGE_SIZE, pages * (long)PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
			(long)WINDOW + to * (long)PAGE_SIZE},
		false};
}

static struct step random_advice(void)
{
	static const long advice[] = {0, 1, 2, 3, 4, 4, 4, 16, 17, 5, 7, 30, 1000};
	long at = random_address(), length = random_length();

	if (length > 0x100000)
		length = (long)PAGE_SIZE;
	if (host_chance(4))
		return (struct step){
			SYS_msync, {at, length < 0 ? 1 : length, (long)(host_random() % 9)}, false};
	return (struct step){SYS_madvise, {at, length, pick(advice, 13)}, false};
}

static struct step random_step(void)
{
	static const long prots[] = {0, 1, 3, 2, 5, 3, 3};
	static const long odd_prots[] = {8, 16, 0x03000001, -1, 0x100};
	static const long flags[] = {MAP_PRIVATE, MAP_SHARED, MAP_PRIVATE | MAP_NORESERVE};
	static const long odd_flags[] = {0, 3, 15};
	static const long fixed[] = {MAP_FIXED, 0x100000, 0x100000 | MAP_FIXED};
	long prot = host_chance(15) ? pick(odd_prots, 2) : pick(prots, 7);
	long flag = host_chance(15) ? pick(odd_flags, 3) : pick(flags, 3);
	long place = pick(fixed, 3);
	long anonymous = host_chance(20) ? 0 : MAP_ANONYMOUS;
	long offset = host_chance(20) ? 1 : host_chance(20) ? 0x1000 : 0;
	long at = random_address(), length = random_length();

	switch (host_random() % 11) {
	case 0:
	case 1:
		if (at == 0 || at == 0x1000) /* root may do that on Linux */
			at = (long)WINDOW;
		if (place & 0x100000) /* two faults at once: the order in which they are found
					 differs */
			flag = MAP_PRIVATE;
		return (struct step){
			SYS_mmap, {at, length, prot, flag | anonymous | place, -1, offset}, false};
	case 2:
		return (struct step){
			SYS_mmap, {0, length, prot, flag | anonymous, -1, offset}, true};
	case 3:
	case 4:
		return (struct step){
			SYS_munmap, {(u64)at < 0x10000 ? (long)WINDOW : at, length}, false};
	case 5:
	case 6:
		return random_remap();
	case 7:
		return random_advice();
	default:
		if (length < 0 || length > 0x100000) /* Linux would go on into what the test program
							has above */
			length = (long)PAGE_SIZE;
		return (struct step){SYS_mprotect,
			{at, length, host_chance(15) ? pick(odd_prots, 5) : pick(prots, 7)}, false};
	}
}

/* Bit 0: can be read; bit 1: can be written; above: what is in it. */
static u8 look(bool readable, bool writable, u8 byte)
{
	return (u8)(readable | writable << 1 | (readable ? byte << 2 : 0));
}

/* Tries a page with calls that copy from and to it, through a pipe; they fail where the page does.
 */
static u8 try_page(const int fds[2], u64 at, u8 mark)
{
	u8 byte = 0, none;
	bool readable = linux_call(SYS_write, fds[1], (long)at, 1, 0, 0, 0) == 1;
	bool writable;

	if (readable)
		linux_call(SYS_read, fds[0], (long)&byte, 1, 0, 0, 0);
	linux_call(SYS_write, fds[1], (long)&mark, 1, 0, 0, 0);
	writable = linux_call(SYS_read, fds[0], (long)at, 1, 0, 0, 0) == 1;
	if (!writable) /* the byte is still in the pipe */
		linux_call(SYS_read, fds[0], (long)&none, 1, 0, 0, 0);
	return look(readable, writable, byte);
}

static void run_on_linux(void *argument)
{
	struct trace *trace = argument;
	int fds[2];

	check(linux_call(SYS_pipe, (long)fds, 0, 0, 0, 0, 0) == 0);
	for (size_t i = 0; i < STEPS; i++) {
		const long *a = trace->steps[i].arguments;
		long result =
			linux_call(trace->steps[i].number, a[0], a[1], a[2], a[3], a[4], a[5]);

		trace->answers[i] = result;
		if (trace->steps[i].anywhere && result >= 0)
			check(linux_call(SYS_munmap, result, a[1], 0, 0, 0, 0) == 0);
		for (size_t p = 0; p < PAGES; p++)
			trace->pages[i][p] =
				try_page(fds, WINDOW + p * PAGE_SIZE, (u8)(i % 61 + 1));
	}
}

static void run_here(void *argument)
{
	struct trace *trace = argument;
	char text[200];

	for (size_t i = 0; i < STEPS; i++) {
		const long *a = trace->steps[i].arguments;
		long result = host_sys(trace->steps[i].number, a[0], a[1], a[2], a[3], a[4], a[5]);
		bool alike = result == trace->answers[i];

		if (trace->steps[i].anywhere && result >= 0) {
			alike = trace->answers[i] >= 0;
			if (host_sys(SYS_munmap, result, a[1]) != 0)
				host_die("what was mapped cannot be unmapped");
		}
		for (size_t p = 0; p < PAGES; p++) {
			vaddr_t page = WINDOW + p * PAGE_SIZE;
			u8 byte = 0;
			bool readable = host_try_peek(&byte, page, 1);
			bool writable = host_try_poke(page, &(u8){(u8)(i % 61 + 1)}, 1);

			alike = alike && look(readable, writable, byte) == trace->pages[i][p];
		}
		if (alike)
			continue;
		snprintf(text, sizeof(text),
			"step %zu: call %ld(%lx, %lx, %lx, %lx, %lx, %lx): here %ld, on Linux %ld",
			i, trace->steps[i].number, a[0], a[1], a[2], a[3], a[4], a[5], result,
			trace->answers[i]);
		tap_ok(false, text);
		return;
	}
	tap_ok(true, "random calls on memory are answered as Linux answers them, with the same "
		     "pages left");
}

static void make_steps(void *argument)
{
	struct trace *trace = argument;

	for (size_t i = 0; i < STEPS; i++)
		trace->steps[i] = random_step();
}

static void compare_with_linux(u64 seed)
{
	struct trace *trace = linux_share(sizeof(*trace));

	test_run(make_steps, trace, (struct host_chances){.seed = seed},
		"the random calls are made up");
	tap_eq(linux_run(run_on_linux, trace), 0, "the calls are made on Linux");
	test_run(run_here, trace, (struct host_chances){.seed = seed}, "the calls are made here");
	linux_unshare(trace, sizeof(*trace));
}

/* --- brk --- */

static void test_brk(void *argument)
{
	long start = host_sys(SYS_brk, 0);
	long top = start + 3 * (long)PAGE_SIZE;

	(void)argument;
	tap_eq(start, TEST_ELF_END, "the heap begins behind the program");
	tap_eq(host_sys(SYS_brk, start + 100), start + 100, "it can grow by some bytes");
	tap_ok(host_try_poke((vaddr_t)start + 99, "x", 1), "which are there");
	tap_eq(host_sys(SYS_brk, top), top, "and by pages");
	host_poke((vaddr_t)top - 8, "abcdefgh", 8);
	tap_ok(!host_may_access((vaddr_t)top, 1, ENV_PROT_READ), "but no further");
	tap_ok(!host_may_access((vaddr_t)start, 1, ENV_PROT_EXEC), "it cannot be executed");
	tap_eq(host_sys(SYS_brk, start - 1), top, "it cannot end before it begins");
	tap_eq(host_sys(SYS_brk, ENV_USER_MAX), top, "nor beyond the user's addresses");
	tap_eq(host_sys(SYS_brk, -1), top, "nor nowhere");
	tap_eq(host_sys(SYS_mmap, top + (long)PAGE_SIZE, PAGE_SIZE, 3,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
		top + (long)PAGE_SIZE, "something else is mapped close by");
	tap_eq(host_sys(SYS_brk, top + 2 * (long)PAGE_SIZE), top, "then it cannot grow over that");
	tap_eq(host_sys(SYS_brk, top + (long)PAGE_SIZE), top, "nor up to it: a page stays free");
	tap_eq(host_sys(SYS_brk, start), start, "it can shrink");
	tap_ok(!host_may_access((vaddr_t)start, 1, ENV_PROT_READ), "to nothing");
	tap_eq(host_sys(SYS_brk, top), top, "and grow again");
	tap_ok(host_try_poke((vaddr_t)top - 8, "y", 1), "with memory");
	char zero[8];

	host_peek(zero, (vaddr_t)top - 7, 7);
	tap_ok(memcmp(zero, "\0\0\0\0\0\0", 7) == 0, "that is zero");
}

/* --- over fork --- */

static void child_of_memory(void *argument)
{
	const vaddr_t *at = argument;

	host_poke(at[0], "child", 5);
	host_poke(at[1], "child", 5);
}

static void test_fork(void *argument)
{
	vaddr_t at[2] = {
		(vaddr_t)host_sys(SYS_mmap, 0, PAGE_SIZE, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		(vaddr_t)host_sys(SYS_mmap, 0, PAGE_SIZE, 3, MAP_SHARED | MAP_ANONYMOUS, -1, 0),
	};
	char text[6] = "";

	(void)argument;
	host_fork(SYS_fork, child_of_memory, at);
	host_sys(SYS_wait4, -1);
	host_peek(text, at[0], 5);
	tap_eq(text[0], 0, "private memory is the child's own");
	host_peek(text, at[1], 5);
	tap_ok(memcmp(text, "child", 5) == 0, "shared memory is not");
}

/* --- where we differ from a Linux of one's own, or Linux's answer depends on its user --- */

static void test_edges(void *argument)
{
	const long anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
	long top = (long)ENV_STACK_TOP;

	(void)argument;
	tap_eq(host_sys(SYS_mmap, 0x1000, PAGE_SIZE, 3, anonymous | MAP_FIXED, -1, 0), -EPERM,
		"nothing is mapped at the bottom");
	tap_eq(host_sys(SYS_mmap, top, PAGE_SIZE, 3, anonymous | MAP_FIXED, -1, 0), -ENOMEM,
		"nor where the placement has its own");
	tap_eq(host_sys(SYS_mmap, top - 4096, 0x2000, 3, anonymous | MAP_FIXED, -1, 0), -ENOMEM,
		"nor partly there");
	tap_eq(host_sys(SYS_munmap, top, PAGE_SIZE), 0, "to unmap there does nothing");
	tap_eq(host_sys(SYS_munmap, ENV_USER_MAX - 0x1000, 0x1000), 0, "even at the end");
	tap_eq(host_sys(SYS_mprotect, top, PAGE_SIZE, 1), -ENOMEM,
		"to protect there finds nothing");
	tap_eq(host_sys(SYS_mprotect, top - 4096, 2 * PAGE_SIZE, 3), -ENOMEM, "nor partly there");
	tap_eq(host_sys(SYS_mmap, 0, PAGE_SIZE, 3, MAP_PRIVATE, 0, 0), -ENODEV,
		"a terminal cannot be mapped");
	tap_eq(host_sys(SYS_mmap, 0, PAGE_SIZE, 3, MAP_PRIVATE, 99, 0), -EBADF,
		"nor what is not open");
	tap_eq(host_sys(SYS_mmap, 0x123456789, PAGE_SIZE, 3, anonymous, -1, 0), 0x123456000,
		"a hint is taken, rounded down");
	tap_ok(host_sys(SYS_mmap, 0x123456000, PAGE_SIZE, 3, anonymous, -1, 0) > 0x700000000000,
		"unless something is there");
}

void test_memory(void);
void test_memory(void)
{
	test_run_plain(test_brk, "brk");
	test_run_plain(test_fork, "memory over fork");
	test_run_plain(test_edges, "edges");
	for (u64 seed = 0; seed < 8; seed++)
		compare_with_linux(test_seed() * 1000 + seed);
}
