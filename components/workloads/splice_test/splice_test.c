/* splice_test: splice, tee and vmsplice. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <workloads/common/signals.h>

#define SIZE 200000

static int in[2], out[2], file;
static char bytes[SIZE], back[SIZE];

static long splice_at(int from, long *from_at, int to, long *to_at, size_t n, unsigned flags)
{
	return sys_call6(SYS_splice, from, (long)from_at, to, (long)to_at, (long)n, flags);
}

static long move(int from, int to, size_t n, unsigned flags)
{
	return splice_at(from, NULL, to, NULL, n, flags);
}

static long copy(int from, int to, size_t n, unsigned flags)
{
	return sys_call4(SYS_tee, from, to, (long)n, flags);
}

/* Two pipes, and a file of SIZE bytes that tell their places. */
static void begin(void)
{
	for (int i = 0; i < SIZE; i++)
		bytes[i] = (char)(i * 31 + i / 256);
	CHECK_EQ(sys_pipe(in), 0);
	CHECK_EQ(sys_pipe(out), 0);
	file = (int)sys_call3(SYS_open, (long)"/tmp", O_TMPFILE | O_RDWR, 0600);
	CHECK(file >= 0);
	CHECK_EQ(sys_write(file, bytes, SIZE), SIZE);
	CHECK_EQ(sys_call3(SYS_lseek, file, 0, SEEK_SET), 0);
}

static void expect(int fd, const char *expected, long n)
{
	long done = 0;

	while (done < n) {
		long more = sys_read(fd, back + done, (size_t)(n - done));

		CHECK(more > 0);
		done += more;
	}
	CHECK(memcmp(back, expected, (size_t)n) == 0);
}

static long position(int fd)
{
	return sys_call3(SYS_lseek, fd, 0, SEEK_CUR);
}

static void from_a_file(void)
{
	long at = SIZE - 2;

	begin();
	CHECK_EQ(move(file, in[1], 1 << 20, 0), 65536);
	CHECK_EQ(position(file), 65536);
	CHECK_EQ(move(file, in[1], 10, SPLICE_F_NONBLOCK), -EAGAIN);
	expect(in[0], bytes, 65536);
	CHECK_EQ(splice_at(file, &at, in[1], NULL, 5, 0), 2);
	CHECK_EQ(at, SIZE);
	CHECK_EQ(position(file), 65536);
	CHECK_EQ(splice_at(file, &at, in[1], NULL, 5, 0), 0);
	expect(in[0], bytes + SIZE - 2, 2);
	at = -1;
	CHECK_EQ(splice_at(file, &at, in[1], NULL, 5, 0), -EINVAL);
	CHECK_EQ(splice_at(file, (void *)8, in[1], NULL, 5, 0), -EFAULT);
	for (long done = 65536; done < SIZE;) {
		long n = move(file, in[1], 5001, SPLICE_F_MOVE | SPLICE_F_MORE);

		CHECK(n > 0);
		expect(in[0], bytes + done, n);
		done += n;
	}
	CHECK_EQ(move(file, in[1], 5001, 0), 0);
}

static void to_a_file(void)
{
	struct stat status;
	long at = SIZE + 10;

	begin();
	CHECK_EQ(sys_write(in[1], "hello, world", 12), 12);
	CHECK_EQ(move(in[0], file, 5, 0), 5);
	CHECK_EQ(position(file), 5);
	CHECK_EQ(splice_at(in[0], NULL, file, &at, 100, 0), 7);
	CHECK_EQ(at, SIZE + 17);
	CHECK_EQ(position(file), 5);
	CHECK_EQ(sys_call3(SYS_fstat, file, (long)&status, 0), 0);
	CHECK_EQ(status.st_size, SIZE + 17);
	CHECK_EQ(sys_call3(SYS_lseek, file, 0, SEEK_SET), 0);
	expect(file, "hello", 5);
	CHECK_EQ(sys_call3(SYS_lseek, file, SIZE + 8, SEEK_SET), SIZE + 8);
	expect(file, "\0\0, world", 9);
	CHECK_EQ(move(in[0], file, 5, SPLICE_F_NONBLOCK), -EAGAIN);
	CHECK_EQ(sys_write(in[1], "x", 1), 1);
	at = -1;
	CHECK_EQ(splice_at(in[0], NULL, file, &at, 5, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_fcntl, file, F_SETFL, O_APPEND), 0);
	CHECK_EQ(move(in[0], file, 5, 0), -EINVAL);
	sys_close(in[1]);
	CHECK_EQ(sys_call3(SYS_fcntl, file, F_SETFL, 0), 0);
	CHECK_EQ(move(in[0], file, 5, 0), 1);
	CHECK_EQ(move(in[0], file, 5, 0), 0);
}

