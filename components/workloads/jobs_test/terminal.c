/* terminal: the foreground, the background, and the signals of the keyboard. */
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

#include <workloads/jobs_test/jobs_test.h>

static int fd;

static void spins(void)
{
	for (;;)
		;
}

/* A child in a group of its own, which has the terminal. */
static long foreground_child(void (*body)(void))
{
	long pid = spawn(body);

	CHECK_EQ(call(SYS_setpgid, pid, 0), 0);
	give_terminal(fd, pid);
	return pid;
}

static void foreground_told(void)
{
	int group = 0, session = 0;

	fd = own_terminal();
	CHECK_EQ(control(fd, TIOCGPGRP, &group), 0);
	CHECK_EQ(group, sys_getpid());
	CHECK_EQ(control(fd, TIOCGSID, &session), 0);
	CHECK_EQ(session, call(SYS_getsid, 0, 0));
	group = 0x3fffffff;
	CHECK_EQ(control(fd, TIOCSPGRP, &group), -ESRCH);
	group = -1;
	CHECK_EQ(control(fd, TIOCSPGRP, &group), -EINVAL);
	CHECK_EQ(control(fd, TIOCSPGRP, (void *)8), -EFAULT);
}

static void interrupted(void)
{
	fd = own_terminal();
	long pid = foreground_child(spins);
	sleep_ms(20);
	type(fd, "\003");
	expect_killed(pid, SIGINT);
	pid = foreground_child(spins);
	type(fd, "\034");
	CHECK_EQ(wait_change(pid, 0) & 0x7f, SIGQUIT);
}

static void suspended(void)
{
	fd = own_terminal();
	long pid = foreground_child(spins);
	type(fd, "\032");
	CHECK_EQ(wait_change(pid, WUNTRACED), STOPPED(SIGTSTP));
	send_signal(-pid, SIGCONT);
	CHECK_EQ(wait_change(pid, WCONTINUED), 0xffff);
	type(fd, "\003");
	expect_killed(pid, SIGINT);
}

static void signals_off(void)
{
	char text[4];

	fd = own_terminal();
	CHECK_EQ(set_action(SIGINT, note_signal, 0), 0);
	set_local(fd, ECHO | ISIG, 0, 1, 0);
	type(fd, "a\003\n");
	CHECK_EQ(sys_read(fd, text, 4), 3);
	CHECK_EQ(text[1], 3);
	CHECK_EQ(handled, 0);
}

static void flushed_by_signal(void)
{
	int there = -1;

	fd = own_terminal();
	CHECK_EQ(set_action(SIGINT, note_signal, SA_RESTART), 0);
	type(fd, "line\nrest\003");
	CHECK_EQ(handled, 1);
	CHECK_EQ(control(fd, FIONREAD, &there), 0);
	CHECK_EQ(there, 0);
}

static void reads(void)
{
	char text[4];

	call(SYS_setpgid, 0, 0);
	sys_exit((int)sys_read(fd, text, 4));
}

static void background_read(void)
{
	fd = own_terminal();
	long pid = spawn(reads);
	CHECK_EQ(wait_change(pid, WUNTRACED), STOPPED(SIGTTIN));
	type(fd, "abc\n");
	give_terminal(fd, pid);
	send_signal(-pid, SIGCONT);
	expect_exit(pid, 4);
}

static void reads_blocked(void)
{
	char text[4];

	call(SYS_setpgid, 0, 0);
	set_mask(bit(SIGTTIN));
	sys_exit(sys_read(fd, text, 4) == -EIO ? 3 : 4);
}

static void background_read_blocked(void)
{
	fd = own_terminal();
	expect_exit(spawn(reads_blocked), 3);
}

static void writes(void)
{
	call(SYS_setpgid, 0, 0);
	sys_exit(sys_write(fd, "\n", 1) == 1 ? 3 : 4);
}

static void background_write(void)
{
	fd = own_terminal();
	expect_exit(spawn(writes), 3);
	set_local(fd, ECHO, TOSTOP, 1, 0);
	long pid = spawn(writes);
	CHECK_EQ(wait_change(pid, WUNTRACED), STOPPED(SIGTTOU));
	set_local(fd, ECHO, 0, 1, 0);
	send_signal(pid, SIGCONT);
	expect_exit(pid, 3);
}

static void takes_foreground(void)
{
	int group;

	call(SYS_setpgid, 0, 0);
	group = (int)sys_getpid();
	sys_exit(control(fd, TIOCSPGRP, &group) == 0 ? 3 : 4);
}

static void background_control(void)
{
	fd = own_terminal();
	long pid = spawn(takes_foreground);
	CHECK_EQ(wait_change(pid, WUNTRACED), STOPPED(SIGTTOU));
	send_signal(pid, SIGKILL);
	expect_killed(pid, SIGKILL);
}

static void window(void)
{
	unsigned short before[4], other[4] = {33, 77, 0, 0}, after[4];

	fd = own_terminal();
	CHECK_EQ(set_action(SIGWINCH, note_signal, 0), 0);
	CHECK_EQ(control(fd, TIOCGWINSZ, before), 0);
	CHECK_EQ(control(fd, TIOCSWINSZ, other), 0);
	CHECK_EQ(handled, 1);
	CHECK_EQ(control(fd, TIOCSWINSZ, other), 0);
	CHECK_EQ(handled, 1);
	CHECK_EQ(control(fd, TIOCGWINSZ, after), 0);
	CHECK(after[0] == 33 && after[1] == 77);
	CHECK_EQ(control(fd, TIOCSWINSZ, before), 0);
}

static void not_a_leader(void)
{
	int number;

	fd = own_terminal();
	CHECK_EQ(control(fd, TIOCSCTTY, NULL), -EPERM);
	sys_call0(SYS_setsid); /* fails: it leads its group */
	long pid = sys_fork();
	if (pid == 0) {
		sys_call0(SYS_setsid);
		sys_exit(control(fd, TIOCGPGRP, &number) == -ENOTTY &&
					 control(fd, TIOCSPGRP, &number) == -ENOTTY &&
					 control(fd, TIOCNOTTY, NULL) == -ENOTTY
				 ? 3
				 : 4);
	}
	expect_exit(pid, 3);
}

static const struct test_case cases[] = {
	CASE("who has the foreground", foreground_told),
	CASE("^C and ^\\ end a program that only computes", interrupted),
	CASE("^Z stops it, and it goes on", suspended),
	CASE("without ISIG they are characters", signals_off),
	CASE("a signal forgets what was typed", flushed_by_signal),
	CASE("a reader in the background stops", background_read),
	CASE("or is refused, if it cannot be stopped", background_read_blocked),
	CASE("a writer in the background stops with TOSTOP", background_write),
	CASE("who wants the foreground stops", background_control),
	CASE("the size of the window, and SIGWINCH", window),
	CASE("who is in another session has no say", not_a_leader),
};
TEST_SUITE(terminal, cases);
