/* pty_test: pseudo-terminals. */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>

#include <workloads/common/text.h>
#include <workloads/common/signals.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

static int master, slave;

static long control(int fd, unsigned long request, void *argument)
{
	return sys_call3(SYS_ioctl, fd, (long)request, (long)argument);
}

static const char *slave_name(void)
{
	static char name[32];
	struct text text = TEXT(name);
	int number = -1;

	CHECK_EQ(control(master, TIOCGPTN, &number), 0);
	text_string(&text, "/dev/pts/");
	text_number(&text, number);
	name[text.length] = '\0';
	return name;
}

static void open_master(void)
{
	int unlock = 0;

	master = (int)sys_call3(SYS_open, (long)"/dev/ptmx", O_RDWR | O_NOCTTY, 0);
	CHECK(master >= 0);
	CHECK_EQ(control(master, TIOCSPTLCK, &unlock), 0);
}

static long open_slave(int flags)
{
	return sys_call3(SYS_open, (long)slave_name(), flags, 0);
}

static void open_both(void)
{
	open_master();
	slave = (int)open_slave(O_RDWR | O_NOCTTY);
	CHECK(slave >= 0);
}

/* What the terminal's settings are from now on. */
static void change(unsigned input_off, unsigned output_off, unsigned local_off)
{
	struct termios settings;

	CHECK_EQ(control(slave, TCGETS, &settings), 0);
	settings.c_iflag &= ~input_off;
	settings.c_oflag &= ~output_off;
	settings.c_lflag &= ~local_off;
	CHECK_EQ(control(slave, TCSETS, &settings), 0);
}

static int poll_now(int fd)
{
	struct pollfd one = {fd, POLLIN | POLLOUT | POLLPRI, 0};

	CHECK(sys_call3(SYS_poll, (long)&one, 1, 0) >= 0);
	return one.revents;
}

static void expect(int fd, const char *text)
{
	char buf[256];
	long n = sys_read(fd, buf, sizeof(buf));

	CHECK_EQ(n, strlen(text));
	CHECK(memcmp(buf, text, (size_t)n) == 0);
}

static void type(const char *text)
{
	CHECK_EQ(sys_write(master, text, strlen(text)), strlen(text));
	if (on_host)
		sleep_ms(60); /* Linux takes its time to look at what was typed */
}

/* So many bytes wait to be read, on Linux after a while. */
static void await(int fd, int count)
{
	int waiting = -1;

	for (int tries = on_host ? 100 : 1; tries > 0 && waiting != count; tries--) {
		CHECK_EQ(control(fd, FIONREAD, &waiting), 0);
		if (waiting != count && on_host)
			sleep_ms(20);
	}
	CHECK_EQ(waiting, count);
}

static void appears(void)
{
	struct stat status;
	int locked = -1, unlock = 1;

	open_master();
	CHECK_EQ(control(master, TIOCSPTLCK, &unlock), 0);
	CHECK_EQ(open_slave(O_RDWR | O_NOCTTY), -EIO);
	unlock = 0;
	CHECK_EQ(control(master, TIOCSPTLCK, &unlock), 0);
	CHECK_EQ(control(master, 0x80045439, &locked), 0);
	CHECK_EQ(locked, 0);
	CHECK_EQ(sys_call3(SYS_stat, (long)slave_name(), (long)&status, 0), 0);
	CHECK_EQ(status.st_mode & ~020, S_IFCHR | 0600); /* as it was mounted */
	CHECK_EQ(status.st_rdev >> 8, 136);
	CHECK_EQ(status.st_uid, sys_call0(SYS_geteuid));
}

/* The name goes with the master. */
static void goes(void)
{
	struct stat status;
	char name[32];

	open_both();
	strcpy(name, slave_name());
	CHECK_EQ(sys_call3(SYS_stat, (long)name, (long)&status, 0), 0);
	sys_close(master);
	CHECK_EQ(sys_call3(SYS_stat, (long)name, (long)&status, 0), -ENOENT);
}

