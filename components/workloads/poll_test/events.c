/* events: eventfd. */
#include <poll.h>
#include <sys/eventfd.h>

#include <workloads/common/signals.h>

static int fd;

static long event(unsigned count, int flags)
{
	return sys_call3(SYS_eventfd2, count, flags, 0);
}

static long add(unsigned long value)
{
	return sys_write(fd, &value, 8);
}

static void counts(void)
{
	unsigned long value = 0;

	fd = (int)event(3, EFD_NONBLOCK);
	CHECK_EQ(add(4), 8);
	CHECK_EQ(sys_read(fd, &value, 8), 8);
	CHECK_EQ(value, 7);
	CHECK_EQ(sys_read(fd, &value, 8), -EAGAIN);
	CHECK_EQ(sys_read(fd, &value, 7), -EINVAL);
	CHECK_EQ(add(~0UL), -EINVAL);
	CHECK_EQ(add(~0UL - 1), 8);
	CHECK_EQ(add(1), -EAGAIN);
	CHECK_EQ(event(0, 0x40), -EINVAL);
}

static void one_at_a_time(void)
{
	unsigned long value = 0;

	fd = (int)event(2, EFD_SEMAPHORE | EFD_NONBLOCK);
	CHECK_EQ(sys_read(fd, &value, 8), 8);
	CHECK_EQ(value, 1);
	CHECK_EQ(sys_read(fd, &value, 8), 8);
	CHECK_EQ(sys_read(fd, &value, 8), -EAGAIN);
}

static void adds_later(void)
{
	sleep_ms(20);
	add(5);
	sleep_ms(20);
	add(6);
}

static void wakes(void)
{
	unsigned long value = 0;

	fd = (int)event(0, 0);
	struct pollfd one = {fd, POLLIN | POLLOUT, 0};
	CHECK_EQ(sys_call3(SYS_poll, (long)&one, 1, 0), 1);
	CHECK_EQ(one.revents, POLLOUT);
	long pid = spawn(adds_later);
	CHECK_EQ(sys_read(fd, &value, 8), 8);
	CHECK_EQ(value, 5);
	one.events = POLLIN;
	CHECK_EQ(sys_call3(SYS_poll, (long)&one, 1, 5000), 1);
	CHECK_EQ(one.revents, POLLIN);
	expect_exit(pid, 0);
}

static const struct test_case cases[] = {
	CASE("a counter", counts),
	CASE("or a semaphore", one_at_a_time),
	CASE("that wakes who waits for it", wakes),
};
TEST_SUITE(events, cases);
