/* waiting: futex_waitv, which sleeps on several words. */
#include <workloads/common/signals.h>
#include <workloads/threads_test/thread.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

#define WAIT_32 2
#define MOST    128
#define MS      1000000L

struct wish {
	uint64_t value, address;
	uint32_t flags, reserved;
};

static volatile int words[MOST];
static struct wish wishes[MOST + 1];
static struct thread thread;
static volatile long result;

static long wait_for(const void *list, long count, const struct timespec *until, int clock)
{
	return sys_call6(SYS_futex_waitv, (long)list, count, 0, (long)until, clock, 0);
}

static void wish_for(int index, int value, int flags)
{
	wishes[index] = (struct wish){(unsigned)value, (uint64_t)&words[index], (uint32_t)flags, 0};
}

static void wish_for_all(int count)
{
	for (int i = 0; i < count; i++)
		wish_for(i, 0, WAIT_32 | FUTEX_PRIVATE_FLAG);
}

static void refused(void)
{
	struct timespec bad = {-1, 0}, past = {0, 0};

	wish_for_all(MOST);
	CHECK_EQ(sys_call6(SYS_futex_waitv, (long)wishes, 1, 1, 0, 0, 0), -EINVAL);
	CHECK_EQ(wait_for(wishes, 0, NULL, 0), -EINVAL);
	CHECK_EQ(wait_for(wishes, MOST + 1, NULL, 0), -EINVAL);
	CHECK_EQ(wait_for(NULL, 1, NULL, 0), -EINVAL);
	CHECK_EQ(wait_for((void *)8, 1, NULL, 0), -EFAULT);
	CHECK_EQ(wait_for(wishes, 1, &past, CLOCK_BOOTTIME), -EINVAL);
	CHECK_EQ(wait_for(wishes, 1, (void *)8, CLOCK_BOOTTIME), -EINVAL);
	CHECK_EQ(wait_for(wishes, 1, (void *)8, CLOCK_MONOTONIC), -EFAULT);
	CHECK_EQ(wait_for(wishes, 1, &bad, CLOCK_MONOTONIC), -EINVAL);
	CHECK_EQ(wait_for(wishes, 1, &past, CLOCK_MONOTONIC), -ETIMEDOUT);
	wishes[0].flags = FUTEX_PRIVATE_FLAG;
	CHECK_EQ(wait_for(wishes, 1, &past, CLOCK_MONOTONIC), -EINVAL);
	wishes[0].flags = WAIT_32 | 64;
	CHECK_EQ(wait_for(wishes, 1, &past, CLOCK_MONOTONIC), -EINVAL);
	wish_for(0, 0, WAIT_32);
	wishes[0].reserved = 1;
	CHECK_EQ(wait_for(wishes, 1, &past, CLOCK_MONOTONIC), -EINVAL);
	wish_for(0, 0, WAIT_32);
	wishes[1].address += 2;
	CHECK_EQ(wait_for(wishes, 2, &past, CLOCK_MONOTONIC), -EINVAL);
	wishes[1].address = 8;
	CHECK_EQ(wait_for(wishes, 2, &past, CLOCK_MONOTONIC), -EFAULT);
	wish_for(0, 1, WAIT_32);
	CHECK_EQ(wait_for(wishes, 2, &past, CLOCK_MONOTONIC), -EAGAIN);
}

static void other_value(void)
{
	wish_for_all(5);
	words[3] = 9;
	CHECK_EQ(wait_for(wishes, 5, NULL, 0), -EAGAIN);
	wish_for(3, 9, WAIT_32);
	words[4] = 1;
	CHECK_EQ(wait_for(wishes, 5, NULL, 0), -EAGAIN);
}

static void in_time(void)
{
	static const int clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME};

	wish_for_all(MOST);
	for (int i = 0; i < 2; i++) {
		struct timespec until = in_ms(clocks[i], 20), now;

		CHECK_EQ(wait_for(wishes, MOST, &until, clocks[i]), -ETIMEDOUT);
		now = in_ms(clocks[i], 0);
		CHECK(now.tv_sec > until.tv_sec ||
			(now.tv_sec == until.tv_sec && now.tv_nsec >= until.tv_nsec));
	}
}

