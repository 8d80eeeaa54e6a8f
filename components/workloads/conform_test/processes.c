/* processes: fork and wait, groups, signals. */
#include <signal.h>
#include <sys/wait.h>

#include <workloads/conform_test/conform.h>

static void leave_7(void)
{
	sys_exit(7);
}

static void kill_self(void)
{
	sys_call3(SYS_kill, sys_getpid(), SIGTERM, 0);
}

static void leave_with(int code, int expected)
{
	int status = -1;
	long pid = sys_fork();

	if (pid == 0)
		sys_exit(code);
	CHECK_EQ(sys_wait4(pid, &status, 0), pid);
	CHECK_EQ(status, expected);
}

static void only_eight_bits(void)
{
	leave_with(256 + 7, 7 << 8);
}

static void status_of_a_killed(void)
{
	int status = -1;
	long pid = spawn(kill_self);

	CHECK_EQ(sys_wait4(pid, &status, 0), pid);
	CHECK_EQ(status, SIGTERM);
}

static void wait_twice(void)
{
	expect_exit(spawn(leave_7), 7);
	CHECK_EQ(sys_wait4(-1, NULL, 0), -ECHILD);
}

static void zombie(void)
{
	long pid = spawn(leave_7);
	siginfo_t info;

	CHECK_EQ(sys_call6(SYS_waitid, P_PID, pid, (long)&info, WEXITED | WNOWAIT, 0, 0), 0);
	CHECK_EQ(info.si_status, 7);
	CHECK_EQ(sys_call3(SYS_kill, pid, 0, 0), 0);
	CHECK_EQ(sys_call3(SYS_kill, pid, SIGKILL, 0), 0);
	CHECK_EQ(sys_call3(SYS_setpgid, pid, 0, 0), 0);
	expect_exit(pid, 7);
	CHECK_EQ(sys_call3(SYS_kill, pid, 0, 0), -ESRCH);
}

static void wait_to_a_bad_address(void)
{
	long pid = spawn(leave_7);

	CHECK_EQ(sys_wait4(pid, (int *)BAD, 0), -EFAULT);
	CHECK_EQ(sys_wait4(pid, NULL, 0), -ECHILD); /* it is gone all the same */
}

static void stop_and_go(void)
{
	int status = -1;
	long pid = sys_fork();

	if (pid == 0) {
		sys_call3(SYS_kill, sys_getpid(), SIGSTOP, 0);
		sys_exit(3);
	}
	CHECK_EQ(sys_wait4(pid, &status, WUNTRACED), pid);
	CHECK_EQ(status, SIGSTOP << 8 | 0x7f);
	CHECK_EQ(sys_wait4(pid, &status, WUNTRACED | WNOHANG), 0);
	CHECK_EQ(sys_call3(SYS_kill, pid, SIGCONT, 0), 0);
	expect_exit(pid, 3);
}

