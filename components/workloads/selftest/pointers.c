/*
 * pointers: addresses that a kernel must not believe.
 *
 * Every call that takes an address gets each kind of bad one: nothing there,
 * the kernel's half, not canonical, wrapping round, or good for the first bytes
 * only. The answer is EFAULT, and nothing else happens.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>

#include <workloads/common/test.h>

static const uintptr_t nowhere[] = {
	0, 1, 0x1000, 0x7fffffffefff,           /* the last byte that could be user memory */
	0x7ffffffff000,                         /* the page that Linux keeps empty */
	0x7fffffffffff,                         /* the last canonical address below, */
	0x800000000000,                         /* and the first that is not */
	0xdeadbeefdeadbeef,                     /* in the middle of the hole */
	0xffff7fffffffffff, 0xffff800000000000, /* the kernel's half: its start, */
	0xffff888000000000,                     /* Linux' direct map, */
	0xffffffff80000000,                     /* where kernels are linked, */
	0xffffffff80100000, 0xfffffffffee00000, /* the local APIC, in some kernels, */
	0xfffffffffffffff8,                     /* and the end: eight bytes more wrap round */
};
#define NOWHERE (sizeof(nowhere) / sizeof(nowhere[0]))

static int fds[2];

static void open_pipe_with(const char *text)
{
	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_write(fds[1], text, strlen(text)), strlen(text));
}

static void for_each_bad(void (*test)(void *bad))
{
	char *guarded = map_guarded(1);

	memset(guarded, '\n', PAGE); /* a console may show the last byte */
	for (size_t i = 0; i < NOWHERE; i++)
		test((void *)nowhere[i]);
	test(guarded - PAGE);
	test(guarded + PAGE);
	test(guarded + PAGE - 1); /* one byte is there, the rest is not */
}

static void read_into(void *bad)
{
	char rest[32];

	open_pipe_with("0123456789abcdef");
	CHECK_EQ(sys_read(fds[0], bad, 16), -EFAULT);
	sys_close(fds[1]);
	CHECK(sys_read(fds[0], rest, sizeof(rest)) <= 16); /* the pipe still works */
	sys_close(fds[0]);
}

static void write_from(void *bad)
{
	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_write(fds[1], bad, 16), -EFAULT);
	sys_close(fds[0]);
	sys_close(fds[1]);
}

static void write_console(void *bad)
{
	long result = sys_write(1, bad, 16);

	CHECK(result == -EFAULT ||
		result == 1); /* a terminal may have taken the byte that is there */
}

static void writev_from(void *bad)
{
	struct iovec part = {bad, 16};

	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_call3(SYS_writev, fds[1], (long)bad, 1), -EFAULT);
	CHECK_EQ(sys_call3(SYS_writev, fds[1], (long)&part, 1), -EFAULT);
	sys_close(fds[0]);
	sys_close(fds[1]);
}

static void pipe_into(void *bad)
{
	int before[2], after[2];

	CHECK_EQ(sys_pipe(before), 0);
	sys_close(before[0]);
	sys_close(before[1]);
	CHECK_EQ(sys_pipe(bad), -EFAULT);
	CHECK_EQ(sys_pipe2(bad, 0), -EFAULT);
	CHECK_EQ(sys_pipe(after), 0);
	CHECK(after[0] == before[0] && after[1] == before[1]); /* no number was lost */
	sys_close(after[0]);
	sys_close(after[1]);
}

static void nothing(void)
{
}

/* NULL means "not wanted" here, and must not fail; the child may be gone after the failure. */
static void wait_into(void *bad)
{
	long result = sys_wait4(spawn(nothing), bad, 0);

	CHECK(bad == NULL ? result > 0 : result == -EFAULT);
	sys_wait4(-1, NULL, 0);
	result = sys_call4(SYS_wait4, spawn(nothing), 0, 0, (long)bad);
	CHECK(bad == NULL ? result > 0 : result == -EFAULT);
	sys_wait4(-1, NULL, 0);
}

static void execute(void *bad)
{
	char *argv[] = {(char *)own_path, NULL}, *bad_strings[] = {(char *)own_path, bad, NULL};

	CHECK_EQ(sys_execve(bad, argv, argv + 1), -EFAULT);
	if (bad != NULL) { /* which Linux takes for an empty list, and for the end of one */
		CHECK_EQ(sys_execve(own_path, bad, argv + 1), -EFAULT);
		CHECK_EQ(sys_execve(own_path, argv, bad), -EFAULT);
		CHECK_EQ(sys_execve(own_path, bad_strings, argv + 1), -EFAULT);
		CHECK_EQ(sys_execve(own_path, argv, bad_strings), -EFAULT);
	}
}

