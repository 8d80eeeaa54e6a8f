/* fifos: pipes that have a name. */
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <workloads/common/signals.h>

extern const struct test_suite fifos, reopening;

const struct test_suite *const test_suites[] = {&fifos, &reopening, NULL};

#define NAME "/tmp/fifos_test.fifo"

static void make(void)
{
	sys_call3(SYS_unlink, (long)NAME, 0, 0);
	CHECK_EQ(sys_call3(SYS_mknod, (long)NAME, S_IFIFO | 0666, 0), 0);
}

static long open_for(int flags)
{
	return sys_call3(SYS_open, (long)NAME, flags, 0);
}

static int poll_now(int fd)
{
	struct pollfd one = {fd, POLLIN | POLLOUT, 0};

	CHECK(sys_call3(SYS_poll, (long)&one, 1, 0) >= 0);
	return one.revents;
}

static void nobody_there(void)
{
	char byte;
	int in;

	make();
	CHECK_EQ(open_for(O_WRONLY | O_NONBLOCK), -ENXIO);
	in = (int)open_for(O_RDONLY | O_NONBLOCK);
	CHECK(in >= 0);
	CHECK_EQ(poll_now(in), 0);
	CHECK_EQ(sys_read(in, &byte, 1), 0);
	CHECK_EQ(open_for(3), -EINVAL);
	CHECK_EQ(sys_call3(SYS_lseek, in, 0, 0), -ESPIPE);
}

static void both(void)
{
	char buf[8];
	int count = 0, one;

	make();
	one = (int)open_for(O_RDWR);
	CHECK(one >= 0);
	CHECK_EQ(poll_now(one), POLLOUT);
	CHECK_EQ(sys_write(one, "abc", 3), 3);
	CHECK_EQ(poll_now(one), POLLIN | POLLOUT);
	CHECK_EQ(sys_call3(SYS_ioctl, one, FIONREAD, (long)&count), 0);
	CHECK_EQ(count, 3);
	CHECK_EQ(sys_read(one, buf, 8), 3);
	sys_close(one);
	one = (int)open_for(O_RDONLY | O_NONBLOCK);
	CHECK_EQ(sys_read(one, buf, 8), 0); /* nothing outlives those who had it open */
}

static void hung_up(void)
{
	char byte;
	int in, out;

	make();
	in = (int)open_for(O_RDONLY | O_NONBLOCK);
	out = (int)open_for(O_WRONLY);
	CHECK(out >= 0);
	CHECK_EQ(sys_read(in, &byte, 1), -EAGAIN);
	CHECK_EQ(sys_write(out, "x", 1), 1);
	sys_close(out);
	CHECK_EQ(poll_now(in), POLLIN | POLLHUP);
	CHECK_EQ(sys_read(in, &byte, 1), 1);
	CHECK_EQ(sys_read(in, &byte, 1), 0);
	CHECK_EQ(poll_now(in), POLLHUP);
	out = (int)open_for(O_WRONLY | O_NONBLOCK);
	CHECK_EQ(poll_now(in), 0);
	sys_close(in);
	CHECK_EQ(poll_now(out), POLLOUT | POLLERR);
	CHECK_EQ(set_action(SIGPIPE, note_signal, 0), 0);
	CHECK_EQ(sys_write(out, "x", 1), -EPIPE);
	CHECK_EQ(handled, 1);
}

static void writes_later(void)
{
	int out;

	sleep_ms(10);
	out = (int)open_for(O_WRONLY);
	CHECK(out >= 0);
	CHECK_EQ(sys_write(out, "later", 5), 5);
}

static void reads_later(void)
{
	char buf[8];

	sleep_ms(10);
	int in = (int)open_for(O_RDONLY);
	CHECK(in >= 0);
	CHECK_EQ(sys_read(in, buf, 8), 5);
}

