/* groups: process groups and sessions. */
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <workloads/jobs_test/jobs_test.h>

static void sleeps(void)
{
	sys_call0(SYS_pause);
}

static void inherited(void)
{
	long group = sys_call0(SYS_getpgrp), session = call(SYS_getsid, 0, 0);
	long pid = spawn(sleeps);

	CHECK_EQ(call(SYS_getpgid, pid, 0), group);
	CHECK_EQ(call(SYS_getsid, pid, 0), session);
	CHECK_EQ(call(SYS_getpgid, 0, 0), group);
	CHECK_EQ(call(SYS_getpgid, 0x3fffffff, 0), -ESRCH);
	CHECK_EQ(call(SYS_getsid, 0x3fffffff, 0), -ESRCH);
	send_signal(pid, SIGKILL);
	expect_killed(pid, SIGKILL);
}

static void moved(void)
{
	long pid = spawn(sleeps), other = spawn(sleeps);

	CHECK_EQ(call(SYS_setpgid, pid, 0), 0);
	CHECK_EQ(call(SYS_getpgid, pid, 0), pid);
	CHECK_EQ(call(SYS_setpgid, other, pid), 0);
	CHECK_EQ(call(SYS_getpgid, other, 0), pid);
	CHECK_EQ(send_signal(-pid, SIGTERM), 0);
	expect_killed(pid, SIGTERM);
	expect_killed(other, SIGTERM);
	CHECK_EQ(send_signal(-pid, SIGTERM), -ESRCH);
}

static void refused(void)
{
	long pid = spawn(sleeps);

	CHECK_EQ(call(SYS_setpgid, pid, -1), -EINVAL);
	CHECK_EQ(call(SYS_setpgid, pid, 0x3fffffff), -EPERM);
	CHECK_EQ(call(SYS_setpgid, 0x3fffffff, 0), -ESRCH);
	CHECK_EQ(call(SYS_setpgid, first_pid, 0), -ESRCH);
	send_signal(pid, SIGKILL);
	expect_killed(pid, SIGKILL);
}

static void after_exec(void)
{
	char *const arguments[] = {(char *)own_path, TEST_CHILD_PREFIX "sleep", NULL};
	long pid = sys_fork();

	if (pid == 0)
		sys_exit((int)-sys_execve(own_path, arguments, start_envp));
	sleep_ms(50);
	CHECK_EQ(call(SYS_setpgid, pid, 0), -EACCES);
	send_signal(pid, SIGKILL);
	expect_killed(pid, SIGKILL);
}

static void new_session(void)
{
	long pid = sys_getpid();

	CHECK_EQ(sys_call0(SYS_setsid), pid);
	CHECK_EQ(call(SYS_getsid, 0, 0), pid);
	CHECK_EQ(sys_call0(SYS_getpgrp), pid);
	CHECK_EQ(sys_call0(SYS_setsid), -EPERM);
	CHECK_EQ(call(SYS_setpgid, 0, 0), -EPERM);
	CHECK_EQ(call(SYS_setpgid, 0, first_pid), -EPERM);
	CHECK(sys_call3(SYS_ioctl, 0, TIOCGPGRP, (long)&pid) == -ENOTTY);
	if (has_paths())
		CHECK_EQ(sys_call3(SYS_open, (long)"/dev/tty", 2, 0), -ENXIO);
}

static void leader_of_group(void)
{
	CHECK_EQ(call(SYS_setpgid, 0, 0), 0);
	CHECK_EQ(sys_call0(SYS_setsid), -EPERM);
}

static void waited_by_group(void)
{
	long pid = spawn(sleeps);
	int status;

	CHECK_EQ(sys_wait4(-pid, &status, WNOHANG), -ECHILD);
	CHECK_EQ(call(SYS_setpgid, pid, 0), 0);
	CHECK_EQ(sys_wait4(0, &status, WNOHANG), -ECHILD);
	CHECK_EQ(sys_wait4(-pid, &status, WNOHANG), 0);
	send_signal(pid, SIGKILL);
	CHECK_EQ(sys_wait4(-pid, &status, 0), pid);
	CHECK_EQ(status, SIGKILL);
}

/* A group whose only tie to its session is the parent that ends. */
static void ends_before_child(void)
{
	sys_call0(SYS_setsid);
	long pid = spawn(sleeps);

	CHECK_EQ(call(SYS_setpgid, pid, 0), 0);
	send_signal(pid, SIGSTOP);
	CHECK_EQ(wait_change(pid, WUNTRACED), STOPPED(SIGSTOP));
	sys_exit((int)pid & 0x7f);
}

static volatile int *note;

static void hears_hangup(int signal, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	*note += signal;
}

static void orphaned(void)
{
	note = (int *)sys_call6(SYS_mmap, 0, PAGE, 3, 0x21, -1, 0);
	CHECK_EQ(set_action(SIGHUP, hears_hangup, 0), 0);
	CHECK_EQ(set_action(SIGCONT, hears_hangup, 0), 0);
	long pid = spawn(ends_before_child);
	CHECK((wait_change(pid, 0) & 0x7f) == 0);
	sleep_ms(50);
	CHECK_EQ(*note, SIGHUP + SIGCONT);
}

static void stops_in_vain(void)
{
	sys_call0(SYS_setsid);
	send_signal(sys_getpid(), SIGTSTP);
	sys_exit(5);
}

static void no_stop_of_orphans(void)
{
	expect_exit(spawn(stops_in_vain), 5);
}

static const struct test_case cases[] = {
	CASE("a child is in its parent's group and session", inherited),
	CASE("children are moved, and signalled together", moved),
	CASE("setpgid and its errors", refused),
	CASE("a child that has executed a program is not moved", after_exec),
	CASE("a new session has no terminal", new_session),
	CASE("the leader of a group cannot leave its session", leader_of_group),
	CASE("wait4 for a group", waited_by_group),
	CASE("a stopped group that is orphaned is hung up and continued", orphaned),
	CASE("an orphaned group is not stopped by SIGTSTP", no_stop_of_orphans),
};
TEST_SUITE(groups, cases);