static void between_pipes(void)
{
	begin();
	CHECK_EQ(move(file, in[1], 65536, 0), 65536);
	CHECK_EQ(move(in[0], out[1], 10000, 0), 10000);
	CHECK_EQ(copy(in[0], out[1], 20000, 0), 20000);
	expect(out[0], bytes, 10000);
	expect(out[0], bytes + 10000, 20000);
	expect(in[0], bytes + 10000, 55536);
	CHECK_EQ(copy(in[0], out[1], 5, SPLICE_F_NONBLOCK), -EAGAIN);
	CHECK_EQ(sys_write(in[1], "12345", 5), 5);
	CHECK_EQ(copy(in[0], out[1], 3, 0), 3);
	CHECK_EQ(copy(in[0], out[1], 100, 0), 5);
	expect(in[0], "12345", 5);
	expect(out[0], "12312345", 8);
	sys_close(in[1]);
	CHECK_EQ(move(in[0], out[1], 5, 0), 0);
	CHECK_EQ(copy(in[0], out[1], 5, 0), 0);
}

static void refused(void)
{
	long at = 0;
	int event = (int)sys_call3(SYS_eventfd2, 1, 0, 0);
	int folder = (int)sys_call3(SYS_open, (long)"/", O_RDONLY, 0);
	int place = (int)sys_call3(SYS_open, (long)"/", O_PATH, 0);
	int null = (int)sys_call3(SYS_open, (long)"/dev/null", O_RDWR, 0);

	begin();
	CHECK_EQ(move(99, 98, 0, 99), 0);
	CHECK_EQ(move(99, 98, 1, 99), -EINVAL);
	CHECK_EQ(move(99, in[1], 1, 0), -EBADF);
	CHECK_EQ(move(in[0], 99, 1, 0), -EBADF);
	CHECK_EQ(move(in[1], out[1], 1, 0), -EBADF);
	CHECK_EQ(move(in[0], out[0], 1, 0), -EBADF);
	CHECK_EQ(move(place, in[1], 1, 0), -EBADF);
	CHECK_EQ(move(file, file, 1, 0), -EINVAL);
	CHECK_EQ(move(in[0], in[1], 1, 0), -EINVAL);
	CHECK_EQ(copy(in[0], in[1], 1, 0), -EINVAL);
	CHECK_EQ(copy(in[0], file, 1, 0), -EINVAL);
	CHECK_EQ(copy(99, 98, 0, 99), -EINVAL);
	CHECK_EQ(copy(99, 98, 0, 0), 0);
	CHECK_EQ(copy(99, 98, 1, 0), -EBADF);
	CHECK_EQ(splice_at(in[0], &at, file, NULL, 1, 0), -ESPIPE);
	CHECK_EQ(splice_at(in[0], (void *)8, file, NULL, 1, 0), -ESPIPE);
	CHECK_EQ(splice_at(file, NULL, in[1], &at, 1, 0), -ESPIPE);
	CHECK_EQ(move(event, in[1], 8, 0), -EINVAL);
	CHECK_EQ(move(in[0], event, 8, 0), -EINVAL);
	CHECK_EQ(move(folder, in[1], 8, 0), -EINVAL);
	CHECK_EQ(move(file, in[1], 8, 0), 8);
	CHECK_EQ(move(in[0], null, 100, 0), 8);
}

static void to_nobody(void)
{
	begin();
	CHECK_EQ(set_action(SIGPIPE, note_signal, 0), 0);
	CHECK_EQ(sys_write(in[1], "x", 1), 1);
	sys_close(out[0]);
	CHECK_EQ(move(file, out[1], 5, 0), -EPIPE);
	CHECK_EQ(handled, 1);
	CHECK_EQ(move(in[0], out[1], 5, 0), -EPIPE);
	CHECK_EQ(copy(in[0], out[1], 5, 0), -EPIPE);
	CHECK_EQ(handled, 3);
	expect(in[0], "x", 1);
	CHECK_EQ(copy(in[0], out[1], 5, SPLICE_F_NONBLOCK), -EAGAIN);
}

static void sockets(void)
{
	int ends[2];
	long at = 0;

	begin();
	CHECK_EQ(sys_call4(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, (long)ends), 0);
	CHECK_EQ(sys_write(ends[0], "abcdef", 6), 6);
	CHECK_EQ(move(ends[1], in[1], 100, 0), 6);
	CHECK_EQ(move(ends[1], in[1], 100, SPLICE_F_NONBLOCK), -EAGAIN);
	CHECK_EQ(splice_at(ends[1], &at, in[1], NULL, 100, 0), -EINVAL);
	CHECK_EQ(move(in[0], ends[1], 3, 0), 3);
	expect(ends[0], "abc", 3);
	CHECK_EQ(move(in[0], ends[1], 100, 0), 3);
	expect(ends[0], "def", 3);
	CHECK_EQ(sys_write(ends[0], bytes, 20000), 20000);
	for (long done = 0; done < 20000;) {
		long n = move(ends[1], in[1], 30000, 0);

		CHECK(n > 0);
		expect(in[0], bytes + done, n);
		done += n;
	}
	sys_close(ends[0]);
	CHECK_EQ(move(ends[1], in[1], 100, 0), 0);
}

