/* executing: exec by one of many. */
#include <string.h>
#include <sys/wait.h>

#include <workloads/threads_test/executing.h>
#include <workloads/threads_test/thread.h>

static struct thread threads[8];
static volatile int never, word;

#define ROLE "--child-alone"

/* What is there behind exec: the number of the process, one thread, no robust list. */
int executed_child(const char *role)
{
	void *list = (void *)1;
	size_t size;

	(void)role;
	if (gettid_() != sys_getpid())
		return 2;
	if (sys_call3(SYS_get_robust_list, 0, (long)&list, (long)&size) != 0 || list != NULL)
		return 3;
	if (sys_call3(SYS_tgkill, sys_getpid(), sys_getpid(), 0) != 0)
		return 4;
	return 44;
}

static long executes(void *argument)
{
	char *argv[] = {(char *)own_path, ROLE, NULL};
	char *envp[] = {NULL};

	(void)argument;
	sys_execve(own_path, argv, envp);
	return 1;
}

static _Noreturn long blocks(void *argument)
{
	(void)argument;
	for (;;)
		futex_wait(&never, 0);
}

static _Noreturn long spins(void *argument)
{
	(void)argument;
	for (;;)
		sys_sched_yield();
}

static void among_others(long (*leader)(void *), bool by_leader)
{
	for (int i = 1; i < 8; i++)
		thread_start(&threads[i], i % 3 ? blocks : spins, NULL);
	sleep_ms(10);
	if (by_leader)
		executes(NULL);
	thread_start(&threads[0], executes, NULL);
	leader(NULL);
}

static void leader_executes(void)
{
	among_others(blocks, true);
}

static void other_executes(void)
{
	among_others(blocks, false);
}

static void other_executes_while_leader_spins(void)
{
	among_others(spins, false);
}

static long is_gone(void *argument)
{
	(void)argument;
	sys_call3(SYS_exit, 9, 0, 0);
	return 0;
}

static void other_executes_behind_leader(void)
{
	among_others(is_gone, false);
}

static void two_execute(void)
{
	thread_start(&threads[0], executes, NULL);
	thread_start(&threads[1], executes, NULL);
	executes(NULL);
}

static void by_leader(void)
{
	expect_exit(spawn(leader_executes), 44);
}

static void by_another(void)
{
	expect_exit(spawn(other_executes), 44);
	expect_exit(spawn(other_executes_while_leader_spins), 44);
	expect_exit(spawn(other_executes_behind_leader), 44);
}

static void by_several(void)
{
	for (int i = 0; i < 10; i++)
		expect_exit(spawn(two_execute), 44);
}

static long fails(void *argument)
{
	char *argv[] = {"nothing", NULL};

	word = (int)sys_execve("/no/such/program", argv, argv);
	(void)argument;
	return 0;
}

static void failing_harms_nobody(void)
{
	thread_start(&threads[1], blocks, NULL);
	thread_start(&threads[0], fails, NULL);
	thread_join(&threads[0]);
	CHECK_EQ(word, -ENOENT);
	CHECK(threads[1].tid != 0);
	CHECK_EQ(sys_call3(SYS_tgkill, sys_getpid(), threads[1].tid, 0), 0);
}

/* vfork's child executes on the parent's stack and memory; the parent goes on behind it. */
static void after_vfork(void)
{
	char *stack = map_pages(STACK_SIZE / PAGE, PROT_READ | PROT_WRITE);

	word = 3;
	for (int i = 0; i < 10; i++) {
		long pid = thread_clone(CLONE_VM | CLONE_VFORK | SIGCHLD,
			thread_stack(stack, executes, NULL), NULL, NULL, NULL);

		CHECK_EQ(word, 3);
		expect_exit(pid, 44);
	}
}

static long vforks_and_executes(void *argument)
{
	char *stack = map_pages(STACK_SIZE / PAGE, PROT_READ | PROT_WRITE);
	long pid = thread_clone(CLONE_VM | CLONE_VFORK | SIGCHLD,
		thread_stack(stack, executes, NULL), NULL, NULL, NULL);
	int status = 0;

	(void)argument;
	sys_wait4(pid, &status, 0);
	word += status == 44 << 8;
	return 0;
}

static void after_vfork_by_many(void)
{
	for (int i = 0; i < 8; i++)
		thread_start(&threads[i], vforks_and_executes, NULL);
	for (int i = 0; i < 8; i++)
		thread_join(&threads[i]);
	CHECK_EQ(word, 8);
}

/* While one of them executes no more can be made: that is no fault. */
static void is_killed_in_exec(void)
{
	for (int i = 1; i < 8; i++) {
		char *stack = map_pages(STACK_SIZE / PAGE, PROT_READ | PROT_WRITE);

		thread_clone(THREAD_FLAGS, thread_stack(stack, i % 2 ? blocks : executes, NULL),
			&threads[i].tid, &threads[i].tid, NULL);
	}
	for (;;)
		futex_wait(&never, 0);
}

static void killed_meanwhile(void)
{
	for (int i = 0; i < 10; i++) {
		long pid = spawn(is_killed_in_exec);
		int status = 0;

		if (i % 2)
			sleep_ms(1 + i / 4);
		CHECK_EQ(sys_call3(SYS_kill, pid, SIGKILL, 0), 0);
		CHECK_EQ(sys_wait4(pid, &status, 0), pid);
		CHECK(status == SIGKILL || status == 44 << 8);
	}
}

static const struct test_case cases[] = {
	CASE("by the first thread: the others end", by_leader),
	CASE("by another: it becomes the first", by_another),
	CASE("by several at once", by_several),
	CASE("one that fails ends nobody", failing_harms_nobody),
	CASE("by vfork's child", after_vfork),
	CASE("by many vforks' children", after_vfork_by_many),
	CASE("SIGKILL while it waits for the others", killed_meanwhile),
};
TEST_SUITE(executing, cases);
