/* ending: threads that end, processes that end with threads everywhere. */
#include <poll.h>
#include <sys/wait.h>

#include <workloads/threads_test/thread.h>

static struct thread threads[12];
static volatile int word, never;
static char *volatile zero; /* where nothing is */
static int fds[2];

static long exits_late(void *argument)
{
	(void)argument;
	sleep_ms(60);
	return 9;
}

static void leaves_a_thread(void)
{
	thread_start(&threads[0], exits_late, NULL);
	sys_call3(SYS_exit, 5, 0, 0);
}

/* The process ends with its last thread, and with what that one said. */
static void leader_first(void)
{
	long pid = spawn(leaves_a_thread);
	int status;

	sleep_ms(20);
	CHECK_EQ(sys_wait4(pid, &status, WNOHANG), 0);
	CHECK_EQ(sys_call3(SYS_kill, pid, 0, 0), 0);
	expect_exit(pid, 9);
}

static long exits_for_all(void *argument)
{
	sys_exit((int)(long)argument);
}

static void waits_for_ever(void)
{
	for (;;)
		futex_wait(&never, 0);
}

static void another_ends_all(void)
{
	thread_start(&threads[0], exits_for_all, (void *)33);
	waits_for_ever();
}

static void exit_group_ends_all(void)
{
	expect_exit(spawn(another_ends_all), 33);
}

static void leader_gone_then_group(void)
{
	thread_start(&threads[0], exits_for_all, (void *)34);
	sys_call3(SYS_exit, 1, 0, 0);
}

static void group_after_leader(void)
{
	expect_exit(spawn(leader_gone_then_group), 34);
}

/* --- blocked everywhere --- */

static long in_futex(void *argument)
{
	(void)argument;
	threads[0].up = true;
	waits_for_ever();
	return 0;
}

static long in_read(void *argument)
{
	char byte;

	(void)argument;
	return sys_read(fds[0], &byte, 1);
}

static long in_poll(void *argument)
{
	struct pollfd fd = {fds[0], POLLIN, 0};

	(void)argument;
	return sys_call3(SYS_poll, (long)&fd, 1, -1);
}

static long in_sleep(void *argument)
{
	(void)argument;
	sleep_ms(1000000);
	return 0;
}

static long in_wait(void *argument)
{
	(void)argument;
	return sys_wait4(-1, NULL, 0);
}

static long in_sigsuspend(void *argument)
{
	(void)argument;
	return sys_call0(SYS_pause);
}

static long in_write(void *argument)
{
	static char bytes[1 << 17];
	int full[2];

	(void)argument;
	sys_pipe(full);
	return sys_write(full[1], bytes, sizeof(bytes));
}

static _Noreturn long in_user_mode(void *argument)
{
	(void)argument;
	for (;;)
		;
}

static long in_lock(void *argument)
{
	(void)argument;
	return futex(&word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0);
}

static long naps(void *argument)
{
	(void)argument;
	sleep_ms(400);
	return 0;
}

static void napping_child(void)
{
	naps(NULL);
}

static long in_vfork(void *argument)
{
	char *stack = map_pages(STACK_SIZE / PAGE, PROT_READ | PROT_WRITE);

	(void)argument;
	return thread_clone(CLONE_VM | CLONE_VFORK | SIGCHLD, thread_stack(stack, naps, NULL), NULL,
		NULL, NULL);
}

static long (*const everywhere[])(void *) = {in_futex, in_read, in_poll, in_sleep, in_wait,
	in_sigsuspend, in_write, in_user_mode, in_lock};
#define PLACES (int)(sizeof(everywhere) / sizeof(everywhere[0]))

static void is_everywhere(void)
{
	CHECK_EQ(sys_pipe(fds), 0);
	word = (int)gettid_();        /* a lock that the leader holds */
	if (spawn(napping_child) > 0) /* a child, for who waits */
		for (int i = 0; i < PLACES; i++)
			thread_start(&threads[i], everywhere[i], NULL);
}

