/* jobs_test: the suites, in order. */
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

#include <workloads/jobs_test/jobs_test.h>

extern const struct test_suite groups, terminal, lines;

const struct test_suite *const test_suites[] = {&groups, &terminal, &lines, NULL};

long wait_change(long pid, int options)
{
	int status = -1;
	long waited = sys_wait4(pid, &status, options);

	return waited == pid ? status : waited;
}

void give_terminal(int fd, long pid)
{
	int group = (int)pid;
	unsigned long ttou = bit(SIGTTOU), before;

	CHECK_EQ(sys_call4(SYS_rt_sigprocmask, SIG_BLOCK, (long)&ttou, (long)&before, 8), 0);
	CHECK_EQ(control(fd, TIOCSPGRP, &group), 0);
	CHECK_EQ(set_mask(before), 0);
}

bool has_paths(void)
{
	return sys_call3(SYS_open, (long)"/", O_RDONLY, 0) != -ENOSYS;
}

int own_terminal(void)
{
	long fd = has_paths() ? sys_call3(SYS_open, (long)"/dev/tty", O_RDWR, 0) : 0;
	if (fd < 0)
		skip("there is no terminal");
	CHECK_EQ(call(SYS_setpgid, 0, 0), 0);
	give_terminal((int)fd, sys_getpid());
	set_local((int)fd, ECHO, 0, 1, 0);
	return (int)fd;
}

void type(int fd, const char *text)
{
	for (; *text != '\0'; text++) {
		long error = control(fd, TIOCSTI, text);

		if (error == -EIO || error == -EPERM)
			skip("this Linux lets nobody type for others");
		CHECK_EQ(error, 0);
	}
}

void set_local(int fd, unsigned clear, unsigned set, int min, int time)
{
	static const unsigned char characters[19] = {
		3, 034, 0177, 025, 4, 0, 1, 0, 021, 023, 032, 0, 022, 017, 027, 026};
	struct raw_termios settings = {.iflag = ICRNL | IXON,
		.oflag = OPOST | ONLCR,
		.cflag = B38400 | CS8 | CREAD,
		.lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN};

	memcpy(settings.cc, characters, sizeof(characters));
	settings.lflag = (settings.lflag & ~clear) | set;
	settings.cc[VMIN] = (unsigned char)min;
	settings.cc[VTIME] = (unsigned char)time;
	CHECK_EQ(control(fd, TCSETSF, &settings), 0);
}

/* Executed again by a case of `groups`: lives until it is killed. */
int test_child(const char *role)
{
	(void)role;
	sys_call0(SYS_pause);
	return 0;
}
