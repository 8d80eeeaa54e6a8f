/* waiting: waitid, and what else a process may ask about processes. */
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>

#include <workloads/signals_test/signals_test.h>

static siginfo_t info;

static long wait_for(int type, long id, int options)
{
	memset(&info, 0x55, sizeof(info));
	return sys_call6(SYS_waitid, type, id, (long)&info, options, 0, 0);
}

static void sleeps(void)
{
	sys_call0(SYS_pause);
}

static void ends(void)
{
	sys_exit(7);
}

static void exited(void)
{
	long pid = spawn(ends);

	CHECK_EQ(wait_for(P_PID, pid, WEXITED | WNOWAIT), 0);
	CHECK(info.si_signo == SIGCHLD && info.si_code == CLD_EXITED);
	CHECK(info.si_pid == pid && info.si_status == 7);
	CHECK_EQ(wait_for(P_ALL, 0, WEXITED), 0);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(wait_for(P_ALL, 0, WEXITED), -ECHILD);
}

static void killed(void)
{
	long pid = spawn(sleeps);

	CHECK_EQ(wait_for(P_PID, pid, WEXITED | WNOHANG), 0);
	CHECK(info.si_signo == 0 && info.si_pid == 0);
	send_signal(pid, SIGKILL);
	CHECK_EQ(wait_for(P_PID, pid, WEXITED), 0);
	CHECK(info.si_code == CLD_KILLED && info.si_status == SIGKILL);
}

static void stopped(void)
{
	long pid = spawn(sleeps);

	send_signal(pid, SIGSTOP);
	CHECK_EQ(wait_for(P_PID, pid, WSTOPPED), 0);
	CHECK(info.si_code == CLD_STOPPED && info.si_status == SIGSTOP);
	send_signal(pid, SIGCONT);
	CHECK_EQ(wait_for(P_PID, pid, WCONTINUED), 0);
	CHECK(info.si_code == CLD_CONTINUED && info.si_status == SIGCONT);
	send_signal(pid, SIGKILL);
	expect_killed(pid, SIGKILL);
}

static void refused(void)
{
	CHECK_EQ(wait_for(P_ALL, 0, 0), -EINVAL);
	CHECK_EQ(wait_for(P_ALL, 0, WEXITED | 0x100), -EINVAL);
	CHECK_EQ(wait_for(77, 0, WEXITED), -EINVAL);
	CHECK_EQ(wait_for(P_PID, 0, WEXITED), -EINVAL);
	CHECK_EQ(wait_for(P_ALL, 0, WEXITED), -ECHILD);
}

static void named(void)
{
	char name[16];

	CHECK_EQ(sys_call3(SYS_prctl, PR_SET_NAME, (long)"a name that is too long", 0), 0);
	CHECK_EQ(sys_call3(SYS_prctl, PR_GET_NAME, (long)name, 0), 0);
	CHECK(memcmp(name, "a name that is ", 16) == 0);
	CHECK_EQ(sys_call3(SYS_prctl, PR_SET_NAME, 8, 0), -EFAULT);
	CHECK_EQ(sys_call3(SYS_prctl, 0x7777, 0, 0), -EINVAL);
}

static void nice_value(void)
{
	CHECK_EQ(sys_call3(SYS_getpriority, PRIO_PROCESS, 0, 0), 20);
	CHECK_EQ(sys_call3(SYS_setpriority, PRIO_PROCESS, 0, 5), 0);
	CHECK_EQ(sys_call3(SYS_getpriority, PRIO_PROCESS, 0, 0), 15);
	CHECK_EQ(sys_call3(SYS_setpriority, PRIO_PROCESS, 0, 100), 0);
	CHECK_EQ(sys_call3(SYS_getpriority, PRIO_PROCESS, 0, 0), 1);
	CHECK_EQ(sys_call3(SYS_getpriority, 3, 0, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_getpriority, PRIO_PROCESS, 0x3fffffff, 0), -ESRCH);
}

static void about_machine(void)
{
	unsigned long mask[128] = {0};
	struct sysinfo now;
	struct rusage usage;

	CHECK_EQ(sys_call3(SYS_sysinfo, (long)&now, 0, 0), 0);
	CHECK(now.totalram >= now.freeram && now.freeram > 0 && now.procs > 0);
	CHECK(sys_call3(SYS_sched_getaffinity, 0, sizeof(mask), (long)mask) >= 8);
	CHECK(mask[0] != 0);
	CHECK_EQ(sys_call3(SYS_sched_getaffinity, 0, 7, (long)mask), -EINVAL);
	CHECK_EQ(sys_call3(SYS_getrusage, RUSAGE_SELF, (long)&usage, 0), 0);
	CHECK_EQ(sys_call3(SYS_getrusage, 7, (long)&usage, 0), -EINVAL);
	CHECK(sys_call3(SYS_times, 0, 0, 0) >= 0);
}

static sigset_t none_but(int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	return set;
}

/* A signal that is ignored by default is kept for who blocks it; and process 1 may be who waits. */
static void awaited(void)
{
	struct timespec second = {.tv_sec = 1};
	sigset_t set = none_but(SIGCHLD), before;
	long pid;

	CHECK_EQ(sys_call4(SYS_rt_sigprocmask, SIG_BLOCK, (long)&set, (long)&before, 8), 0);
	pid = spawn(ends);
	CHECK_EQ(
		sys_call4(SYS_rt_sigtimedwait, (long)&set, (long)&info, (long)&second, 8), SIGCHLD);
	CHECK(info.si_pid == pid && info.si_code == CLD_EXITED);
	CHECK_EQ(wait_for(P_PID, pid, WEXITED), 0);
	set = none_but(SIGUSR2);
	CHECK_EQ(sys_call4(SYS_rt_sigprocmask, SIG_BLOCK, (long)&set, 0, 8), 0);
	send_signal(sys_getpid(), SIGUSR2);
	CHECK_EQ(sys_call4(SYS_rt_sigtimedwait, (long)&set, 0, (long)&second, 8), SIGUSR2);
	CHECK_EQ(sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0, 8), 0);
}

static const struct test_case cases[] = {
	CASE("waitid tells of an end, and may leave it be", exited),
	CASE("of a child that was killed", killed),
	CASE("of stopping and going on", stopped),
	CASE("a signal that is awaited arrives, whoever waits", awaited),
	CASE("waitid and its errors", refused),
	CASE("a process has a name", named),
	CASE("and a nice value", nice_value),
	CASE("what there is of everything", about_machine),
};
TEST_SUITE(waiting, cases);
