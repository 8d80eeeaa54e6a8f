/* advising: madvise, mincore, msync, mlock. */
#define _GNU_SOURCE

#include <sys/resource.h>
#include <sys/wait.h>

#include "memory_test.h"

static void forgets(void)
{
	int fd = make_file(2);
	char *at = map_guarded(4);
	char *copy = (char *)map_at(NULL, 2, RW, MAP_PRIVATE, fd, 0);
	char *shared = (char *)map_at(NULL, 2, RW, MAP_SHARED, fd, 0);

	memset(at, 7, 4 * PAGE);
	CHECK_EQ(advise(at + PAGE, 2, MADV_DONTNEED), 0);
	CHECK(at[0] == 7 && at[PAGE] == 0 && at[2 * PAGE] == 0 && at[3 * PAGE] == 7);
	copy[0] = 9;
	CHECK_EQ(advise(copy, 2, MADV_DONTNEED), 0);
	CHECK_EQ(copy[0], 1);
	shared[0] = 8;
	CHECK_EQ(advise(shared, 2, MADV_DONTNEED), 0);
	CHECK_EQ(shared[0], 8);
	CHECK_EQ(advise(shared, 1, MADV_FREE), -EINVAL);
	CHECK_EQ(advise(at, 1, MADV_FREE), 0);
}

static void takes_hints(void)
{
	static const int hints[] = {MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED,
		MADV_DONTDUMP, MADV_DODUMP, MADV_DONTFORK, MADV_DOFORK};
	char *at = map_guarded(4);

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		CHECK_EQ(advise(at, 4, hints[i]), 0);
	CHECK_EQ(advise(at, 4, 5), -EINVAL);
	CHECK_EQ(advise(at, 4, 1000), -EINVAL);
	CHECK_EQ(advise(at + 1, 1, MADV_NORMAL), -EINVAL);
	CHECK_EQ(advise(at, 0, MADV_NORMAL), 0);
	CHECK_EQ(sys_call3(SYS_madvise, (long)at, -1, MADV_NORMAL), -EINVAL);
	CHECK_EQ(advise(at + 3 * PAGE, 2, MADV_NORMAL), -ENOMEM);
	CHECK_EQ(advise(at - PAGE, 2, MADV_DONTNEED), -ENOMEM);
	CHECK_EQ(advise(at, 1, MADV_REMOVE), -EINVAL);
}

static void keeps_from_children(void)
{
	char *at = map_guarded(3);

	memset(at, 5, 3 * PAGE);
	CHECK_EQ(advise(at, 1, MADV_DONTFORK), 0);
	CHECK_EQ(advise(at + PAGE, 1, MADV_WIPEONFORK), 0);
	long child = sys_fork();
	if (child == 0) {
		CHECK(!is_readable(at, 1));
		CHECK(at[PAGE] == 0 && at[2 * PAGE] == 5);
		sys_exit(0);
	}
	expect_exit(child, 0);
	CHECK(at[0] == 5 && at[PAGE] == 5);
}

static long in_core(void *at, size_t pages, unsigned char *vector)
{
	return sys_call3(SYS_mincore, (long)at, (long)(pages * PAGE), (long)vector);
}

static void tells_what_is_there(void)
{
	unsigned char vector[4] = {9, 9, 9, 9};
	char *at = map_guarded(4);

	at[0] = 1;
	at[2 * PAGE] = 1;
	CHECK_EQ(in_core(at, 4, vector), 0);
	CHECK((vector[0] & 1) && !(vector[1] & 1) && (vector[2] & 1) && !(vector[3] & 1));
	CHECK_EQ(in_core(at + 1, 1, vector), -EINVAL);
	CHECK_EQ(in_core(at, 5, vector), -ENOMEM);
	CHECK_EQ(in_core(at, 1, NULL), -EFAULT);
	CHECK_EQ(map_at(at, 4, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_POPULATE, -1, 0),
		(long)at);
	CHECK_EQ(in_core(at, 4, vector), 0);
	CHECK((vector[0] & 1) && (vector[1] & 1) && (vector[2] & 1) && (vector[3] & 1));
}

static void syncs(void)
{
	char *at = map_guarded(3);

	CHECK_EQ(sys_call3(SYS_msync, (long)at, 3 * PAGE, MS_SYNC), 0);
	CHECK_EQ(sys_call3(SYS_msync, (long)at, 3 * PAGE, MS_SYNC | MS_ASYNC), -EINVAL);
	CHECK_EQ(sys_call3(SYS_msync, (long)at, 4 * PAGE, MS_SYNC), -ENOMEM);
	CHECK_EQ(sys_call3(SYS_msync, (long)at - PAGE, 2 * PAGE, MS_ASYNC), -ENOMEM);
	CHECK_EQ(sys_call3(SYS_msync, (long)at, 0, MS_SYNC), 0);
	CHECK_EQ(sys_call3(SYS_msync, (long)at + 1, PAGE, MS_SYNC), -EINVAL);
	CHECK_EQ(sys_call3(SYS_msync, (long)at, PAGE, 8), -EINVAL);
}

static void locks(void)
{
	unsigned char vector[2];
	char *at = map_guarded(2);

	CHECK_EQ(sys_call3(SYS_mlock, (long)at + 5, PAGE, 0), 0);
	CHECK_EQ(in_core(at, 2, vector), 0);
	CHECK((vector[0] & 1) && (vector[1] & 1));
	CHECK_EQ(advise(at, 1, MADV_DONTNEED), -EINVAL);
	CHECK_EQ(sys_call3(SYS_msync, (long)at, PAGE, MS_INVALIDATE), -EBUSY);
	CHECK_EQ(sys_call3(SYS_munlock, (long)at, 2 * PAGE, 0), 0);
	CHECK_EQ(advise(at, 1, MADV_DONTNEED), 0);
	CHECK_EQ(sys_call3(SYS_mlock, (long)at, 3 * PAGE, 0), -ENOMEM);
	CHECK_EQ(sys_call3(SYS_mlock2, (long)at, PAGE, 2), -EINVAL);
	CHECK_EQ(sys_call3(SYS_mlockall, 0, 0, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_mlockall, 8, 0, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_munlockall, 0, 0, 0), 0);
	CHECK_EQ(sys_munmap(at + PAGE, PAGE), 0);
	CHECK_EQ(map_at(at + PAGE, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
		(long)at + (long)PAGE);
	CHECK_EQ(sys_call3(SYS_mlock, (long)at, 2 * PAGE, 0), -ENOMEM);
}

static const struct test_case cases[] = {
	CASE("memory is forgotten", forgets),
	CASE("hints are taken, nonsense is not", takes_hints),
	CASE("memory is kept from children", keeps_from_children),
	CASE("mincore tells what is there", tells_what_is_there),
	CASE("msync looks at its range", syncs),
	CASE("memory is locked", locks),
};
TEST_SUITE(advising, cases);