static void lines(void)
{
	open_both();
	type("abc");
	CHECK_EQ(poll_now(slave), POLLOUT);
	expect(master, "abc");
	type("x\177d\r");
	expect(master, "x\b \bd\r\n");
	CHECK_EQ(poll_now(slave), POLLIN | POLLOUT);
	expect(slave, "abcd\n");
	CHECK_EQ(sys_write(slave, "out\n", 4), 4);
	expect(master, "out\r\n");
	type("\004");
	expect(slave, "");
}

static void raw(void)
{
	open_both();
	change(ICRNL | IXON, OPOST, ICANON | ECHO | ISIG);
	type("a\r\003");
	await(slave, 3);
	expect(slave, "a\r\003");
	CHECK_EQ(sys_write(slave, "x\ny", 3), 3);
	await(master, 3);
	expect(master, "x\ny");
	CHECK_EQ(poll_now(master), POLLOUT);
}

static void settings_by_master(void)
{
	struct termios settings, other;

	open_both();
	CHECK_EQ(control(master, TCGETS, &settings), 0);
	CHECK(settings.c_lflag & ICANON);
	settings.c_lflag &= ~(unsigned)ECHO;
	CHECK_EQ(control(master, TCSETS, &settings), 0);
	CHECK_EQ(control(slave, TCGETS, &other), 0);
	CHECK(!(other.c_lflag & ECHO));
}

static void master_closes(void)
{
	char byte;

	open_both();
	sys_close(master);
	CHECK_EQ(sys_read(slave, &byte, 1), 0);
	CHECK_EQ(sys_write(slave, "x", 1), -EIO);
	CHECK_EQ(control(slave, TCGETS, &byte), -EIO);
	CHECK_EQ(poll_now(slave) & (POLLHUP | POLLERR), POLLHUP | POLLERR);
}

static void slave_closes(void)
{
	char byte;

	open_both();
	CHECK_EQ(sys_write(slave, "last", 4), 4);
	sys_close(slave);
	CHECK_EQ(poll_now(master) & (POLLIN | POLLHUP), POLLIN | POLLHUP);
	expect(master, "last");
	CHECK_EQ(sys_read(master, &byte, 1), -EIO);
	slave = (int)open_slave(O_RDWR | O_NOCTTY);
	CHECK(slave >= 0);
	CHECK_EQ(poll_now(master), POLLOUT);
	CHECK_EQ(sys_write(slave, "more", 4), 4);
	expect(master, "more");
}

static void peer(void)
{
	open_master();
	slave = (int)control(master, TIOCGPTPEER, (void *)(O_RDWR | O_NOCTTY | O_CLOEXEC));
	CHECK(slave >= 0);
	CHECK_EQ(sys_call3(SYS_fcntl, slave, F_GETFD, 0), FD_CLOEXEC);
	CHECK_EQ(sys_write(slave, "x", 1), 1);
	expect(master, "x");
}

/* --- sessions ------------------------------------------------------------------------------- */

/* Makes the terminal that of a new session. */
static void lead(void)
{
	CHECK(sys_call0(SYS_setsid) > 0);
	slave = (int)open_slave(O_RDWR);
	CHECK(slave >= 0);
	sys_close(master); /* it is the parent's to close for good */
}

static int report[2];

static void say(char c)
{
	CHECK_EQ(sys_write(report[1], &c, 1), 1);
}

static void heard(char c)
{
	char byte = 0;

	CHECK_EQ(sys_read(report[0], &byte, 1), 1);
	CHECK_EQ(byte, c);
}

static void controls(void)
{
	int group = 0, own;

	lead();
	CHECK_EQ(control(slave, TIOCGPGRP, &group), 0);
	CHECK_EQ(group, sys_getpid());
	CHECK_EQ(control(slave, TIOCGSID, &group), 0);
	CHECK_EQ(group, sys_getpid());
	own = (int)sys_call3(SYS_open, (long)"/dev/tty", O_RDWR, 0);
	CHECK(own >= 0);
	CHECK_EQ(sys_write(own, "own", 3), 3);
	CHECK_EQ(control(slave, TIOCNOTTY, NULL), 0);
	CHECK_EQ(sys_call3(SYS_open, (long)"/dev/tty", O_RDWR, 0), -ENXIO);
	CHECK_EQ(control(slave, TIOCGPGRP, &group), -ENOTTY);
	CHECK_EQ(control(slave, TIOCSCTTY, NULL), 0);
	CHECK_EQ(control(slave, TIOCGPGRP, &group), 0);
}

