/*
 * timing: clocks, sleep, and that no process can keep the processor.
 */
#include <time.h>

#include <workloads/common/test.h>

static long long now(void)
{
	struct timespec time = {-1, -1};

	CHECK_EQ(sys_clock_gettime(CLOCK_MONOTONIC, &time), 0);
	CHECK(time.tv_sec >= 0 && time.tv_nsec >= 0 && time.tv_nsec < 1000000000);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void never_back(void)
{
	long long before = now(), first = before, after;

	for (int i = 0; i < 1000; i++) {
		after = now();
		CHECK(after >= before);
		before = after;
	}
	CHECK(before > first);
}

static void real_time(void)
{
	struct timespec time = {-1, -1};

	CHECK_EQ(sys_clock_gettime(CLOCK_REALTIME, &time), 0);
	CHECK(time.tv_sec >= 0 && time.tv_nsec >= 0 && time.tv_nsec < 1000000000);
}

static void unknown_clock(void)
{
	struct timespec time;

	CHECK_EQ(sys_clock_gettime(77, &time), -EINVAL);
	CHECK_EQ(sys_clock_gettime(0x7fffffff, &time), -EINVAL);
}

static void sleeps_long_enough(void)
{
	static const long lengths[] = {0, 1, 1000, 3000000, 25000000};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct timespec length = {0, lengths[i]};
		long long begin = now();

		CHECK_EQ(sys_nanosleep(&length, NULL), 0);
		CHECK(now() - begin >= lengths[i]);
		CHECK(on_host || now() - begin < lengths[i] + 200000000); /* nothing else runs */
	}
}

static void bad_lengths(void)
{
	static const struct timespec lengths[] = {{0, 1000000000}, {0, -1}, {-1, 0}, {0, 1L << 62}};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		CHECK_EQ(sys_nanosleep(&lengths[i], NULL), -EINVAL);
}

/* Several sleep at once, the longest begins first; they wake in order of their ends. */
static void wake_in_order(void)
{
	int fds[2];
	char order[4];

	CHECK_EQ(sys_pipe(fds), 0);
	for (int i = 3; i >= 0; i--)
		if (sys_fork() == 0) {
			sleep_ms(20 + 40 * i);
			CHECK_EQ(sys_write(fds[1], &"0123"[i], 1), 1);
			sys_exit(0);
		}
	for (int i = 0; i < 4; i++)
		CHECK_EQ(sys_read(fds[0], &order[i], 1), 1);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(order[i], '0' + i);
		CHECK(sys_wait4(-1, NULL, 0) > 0);
	}
}

static void yields(void)
{
	for (int i = 0; i < 100; i++)
		CHECK_EQ(sys_sched_yield(), 0);
}

/* A child that makes no call at all for a while; we wake up before it ends. */
static void spinner_is_preempted(void)
{
	uint64_t end = ticks() +
		       (on_host ? 800000000 : 250000000); /* two of the longest slices, and more */
	long pid = sys_fork();

	if (pid == 0) {
		spin_until(end);
		sys_exit(0);
	}
	for (int i = 0; i < 2; i++)
		sleep_ms(2);
	CHECK(ticks() < end);
	expect_exit(pid, 0);
}

/* Two that never give the processor up both get some of it: each sees the other's time pass. */
static void spinners_share(void)
{
	uint64_t end = ticks() + (on_host ? 800000000 : 200000000);
	int fds[2];
	uint64_t gaps[2];

	CHECK_EQ(sys_pipe(fds), 0);
	for (int i = 0; i < 2; i++)
		if (sys_fork() == 0) {
			uint64_t last = ticks(), first = last;

			while (last < end)
				last = ticks();
			CHECK_EQ(sys_write(fds[1], &first, sizeof(first)), sizeof(first));
			sys_exit(0);
		}
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(sys_read(fds[0], &gaps[i], sizeof(gaps[i])), sizeof(gaps[i]));
		CHECK(gaps[i] < end); /* it began before the other could have ended */
		CHECK(sys_wait4(-1, NULL, 0) > 0);
	}
}

static const struct test_case cases[] = {
	CASE("the monotonic clock goes forward", never_back),
	CASE("there is a clock of the time of day", real_time),
	CASE("unknown clocks answer EINVAL", unknown_clock),
	CASE("nanosleep sleeps as long as told", sleeps_long_enough),
	CASE("impossible lengths answer EINVAL", bad_lengths),
	CASE("sleepers wake in order", wake_in_order),
	CASE("sched_yield returns 0", yields),
	CASE("a process that spins is preempted", spinner_is_preempted),
	CASE("two processes that spin share the processor", spinners_share),
};
TEST_SUITE(timing, cases);