static void waits(void)
{
	char buf[8];
	int fd;

	make();
	long pid = spawn(writes_later);
	fd = (int)open_for(O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(sys_read(fd, buf, 8), 5);
	CHECK_EQ(sys_read(fd, buf, 8), 0);
	sys_close(fd);
	expect_exit(pid, 0);
	pid = spawn(reads_later);
	fd = (int)open_for(O_WRONLY);
	CHECK(fd >= 0);
	CHECK_EQ(sys_write(fd, "again", 5), 5);
	expect_exit(pid, 0);
}

static void opens_and_closes(void)
{
	sleep_ms(10);
	sys_close((int)open_for(O_WRONLY));
}

static void missed(void)
{
	char byte;

	make();
	long pid = spawn(opens_and_closes);
	int in = (int)open_for(O_RDONLY); /* though nobody is there any more when it runs */
	CHECK(in >= 0);
	CHECK_EQ(sys_read(in, &byte, 1), 0);
	expect_exit(pid, 0);
}

static long parent;

static void signals_parent(void)
{
	sleep_ms(10);
	send_signal(parent, SIGUSR1);
}

static void interrupted(void)
{
	make();
	parent = sys_getpid();
	CHECK_EQ(set_action(SIGUSR1, note_signal, 0), 0);
	long pid = spawn(signals_parent);
	CHECK_EQ(open_for(O_RDONLY), -EINTR);
	CHECK_EQ(open_for(O_WRONLY | O_NONBLOCK), -ENXIO);
	expect_exit(pid, 0);
}

static void many_writers(void)
{
	char buf[8];
	int in, out[3];

	make();
	in = (int)open_for(O_RDONLY | O_NONBLOCK);
	for (int i = 0; i < 3; i++)
		out[i] = (int)open_for(O_WRONLY);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(sys_write(out[i], "x", 1), 1);
		sys_close(out[i]);
		CHECK_EQ(poll_now(in), i < 2 ? POLLIN : POLLIN | POLLHUP);
	}
	CHECK_EQ(sys_read(in, buf, 8), 3);
}

static void attributes(void)
{
	struct stat status;
	int fd;

	make();
	fd = (int)open_for(O_RDWR);
	CHECK_EQ(sys_call3(SYS_fstat, fd, (long)&status, 0), 0);
	CHECK_EQ(status.st_mode & S_IFMT, S_IFIFO);
	CHECK_EQ(sys_call3(SYS_ftruncate, fd, 0, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_unlink, (long)NAME, 0, 0), 0);
	CHECK_EQ(sys_write(fd, "x", 1), 1);
	CHECK_EQ(open_for(O_RDWR), -ENOENT);
}

static struct timespec change_of(int fd, struct timespec *read)
{
	struct stat status;

	CHECK_EQ(sys_call3(SYS_fstat, fd, (long)&status, 0), 0);
	*read = status.st_atim;
	CHECK(status.st_mtim.tv_nsec == status.st_ctim.tv_nsec);
	return status.st_mtim;
}

static long passed(struct timespec from, struct timespec to)
{
	return (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
}

static void times(void)
{
	struct timespec made, read, changed, read_later;
	char byte;
	int fd;

	make();
	fd = (int)open_for(O_RDWR);
	made = change_of(fd, &read);
	sleep_ms(30);
	CHECK_EQ(sys_write(fd, "x", 1), 1);
	changed = change_of(fd, &read_later);
	CHECK(passed(made, changed) >= 20);
	CHECK_EQ(passed(read, read_later), 0);
	sleep_ms(30);
	CHECK_EQ(sys_read(fd, &byte, 1), 1);
	CHECK_EQ(passed(changed, change_of(fd, &read_later)), 0);
	CHECK(passed(changed, read_later) >= 20);
}

static const struct test_case cases[] = {
	CASE("nobody at the other end", nobody_there),
	CASE("both ends at once", both),
	CASE("an end that comes and goes", hung_up),
	CASE("opening waits for the other end", waits),
	CASE("even if it came and went", missed),
	CASE("a signal ends that", interrupted),
	CASE("many writers", many_writers),
	CASE("what it is", attributes),
	CASE("its times", times),
};
TEST_SUITE(fifos, cases);
