/* setting: clock_settime, settimeofday, adjtimex, and who waits for the clock. Somebody's own clock
 * is left alone: what would change it is not tried there. */
#include <signal.h>
#include <sys/timex.h>
#include <time.h>

#include <workloads/common/signals.h>
#include <workloads/common/test.h>

#define BAD  ((void *)16)
#define HOUR 3600L
#define MS   1000000L

static struct timespec realtime(void)
{
	struct timespec now;

	CHECK_EQ(sys_clock_gettime(CLOCK_REALTIME, &now), 0);
	return now;
}

static void errors(void)
{
	struct timespec time = {0, 1000000000};
	struct timeval less = {0, 1000001};
	int zone[2] = {15 * 60 + 1, 0};

	CHECK_EQ(sys_call3(SYS_clock_settime, CLOCK_MONOTONIC, (long)BAD, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_clock_settime, 77, (long)&time, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_clock_settime, CLOCK_REALTIME, (long)BAD, 0), -EFAULT);
	CHECK_EQ(sys_call3(SYS_clock_settime, CLOCK_REALTIME, (long)&time, 0), -EINVAL);
	time = (struct timespec){0, 0}; /* before the machine was started */
	CHECK_EQ(sys_call3(SYS_clock_settime, CLOCK_REALTIME, (long)&time, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_settimeofday, (long)BAD, 0, 0), -EFAULT);
	CHECK_EQ(sys_call3(SYS_settimeofday, (long)&less, 0, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_settimeofday, 0, (long)BAD, 0), -EFAULT);
	CHECK_EQ(sys_call3(SYS_settimeofday, 0, (long)zone, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_settimeofday, 0, 0, 0), 0);
	CHECK_EQ(sys_call3(SYS_setresuid, 5, 5, 5), 0);
	time = realtime();
	CHECK_EQ(sys_call3(SYS_clock_settime, CLOCK_REALTIME, (long)&time, 0), -EPERM);
	CHECK_EQ(sys_call3(SYS_settimeofday, 0, (long)zone, 0), -EPERM);
	CHECK_EQ(sys_call3(SYS_settimeofday, 0, 0, 0), -EPERM);
}

static void set_forward(long seconds)
{
	struct timespec time = realtime();

	time.tv_sec += seconds;
	CHECK_EQ(sys_call3(SYS_clock_settime, CLOCK_REALTIME, (long)&time, 0), 0);
}

static void sets(void)
{
	struct timespec before, after;
	long was;

	if (on_host)
		skip("it would set the machine's clock");
	sys_clock_gettime(CLOCK_MONOTONIC, &before);
	was = realtime().tv_sec;
	set_forward(HOUR);
	sys_clock_gettime(CLOCK_MONOTONIC, &after);
	CHECK(after.tv_sec - before.tv_sec < 5);
	CHECK(realtime().tv_sec - was >= HOUR);
	CHECK_EQ(sys_call3(SYS_time, 0, 0, 0), realtime().tv_sec);
	set_forward(-HOUR);
	CHECK(realtime().tv_sec - was < 5);
}

static void zone(void)
{
	int fresh[2] = {-60, 1}, seen[2];

	if (on_host)
		skip("it would set the machine's time zone");
	CHECK_EQ(sys_call3(SYS_settimeofday, 0, (long)fresh, 0), 0);
	CHECK_EQ(sys_call3(SYS_gettimeofday, 0, (long)seen, 0), 0);
	CHECK_EQ(seen[0], -60);
	CHECK_EQ(seen[1], 1);
}

static void sleep_an_hour(void)
{
	struct timespec until = realtime();

	until.tv_sec += HOUR;
	CHECK_EQ(sys_call4(SYS_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, (long)&until, 0), 0);
}

/* Who sleeps until a time wakes when it is that time. */
static void sleepers(void)
{
	long pid;

	if (on_host)
		skip("it would set the machine's clock");
	pid = spawn(sleep_an_hour);
	sleep_ms(5);
	set_forward(HOUR);
	expect_exit(pid, 0);
	set_forward(-HOUR);
}