static const struct conform_case processes_cases[] = {
	{"an exit status has eight bits", {DO(only_eight_bits)}},
	{"the status of a killed process is its signal", {DO(status_of_a_killed)}},
	{"a child can be waited for once", {DO(wait_twice)}},
	{"a zombie can be signalled, and be made a group's leader", {DO(zombie)}},
	{"a child is gone even where its status cannot be told", {DO(wait_to_a_bad_address)}},
	{"a stop is told once", {DO(stop_and_go)}},
	{"wait4 without children gives ECHILD", {FAILS(ECHILD, wait4, -1, BUF, 0, 0)}},
	{"wait4 of no child of ours gives ECHILD", {FAILS(ECHILD, wait4, 1, BUF, 0, 0)}},
	{"wait4 with unknown options gives EINVAL", {FAILS(EINVAL, wait4, -1, BUF, 0x10, 0)}},
	{"wait4 of the group of the least number gives ESRCH",
		{FAILS(ESRCH, wait4, -0x80000000L, BUF, 0, 0)}},
	{"waitid that waits for nothing gives EINVAL", {FAILS(EINVAL, waitid, 0, 0, BUF, 0, 0)}},
	{"waitid of an unknown type gives EINVAL", {FAILS(EINVAL, waitid, 9, 0, BUF, 4, 0)}},
	{"waitid of process 0 gives EINVAL", {FAILS(EINVAL, waitid, 1, 0, BUF, 4, 0)}},
	{"waitid without children gives ECHILD", {FAILS(ECHILD, waitid, 0, 0, BUF, 4, 0)}},
	{"waitid to a bad address gives EFAULT even then",
		{FAILS(EFAULT, waitid, 0, 0, BAD, 4, 0)}},
	{"setpgid of nobody gives ESRCH", {FAILS(ESRCH, setpgid, 99999, 0)}},
	{"setpgid to a negative group gives EINVAL", {FAILS(EINVAL, setpgid, 0, -1)}},
	{"setpgid to a group that is not there gives EPERM", {FAILS(EPERM, setpgid, 0, 99999)}},
	{"a group's leader cannot begin a session",
		{GIVES(0, setpgid, 0, 0), FAILS(EPERM, setsid)}},
	{"a session's leader cannot leave its group", {WORKS(setsid), FAILS(EPERM, setpgid, 0, 0)}},
	{"getpgid of nobody gives ESRCH", {FAILS(ESRCH, getpgid, 99999)}},
	{"getpgid of a negative number gives ESRCH", {FAILS(ESRCH, getpgid, -1)}},
	{"getsid of nobody gives ESRCH", {FAILS(ESRCH, getsid, 99999)}},
	{"execve of nothing gives ENOENT", {FAILS(ENOENT, execve, "nothing", 0, 0)}},
	{"execve of a directory gives EACCES", {FAILS(EACCES, execve, "dir", 0, 0)}},
	{"execve of a file that nobody may execute gives EACCES",
		{FAILS(EACCES, execve, "file", 0, 0)}},
	{"execve of what is no program gives ENOEXEC",
		{GIVES(0, chmod, "dir/inner", 0755), FAILS(ENOEXEC, execve, "dir/inner", 0, 0)}},
	{"execve of a path at a bad address gives EFAULT", {FAILS(EFAULT, execve, BAD, 0, 0)}},
	{"execve with arguments at a bad address gives EFAULT",
		{GIVES(0, chmod, "dir/inner", 0755), FAILS(EFAULT, execve, "dir/inner", BAD, 0)}},
	{"execve of a link to itself gives ELOOP", {FAILS(ELOOP, execve, "loop", 0, 0)}},
	{"execveat with unknown flags gives EINVAL",
		{FAILS(EINVAL, execveat, AT_FDCWD, "file", 0, 0, 1)}},
};
SUITE(processes, processes_cases);

/* --- signals ------------------------------------------------------------------------------- */

static volatile int handled;

static void handler(int number)
{
	handled = handled * 100 + number;
}

static void handle(int number, int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

	CHECK_EQ(sigaction(number, &action, NULL), 0);
}

static void raise_it(int number)
{
	CHECK_EQ(sys_call3(SYS_kill, sys_getpid(), number, 0), 0);
}

static void block(int number, bool on)
{
	uint64_t set = 1UL << (number - 1);

	CHECK_EQ(sys_call4(SYS_rt_sigprocmask, on ? SIG_BLOCK : SIG_UNBLOCK, (long)&set, 0, 8), 0);
}

static void handled_at_once(void)
{
	handle(SIGUSR1, 0);
	raise_it(SIGUSR1);
	CHECK_EQ(handled, SIGUSR1);
}

static void blocked_once(void)
{
	handle(SIGUSR1, 0);
	block(SIGUSR1, true);
	raise_it(SIGUSR1);
	raise_it(SIGUSR1);
	CHECK_EQ(handled, 0);
	block(SIGUSR1, false);
	CHECK_EQ(handled, SIGUSR1);
}

static void queued(void)
{
	handle(40, 0);
	block(40, true);
	raise_it(40);
	raise_it(40);
	block(40, false);
	CHECK_EQ(handled, 4040);
}

static void reset(void)
{
	handle(SIGUSR1, SA_RESETHAND);
	raise_it(SIGUSR1);
	raise_it(SIGUSR1);
}

static void reset_dies(void)
{
	expect_death(reset, SIGUSR1);
}

static void lowest_first(void)
{
	handle(SIGUSR2, 0);
	handle(SIGUSR1, 0);
	block(SIGUSR1, true);
	block(SIGUSR2, true);
	raise_it(SIGUSR2);
	raise_it(SIGUSR1);
	CHECK_EQ(sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&(uint64_t){0}, 0, 8), 0);
	/* Both frames are there before the first handler runs, so the one delivered last runs
	 * first. */
	CHECK_EQ(handled, SIGUSR2 * 100 + SIGUSR1);
}

