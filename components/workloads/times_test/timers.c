/* timers: ITIMER_VIRTUAL and ITIMER_PROF. */
#include "times_test.h"

static void set(int which, long first_us, long again_us)
{
	struct itimerval setting = {{0, again_us}, {first_us / 1000000, first_us % 1000000}};

	CHECK_EQ(sys_call3(SYS_setitimer, which, (long)&setting, 0), 0);
}

static long left_us(int which)
{
	struct itimerval left;

	CHECK_EQ(sys_call2(SYS_getitimer, which, (long)&left), 0);
	return left.it_value.tv_sec * 1000000 + left.it_value.tv_usec;
}

static void ring(int which, int signal)
{
	CHECK_EQ(set_action(signal, note_signal, 0), 0);
	set(which, 50000, 0);
	CHECK(left_us(which) > 0 && left_us(which) <= 60000);
	compute(20 * MS);
	CHECK_EQ(handled, 0);
	compute(150 * MS);
	CHECK_EQ(handled, 1);
	CHECK_EQ(last_info.si_code, SI_KERNEL);
	CHECK_EQ(left_us(which), 0);
}

static void virtual_rings(void)
{
	ring(ITIMER_VIRTUAL, SIGVTALRM);
}

static void prof_rings(void)
{
	ring(ITIMER_PROF, SIGPROF);
}

static void prof_rings_in_calls(void)
{
	CHECK_EQ(set_action(SIGPROF, note_signal, SA_RESTART), 0);
	set(ITIMER_PROF, 50000, 0);
	make_calls(200 * MS);
	CHECK_EQ(handled, 1);
}

static void again_and_again(void)
{
	CHECK_EQ(set_action(SIGPROF, note_signal, 0), 0);
	set(ITIMER_PROF, 20000, 20000);
	compute(400 * MS);
	set(ITIMER_PROF, 0, 0);
	CHECK(handled >= 4 && handled <= 30);
	handled = 0;
	compute(100 * MS);
	CHECK_EQ(handled, 0);
}

static void not_while_it_sleeps(void)
{
	CHECK_EQ(set_action(SIGPROF, note_signal, 0), 0);
	CHECK_EQ(set_action(SIGVTALRM, note_signal, 0), 0);
	set(ITIMER_PROF, 60000, 0);
	set(ITIMER_VIRTUAL, 60000, 0);
	sleep_ms(200);
	CHECK_EQ(handled, 0);
}

static void kills(void)
{
	set(ITIMER_PROF, 20000, 0);
	compute(5000 * MS);
}

static void not_inherited(void)
{
	long pid;

	set(ITIMER_PROF, 900000, 0);
	pid = sys_fork();
	if (pid == 0) {
		CHECK_EQ(left_us(ITIMER_PROF), 0);
		sys_exit(0);
	}
	expect_exit(pid, 0);
	CHECK(left_us(ITIMER_PROF) > 0);
}

static void old_values(void)
{
	struct itimerval setting = {{0, 7000}, {5, 0}}, old;

	CHECK_EQ(sys_call3(SYS_setitimer, ITIMER_VIRTUAL, (long)&setting, (long)&old), 0);
	CHECK(old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0);
	CHECK_EQ(sys_call3(SYS_setitimer, ITIMER_VIRTUAL, 0, (long)&old), 0);
	CHECK(old.it_value.tv_sec >= 4 && old.it_interval.tv_usec == 7000);
	CHECK_EQ(left_us(ITIMER_VIRTUAL), 0);
	CHECK_EQ(sys_call3(SYS_setitimer, 3, (long)&setting, 0), -EINVAL);
	CHECK_EQ(sys_call2(SYS_getitimer, 3, (long)&old), -EINVAL);
	setting.it_value.tv_usec = 1000000;
	CHECK_EQ(sys_call3(SYS_setitimer, ITIMER_PROF, (long)&setting, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_setitimer, ITIMER_PROF, 8, 0), -EFAULT);
}

static const struct test_case cases[] = {
	CASE("ITIMER_VIRTUAL rings after user time", virtual_rings),
	CASE("ITIMER_PROF rings after processor time", prof_rings),
	CASE("that is spent in calls, too", prof_rings_in_calls),
	CASE("with an interval it rings again", again_and_again),
	CASE("neither while it sleeps", not_while_it_sleeps),
	DIES("SIGPROF kills", kills, SIGPROF),
	CASE("a child has none", not_inherited),
	CASE("the old value is told, nonsense refused", old_values),
};
TEST_SUITE(timers, cases);