static void timers(void)
{
	struct timespec now = realtime();
	struct itimerspec hour = {{0, 0}, {now.tv_sec + HOUR, 0}}, rest = {{0, 0}, {HOUR, 0}};
	int relative = (int)sys_call3(SYS_timerfd_create, CLOCK_REALTIME, 04000, 0);
	int absolute = (int)sys_call3(SYS_timerfd_create, CLOCK_REALTIME, 04000, 0);
	uint64_t ticks;

	if (on_host)
		skip("it would set the machine's clock");
	CHECK_EQ(sys_call4(SYS_timerfd_settime, relative, 0, (long)&rest, 0), 0);
	CHECK_EQ(sys_call4(SYS_timerfd_settime, absolute, 1, (long)&hour, 0), 0);
	set_forward(HOUR);
	sleep_ms(2);
	CHECK_EQ(sys_read(absolute, &ticks, 8), 8);
	CHECK_EQ(ticks, 1);
	CHECK_EQ(sys_read(relative, &ticks, 8), -EAGAIN);
	hour.it_value.tv_sec += 2 * HOUR;
	CHECK_EQ(sys_call4(SYS_timerfd_settime, absolute, 3, (long)&hour, 0), 0);
	set_forward(-HOUR);
	CHECK_EQ(sys_read(absolute, &ticks, 8), -ECANCELED);
	CHECK_EQ(sys_read(absolute, &ticks, 8), -EAGAIN);
}

static void rings_early(void)
{
	struct timespec now = realtime();
	struct itimerspec hour = {{0, 0}, {now.tv_sec + HOUR, 0}};
	int number;

	if (on_host)
		skip("it would set the machine's clock");
	CHECK_EQ(sys_call3(SYS_timer_create, CLOCK_REALTIME, 0, (long)&number), 0);
	CHECK_EQ(sys_call4(SYS_timer_settime, number, TIMER_ABSTIME, (long)&hour, 0), 0);
	set_forward(HOUR);
	sleep_ms(50);
	CHECK(false); /* SIGALRM has ended this */
}

static void adjust(void)
{
	struct timex a = {.modes = 0};

	CHECK_EQ(sizeof(a), 208);
	CHECK(sys_call3(SYS_adjtimex, (long)&a, 0, 0) >= 0);
	CHECK(a.time.tv_sec - realtime().tv_sec <= 1);
	CHECK_EQ(a.tolerance, 32768000);
	CHECK_EQ(sys_call3(SYS_adjtimex, (long)BAD, 0, 0), -EFAULT);
	CHECK_EQ(sys_call3(SYS_clock_adjtime, 77, (long)BAD, 0), -EFAULT);
	CHECK_EQ(sys_call3(SYS_clock_adjtime, CLOCK_MONOTONIC, (long)&a, 0), -EOPNOTSUPP);
	a.modes = 0x8000;
	CHECK_EQ(sys_call3(SYS_adjtimex, (long)&a, 0, 0), -EINVAL);
	a.modes = ADJ_TICK;
	a.tick = 1;
	CHECK_EQ(sys_call3(SYS_adjtimex, (long)&a, 0, 0), -EINVAL);
	a.modes = ADJ_SETOFFSET;
	a.time.tv_usec = -1;
	CHECK_EQ(sys_call3(SYS_adjtimex, (long)&a, 0, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_setresuid, 5, 5, 5), 0);
	CHECK_EQ(sys_call3(SYS_adjtimex, (long)&a, 0, 0), -EPERM);
	a.modes = 0x8001;
	CHECK_EQ(sys_call3(SYS_adjtimex, (long)&a, 0, 0), -EPERM);
	a.modes = 0xa001;
	CHECK(sys_call3(SYS_adjtimex, (long)&a, 0, 0) >= 0);
}

static void adjusts(void)
{
	struct timex a = {.modes = ADJ_SETOFFSET, .time = {-2, 500000}};
	long was = realtime().tv_sec;

	if (on_host)
		skip("it would set the machine's clock");
	CHECK(sys_call3(SYS_adjtimex, (long)&a, 0, 0) >= 0);
	CHECK(was - realtime().tv_sec >= 1);
	a.modes = ADJ_SETOFFSET;
	a.time.tv_sec = -0x7fffffffffffL;
	CHECK_EQ(sys_call3(SYS_adjtimex, (long)&a, 0, 0), -EINVAL);
}

static const struct test_case cases[] = {
	CASE("errors come in Linux's order", errors),
	CASE("setting the clock changes the time of day alone", sets),
	CASE("settimeofday keeps a time zone", zone),
	CASE("who sleeps until a time of day wakes then", sleepers),
	CASE("timerfd goes by the new time, or is cancelled", timers),
	DIES("so does a timer that sends a signal", rings_early, SIGALRM),
	CASE("adjtimex checks what it takes", adjust),
	CASE("ADJ_SETOFFSET moves the clock", adjusts),
};
TEST_SUITE(setting, cases);