/* The one byte before a hole could be an empty string: then there is no such file. */
static void unterminated(void)
{
	char *guarded = map_guarded(1), *argv[] = {(char *)own_path, NULL};

	memset(guarded, 'x', PAGE);
	CHECK_EQ(sys_execve(guarded + PAGE - 8, argv, argv + 1), -EFAULT);
	argv[0] = guarded + PAGE - 8;
	CHECK_EQ(sys_execve(own_path, argv, argv + 1), -EFAULT);
}

static void executes(void)
{
	for (size_t i = 0; i < NOWHERE; i++)
		execute((void *)nowhere[i]);
	execute(map_guarded(1) + PAGE);
}

static void times(void *bad)
{
	CHECK_EQ(sys_clock_gettime(CLOCK_MONOTONIC, bad), -EFAULT);
	CHECK_EQ(sys_clock_gettime(CLOCK_REALTIME, bad), -EFAULT);
	CHECK_EQ(sys_nanosleep(bad, NULL), -EFAULT);
}

static void reads(void)
{
	for_each_bad(read_into);
}

static void writes(void)
{
	for_each_bad(write_from);
	for_each_bad(write_console);
}

static void vectors(void)
{
	for_each_bad(writev_from);
}

static void new_pipes(void)
{
	for_each_bad(pipe_into);
}

static void waits(void)
{
	for_each_bad(wait_into);
}

static void clocks(void)
{
	for_each_bad(times);
}

static void program_text(void)
{
	open_pipe_with("overwrite");
	CHECK_EQ(sys_read(fds[0], (void *)(uintptr_t)program_text, 9), -EFAULT);
	CHECK_EQ(sys_pipe((int *)(uintptr_t)program_text), -EFAULT);
	CHECK_EQ(sys_clock_gettime(CLOCK_MONOTONIC, (struct timespec *)(uintptr_t)program_text),
		-EFAULT);
}

static void huge_lengths(void)
{
	char *text = "four", got[8];

	open_pipe_with(text);
	CHECK_EQ(sys_write(fds[1], text, -1UL), -EFAULT);
	CHECK_EQ(sys_write(fds[1], text, 1UL << 63), -EFAULT);
	CHECK_EQ(sys_read(fds[0], got, -1UL), -EFAULT);
	CHECK_EQ(sys_read(fds[0], got, 1UL << 63), -EFAULT);
	CHECK_EQ(sys_read(fds[0], got, 1 << 20),
		4); /* more room claimed than there is, but not used */
	CHECK(memcmp(got, text, 4) == 0);
}

/* Memory that nobody has touched yet is good memory: the kernel has to bring it in. */
static void untouched_memory(void)
{
	char *fresh = map_pages(4, PROT_READ | PROT_WRITE);

	open_pipe_with("text");
	CHECK_EQ(sys_read(fds[0], fresh + PAGE - 2, 4), 4); /* across two fresh pages */
	CHECK(memcmp(fresh + PAGE - 2, "text", 4) == 0);
	CHECK_EQ(sys_write(fds[1], fresh + 3 * PAGE - 4, 8), 8);
	CHECK_EQ(sys_read(fds[0], fresh, 8), 8);
	CHECK(memcmp(fresh, "\0\0\0\0\0\0\0\0", 8) == 0);
}

static const struct test_case cases[] = {
	CASE("read refuses bad buffers", reads),
	CASE("write refuses bad buffers", writes),
	CASE("writev refuses bad vectors and bad buffers in them", vectors),
	CASE("pipe refuses bad addresses and keeps no descriptor", new_pipes),
	CASE("wait4 refuses bad addresses", waits),
	CASE("execve refuses bad paths, lists and strings", executes),
	CASE("execve refuses strings that have no end", unterminated),
	CASE("the clock calls refuse bad addresses", clocks),
	CASE("program text is not written to", program_text),
	CASE("huge lengths are refused, or do no harm", huge_lengths),
	CASE("untouched memory is good memory", untouched_memory),
};
TEST_SUITE(pointers, cases);