static void ignores_then_controls(void)
{
	set_action(SIGHUP, note_signal, 0);
	controls();
}

static void controlling(void)
{
	int group = -1;

	open_master();
	CHECK_EQ(control(master, TIOCGPGRP, &group), 0);
	CHECK_EQ(group, 0);
	long pid = spawn(ignores_then_controls);
	expect_exit(pid, 0);
	expect(master, "own");
}

static void waits_for_signals(void)
{
	static const int signals[] = {SIGINT, SIGQUIT, SIGWINCH, SIGHUP};

	lead();
	for (int i = 0; i < 4; i++)
		CHECK_EQ(set_action(signals[i], note_signal, 0), 0);
	CHECK_EQ(set_mask(bit(SIGINT) | bit(SIGQUIT) | bit(SIGWINCH) | bit(SIGHUP)), 0);
	for (int i = 0; i < 4; i++) {
		unsigned long none = 0;

		say('r');
		CHECK_EQ(sys_call3(SYS_rt_sigsuspend, (long)&none, 8, 0), -EINTR);
		CHECK_EQ(last_info.si_signo, signals[i]);
	}
	sys_exit(7);
}

static void signals(void)
{
	struct winsize window = {33, 99, 0, 0}, other;

	open_master();
	CHECK_EQ(sys_pipe(report), 0);
	long pid = spawn(waits_for_signals);
	heard('r');
	type("\003");
	heard('r');
	type("\034");
	heard('r');
	CHECK_EQ(control(master, TIOCSWINSZ, &window), 0);
	CHECK_EQ(control(master, TIOCSWINSZ, &window), 0); /* no change, no signal */
	CHECK_EQ(control(master, TIOCGWINSZ, &other), 0);
	CHECK_EQ(other.ws_col, 99);
	heard('r');
	sys_close(master);
	expect_exit(pid, 7);
}

static void hung_up_on(void)
{
	lead();
	say('r');
	for (;;)
		sys_call0(SYS_pause);
}

static void hang_up_kills(void)
{
	open_master();
	CHECK_EQ(sys_pipe(report), 0);
	long pid = spawn(hung_up_on);
	heard('r');
	sys_close(master);
	expect_killed(pid, SIGHUP);
}

static void reads_in_background(void)
{
	char byte;

	CHECK_EQ(sys_call3(SYS_setpgid, 0, 0, 0), 0);
	say('b');
	sys_read(slave, &byte, 1);
	sys_exit(byte);
}

