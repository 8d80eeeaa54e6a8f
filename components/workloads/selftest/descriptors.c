/*
 * descriptors: numbers, close, dup2, and what is not open.
 */
#include <sys/resource.h>

#include <workloads/common/test.h>

static char buffer[16];

static void lowest_numbers(void)
{
	int first[2], second[2], third[2];

	CHECK_EQ(sys_pipe(first), 0);
	CHECK_EQ(sys_pipe(second), 0);
	CHECK(first[0] > 2 && first[1] > first[0] && second[0] > first[1] && second[1] > second[0]);
	CHECK_EQ(sys_close(first[1]), 0);
	CHECK_EQ(sys_close(first[0]), 0);
	CHECK_EQ(sys_pipe(third), 0);
	CHECK(third[0] == first[0] && third[1] == first[1]);
}

static void not_open(void)
{
	static const int numbers[] = {-1, 99, 1 << 20, 0x7fffffff, -0x7fffffff - 1};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		CHECK_EQ(sys_read(numbers[i], buffer, 1), -EBADF);
		CHECK_EQ(sys_read(numbers[i], buffer, 0), -EBADF);
		CHECK_EQ(sys_write(numbers[i], buffer, 1), -EBADF);
		CHECK_EQ(sys_call3(SYS_writev, numbers[i], 0, 0), -EBADF);
		CHECK_EQ(sys_close(numbers[i]), -EBADF);
		CHECK_EQ(sys_dup2(numbers[i], 50), -EBADF);
		CHECK_EQ(sys_dup2(numbers[i], numbers[i]), -EBADF);
	}
}

static void wrong_direction(void)
{
	int fds[2];

	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_write(fds[0], "x", 1), -EBADF);
	CHECK_EQ(sys_read(fds[1], buffer, 1), -EBADF);
}

static void closed_twice(void)
{
	int fds[2];

	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_close(fds[0]), 0);
	CHECK_EQ(sys_close(fds[0]), -EBADF);
	CHECK_EQ(sys_read(fds[0], buffer, 1), -EBADF);
}

static void duplicates(void)
{
	int fds[2], high;

	CHECK_EQ(sys_pipe(fds), 0);
	high = fds[1] + 7;
	CHECK_EQ(sys_dup2(fds[1], high), high);
	CHECK_EQ(sys_close(fds[1]), 0);
	CHECK_EQ(sys_write(high, "ok", 2), 2); /* the same open file */
	CHECK_EQ(sys_read(fds[0], buffer, sizeof(buffer)), 2);
	CHECK_EQ(sys_dup2(high, high), high);
	CHECK_EQ(sys_close(high), 0);
	CHECK_EQ(sys_read(fds[0], buffer, sizeof(buffer)), 0);
}

static void duplicate_closes(void)
{
	int one[2], two[2];

	CHECK_EQ(sys_pipe(one), 0);
	CHECK_EQ(sys_pipe(two), 0);
	CHECK_EQ(sys_dup2(two[1], one[1]), one[1]);
	CHECK_EQ(sys_read(one[0], buffer, 1), 0); /* its last writer was closed */
	CHECK_EQ(sys_write(one[1], "x", 1), 1);
	CHECK_EQ(sys_read(two[0], buffer, 1), 1);
}

static void bad_targets(void)
{
	int fds[2];

	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_dup2(fds[0], -1), -EBADF);
	CHECK_EQ(sys_dup2(fds[0], 0x7fffffff), -EBADF);
	CHECK_EQ(sys_close(fds[0]), 0); /* still ours */
}

static void closed_by_child(void)
{
	int fds[2];
	long pid;

	CHECK_EQ(sys_pipe(fds), 0);
	pid = sys_fork();
	if (pid == 0) {
		CHECK(sys_close(fds[0]) == 0 && sys_close(fds[1]) == 0);
		sys_exit(0);
	}
	expect_exit(pid, 0);
	CHECK_EQ(sys_write(fds[1], "x", 1), 1);
	CHECK_EQ(sys_read(fds[0], buffer, 1), 1);
}

#define PIPES_LIMIT 100000

/* Opens pipes until that fails; how many. */
static long open_until_full(void)
{
	int fds[2];
	long count = 0, result;

	while ((result = sys_pipe(fds)) == 0 && count < PIPES_LIMIT)
		count++;
	CHECK_EQ(result, -EMFILE);
	return count;
}

static void table_full(void)
{
	struct rlimit few = {64, 64};
	long count;
	int fds[2];

	if (on_host)
		CHECK_EQ(sys_call4(SYS_prlimit64, 0, RLIMIT_NOFILE, (long)&few, 0), 0);
	CHECK_EQ(sys_pipe(fds), 0);
	count = open_until_full();
	CHECK(count >= 3);
	CHECK_EQ(sys_close(fds[0]), 0);
	CHECK_EQ(sys_pipe(fds), -EMFILE); /* one number is not enough, and is not lost */
	CHECK_EQ(sys_close(fds[1]), 0);
	CHECK_EQ(sys_pipe(fds), 0);
}

static const struct test_case cases[] = {
	CASE("the lowest free numbers are given", lowest_numbers),
	CASE("what is not open answers EBADF", not_open),
	CASE("a pipe's ends go one way", wrong_direction),
	CASE("closing twice answers EBADF", closed_twice),
	CASE("dup2 makes a second name", duplicates),
	CASE("dup2 closes what had the number", duplicate_closes),
	CASE("dup2 to impossible numbers answers EBADF", bad_targets),
	CASE("a child's close is the child's alone", closed_by_child),
	CASE("a full table answers EMFILE and loses nothing", table_full),
};
TEST_SUITE(descriptors, cases);