static void killed_everywhere(void)
{
	is_everywhere();
	waits_for_ever();
}

static void kill_ends_all(void)
{
	long pid = spawn(killed_everywhere);

	sleep_ms(100);
	CHECK_EQ(sys_call3(SYS_kill, pid, SIGKILL, 0), 0);
	expect_killed(pid, SIGKILL);
}

static void exits_everywhere(void)
{
	is_everywhere();
	sleep_ms(100);
	sys_exit(12);
}

static void exit_ends_all(void)
{
	expect_exit(spawn(exits_everywhere), 12);
}

static void faults_everywhere(void)
{
	is_everywhere();
	sleep_ms(50);
	*zero = 1;
}

static void fault_ends_all(void)
{
	expect_killed(spawn(faults_everywhere), SIGSEGV);
}

static void term_everywhere(void)
{
	is_everywhere();
	sys_call3(SYS_exit, 1, 0, 0); /* the leader is not there to take it */
}

static void term_ends_all(void)
{
	long pid = spawn(term_everywhere);

	sleep_ms(100);
	CHECK_EQ(sys_call3(SYS_kill, pid, SIGTERM, 0), 0);
	expect_killed(pid, SIGTERM);
}

static void vforks(void)
{
	thread_start(&threads[0], in_vfork, NULL);
	waits_for_ever();
}

/* Who sleeps in vfork ends at once; the child goes on with the memory. */
static void killed_in_vfork(void)
{
	long pid = spawn(vforks);

	sleep_ms(50);
	CHECK_EQ(sys_call3(SYS_kill, pid, SIGKILL, 0), 0);
	expect_killed(pid, SIGKILL);
}

/* --- at the same time --- */

static long ends_with(void *argument)
{
	return (long)argument;
}

static void race(void)
{
	for (int i = 0; i < 8; i++)
		thread_start(
			&threads[i], i % 2 ? exits_for_all : ends_with, (void *)(long)(40 + i));
	sys_exit(39);
}

static void all_end_at_once(void)
{
	for (int i = 0; i < 20; i++) {
		long pid = spawn(race);
		int status = 0;

		CHECK_EQ(sys_wait4(pid, &status, 0), pid);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) >= 39 && WEXITSTATUS(status) < 48);
	}
}

static long forks(void *argument)
{
	(void)argument;
	return spawn(napping_child) > 0 ? 0 : 1;
}

static void threads_with_children(void)
{
	thread_start(&threads[0], forks, NULL);
	thread_join(&threads[0]);
	sys_exit(0);
}

static long waits_for_child(void *argument)
{
	volatile int *pid = argument;
	int status = 0;

	if (sys_wait4(*pid, &status, 0) == *pid)
		word = status;
	return 0;
}

static void exits_with_6(void)
{
	sleep_ms(20);
	sys_exit(6);
}

/* A child is the process's: any thread may wait for it. */
static void children_are_everybodys(void)
{
	static volatile int pid;

	pid = (int)spawn(exits_with_6);
	thread_start(&threads[0], waits_for_child, (void *)&pid);
	thread_join(&threads[0]);
	CHECK_EQ(word, 6 << 8);
	long other = spawn(threads_with_children);
	expect_exit(other, 0);
}

static const struct test_case cases[] = {
	CASE("the process ends with its last thread", leader_first),
	CASE("exit_group ends all", exit_group_ends_all),
	CASE("exit_group when the first has ended", group_after_leader),
	CASE("SIGKILL ends threads blocked everywhere", kill_ends_all),
	CASE("exit_group ends threads blocked everywhere", exit_ends_all),
	CASE("a fault ends threads blocked everywhere", fault_ends_all),
	CASE("SIGTERM ends all where the first has ended", term_ends_all),
	CASE("SIGKILL ends who sleeps in vfork", killed_in_vfork),
	CASE("many exits at once", all_end_at_once),
	CASE("a child is every thread's", children_are_everybodys),
};
TEST_SUITE(ending, cases);
