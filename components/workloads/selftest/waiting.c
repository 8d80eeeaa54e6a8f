/*
 * waiting: wait4 and the statuses it gives.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include <workloads/common/test.h>

static int gate[2]; /* children read from it: closing the other end lets them go */

static void open_gate(void)
{
	CHECK_EQ(sys_pipe(gate), 0);
}

static void behind_gate(void)
{
	char byte;

	sys_close(gate[1]);
	CHECK_EQ(sys_read(gate[0], &byte, 1), 0);
	sys_exit(9);
}

static void nothing(void)
{
}

static void no_children(void)
{
	CHECK_EQ(sys_wait4(-1, NULL, 0), -ECHILD);
	CHECK_EQ(sys_wait4(-1, NULL, WNOHANG), -ECHILD);
}

static void stranger(void)
{
	long pid = spawn(nothing);

	CHECK_EQ(sys_wait4(sys_getpid(), NULL, 0), -ECHILD);
	CHECK_EQ(sys_wait4(first_pid, NULL, 0), -ECHILD);
	CHECK_EQ(sys_wait4(0x3fffffff, NULL, 0), -ECHILD);
	expect_exit(pid, 0);
	CHECK_EQ(sys_wait4(pid, NULL, 0), -ECHILD);
}

static void without_hanging(void)
{
	int status = 123;
	long pid;

	open_gate();
	pid = spawn(behind_gate);
	CHECK_EQ(sys_wait4(-1, &status, WNOHANG), 0);
	CHECK_EQ(sys_wait4(pid, &status, WNOHANG), 0);
	CHECK_EQ(status, 123);
	sys_close(gate[1]);
	for (long waited = 0; waited == 0;) {
		waited = sys_wait4(pid, &status, WNOHANG);
		CHECK(waited == 0 || waited == pid);
		sys_sched_yield();
	}
	CHECK_EQ(status, 9 << 8);
}

static void sleeping(void)
{
	long pid;

	open_gate();
	pid = spawn(behind_gate);
	if (sys_fork() == 0) { /* opens the gate when we sleep in wait4 */
		sleep_ms(5);
		sys_exit(0);
	}
	sys_close(gate[1]); /* our end; the helper holds the other */
	expect_exit(pid, 9);
	CHECK(sys_wait4(-1, NULL, 0) > 0);
	CHECK_EQ(sys_wait4(-1, NULL, 0), -ECHILD);
}

static void chosen_child(void)
{
	long first, second;

	open_gate();
	first = spawn(nothing);
	second = spawn(behind_gate);
	sys_close(gate[1]);
	expect_exit(second, 9);
	expect_exit(first, 0);
}

static void no_status_wanted(void)
{
	CHECK(spawn(nothing) == sys_wait4(-1, NULL, 0));
}

static void resource_usage(void)
{
	struct rusage usage;
	long pid = spawn(nothing);

	for (size_t i = 0; i < sizeof(usage); i++)
		((char *)&usage)[i] = -1;
	CHECK_EQ(sys_call4(SYS_wait4, pid, 0, 0, (long)&usage), pid);
	CHECK(usage.ru_utime.tv_sec >= 0 && usage.ru_utime.tv_usec >= 0);
	CHECK(usage.ru_stime.tv_sec >= 0 && usage.ru_stime.tv_usec >= 0);
}

static void bad_options(void)
{
	long pid = spawn(nothing);

	CHECK_EQ(sys_wait4(pid, NULL, 0x100), -EINVAL);
	expect_exit(pid, 0);
}

#define ZOMBIES 20

static void zombies(void)
{
	long pids[ZOMBIES];
	int status;

	for (int i = 0; i < ZOMBIES; i++) {
		pids[i] = sys_fork();
		if (pids[i] == 0)
			sys_exit(i);
		CHECK(pids[i] > 0);
		for (int j = 0; j < i; j++)
			CHECK(pids[j] != pids[i]);
	}
	sleep_ms(5); /* all have ended, in all likelihood; the outcome is the same */
	for (int i = ZOMBIES - 1; i >= 0; i--) {
		CHECK_EQ(sys_wait4(pids[i], &status, 0), pids[i]);
		CHECK_EQ(status, i << 8);
	}
	CHECK_EQ(sys_wait4(-1, NULL, WNOHANG), -ECHILD);
}

static void each_once(void)
{
	unsigned seen = 0;
	int status;

	for (int i = 0; i < 16; i++)
		if (sys_fork() == 0)
			sys_exit(i);
	for (int i = 0; i < 16; i++) {
		CHECK(sys_wait4(-1, &status, 0) > 0);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) < 16);
		seen |= 1U << WEXITSTATUS(status);
	}
	CHECK_EQ(seen, 0xffff);
	CHECK_EQ(sys_wait4(-1, NULL, 0), -ECHILD);
}

static const struct test_case cases[] = {
	CASE("without children it answers ECHILD", no_children),
	CASE("processes that are no children answer ECHILD", stranger),
	CASE("WNOHANG answers 0 while the child lives", without_hanging),
	CASE("it sleeps until the child ends", sleeping),
	CASE("a chosen child is waited for, others stay", chosen_child),
	CASE("the status may be left out", no_status_wanted),
	CASE("resource usage is stored where wanted", resource_usage),
	CASE("unknown options answer EINVAL", bad_options),
	CASE("zombies keep their status until they are waited for", zombies),
	CASE("any-child waits give each child once", each_once),
};
TEST_SUITE(waiting, cases);
