/* futexes: waiting and waking, and every operation's answers. */
#include <workloads/threads_test/thread.h>

static struct thread threads[6];
static volatile int words[4], done;
static volatile long results[6];

#define P FUTEX_PRIVATE_FLAG

struct wait {
	volatile int *at;
	int value;
	unsigned bits;
	int index;
};

static long waits(void *argument)
{
	const struct wait *w = argument;

	results[w->index] = futex(w->at, FUTEX_WAIT_BITSET | P, w->value, NULL, NULL, w->bits);
	__atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static struct wait waits_[6];

static void start_waiters(int count, volatile int *at, unsigned bits)
{
	for (int i = 0; i < count; i++) {
		waits_[i] = (struct wait){at, 0, bits, i};
		thread_start(&threads[i], waits, &waits_[i]);
	}
	await_waiters(at, P, count);
}

static void join_all(int count)
{
	for (int i = 0; i < count; i++)
		thread_join(&threads[i]);
}

static void wakes(void)
{
	CHECK_EQ(futex_wake(&words[0], 1), 0);
	start_waiters(5, &words[0], ~0u);
	CHECK_EQ(futex_wake(&words[0], 2), 2);
	await_waiters(&words[0], P, 3);
	CHECK_EQ(futex_wake(&words[0], 0), 1); /* one at least */
	CHECK_EQ(futex_wake(&words[0], -5), 1);
	CHECK_EQ(futex_wake(&words[0], 100), 1);
	join_all(5);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(results[i], 0);
}

static void other_value(void)
{
	CHECK_EQ(futex_wait(&words[0], 1), -EAGAIN);
	CHECK_EQ(futex(&words[0], FUTEX_WAIT, 1, NULL, NULL, 0), -EAGAIN);
}

static void bad_addresses(void)
{
	volatile int *odd = (volatile int *)((char *)words + 2);
	volatile int *none = (volatile int *)PAGE, *high = (volatile int *)(1UL << 63);
	volatile int *hole = (volatile int *)map_pages(1, PROT_NONE);

	CHECK_EQ(futex_wait(odd, 0), -EINVAL);
	CHECK_EQ(futex_wake(odd, 1), -EINVAL);
	CHECK_EQ(futex_wait(none, 0), -EFAULT);
	CHECK_EQ(futex_wait(hole, 0), -EFAULT);
	CHECK_EQ(futex_wake(none, 1), 0); /* a private one is a mere name */
	CHECK_EQ(futex_wake(high, 1), -EFAULT);
	CHECK_EQ(futex(none, FUTEX_WAKE, 1, NULL, NULL, 0), -EFAULT);
	CHECK_EQ(futex(&words[0], FUTEX_REQUEUE | P, 0, (void *)1, odd, 0), -EINVAL);
	CHECK_EQ(futex(&words[0], FUTEX_REQUEUE, 0, (void *)1, none, 0), -EFAULT);
	CHECK_EQ(futex(&words[0], FUTEX_WAKE_OP | P, 0, (void *)1, none, 0), -EFAULT);
}

static void bad_operations(void)
{
	CHECK_EQ(futex(&words[0], 60, 0, NULL, NULL, 0), -ENOSYS);
	CHECK_EQ(futex(&words[0], 2, 0, NULL, NULL, 0), -ENOSYS); /* FUTEX_FD */
	CHECK_EQ(futex(&words[0], FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0), -ENOSYS);
	CHECK_EQ(futex(&words[0], FUTEX_WAIT_BITSET, 0, NULL, NULL, 0), -EINVAL);
	CHECK_EQ(futex(&words[0], FUTEX_WAKE_BITSET, 0, NULL, NULL, 0), -EINVAL);
	CHECK_EQ(futex(&words[0], FUTEX_REQUEUE, -1, NULL, &words[1], 0), -EINVAL);
	CHECK_EQ(futex(&words[0], FUTEX_REQUEUE, 0, (void *)-1, &words[1], 0), -EINVAL);
}

/* --- time --- */

static long now_ns(int clock)
{
	struct timespec now;

	CHECK_EQ(sys_clock_gettime(clock, &now), 0);
	return now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct timespec time_of(long ns)
{
	return (struct timespec){ns / 1000000000, ns % 1000000000};
}

static void relative_time(void)
{
	struct timespec length = {0, 20000000};
	long before = now_ns(CLOCK_MONOTONIC);

	CHECK_EQ(futex(&words[0], FUTEX_WAIT | P, 0, &length, NULL, 0), -ETIMEDOUT);
	CHECK(now_ns(CLOCK_MONOTONIC) - before >= 20000000);
	length = (struct timespec){0, 0};
	CHECK_EQ(futex(&words[0], FUTEX_WAIT | P, 0, &length, NULL, 0), -ETIMEDOUT);
	CHECK_EQ(futex(&words[0], FUTEX_WAIT | P, 1, &length, NULL, 0), -EAGAIN);
}

static void absolute_time(void)
{
	struct timespec until = time_of(now_ns(CLOCK_MONOTONIC) + 20000000);

	CHECK_EQ(futex(&words[0], FUTEX_WAIT_BITSET | P, 0, &until, NULL, 1), -ETIMEDOUT);
	CHECK(now_ns(CLOCK_MONOTONIC) >= until.tv_sec * 1000000000 + until.tv_nsec);
	CHECK_EQ(futex(&words[0], FUTEX_WAIT_BITSET | P, 0, &until, NULL, 1), -ETIMEDOUT);
	until = time_of(now_ns(CLOCK_REALTIME) + 20000000);
	CHECK_EQ(futex(&words[0], FUTEX_WAIT_BITSET | P | FUTEX_CLOCK_REALTIME, 0, &until, NULL, 1),
		-ETIMEDOUT);
	CHECK(now_ns(CLOCK_REALTIME) >= until.tv_sec * 1000000000 + until.tv_nsec);
}

static void bad_time(void)
{
	struct timespec bad = {0, 1000000000}, negative = {-1, 0};

	CHECK_EQ(futex(&words[0], FUTEX_WAIT | P, 1, &bad, NULL, 0), -EINVAL);
	CHECK_EQ(futex(&words[0], FUTEX_WAIT | P, 1, &negative, NULL, 0), -EINVAL);
	CHECK_EQ(futex(&words[0], FUTEX_WAIT | P, 1, (void *)8, NULL, 0), -EFAULT);
	CHECK_EQ(futex((volatile int *)8, FUTEX_WAIT | P, 1, &bad, NULL, 0), -EINVAL);
}

/* --- bits, moving --- */

static void bits(void)
{
	start_waiters(4, &words[0], 6);
	CHECK_EQ(futex(&words[0], FUTEX_WAKE_BITSET | P, 10, NULL, NULL, 9), 0);
	CHECK_EQ(futex(&words[0], FUTEX_WAKE_BITSET | P, 1, NULL, NULL, 3), 1);
	CHECK_EQ(futex(&words[0], FUTEX_WAKE_BITSET | P, 1, NULL, NULL, 4), 1);
	CHECK_EQ(futex_wake(&words[0], 10), 2);
	join_all(4);
}

static void moves(void)
{
	start_waiters(5, &words[0], ~0u);
	CHECK_EQ(futex(&words[0], FUTEX_CMP_REQUEUE | P, 1, (void *)1, &words[1], 7), -EAGAIN);
	CHECK_EQ(futex(&words[0], FUTEX_CMP_REQUEUE | P, 1, (void *)2, &words[1], 0), 3);
	CHECK_EQ(futex_waiters(&words[0], P), 2);
	CHECK_EQ(futex_waiters(&words[1], P), 2);
	CHECK_EQ(futex(&words[0], FUTEX_REQUEUE | P, 0, (void *)10, &words[1], 0), 2);
	CHECK_EQ(futex_wake(&words[0], 10), 0);
	CHECK_EQ(futex_wake(&words[1], 10), 4);
	join_all(5);
}

static void operations(void)
{
	static const struct {
		int before, op, argument, after;
	} cases[] = {
		{5, FUTEX_OP_SET, 7, 7},
		{5, FUTEX_OP_ADD, 7, 12},
		{5, FUTEX_OP_ADD, -7, -2},
		{5, FUTEX_OP_OR, 8, 13},
		{7, FUTEX_OP_ANDN, 2, 5},
		{5, FUTEX_OP_XOR, 1, 4},
		{1, FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT, 4, 17},
		{1, FUTEX_OP_SET | FUTEX_OP_OPARG_SHIFT, 31, (int)0x80000000u},
		{3, FUTEX_OP_SET, -2048, -2048},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		words[1] = cases[i].before;
		CHECK_EQ(futex(&words[0], FUTEX_WAKE_OP | P, 1, (void *)1, &words[1],
				 OPERATION(cases[i].op, cases[i].argument, FUTEX_OP_CMP_EQ, 99)),
			0);
		CHECK_EQ(words[1], cases[i].after);
	}
	CHECK_EQ(
		futex(&words[0], FUTEX_WAKE_OP | P, 1, (void *)1, &words[1], OPERATION(5, 0, 0, 0)),
		-ENOSYS);
	CHECK_EQ(
		futex(&words[0], FUTEX_WAKE_OP | P, 1, (void *)1, &words[1], OPERATION(0, 0, 6, 0)),
		-ENOSYS);
}

static void comparisons(void)
{
	static const int before[] = {-1, 0, 1};

	for (int compare = FUTEX_OP_CMP_EQ; compare <= FUTEX_OP_CMP_GE; compare++) {
		for (int i = 0; i < 3; i++) {
			bool holds[] = {before[i] == 0, before[i] != 0,
				before[i]<0, before[i] <= 0, before[i]> 0, before[i] >= 0};

			words[1] = 0;
			start_waiters(1, &words[1], ~0u);
			words[1] = before[i];
			CHECK_EQ(futex(&words[0], FUTEX_WAKE_OP | P, 1, (void *)1, &words[1],
					 OPERATION(FUTEX_OP_ADD, 0, compare, 0)),
				holds[compare]);
			futex_wake(&words[1], 1);
			join_all(1);
		}
	}
}

/* --- a lock made of them, and many who want it --- */

static volatile int lock_word, inside, total;

static void lock(void)
{
	int seen = 0;

	if (__atomic_compare_exchange_n(
		    &lock_word, &seen, 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	while (__atomic_exchange_n(&lock_word, 2, __ATOMIC_SEQ_CST) != 0)
		futex_wait(&lock_word, 2);
}

static void unlock(void)
{
	if (__atomic_exchange_n(&lock_word, 0, __ATOMIC_SEQ_CST) == 2)
		futex_wake(&lock_word, 1);
}

static long works(void *argument)
{
	for (int i = 0; i < 300; i++) {
		lock();
		CHECK_EQ(inside++, 0);
		if (i % 3 == (long)argument % 3)
			sys_sched_yield();
		total++;
		inside--;
		unlock();
	}
	return 0;
}

static void mutual_exclusion(void)
{
	for (long i = 0; i < 6; i++)
		thread_start(&threads[i], works, (void *)i);
	join_all(6);
	CHECK_EQ(total, 1800);
}

static const struct test_case cases[] = {
	CASE("as many as asked for are woken", wakes),
	CASE("a word with another value", other_value),
	CASE("bad addresses", bad_addresses),
	CASE("bad operations", bad_operations),
	CASE("a length of time", relative_time),
	CASE("a point of time, by either clock", absolute_time),
	CASE("bad times", bad_time),
	CASE("bits choose", bits),
	CASE("waiters are moved", moves),
	CASE("WAKE_OP's operations", operations),
	CASE("WAKE_OP's comparisons", comparisons),
	CASE("a lock made of them", mutual_exclusion),
};
TEST_SUITE(futexes, cases);