static void memory(void)
{
	struct iovec parts[2] = {{bytes, 2}, {bytes + 10, 3}};
	struct iovec whole = {bytes, SIZE};

	begin();
	CHECK_EQ(sys_call4(SYS_vmsplice, in[1], (long)parts, 2, 0), 5);
	expect(in[0], bytes, 2);
	expect(in[0], bytes + 10, 3);
	CHECK_EQ(sys_call4(SYS_vmsplice, in[1], (long)parts, 0, 0), 0);
	CHECK_EQ(sys_call4(SYS_vmsplice, in[1], (long)parts, 2, 99), -EINVAL);
	CHECK_EQ(sys_call4(SYS_vmsplice, in[1], 8, 2, 0), -EFAULT);
	CHECK_EQ(sys_call4(SYS_vmsplice, in[1], (long)parts, 1025, 0), -EINVAL);
	CHECK_EQ(sys_call4(SYS_vmsplice, file, (long)parts, 2, 0), -EBADF);
	CHECK_EQ(sys_call4(SYS_vmsplice, 99, (long)parts, 2, 0), -EBADF);
	CHECK_EQ(sys_call4(SYS_vmsplice, in[0], (long)parts, 2, SPLICE_F_NONBLOCK), -EAGAIN);
	long n = sys_call4(SYS_vmsplice, in[1], (long)&whole, 1, 0); /* what there is room for */
	CHECK(n > 60000 && n <= 65536);
	CHECK_EQ(sys_call4(SYS_vmsplice, in[1], (long)&whole, 1, SPLICE_F_NONBLOCK), -EAGAIN);
	expect(in[0], bytes, n);
	CHECK_EQ(sys_write(in[1], "xyz", 3), 3);
	parts[0].iov_base = back;
	CHECK_EQ(sys_call4(SYS_vmsplice, in[0], (long)parts, 1, 0), 2);
	CHECK(memcmp(back, "xy", 2) == 0);
	parts[0] = (struct iovec){(void *)8, 1};
	CHECK_EQ(sys_call4(SYS_vmsplice, in[0], (long)parts, 1, 0), -EFAULT);
	expect(in[0], "z", 1);
	CHECK_EQ(sys_call4(SYS_vmsplice, in[1], (long)parts, 1, 0), -EFAULT);
}

static void moves_later(void)
{
	sleep_ms(20);
	CHECK_EQ(move(file, in[1], 3, 0), 3);
}

static void drains_later(void)
{
	sleep_ms(20);
	CHECK_EQ(move(in[0], file, 65536, 0), 65536);
}

static long parent;

static void signals_later(void)
{
	sleep_ms(20);
	send_signal(parent, SIGUSR1);
}

static void sleeps(void)
{
	struct pollfd one;

	begin();
	one = (struct pollfd){in[0], POLLIN, 0};
	long pid = spawn(moves_later);
	CHECK_EQ(sys_call3(SYS_poll, (long)&one, 1, 5000), 1);
	expect(in[0], bytes, 3);
	expect_exit(pid, 0);
	pid = spawn(moves_later); /* the position is shared */
	CHECK_EQ(move(in[0], out[1], 100, 0), 3);
	expect(out[0], bytes + 3, 3);
	expect_exit(pid, 0);
	CHECK_EQ(sys_call3(SYS_lseek, file, 0, SEEK_SET), 0);
	CHECK_EQ(move(file, in[1], 65536, 0), 65536);
	pid = spawn(drains_later);
	CHECK_EQ(sys_write(in[1], "y", 1), 1); /* waits for room */
	expect_exit(pid, 0);
	expect(in[0], "y", 1);
	parent = sys_getpid();
	CHECK_EQ(set_action(SIGUSR1, note_signal, 0), 0);
	pid = spawn(signals_later);
	CHECK_EQ(move(in[0], file, 100, 0), -EINTR);
	expect_exit(pid, 0);
}

static void flags_of_pipes(void)
{
	begin();
	CHECK_EQ(sys_call3(SYS_fcntl, in[0], F_SETFL, O_NONBLOCK), 0);
	CHECK_EQ(move(in[0], file, 5, 0), -EAGAIN);
	CHECK_EQ(move(in[0], out[1], 5, 0), -EAGAIN);
	CHECK_EQ(copy(in[0], out[1], 5, 0), -EAGAIN);
	CHECK_EQ(sys_call3(SYS_fcntl, in[1], F_SETFL, O_NONBLOCK), 0);
	CHECK_EQ(move(file, in[1], 1 << 20, 0), 65536);
	CHECK_EQ(move(file, in[1], 1 << 20, 0), -EAGAIN);
	CHECK_EQ(sys_call4(SYS_sendfile, in[1], file, 0, 100), -EAGAIN);
}

static const struct test_case cases[] = {
	CASE("from a file", from_a_file),
	CASE("to a file", to_a_file),
	CASE("between pipes", between_pipes),
	CASE("what is refused", refused),
	CASE("to nobody", to_nobody),
	CASE("sockets", sockets),
	CASE("memory", memory),
	CASE("sleeping", sleeps),
	CASE("pipes that do not block", flags_of_pipes),
};
TEST_SUITE(splicing, cases);

const struct test_suite *const test_suites[] = {&splicing, NULL};
