/* remapping: mremap of memory, files and shared memory. */
#define _GNU_SOURCE

#include "memory_test.h"

extern const struct test_suite remapping, advising, bounds, holes;

const struct test_suite *const test_suites[] = {&remapping, &advising, &bounds, &holes, NULL};

int make_file(size_t pages)
{
	char bytes[PAGE];
	long fd = sys_call3(SYS_memfd_create, (long)"file", 0, 0);

	CHECK(fd >= 0);
	for (size_t i = 0; i < pages; i++) {
		memset(bytes, (int)i + 1, sizeof(bytes));
		CHECK_EQ(sys_write((int)fd, bytes, sizeof(bytes)), sizeof(bytes));
	}
	return (int)fd;
}

static void fill(char *at, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		at[i * PAGE] = (char)(i + 1);
}

static int holds(const char *at, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		if (at[i * PAGE] != (char)(i + 1))
			return 0;
	return 1;
}

static void grows_in_place(void)
{
	char *at = map_guarded(6);

	CHECK_EQ(sys_munmap(at + 3 * PAGE, 3 * PAGE), 0);
	fill(at, 3);
	CHECK_EQ(remap(at, 3, 5, 0, NULL), (long)at);
	CHECK(holds(at, 3) && at[4 * PAGE] == 0);
	at[4 * PAGE] = 1;
	CHECK_EQ(remap(at, 5, 2, 0, NULL), (long)at);
	CHECK(!is_readable(at + 2 * PAGE, 1));
}

static void moves(void)
{
	char *at = map_guarded(5);

	fill(at, 5);
	CHECK_EQ(remap(at, 2, 3, 0, NULL), -ENOMEM);
	long to = remap(at, 3, 8, MREMAP_MAYMOVE, NULL);
	CHECK(to > 0 && to != (long)at);
	CHECK(holds((char *)to, 3) && ((char *)to)[7 * PAGE] == 0);
	CHECK(!is_readable(at, 1) && at[3 * PAGE] == 4);
}

static void moves_to(void)
{
	char *at = map_guarded(4), *to = map_guarded(4);

	fill(at, 4);
	to[PAGE] = 77;
	CHECK_EQ(remap(at, 2, 3, MREMAP_MAYMOVE | MREMAP_FIXED, to), (long)to);
	CHECK(holds(to, 2) && to[2 * PAGE] == 0 && to[3 * PAGE] == 0);
	CHECK(!is_readable(at, 1) && at[2 * PAGE] == 3);
	CHECK_EQ(remap(to, 2, 2, MREMAP_FIXED, at), -EINVAL);
	CHECK_EQ(remap(to, 2, 2, MREMAP_MAYMOVE | MREMAP_FIXED, to + PAGE), -EINVAL);
	CHECK_EQ(remap(at, 1, 2, MREMAP_MAYMOVE, NULL), -EFAULT);
	CHECK_EQ(remap(to, 0, 1, MREMAP_MAYMOVE, NULL), -EINVAL);
	CHECK_EQ(remap(to, 1, 0, MREMAP_MAYMOVE, NULL), -EINVAL);
	CHECK_EQ(remap(to + 1, 1, 2, MREMAP_MAYMOVE, NULL), -EINVAL);
	CHECK_EQ(remap(to, 1, 1, 64, NULL), -EINVAL);
}

static void leaves_it_empty(void)
{
	char *at = map_guarded(3);

	fill(at, 3);
	long to = remap(at, 3, 3, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	CHECK(to > 0 && to != (long)at);
	CHECK(holds((char *)to, 3));
	CHECK(at[0] == 0 && at[2 * PAGE] == 0);
	CHECK_EQ(remap(at, 3, 2, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL), -EINVAL);
}

static void of_a_file(void)
{
	int fd = make_file(6);
	char *at = (char *)map_at(NULL, 2, RW, MAP_PRIVATE, fd, PAGE);

	CHECK((long)at > 0 && at[0] == 2);
	at[0] = 99;
	char *to = (char *)remap(at, 2, 4, MREMAP_MAYMOVE, NULL);
	CHECK((long)to > 0);
	CHECK(to[0] == 99 && to[1] == 2 && to[PAGE] == 3 && to[3 * PAGE] == 5);
}

static void of_shared_memory(void)
{
	char *at = (char *)map_at(NULL, 2, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	fill(at, 2);
	char *again = (char *)remap(at, 0, 2, MREMAP_MAYMOVE, NULL);
	CHECK((long)again > 0 && again != at);
	CHECK(holds(again, 2));
	again[0] = 9;
	CHECK_EQ(at[0], 9);
	char *to = (char *)remap(at, 2, 4, MREMAP_MAYMOVE, NULL);
	CHECK((long)to > 0 && to[0] == 9);
	expect_fault(to + 3 * PAGE, 0, SIGBUS, BUS_ADRERR);
}

static void child_writes(void)
{
	sys_exit(0);
}

static void after_fork(void)
{
	char *at = map_guarded(3);

	fill(at, 3);
	long child = sys_fork();
	if (child == 0) {
		char *to = (char *)remap(at, 3, 6, MREMAP_MAYMOVE, NULL);
		CHECK(holds(to, 3));
		to[0] = 50;
		CHECK(to[0] == 50 && to[5 * PAGE] == 0);
		child_writes();
	}
	expect_exit(child, 0);
	CHECK(holds(at, 3));
}

static const struct test_case cases[] = {
	CASE("a mapping grows and shrinks where it is", grows_in_place),
	CASE("moves when there is no room", moves),
	CASE("moves to a given place", moves_to),
	CASE("leaves its old place empty", leaves_it_empty),
	CASE("goes on in its file", of_a_file),
	CASE("is doubled when it is shared", of_shared_memory),
	CASE("moves apart from that of its parent", after_fork),
};
TEST_SUITE(remapping, cases);
