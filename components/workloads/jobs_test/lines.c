/* lines: what a reader gets of what is typed. */
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

#include <workloads/jobs_test/jobs_test.h>

static int fd;
static char text[64];

static void expect_read(size_t n, const char *expected)
{
	long got = sys_read(fd, text, n);

	CHECK_EQ(got, strlen(expected));
	CHECK(memcmp(text, expected, (size_t)got) == 0);
}

static void edited(void)
{
	fd = own_terminal();
	type(fd, "hx\177i\r");
	expect_read(64, "hi\n");
	type(fd, "no\025yes\n");
	expect_read(64, "yes\n");
	type(fd, "one two\027three\n");
	expect_read(64, "one three\n");
	type(fd, "\026\003\n");
	expect_read(64, "\003\n");
}

static void one_at_a_time(void)
{
	fd = own_terminal();
	type(fd, "first\nsecond\n");
	expect_read(3, "fir");
	expect_read(64, "st\n");
	expect_read(64, "second\n");
}

static void end_of_file(void)
{
	fd = own_terminal();
	type(fd, "\004");
	expect_read(64, "");
	type(fd, "part\004");
	expect_read(64, "part");
	type(fd, "part\004");
	expect_read(4, "part");
	type(fd, "x\n");
	expect_read(64, "x\n");
}

static void nonblocking(void)
{
	fd = own_terminal();
	CHECK_EQ(sys_call3(SYS_fcntl, fd, F_SETFL, O_RDWR | O_NONBLOCK), 0);
	CHECK_EQ(sys_read(fd, text, 1), -EAGAIN);
	type(fd, "ab");
	CHECK_EQ(sys_read(fd, text, 2), -EAGAIN);
	type(fd, "\n");
	expect_read(64, "ab\n");
	CHECK_EQ(sys_call3(SYS_fcntl, fd, F_SETFL, O_RDWR), 0); /* of who shares it, too */
}

static void counted(void)
{
	int there = -1;

	fd = own_terminal();
	type(fd, "abc\nde");
	CHECK_EQ(control(fd, FIONREAD, &there), 0);
	CHECK_EQ(there, 4);
	CHECK_EQ(control(fd, TCFLSH, (void *)0), 0);
	CHECK_EQ(control(fd, FIONREAD, &there), 0);
	CHECK_EQ(there, 0);
	CHECK_EQ(control(fd, TCFLSH, (void *)7), -EINVAL);
}

static void raw(void)
{
	fd = own_terminal();
	set_local(fd, ICANON | ECHO, 0, 1, 0);
	type(fd, "a\177\004");
	expect_read(64, "a\177\004");
	set_local(fd, ICANON | ECHO, 0, 0, 0);
	expect_read(64, "");
	set_local(fd, ICANON | ECHO, 0, 0, 1);
	expect_read(64, "");
	set_local(fd, ICANON | ECHO, 0, 3, 1);
	type(fd, "ab");
	expect_read(64, "ab");
	type(fd, "abcd");
	expect_read(2, "ab");
	expect_read(64, "cd");
}

static void returns(void)
{
	struct raw_termios settings;

	fd = own_terminal();
	CHECK_EQ(control(fd, TCGETS, &settings), 0);
	settings.iflag = INLCR;
	settings.lflag &= ~(unsigned)ICANON;
	CHECK_EQ(control(fd, TCSETS, &settings), 0);
	type(fd, "a\rb\n");
	expect_read(64, "a\rb\r");
	settings.iflag = IGNCR;
	CHECK_EQ(control(fd, TCSETSW, &settings), 0);
	type(fd, "a\rb\n");
	expect_read(64, "ab\n");
}

static void settings_kept(void)
{
	struct raw_termios settings, again;

	fd = own_terminal();
	CHECK_EQ(control(fd, TCGETS, &settings), 0);
	settings.cc[VINTR] = 'q';
	CHECK_EQ(control(fd, TCSETS, &settings), 0);
	CHECK_EQ(control(fd, TCGETS, &again), 0);
	CHECK_EQ(again.cc[VINTR], 'q');
	CHECK_EQ(set_action(SIGINT, note_signal, 0), 0);
	type(fd, "q\003\n");
	CHECK_EQ(handled, 1);
	expect_read(64, "\003\n");
	set_local(fd, ECHO, 0, 1, 0);
	CHECK_EQ(control(fd, TCSETS, (void *)8), -EFAULT);
}

static void becomes_line(void)
{
	fd = own_terminal();
	set_local(fd, ICANON | ECHO, 0, 1, 0);
	type(fd, "typed");
	struct raw_termios settings;
	CHECK_EQ(control(fd, TCGETS, &settings), 0);
	settings.lflag |= ICANON;
	CHECK_EQ(control(fd, TCSETS, &settings), 0);
	expect_read(64, "typed");
}

static const struct test_case cases[] = {
	CASE("a line is edited before it is read", edited),
	CASE("a read gives one line, or a part of it", one_at_a_time),
	CASE("^D ends the file, or the line", end_of_file),
	CASE("O_NONBLOCK", nonblocking),
	CASE("FIONREAD and TCFLSH", counted),
	CASE("raw input, VMIN and VTIME", raw),
	CASE("what becomes of returns and newlines", returns),
	CASE("characters can be given other functions", settings_kept),
	CASE("what was typed raw becomes a line", becomes_line),
};
TEST_SUITE(lines, cases);
