/* ringing: timers that send signals, and what they tell. */
#include <signal.h>
#include <time.h>

#include <workloads/common/signals.h>
#include <workloads/common/test.h>

extern const struct test_suite ringing, setting, computing;

const struct test_suite *const test_suites[] = {&ringing, &setting, &computing, NULL};

#define NO_TIMER 4711
#define MS       1000000L
#define BAD      ((void *)16)

struct timer_setting {
	struct timespec again, first;
};

struct event {
	uint64_t value;
	int signal, notify, thread, pad[11];
};

static int make(int clock, int signal, int notify, uint64_t value)
{
	struct event event = {.signal = signal, .notify = notify, .value = value};
	int number = -1;

	CHECK_EQ(sys_call3(SYS_timer_create, clock, (long)&event, (long)&number), 0);
	return number;
}

static long set(int number, int flags, long first_ns, long again_ns)
{
	struct timer_setting setting = {{again_ns / 1000000000, again_ns % 1000000000},
		{first_ns / 1000000000, first_ns % 1000000000}};

	return sys_call4(SYS_timer_settime, number, flags, (long)&setting, 0);
}

static long left(int number)
{
	struct timer_setting now;

	CHECK_EQ(sys_call3(SYS_timer_gettime, number, (long)&now, 0), 0);
	return now.first.tv_sec * 1000000000 + now.first.tv_nsec;
}

/* Whatever comes meanwhile. */
static void wait_ms(long ms)
{
	struct timespec left = {0, ms * MS};

	while (sys_nanosleep(&left, &left) == -EINTR)
		;
}

static void wait_for(int signals)
{
	while (handled < signals)
		wait_ms(1);
}

static void rings(void)
{
	int number;

	set_action(SIGUSR1, note_signal, 0);
	number = make(CLOCK_MONOTONIC, SIGUSR1, SIGEV_SIGNAL, 0x123456789abcdefUL);
	CHECK_EQ(left(number), 0);
	CHECK_EQ(set(number, 0, 5 * MS, 0), 0);
	CHECK(left(number) > 0 && left(number) <= 5 * MS);
	wait_ms(20);
	CHECK_EQ(handled, 1);
	CHECK_EQ(last_info.si_code, SI_TIMER);
	CHECK_EQ(last_info.si_timerid, number);
	CHECK_EQ(last_info.si_overrun, 0);
	CHECK_EQ((long)last_info.si_value.sival_ptr, 0x123456789abcdefL);
	CHECK_EQ(left(number), 0);
	CHECK_EQ(sys_call3(SYS_timer_getoverrun, number, 0, 0), 0);
}

/* Without an event it sends SIGALRM with its own number. */
static void default_event(void)
{
	int first = -1, second = -1;

	set_action(SIGALRM, note_signal, 0);
	CHECK_EQ(sys_call3(SYS_timer_create, CLOCK_REALTIME, 0, (long)&first), 0);
	CHECK_EQ(sys_call3(SYS_timer_create, CLOCK_BOOTTIME, 0, (long)&second), 0);
	CHECK(first != second);
	CHECK_EQ(set(second, 0, 1, 0), 0);
	wait_ms(10);
	CHECK_EQ(handled, 1);
	CHECK_EQ(last_info.si_signo, SIGALRM);
	CHECK_EQ(last_info.si_value.sival_int, second);
}

/* While its signal waits a timer that repeats counts what it has missed. */
static void overrun(void)
{
	struct timespec none = {0, 0};
	unsigned long set_of = bit(SIGUSR1);
	siginfo_t info;
	int number;

	set_mask(bit(SIGUSR1));
	number = make(CLOCK_MONOTONIC, SIGUSR1, SIGEV_SIGNAL, 7);
	CHECK_EQ(set(number, 0, MS, MS), 0);
	wait_ms(20);
	CHECK_EQ(sys_call4(SYS_rt_sigtimedwait, (long)&set_of, (long)&info, (long)&none, 8),
		SIGUSR1);
	CHECK_EQ(info.si_code, SI_TIMER);
	CHECK(info.si_overrun >= 15 && info.si_overrun < 1000);
	CHECK_EQ(sys_call3(SYS_timer_getoverrun, number, 0, 0), info.si_overrun);
	CHECK_EQ(sys_call3(SYS_timer_delete, number, 0, 0), 0);
	CHECK_EQ(sys_call3(SYS_timer_delete, number, 0, 0), -EINVAL);
}

static void repeats(void)
{
	set_action(SIGUSR1, note_signal, 0);
	CHECK_EQ(set(make(CLOCK_MONOTONIC, SIGUSR1, SIGEV_SIGNAL, 0), 0, MS, 2 * MS), 0);
	wait_for(5);
}

