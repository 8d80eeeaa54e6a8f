/* computing: timers by the processor time of a process or a thread. */
#include <signal.h>
#include <time.h>

#include <workloads/common/signals.h>
#include <workloads/common/test.h>

extern const struct test_suite computing;

#define MS 1000000L

/* The id of a process's clock (Linux: kind 2 is exact). */
#define CLOCK_OF(pid) ((int)(~(unsigned)(pid) << 3 | 2))

struct event {
	uint64_t value;
	int signal, notify, pad[12];
};

static int make(int clock, int notify)
{
	struct event event = {.signal = SIGUSR1, .notify = notify, .value = 5};
	int number = -1;

	CHECK_EQ(sys_call3(SYS_timer_create, clock, (long)&event, (long)&number), 0);
	return number;
}

static long set(int number, int flags, long first, long again)
{
	struct itimerspec setting = {{0, again}, {0, first}};

	return sys_call4(SYS_timer_settime, number, flags, (long)&setting, 0);
}

static long left(int number)
{
	struct itimerspec now;

	CHECK_EQ(sys_call3(SYS_timer_gettime, number, (long)&now, 0), 0);
	return now.it_value.tv_sec * 1000000000 + now.it_value.tv_nsec;
}

static long used(int clock)
{
	struct timespec now;

	CHECK_EQ(sys_call3(SYS_clock_gettime, clock, (long)&now, 0), 0);
	return now.tv_sec * 1000000000 + now.tv_nsec;
}

static void compute(long ns)
{
	long end = used(CLOCK_PROCESS_CPUTIME_ID) + ns;

	while (used(CLOCK_PROCESS_CPUTIME_ID) < end)
		spin_until(ticks() + MS / 4);
}

static void rings_by(int clock)
{
	int number = make(clock, SIGEV_SIGNAL);
	long began = used(CLOCK_PROCESS_CPUTIME_ID);

	set_action(SIGUSR1, note_signal, 0);
	handled = 0;
	CHECK_EQ(left(number), 0);
	CHECK_EQ(set(number, 0, 60 * MS, 0), 0);
	sleep_ms(100); /* costs nothing */
	CHECK_EQ(handled, 0);
	CHECK(left(number) > 40 * MS && left(number) <= 60 * MS);
	while (handled == 0)
		compute(MS);
	CHECK(used(CLOCK_PROCESS_CPUTIME_ID) - began >= 60 * MS);
	CHECK_EQ(last_info.si_code, SI_TIMER);
	CHECK_EQ(last_info.si_value.sival_int, 5);
	CHECK_EQ(left(number), 0);
	compute(80 * MS);
	CHECK_EQ(handled, 1);
}

static void of_the_process(void)
{
	rings_by(CLOCK_PROCESS_CPUTIME_ID);
}

static void of_the_thread(void)
{
	rings_by(CLOCK_THREAD_CPUTIME_ID);
}

static void by_number(void)
{
	rings_by(CLOCK_OF(sys_getpid()));
}

static void repeats(void)
{
	int number = make(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL);

	set_action(SIGUSR1, note_signal, 0);
	CHECK_EQ(set(number, 0, 20 * MS, 20 * MS), 0);
	while (handled < 3)
		compute(MS);
	CHECK_EQ(set(number, 0, 0, 0), 0);
	CHECK_EQ(left(number), 0);
	CHECK_EQ(sys_call3(SYS_timer_delete, number, 0, 0), 0);
}

static void time_that_has_been(void)
{
	int number = make(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL);

	set_action(SIGUSR1, note_signal, 0);
	compute(20 * MS);
	CHECK_EQ(set(number, TIMER_ABSTIME, MS, 0), 0);
	CHECK_EQ(handled, 1);
	CHECK_EQ(left(number), 0);
}

static void in_silence(void)
{
	int number = make(CLOCK_PROCESS_CPUTIME_ID, SIGEV_NONE);

	CHECK_EQ(set(number, 0, 40 * MS, 0), 0);
	CHECK(left(number) > 20 * MS && left(number) <= 40 * MS);
	compute(100 * MS);
	CHECK(left(number) <= 1);
}

static void sleep_until_killed(void)
{
	for (;;)
		sys_call0(SYS_pause);
}

static void of_another(void)
{
	long pid = spawn(sleep_until_killed);
	int number = make(CLOCK_OF(pid), SIGEV_SIGNAL);

	CHECK_EQ(set(number, 0, 500 * MS, 0), 0);
	CHECK(left(number) > 0);
	CHECK_EQ(send_signal(pid, SIGKILL), 0);
	expect_killed(pid, SIGKILL);
	CHECK_EQ(left(number), 0);
	CHECK_EQ(set(number, 0, MS, 0), -ESRCH);
	CHECK_EQ(sys_call3(SYS_timer_delete, number, 0, 0), 0);
	CHECK_EQ(sys_call3(SYS_timer_create, CLOCK_OF(pid), 0, (long)&number), -EINVAL);
}

static void kills(void)
{
	int number = -1;

	CHECK_EQ(sys_call3(SYS_timer_create, CLOCK_PROCESS_CPUTIME_ID, 0, (long)&number), 0);
	CHECK_EQ(set(number, 0, 20 * MS, 0), 0);
	compute(3000 * MS);
}

static const struct test_case cases[] = {
	CASE("by the process's time", of_the_process),
	CASE("by the thread's time", of_the_thread),
	CASE("by the number of a process", by_number),
	CASE("again and again", repeats),
	CASE("a time that has been rings at once", time_that_has_been),
	CASE("in silence", in_silence),
	CASE("by another's time, who ends", of_another),
	DIES("without a handler SIGALRM kills", kills, SIGALRM),
};
TEST_SUITE(computing, cases);