static void leads_a_background(void)
{
	int status = 0;
	long pid;

	set_action(SIGHUP, note_signal, 0);
	lead();
	pid = spawn(reads_in_background);
	CHECK_EQ(sys_wait4(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN);
	int group = (int)pid;
	CHECK_EQ(control(slave, TIOCSPGRP, &group), 0);
	CHECK_EQ(send_signal(pid, SIGCONT), 0);
	CHECK_EQ(sys_wait4(pid, &status, 0), pid);
	CHECK_EQ(status, 'q' << 8);
}

static void background(void)
{
	open_master();
	CHECK_EQ(sys_pipe(report), 0);
	long pid = spawn(leads_a_background);
	heard('b');
	type("q\n");
	expect_exit(pid, 0);
}

/* --- flow ------------------------------------------------------------------------------------- */

static void writes_much(void)
{
	static char page[PAGE];

	sys_close(master);
	memset(page, 'y', sizeof(page));
	for (int i = 0; i < 10; i++)
		CHECK_EQ(sys_write(slave, page, PAGE), PAGE);
	sleep_ms(5);
}

static void much(void)
{
	char buf[1000];
	long sum = 0, n;

	open_both();
	long pid = spawn(writes_much);
	sys_close(slave);
	while ((n = sys_read(master, buf, sizeof(buf))) > 0)
		sum += n;
	CHECK_EQ(n, -EIO);
	CHECK_EQ(sum, 10 * PAGE);
	expect_exit(pid, 0);
}

static void stopped(void)
{
	open_both();
	type("\023");
	CHECK_EQ(sys_call3(SYS_fcntl, slave, F_SETFL, O_RDWR | O_NONBLOCK), 0);
	CHECK_EQ(sys_write(slave, "x", 1), -EAGAIN);
	type("\021");
	CHECK_EQ(sys_write(slave, "x", 1), 1);
	expect(master, "x");
}

static void packets(void)
{
	int on = 1;
	struct termios settings;

	open_both();
	CHECK_EQ(control(master, TIOCPKT, &on), 0);
	CHECK_EQ(sys_write(slave, "data", 4), 4);
	char buf[16];
	CHECK_EQ(sys_read(master, buf, 16), 5);
	CHECK(memcmp(buf, "\0data", 5) == 0);
	type("\023");
	CHECK_EQ(poll_now(master) & (POLLIN | POLLPRI), POLLIN | POLLPRI);
	CHECK_EQ(sys_read(master, buf, 16), 1);
	CHECK_EQ(buf[0], TIOCPKT_STOP);
	type("\021");
	CHECK_EQ(sys_read(master, buf, 16), 1);
	CHECK_EQ(buf[0], TIOCPKT_START);
	CHECK_EQ(control(slave, TCGETS, &settings), 0);
	settings.c_iflag &= ~(unsigned)IXON;
	CHECK_EQ(control(slave, TCSETS, &settings), 0);
	CHECK_EQ(sys_read(master, buf, 16), 1);
	CHECK_EQ(buf[0], TIOCPKT_NOSTOP);
	CHECK_EQ(control(slave, TCFLSH, (void *)TCIFLUSH), 0);
	CHECK_EQ(sys_read(master, buf, 16), 1);
	CHECK_EQ(buf[0], TIOCPKT_FLUSHREAD);
	CHECK_EQ(sys_call3(SYS_fcntl, master, F_SETFL, O_RDWR | O_NONBLOCK), 0);
	CHECK_EQ(sys_read(master, buf, 16), -EAGAIN);
}

/* What a program writes is taken in pieces of 2048 bytes: a piece that hits a bad address is not.
 */
static void pieces(void)
{
	char *good =
		(char *)sys_mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
	char *bad = good + 4096;
	int ends[2];

	CHECK_EQ(sys_call3(SYS_mprotect, (long)bad, 4096, PROT_NONE), 0);
	open_both();
	change(ICRNL | IXON, OPOST, ICANON | ECHO | ISIG);
	ends[0] = master;
	ends[1] = slave;
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(sys_write(ends[i], bad - 300, 1000), -EFAULT);
		CHECK_EQ(sys_write(ends[i], bad - 2047, 2048), -EFAULT);
		CHECK_EQ(sys_write(ends[i], bad - 2500, 3000), 2048);
		await(ends[!i], 2048);
	}
}

static const struct test_case cases[] = {
	CASE("a new one appears, locked", appears),
	CASE("and goes", goes),
	CASE("lines and their echo", lines),
	CASE("raw", raw),
	CASE("settings, from the other side", settings_by_master),
	CASE("the master closes", master_closes),
	CASE("the slave closes, and comes back", slave_closes),
	CASE("TIOCGPTPEER", peer),
	CASE("a controlling terminal", controlling),
	CASE("signals: ^C, ^\\, the window, hanging up", signals),
	CASE("hanging up kills", hang_up_kills),
	CASE("in the background", background),
	CASE("much", much),
	CASE("^S and ^Q", stopped),
	CASE("a bad address costs a piece", pieces),
	CASE("packet mode", packets),
};
TEST_SUITE(pty, cases);

const struct test_suite *const test_suites[] = {&pty, NULL};