static void ignored_is_dropped(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	block(SIGUSR1, true);
	raise_it(SIGUSR1);
	CHECK_EQ(sigaction(SIGUSR1, &ignore, NULL), 0);
	handle(SIGUSR1, 0);
	block(SIGUSR1, false);
	CHECK_EQ(handled, 0);
}

static void fork_clears_pending(void)
{
	block(SIGUSR1, true);
	raise_it(SIGUSR1);
	long pid = sys_fork();

	if (pid == 0) {
		uint64_t set = 1;

		sys_call3(SYS_rt_sigpending, (long)&set, 8, 0);
		sys_exit(set == 0 ? 0 : 1);
	}
	expect_exit(pid, 0);
}

static void small_stack(void)
{
	*(stack_t *)BUF = (stack_t){.ss_sp = (void *)BUF, .ss_size = 100};
}

static const struct conform_case signals_cases[] = {
	{"a signal to oneself is handled before kill returns", {DO(handled_at_once)}},
	{"a blocked signal is kept once", {DO(blocked_once)}},
	{"a real-time signal is kept as often as sent", {DO(queued)}},
	{"SA_RESETHAND makes the handler serve once", {DO(reset_dies)}},
	{"of two signals the lower is delivered first", {DO(lowest_first)}},
	{"ignoring a signal drops what is pending", {DO(ignored_is_dropped)}},
	{"a child has no pending signals", {DO(fork_clears_pending)}},
	{"kill of nobody gives ESRCH", {FAILS(ESRCH, kill, 99999, 0)}},
	{"kill with an unknown signal gives EINVAL", {FAILS(EINVAL, kill, 1, 65)}},
	{"ESRCH comes before EINVAL", {FAILS(ESRCH, kill, 99999, 65)}},
	{"kill of an empty group gives ESRCH", {FAILS(ESRCH, kill, -99999, 0)}},
	{"tkill of 0 gives EINVAL", {FAILS(EINVAL, tkill, 0, 0)}},
	{"tgkill of a negative group gives EINVAL", {FAILS(EINVAL, tgkill, -1, 1, 0)}},
	{"rt_sigaction of SIGKILL gives EINVAL", {FAILS(EINVAL, rt_sigaction, SIGKILL, BUF, 0, 8)}},
	{"asking for it does not", {GIVES(0, rt_sigaction, SIGKILL, 0, BUF, 8)}},
	{"rt_sigaction of signal 65 gives EINVAL", {FAILS(EINVAL, rt_sigaction, 65, 0, BUF, 8)}},
	{"rt_sigaction with sets of another size gives EINVAL",
		{FAILS(EINVAL, rt_sigaction, SIGUSR1, 0, BUF, 4)}},
	{"rt_sigaction from a bad address gives EFAULT",
		{FAILS(EFAULT, rt_sigaction, SIGUSR1, BAD, 0, 8)}},
	{"rt_sigprocmask with an unknown way gives EINVAL",
		{FAILS(EINVAL, rt_sigprocmask, 9, BUF, 0, 8)}},
	{"without a set the way does not matter", {GIVES(0, rt_sigprocmask, 9, 0, BUF, 8)}},
	{"rt_sigprocmask with sets of another size gives EINVAL",
		{FAILS(EINVAL, rt_sigprocmask, 0, 0, BUF, 4)}},
	{"rt_sigpending of more bytes than there are gives EINVAL",
		{FAILS(EINVAL, rt_sigpending, BUF, 9)}},
	{"rt_sigpending of fewer bytes gives those", {GIVES(0, rt_sigpending, BUF, 4)}},
	{"execve of what is open for writing gives ETXTBSY",
		{GIVES(0, chmod, "file", 0755), FAILS(ETXTBSY, execve, "file", 0, 0)}},
	{"sigaltstack that changes nothing gives 0", {GIVES(0, sigaltstack, BUF, 0)}},
	{"sigaltstack of too few bytes gives ENOMEM",
		{DO(small_stack), FAILS(ENOMEM, sigaltstack, BUF, 0)}},
};
SUITE(signals, signals_cases);