/* Two timers that send one signal each wait for themselves. */
static void two_of_one_signal(void)
{
	int seen = 0;

	set_mask(bit(SIGUSR1));
	CHECK_EQ(set(make(CLOCK_MONOTONIC, SIGUSR1, SIGEV_SIGNAL, 1), 0, 1, 0), 0);
	CHECK_EQ(set(make(CLOCK_MONOTONIC, SIGUSR1, SIGEV_SIGNAL, 2), 0, 1, 0), 0);
	wait_ms(5);
	for (int i = 0; i < 2; i++) {
		unsigned long set_of = bit(SIGUSR1);
		struct timespec none = {0, 0};
		siginfo_t info;

		CHECK_EQ(sys_call4(SYS_rt_sigtimedwait, (long)&set_of, (long)&info, (long)&none, 8),
			SIGUSR1);
		seen |= info.si_value.sival_int;
	}
	CHECK_EQ(seen, 3);
}

static void silent(void)
{
	int number = make(CLOCK_MONOTONIC, 0, SIGEV_NONE, 0);
	struct timer_setting now;

	CHECK_EQ(set(number, 0, 2 * MS, 0), 0);
	CHECK(left(number) > 0);
	wait_ms(5);
	CHECK_EQ(left(number), 0);
	CHECK_EQ(set(number, 0, 2 * MS, 1000 * MS), 0);
	wait_ms(5);
	CHECK_EQ(sys_call3(SYS_timer_gettime, number, (long)&now, 0), 0);
	CHECK_EQ(now.again.tv_sec, 1);
	CHECK(now.first.tv_nsec > 900 * MS);
}

static void to_a_thread(void)
{
	struct event event = {.signal = SIGUSR1, .notify = SIGEV_THREAD_ID};
	int number;

	event.thread = 1;
	CHECK_EQ(sys_call3(SYS_timer_create, 1, (long)&event, (long)&number), -EINVAL);
	event.thread = (int)sys_call0(SYS_gettid);
	CHECK_EQ(sys_call3(SYS_timer_create, 1, (long)&event, (long)&number), 0);
	set_action(SIGUSR1, note_signal, 0);
	CHECK_EQ(set(number, 0, 1, 0), 0);
	wait_ms(5);
	CHECK_EQ(handled, 1);
}

static void at_a_time(void)
{
	struct timespec now;
	int number;

	set_action(SIGUSR1, note_signal, 0);
	CHECK_EQ(sys_clock_gettime(CLOCK_REALTIME, &now), 0);
	number = make(CLOCK_REALTIME, SIGUSR1, SIGEV_SIGNAL, 0);
	CHECK_EQ(set(number, TIMER_ABSTIME, now.tv_sec * 1000000000L + now.tv_nsec + 5 * MS, 0), 0);
	CHECK(left(number) <= 5 * MS);
	wait_ms(20);
	CHECK_EQ(handled, 1);
	CHECK_EQ(set(number, TIMER_ABSTIME, 1, 0), 0); /* long ago */
	wait_ms(2);
	CHECK_EQ(handled, 2);
}

/* What a call replaces it tells of. */
static void old_setting(void)
{
	struct timer_setting none = {{0, 0}, {0, 0}}, old;
	int number = make(CLOCK_MONOTONIC, SIGUSR1, SIGEV_SIGNAL, 0);

	CHECK_EQ(set(number, 0, 1000000 * MS, 3 * MS), 0);
	CHECK_EQ(sys_call4(SYS_timer_settime, number, 0, (long)&none, (long)&old), 0);
	CHECK_EQ(old.again.tv_nsec, 3 * MS);
	CHECK(old.first.tv_sec >= 990 && old.first.tv_sec <= 1000);
	CHECK_EQ(left(number), 0);
}

static void ignored(void)
{
	set_action(SIGUSR1, (void *)SIG_IGN, 0);
	CHECK_EQ(set(make(CLOCK_MONOTONIC, SIGUSR1, SIGEV_SIGNAL, 0), 0, MS, MS), 0);
	wait_ms(10);
	set_action(SIGUSR1, note_signal, 0);
	wait_for(2);
}

