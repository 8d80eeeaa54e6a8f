/* others: calls about other processes and about the machine as a whole. */
#include <poll.h>
#include <sched.h>
#include <sys/wait.h>

#include <workloads/conform_test/conform.h>

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif
#ifndef CLONE_PARENT_SETTID
#define CLONE_PARENT_SETTID 0x100000
#endif
#define P_PIDFD_TYPE 3

enum { KCMP_FILE, KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND, KCMP_IO, KCMP_SYSVSEM };

static long compare(long a, long b, int kind, long index1, long index2)
{
	return sys_call6(SYS_kcmp, a, b, kind, index1, index2, 0);
}

static void same_things(void)
{
	long me = sys_getpid(), pid = sys_fork();
	int copy;

	if (pid == 0) {
		for (;;)
			sys_call0(SYS_pause);
	}
	CHECK_EQ(compare(me, me, KCMP_VM, 0, 0), 0);
	CHECK(compare(me, pid, KCMP_VM, 0, 0) > 0);
	CHECK(compare(me, pid, KCMP_FILES, 0, 0) > 0);
	CHECK(compare(me, pid, KCMP_FS, 0, 0) > 0);
	CHECK(compare(me, pid, KCMP_SIGHAND, 0, 0) > 0);
	CHECK_EQ(compare(me, pid, KCMP_SYSVSEM, 0, 0), 0); /* neither wants any undone */
	CHECK_EQ(compare(me, pid, KCMP_FILE, RD, RD), 0);
	copy = (int)sys_call3(SYS_dup, RD, 0, 0);
	CHECK_EQ(compare(me, me, KCMP_FILE, RD, copy), 0);
	CHECK_EQ(compare(me, me, KCMP_FILE, RD, WR) + compare(me, me, KCMP_FILE, WR, RD), 3);
	CHECK_EQ(compare(me, me, KCMP_FILE, RD, NO_FD), -EBADF);
	CHECK_EQ(compare(me, me, 99, 0, 0), -EINVAL);
	CHECK_EQ(compare(me, 99999, 99, 0, 0), -ESRCH);
	sys_call3(SYS_kill, pid, 9, 0);
}

/* clone gives its pidfd where the parent's number would go. */
static void pidfd_of_clone(void)
{
	struct pollfd poll = {.events = POLLIN};
	siginfo_t info;
	int fd = -1;
	long pid = sys_call6(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, (long)&fd, 0, 0, 0);

	if (pid == 0) {
		sleep_ms(5);
		sys_exit(3);
	}
	CHECK(pid > 0 && fd >= 0);
	CHECK_EQ(sys_call3(SYS_fcntl, fd, F_GETFD, 0), FD_CLOEXEC);
	poll.fd = fd;
	CHECK_EQ(sys_call3(SYS_poll, (long)&poll, 1, -1), 1);
	CHECK_EQ(sys_call6(SYS_waitid, P_PIDFD_TYPE, fd, (long)&info, WEXITED, 0, 0), 0);
	CHECK_EQ(info.si_status, 3);
	CHECK_EQ(info.si_pid, pid);
}

static void pidfd_of_clone3(void)
{
	uint64_t a[8] = {CLONE_PIDFD, 0, 0, 0, SIGCHLD};
	int fd = -1;
	long pid;

	a[1] = (uint64_t)&fd;
	pid = sys_call3(SYS_clone3, (long)a, sizeof(a), 0);
	if (pid == 0)
		sys_exit(4);
	CHECK(pid > 0 && fd >= 0);
	expect_exit(pid, 4);
}

/* Where it cannot be told nobody is made. */
static void pidfd_to_a_bad_address(void)
{
	CHECK_EQ(sys_call6(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, BAD, 0, 0, 0), -EFAULT);
	CHECK_EQ(sys_wait4(-1, NULL, 0), -ECHILD);
	CHECK_EQ(sys_call6(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, BUF, 0, 0, 0),
		-EINVAL);
	CHECK_EQ(sys_call3(SYS_dup, RD, 0, 0), 0); /* no descriptor is left of it */
}

static const struct conform_case others_cases[] = {
	{"kcmp knows what two processes share", {DO(same_things)}},
	{"CLONE_PIDFD gives a descriptor for the child", {DO(pidfd_of_clone)}},
	{"and so it does in clone3", {DO(pidfd_of_clone3)}},
	{"and nothing where that cannot be told", {DO(pidfd_to_a_bad_address)}},
	{"syslog checks its buffer",
		{FAILS(EINVAL, syslog, 3, 0, 10), FAILS(EINVAL, syslog, 3, BUF, -1),
			GIVES(0, syslog, 3, BAD, 0), FAILS(EFAULT, syslog, 3, KERNEL, 10),
			FAILS(EINVAL, syslog, 11, 0, 0), FAILS(EINVAL, syslog, 8, 0, 9)}},
	{"syslog tells how long its log may be", {WORKS(syslog, 10, 0, 0)}},
	{"reboot wants its magic numbers",
		{FAILS(EINVAL, reboot, 0, 0, 0, 0), FAILS(EINVAL, reboot, 0xfee1dead, 1, 0, 0),
			FAILS(EINVAL, reboot, 0xfee1dead, 0x28121969, 7, 0)}},
};
SUITE(others, others_cases);

static const struct conform_case others_user_cases[] = {
	{"reboot is not for everybody", {FAILS(EPERM, reboot, 0, 0, 0, 0)}},
	{"nor is another's process to be compared",
		{FAILS(EPERM, kcmp, 1, 1, 99, 0, 0), FAILS(ESRCH, kcmp, 1, 99999, 0, 0, 0)}},
};
USER_SUITE(others_user, others_user_cases);
