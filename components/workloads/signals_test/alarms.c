/* alarms: the timer of real time. */
#include <sys/time.h>

#include <workloads/signals_test/signals_test.h>

static long set_timer(long first_us, long again_us)
{
	struct itimerval timer = {{0, again_us}, {0, first_us}};

	return sys_call3(SYS_setitimer, ITIMER_REAL, (long)&timer, 0);
}

static void rings(void)
{
	CHECK_EQ(set_action(SIGALRM, note_signal, 0), 0);
	CHECK_EQ(set_timer(20000, 0), 0);
	sys_call0(SYS_pause);
	CHECK_EQ(handled, 1);
	CHECK_EQ(last_info.si_code, SI_KERNEL);
	sleep_ms(50);
	CHECK_EQ(handled, 1);
}

static void rings_again(void)
{
	struct itimerval now;

	CHECK_EQ(set_action(SIGALRM, note_signal, 0), 0);
	CHECK_EQ(set_timer(10000, 20000), 0);
	while (handled < 3)
		sys_call0(SYS_pause);
	CHECK_EQ(sys_call3(SYS_getitimer, ITIMER_REAL, (long)&now, 0), 0);
	CHECK_EQ(now.it_interval.tv_usec, 20000);
	CHECK(now.it_value.tv_sec == 0 && now.it_value.tv_usec > 0 &&
		now.it_value.tv_usec <= 20000);
	CHECK_EQ(set_timer(0, 0), 0);
	sleep_ms(50);
	CHECK(handled <= 4);
}

static void spins(void)
{
	set_timer(20000, 0);
	for (;;)
		;
}

static void ends_by_default(void)
{
	expect_killed(spawn(spins), SIGALRM);
}

static void counts_seconds(void)
{
	CHECK_EQ(sys_call3(SYS_alarm, 100, 0, 0), 0);
	long left = sys_call3(SYS_alarm, 0, 0, 0);
	CHECK_EQ(left, 100);
	CHECK_EQ(set_timer(1000, 0), 0);
	CHECK_EQ(sys_call3(SYS_alarm, 0, 0, 0), 1); /* never 0 while it is set */
	CHECK_EQ(sys_call3(SYS_alarm, 0, 0, 0), 0);
}

static void none(void)
{
	struct itimerval now;

	sys_exit(sys_call3(SYS_getitimer, ITIMER_REAL, (long)&now, 0) == 0 &&
				 now.it_value.tv_sec == 0 && now.it_value.tv_usec == 0
			 ? 3
			 : 4);
}

static void not_inherited(void)
{
	CHECK_EQ(sys_call3(SYS_alarm, 100, 0, 0), 0);
	expect_exit(spawn(none), 3);
}

static void refused(void)
{
	CHECK_EQ(set_timer(1000000, 0), -EINVAL);
	CHECK_EQ(set_timer(-1, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_setitimer, 77, 0, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_setitimer, ITIMER_REAL, 8, 0), -EFAULT);
	CHECK_EQ(sys_call3(SYS_getitimer, ITIMER_REAL, 8, 0), -EFAULT);
}

static const struct test_case cases[] = {
	CASE("a timer rings once", rings),
	CASE("or time and again", rings_again),
	CASE("and ends who does not expect it", ends_by_default),
	CASE("alarm says what was left", counts_seconds),
	CASE("a child has none", not_inherited),
	CASE("bad arguments", refused),
};
TEST_SUITE(alarms, cases);
