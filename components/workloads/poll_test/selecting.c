/* selecting: select and pselect6. */
#include <sys/time.h>
#include <time.h>

#include <workloads/common/signals.h>

static long select_for(int n, unsigned long *in, unsigned long *out, struct timeval *time)
{
	return sys_call6(SYS_select, n, (long)in, (long)out, 0, (long)time, 0);
}

static void ready(void)
{
	struct timeval now = {0, 0};
	int ends[2];

	CHECK_EQ(sys_pipe(ends), 0);
	unsigned long in = 1UL << ends[0], out = 1UL << ends[1];
	CHECK_EQ(select_for(64, &in, &out, &now), 1);
	CHECK_EQ(in, 0);
	CHECK_EQ(out, 1UL << ends[1]);
	sys_write(ends[1], "x", 1);
	in = 1UL << ends[0];
	CHECK_EQ(select_for(64, &in, &out, NULL), 2);
	CHECK_EQ(in, 1UL << ends[0]);
	in = 1UL << ends[0];
	CHECK_EQ(select_for(ends[0], &in, NULL, &now), 0); /* n leaves it out */
}

static void refused(void)
{
	struct timeval now = {0, 0};
	unsigned long in = 1UL << 40;

	CHECK_EQ(select_for(64, &in, NULL, &now), -EBADF);
	CHECK_EQ(select_for(-1, &in, NULL, &now), -EINVAL);
	now.tv_sec = -1;
	CHECK_EQ(select_for(0, NULL, NULL, &now), -EINVAL);
	CHECK_EQ(select_for(64, (void *)8, NULL, NULL), -EFAULT);
}

static void timed(void)
{
	struct timeval time = {0, 20000};

	CHECK_EQ(select_for(0, NULL, NULL, &time), 0);
	CHECK(time.tv_sec == 0 && time.tv_usec == 0);
	time = (struct timeval){0, 1020000};
	int ends[2];
	CHECK_EQ(sys_pipe(ends), 0);
	unsigned long out = 1UL << ends[1];
	CHECK_EQ(select_for(64, NULL, &out, &time), 1);
	CHECK(time.tv_sec == 1 && time.tv_usec <= 20000);
}

static void closed(void)
{
	int ends[2];

	CHECK_EQ(sys_pipe(ends), 0);
	sys_close(ends[1]);
	unsigned long in = 1UL << ends[0];
	CHECK_EQ(select_for(64, &in, NULL, NULL), 1);
	CHECK_EQ(in, 1UL << ends[0]);
}

static void with_mask(void)
{
	unsigned long none = 0;
	long set[2] = {(long)&none, 8};
	struct timespec time = {5, 0};

	CHECK_EQ(set_action(SIGUSR1, note_signal, 0), 0);
	CHECK_EQ(set_mask(bit(SIGUSR1)), 0);
	send_signal(sys_getpid(), SIGUSR1);
	CHECK_EQ(sys_call6(SYS_pselect6, 0, 0, 0, 0, (long)&time, (long)set), -EINTR);
	CHECK_EQ(handled, 1);
	CHECK(time.tv_sec == 4);
	set[1] = 4;
	CHECK_EQ(sys_call6(SYS_pselect6, 0, 0, 0, 0, (long)&time, (long)set), -EINVAL);
}

static const struct test_case cases[] = {
	CASE("what is ready", ready),
	CASE("bad sets and times", refused),
	CASE("the time-out, and what is left of it", timed),
	CASE("the end of a file is readable", closed),
	CASE("pselect6 and its mask", with_mask),
};
TEST_SUITE(selecting, cases);
