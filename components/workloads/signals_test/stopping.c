/* stopping: SIGSTOP, SIGCONT, SIGCHLD, and what the parent hears of it. */
#include <sys/wait.h>

#include <workloads/signals_test/signals_test.h>

static volatile int *shared; /* seen by parent and child */

static void counts(void)
{
	for (;;) {
		++*shared;
		sys_sched_yield();
	}
}

static long wait_status(long pid, int options)
{
	int status = -1;
	long waited = sys_wait4(pid, &status, options);

	return waited == pid ? status : waited;
}

static void stop_and_go(void)
{
	shared = (int *)sys_call6(SYS_mmap, 0, PAGE, 3, 0x21, -1, 0);
	long pid = spawn(counts);

	sleep_ms(20);
	CHECK_EQ(send_signal(pid, SIGSTOP), 0);
	CHECK_EQ(wait_status(pid, WUNTRACED), 0x7f | SIGSTOP << 8);
	int frozen = *shared;
	sleep_ms(30);
	CHECK_EQ(*shared, frozen);
	CHECK_EQ(send_signal(pid, SIGCONT), 0);
	CHECK_EQ(wait_status(pid, WCONTINUED), 0xffff);
	sleep_ms(20);
	CHECK(*shared > frozen);
	CHECK_EQ(send_signal(pid, SIGKILL), 0);
	expect_killed(pid, SIGKILL);
}

static void killed_while_stopped(void)
{
	shared = (int *)sys_call6(SYS_mmap, 0, PAGE, 3, 0x21, -1, 0);
	long pid = spawn(counts);

	sleep_ms(10);
	send_signal(pid, SIGSTOP);
	CHECK_EQ(wait_status(pid, WUNTRACED), 0x7f | SIGSTOP << 8);
	send_signal(pid, SIGTERM);
	CHECK_EQ(sys_wait4(pid, NULL, WNOHANG | WUNTRACED), 0);
	send_signal(pid, SIGKILL);
	expect_killed(pid, SIGKILL);
}

static void ends(void)
{
	sys_exit(7);
}

static void child_signal(void)
{
	CHECK_EQ(set_action(SIGCHLD, note_signal, SA_RESTART), 0);
	long pid = spawn(ends);
	expect_exit(pid, 7);
	CHECK_EQ(handled, 1);
	CHECK_EQ(last_info.si_code, CLD_EXITED);
	CHECK_EQ(last_info.si_status, 7);
	CHECK_EQ(last_info.si_pid, pid);
}

static void nobody_waits(void)
{
	struct raw_action ignore = {(void (*)(int, siginfo_t *, void *))1, 0, NULL, 0};

	CHECK_EQ(sys_call4(SYS_rt_sigaction, SIGCHLD, (long)&ignore, 0, 8), 0);
	long pid = spawn(ends);
	CHECK_EQ(sys_wait4(pid, NULL, 0), -ECHILD);
}

static const struct test_case cases[] = {
	CASE("a process stops and goes on", stop_and_go),
	CASE("a stopped one can only be killed", killed_while_stopped),
	CASE("SIGCHLD tells what became of a child", child_signal),
	CASE("ignored children leave no zombies", nobody_waits),
};
TEST_SUITE(stopping, cases);