static void errors(void)
{
	struct event event = {.signal = SIGUSR1, .notify = 3};
	struct timer_setting setting = {{0, 1000000000}, {0, 0}};
	int number;

	CHECK_EQ(sys_call3(SYS_timer_create, 77, 0, (long)&number), -EINVAL);
	CHECK_EQ(sys_call3(SYS_timer_create, CLOCK_MONOTONIC_RAW, 0, (long)&number), -EOPNOTSUPP);
	CHECK_EQ(sys_call3(SYS_timer_create, 77, (long)BAD, (long)&number), -EFAULT);
	CHECK_EQ(sys_call3(SYS_timer_create, 0, 0, (long)BAD), -EFAULT);
	CHECK_EQ(sys_call3(SYS_timer_create, 0, (long)&event, (long)&number), -EINVAL);
	event.notify = SIGEV_SIGNAL;
	event.signal = 65;
	CHECK_EQ(sys_call3(SYS_timer_create, 0, (long)&event, (long)&number), -EINVAL);
	event.signal = 0;
	CHECK_EQ(sys_call3(SYS_timer_create, 0, (long)&event, (long)&number), -EINVAL);
	number = make(CLOCK_MONOTONIC, SIGUSR1, SIGEV_SIGNAL, 0);
	CHECK_EQ(sys_call4(SYS_timer_settime, NO_TIMER, 0, 0, 0), -EINVAL);
	CHECK_EQ(sys_call4(SYS_timer_settime, NO_TIMER, 0, (long)BAD, 0), -EFAULT);
	CHECK_EQ(sys_call4(SYS_timer_settime, number, 0, (long)&setting, 0), -EINVAL);
	setting.again.tv_nsec = 0;
	CHECK_EQ(sys_call4(SYS_timer_settime, NO_TIMER, 0, (long)&setting, 0), -EINVAL);
	CHECK_EQ(sys_call4(SYS_timer_settime, number, 0, (long)&setting, (long)BAD), -EFAULT);
	CHECK_EQ(sys_call3(SYS_timer_gettime, NO_TIMER, (long)BAD, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_timer_gettime, number, (long)BAD, 0), -EFAULT);
	CHECK_EQ(sys_call3(SYS_timer_getoverrun, NO_TIMER, 0, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_timer_delete, -1, 0, 0), -EINVAL);
}

static void is_gone(void)
{
	struct timer_setting now;

	sys_exit(sys_call3(SYS_timer_gettime, 0, (long)&now, 0) == -EINVAL ? 0 : 1);
}

/* A child has none of them, and exec ends them, with what they have sent. */
static void not_inherited(void)
{
	char *argv[] = {(char *)own_path, "--child-of-timers", NULL};

	CHECK_EQ(make(CLOCK_MONOTONIC, SIGUSR1, SIGEV_SIGNAL, 0), 0);
	expect_exit(spawn(is_gone), 0);
	set_mask(bit(SIGUSR1));
	CHECK_EQ(set(0, 0, 1, MS), 0);
	wait_ms(5);
	CHECK_EQ(sys_execve(own_path, argv, (char *[]){NULL}), 0);
}

int test_child(const char *role)
{
	uint64_t pending = 0;
	struct timer_setting now;

	(void)role;
	if (sys_call3(SYS_timer_gettime, 0, (long)&now, 0) != -EINVAL)
		return 1;
	wait_ms(5);
	sys_call3(SYS_rt_sigpending, (long)&pending, 8, 0);
	return pending != 0 ? 2 : 0;
}

static void many(void)
{
	struct event event = {.signal = SIGUSR1, .notify = SIGEV_SIGNAL};
	unsigned long limit[2] = {20, 20};
	int number, made = 0;

	CHECK_EQ(sys_call4(SYS_prlimit64, 0, 11, (long)limit, 0), 0);
	while (made < 100 && sys_call3(SYS_timer_create, 1, (long)&event, (long)&number) == 0)
		made++;
	CHECK(made <= 20);
	CHECK_EQ(sys_call3(SYS_timer_create, 1, (long)&event, (long)&number), -EAGAIN);
}

static const struct test_case cases[] = {
	CASE("a timer sends its signal, number and value", rings),
	CASE("without an event SIGALRM, with its own number", default_event),
	CASE("what is missed while the signal waits is the overrun", overrun),
	CASE("a timer repeats", repeats),
	CASE("two timers of one signal send it twice", two_of_one_signal),
	CASE("SIGEV_NONE only counts down", silent),
	CASE("SIGEV_THREAD_ID takes threads of the process", to_a_thread),
	CASE("TIMER_ABSTIME is a time of the clock", at_a_time),
	CASE("timer_settime tells of the old setting", old_setting),
	CASE("a signal that is ignored does not end a timer", ignored),
	CASE("errors come in Linux's order", errors),
	CASE("neither fork nor exec keeps a timer", not_inherited),
	CASE("RLIMIT_SIGPENDING bounds them", many),
};
TEST_SUITE(ringing, cases);
