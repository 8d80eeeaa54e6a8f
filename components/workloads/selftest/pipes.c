/*
 * pipes: bytes from one process to another.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>

#include <workloads/common/test.h>

static int fds[2], back[2];
static char buffer[8192];

static void open_pipes(void)
{
	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_pipe(back), 0);
}

static void in_order(void)
{
	open_pipes();
	CHECK_EQ(sys_write(fds[1], "hello ", 6), 6);
	CHECK_EQ(sys_write(fds[1], "world", 5), 5);
	CHECK_EQ(sys_read(fds[0], buffer, 3), 3);
	CHECK_EQ(sys_read(fds[0], buffer + 3, sizeof(buffer)), 8);
	CHECK(memcmp(buffer, "hello world", 11) == 0);
}

static void of_no_length(void)
{
	open_pipes();
	CHECK_EQ(sys_write(fds[1], buffer, 0), 0);
	CHECK_EQ(sys_write(fds[1], "x", 1), 1);
	CHECK_EQ(sys_read(fds[0], buffer, 0), 0);
	CHECK_EQ(sys_read(fds[0], buffer, 1), 1);
}

static void end_of_file(void)
{
	open_pipes();
	CHECK_EQ(sys_write(fds[1], "abc", 3), 3);
	sys_close(fds[1]);
	CHECK_EQ(sys_read(fds[0], buffer, sizeof(buffer)), 3);
	CHECK_EQ(sys_read(fds[0], buffer, sizeof(buffer)), 0);
	CHECK_EQ(sys_read(fds[0], buffer, sizeof(buffer)), 0);
}

/* The end comes when the last of all writers has closed, in whichever process. */
static void last_writer(void)
{
	long pid;

	open_pipes();
	pid = sys_fork();
	if (pid == 0) {
		sys_close(back[1]);
		CHECK_EQ(sys_read(back[0], buffer, 1), 0); /* until our parent has closed its end */
		CHECK_EQ(sys_write(fds[1], "z", 1), 1);
		sys_exit(0);
	}
	sys_close(fds[1]);
	sys_close(back[1]);
	CHECK_EQ(sys_read(fds[0], buffer, sizeof(buffer)), 1);
	CHECK_EQ(sys_read(fds[0], buffer, sizeof(buffer)), 0);
	expect_exit(pid, 0);
}

static void reader_sleeps(void)
{
	long pid;

	open_pipes();
	pid = sys_fork();
	if (pid == 0) {
		sleep_ms(5);
		CHECK_EQ(sys_write(fds[1], "late", 4), 4);
		sys_exit(0);
	}
	CHECK_EQ(sys_read(fds[0], buffer, sizeof(buffer)), 4);
	expect_exit(pid, 0);
}

#define STREAM 300000

static char stream_byte(size_t at)
{
	return (char)(at * 7 + at / 4096);
}

static void send_stream(void)
{
	for (size_t sent = 0; sent < STREAM;) {
		size_t length = STREAM - sent < sizeof(buffer) ? STREAM - sent : sizeof(buffer);
		long done;

		for (size_t i = 0; i < length; i++)
			buffer[i] = stream_byte(sent + i);
		done = sys_write(fds[1], buffer, length);
		CHECK_EQ(done, length); /* a blocking write writes everything */
		sent += (size_t)done;
	}
}

/* More than any pipe holds: the writer sleeps, too. The reader takes odd lengths. */
static void long_stream(void)
{
	size_t got = 0;
	long pid, done;

	open_pipes();
	pid = spawn(send_stream);
	sys_close(fds[1]);
	while ((done = sys_read(fds[0], buffer, 1 + got % 5003)) > 0)
		for (long i = 0; i < done; i++)
			CHECK_EQ(buffer[i], stream_byte(got++));
	CHECK_EQ(done, 0);
	CHECK_EQ(got, STREAM);
	expect_exit(pid, 0);
}

#define ROUNDS 1000

static void echo(void)
{
	char byte;

	sys_close(fds[1]);
	while (sys_read(fds[0], &byte, 1) == 1)
		CHECK_EQ(sys_write(back[1], &byte, 1), 1);
}

static void ping_pong(void)
{
	long pid;
	char byte;

	open_pipes();
	pid = spawn(echo);
	for (int i = 0; i < ROUNDS; i++) {
		byte = (char)i;
		CHECK_EQ(sys_write(fds[1], &byte, 1), 1);
		CHECK_EQ(sys_read(back[0], &byte, 1), 1);
		CHECK_EQ(byte, (char)i);
	}
	sys_close(fds[1]);
	expect_exit(pid, 0);
}

#define WRITERS 4
#define PIECES  40