static long waits(void *argument)
{
	thread.up = true;
	result = wait_for(wishes, (long)argument, NULL, 0);
	return 0;
}

static void woken_on(int count, int index, int private)
{
	for (int i = 0; i < count; i++)
		wish_for(i, 0, WAIT_32 | private);
	thread_start(&thread, waits, (void *)(long)count);
	for (int i = 0; i < count; i++)
		await_waiters(&words[i], private, 1);
	CHECK_EQ(futex(&words[index], FUTEX_WAKE | private, 1, NULL, NULL, 0), 1);
	thread_join(&thread);
	CHECK_EQ(result, index);
	for (int i = 0; i < count; i++)
		CHECK_EQ(futex(&words[i], FUTEX_WAKE | private, 9, NULL, NULL, 0), 0);
}

static void wakes(void)
{
	woken_on(1, 0, FUTEX_PRIVATE_FLAG);
	woken_on(MOST, 0, FUTEX_PRIVATE_FLAG);
	woken_on(MOST, 77, FUTEX_PRIVATE_FLAG);
	woken_on(MOST, MOST - 1, FUTEX_PRIVATE_FLAG);
	woken_on(9, 4, 0);
}

static void moved(void)
{
	static volatile int other;

	wish_for_all(3);
	thread_start(&thread, waits, (void *)3);
	await_waiters(&words[2], FUTEX_PRIVATE_FLAG, 1);
	CHECK_EQ(futex(&words[1], FUTEX_REQUEUE | FUTEX_PRIVATE_FLAG, 0, (void *)1, &other, 0), 1);
	CHECK_EQ(futex_wake(&words[1], 1), 0);
	CHECK_EQ(futex_wake(&other, 1), 1);
	thread_join(&thread);
	CHECK_EQ(result, 1);
}

static void same_word_twice(void)
{
	wish_for_all(3);
	wishes[2] = wishes[0];
	thread_start(&thread, waits, (void *)3);
	await_waiters(&words[0], FUTEX_PRIVATE_FLAG, 2);
	CHECK_EQ(futex_wake(&words[0], 5), 2);
	thread_join(&thread);
	CHECK_EQ(result, 2); /* the last of those that were woken */
}

static void interrupted(void)
{
	wish_for_all(2);
	set_action(SIGUSR1, note_signal, 0);
	thread_start(&thread, waits, (void *)2);
	await_waiters(&words[1], FUTEX_PRIVATE_FLAG, 1);
	CHECK_EQ(sys_call3(SYS_tgkill, sys_getpid(), thread.tid, SIGUSR1), 0);
	thread_join(&thread);
	CHECK_EQ(result, -EINTR);
	set_action(SIGUSR1, note_signal, SA_RESTART);
	thread.up = false;
	thread_start(&thread, waits, (void *)2);
	await_waiters(&words[1], FUTEX_PRIVATE_FLAG, 1);
	CHECK_EQ(sys_call3(SYS_tgkill, sys_getpid(), thread.tid, SIGUSR1), 0);
	while (handled < 2)
		sleep_ms(1);
	await_waiters(&words[1], FUTEX_PRIVATE_FLAG, 1);
	CHECK_EQ(futex_wake(&words[1], 1), 1);
	thread_join(&thread);
	CHECK_EQ(result, 1);
}

static const struct test_case cases[] = {
	CASE("what makes no sense is refused", refused),
	CASE("a word with another value", other_value),
	CASE("until a time by either clock", in_time),
	CASE("whoever is woken says on which word", wakes),
	CASE("a waiter on several words can be moved", moved),
	CASE("the same word twice", same_word_twice),
	CASE("signals", interrupted),
};

TEST_SUITE(waiting, cases);