/* Writes of up to 4096 bytes (PIPE_BUF) from several processes do not mix. */
static void whole_pieces(void)
{
	int counts[WRITERS] = {0};

	open_pipes();
	for (int i = 0; i < WRITERS; i++) {
		if (sys_fork() != 0)
			continue;
		memset(buffer, 'a' + i, PAGE);
		for (int piece = 0; piece < PIECES; piece++)
			CHECK_EQ(sys_write(fds[1], buffer, PAGE), PAGE);
		sys_exit(0);
	}
	sys_close(fds[1]);
	for (int piece = 0; piece < WRITERS * PIECES; piece++) {
		for (size_t got = 0; got < PAGE;) {
			long done = sys_read(fds[0], buffer + got, PAGE - got);

			CHECK(done > 0);
			got += (size_t)done;
		}
		for (size_t i = 0; i < PAGE; i++)
			CHECK_EQ(buffer[i], buffer[0]);
		CHECK(buffer[0] >= 'a' && buffer[0] < 'a' + WRITERS);
		counts[buffer[0] - 'a']++;
	}
	for (int i = 0; i < WRITERS; i++) {
		CHECK_EQ(counts[i], PIECES);
		CHECK(sys_wait4(-1, NULL, 0) > 0);
	}
	CHECK_EQ(sys_read(fds[0], buffer, 1), 0);
}

static void write_to_nobody(void)
{
	sys_close(fds[0]);
	sys_write(fds[1], "x", 1);
}

static void no_reader(void)
{
	long pid;

	CHECK_EQ(sys_pipe(fds), 0);
	pid = spawn(write_to_nobody);
	expect_exit(pid, 0); /* we still have a reading end */
	sys_close(fds[0]);
	expect_death(write_to_nobody, 13);
}

/* A writer that sleeps because the pipe is full learns that the reader has gone. */
static void reader_leaves(void)
{
	long pid;

	open_pipes();
	pid = sys_fork();
	if (pid == 0) {
		sys_close(fds[0]);
		for (;;)
			CHECK(sys_write(fds[1], buffer, sizeof(buffer)) > 0);
	}
	sys_close(fds[1]);
	sleep_ms(5);
	sys_close(fds[0]);
	expect_killed(pid, 13);
}

static void without_blocking(void)
{
	long done, total = 0;

	CHECK_EQ(sys_pipe2(fds, O_NONBLOCK), 0);
	CHECK_EQ(sys_read(fds[0], buffer, 1), -EAGAIN);
	while ((done = sys_write(fds[1], buffer, PAGE)) > 0)
		total += done;
	CHECK_EQ(done, -EAGAIN);
	CHECK(total >= (long)PAGE); /* POSIX: a pipe holds PIPE_BUF bytes at least */
	while ((done = sys_read(fds[0], buffer, sizeof(buffer))) > 0)
		total -= done;
	CHECK_EQ(done, -EAGAIN);
	CHECK_EQ(total, 0);
}

static void bad_flags(void)
{
	CHECK_EQ(sys_pipe2(fds, 0x1), -EINVAL);
	CHECK_EQ(sys_pipe2(fds, ~0), -EINVAL);
}

static void gathered(void)
{
	struct iovec parts[] = {{"ab", 2}, {buffer, 0}, {"cde", 3}, {NULL, 0}, {"f", 1}};

	open_pipes();
	CHECK_EQ(sys_call3(SYS_writev, fds[1], (long)parts, 5), 6);
	CHECK_EQ(sys_read(fds[0], buffer, sizeof(buffer)), 6);
	CHECK(memcmp(buffer, "abcdef", 6) == 0);
	CHECK_EQ(sys_call3(SYS_writev, fds[1], (long)parts, 0), 0);
	CHECK_EQ(sys_call3(SYS_writev, fds[1], (long)parts, -1), -EINVAL);
	CHECK_EQ(sys_call3(SYS_writev, fds[1], (long)parts, 1025), -EINVAL);
	parts[0].iov_len = -1UL;
	CHECK_EQ(sys_call3(SYS_writev, fds[1], (long)parts, 2), -EINVAL);
}

static const struct test_case cases[] = {
	CASE("bytes arrive in order, in any portions", in_order),
	CASE("transfers of no length do nothing", of_no_length),
	CASE("the end of file comes after the last byte, and stays", end_of_file),
	CASE("the end comes with the last writer of all processes", last_writer),
	CASE("a reader sleeps until something is written", reader_sleeps),
	CASE("300 000 bytes arrive unharmed", long_stream),
	CASE("1000 round trips of one byte", ping_pong),
	CASE("writes of up to 4096 bytes are not mixed", whole_pieces),
	CASE("writing with no reader left kills by SIGPIPE", no_reader),
	CASE("a writer that sleeps is killed when the reader leaves", reader_leaves),
	CASE("O_NONBLOCK answers EAGAIN when empty and when full", without_blocking),
	CASE("unknown flags of pipe2 answer EINVAL", bad_flags),
	CASE("writev gathers, and checks its vector", gathered),
};
TEST_SUITE(pipes, cases);
