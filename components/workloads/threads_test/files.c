/* files: one table for several threads. */
#include <poll.h>
#include <sys/wait.h>

#include <workloads/threads_test/thread.h>

static struct thread one;
static int fds[2], others[2];
static volatile int word;
static volatile long result;
static char byte;

static long reads(void *argument)
{
	(void)argument;
	one.up = true;
	result = sys_read(fds[0], &byte, 1);
	return 0;
}

/* What is closed under a read stays until the read is over. */
static void closed_under_a_read(void)
{
	CHECK_EQ(sys_pipe(fds), 0);
	thread_start(&one, reads, NULL);
	thread_settle(&one);
	CHECK_EQ(sys_close(fds[0]), 0);
	CHECK_EQ(sys_read(fds[0], &byte, 1), -EBADF);
	CHECK_EQ(sys_write(fds[1], "x", 1), 1);
	thread_join(&one);
	CHECK_EQ(result, 1);
	CHECK_EQ(byte, 'x');
	sys_call4(
		SYS_rt_sigprocmask, SIG_BLOCK, (long)&(unsigned long){1UL << (SIGPIPE - 1)}, 0, 8);
	CHECK_EQ(sys_write(fds[1], "y", 1), -EPIPE); /* and then it is gone */
}

static void other_end_closed(void)
{
	CHECK_EQ(sys_pipe(fds), 0);
	thread_start(&one, reads, NULL);
	thread_settle(&one);
	CHECK_EQ(sys_close(fds[1]), 0);
	thread_join(&one);
	CHECK_EQ(result, 0);
}

static void replaced_under_a_read(void)
{
	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_pipe(others), 0);
	thread_start(&one, reads, NULL);
	thread_settle(&one);
	CHECK_EQ(sys_dup2(others[0], fds[0]), fds[0]);
	CHECK_EQ(sys_write(others[1], "o", 1), 1);
	CHECK_EQ(sys_write(fds[1], "p", 1), 1);
	thread_join(&one);
	CHECK_EQ(byte, 'p');
	CHECK_EQ(sys_read(fds[0], &byte, 1), 1);
	CHECK_EQ(byte, 'o');
}

static long opens(void *argument)
{
	(void)argument;
	CHECK_EQ(sys_pipe(fds), 0);
	return 0;
}

static void opened_for_all(void)
{
	thread_start(&one, opens, NULL);
	thread_join(&one);
	CHECK_EQ(sys_write(fds[1], "z", 1), 1);
	CHECK_EQ(sys_read(fds[0], &byte, 1), 1);
	CHECK_EQ(sys_close(fds[0]), 0); /* it is our own table again */
	CHECK_EQ(sys_close(fds[1]), 0);
	CHECK_EQ(sys_close(fds[1]), -EBADF);
}

static long polls(void *argument)
{
	struct pollfd both[2] = {{fds[0], POLLIN, 0}, {others[0], POLLIN, 0}};

	(void)argument;
	one.up = true;
	result = sys_call3(SYS_poll, (long)both, 2, -1);
	word = both[1].revents | both[0].revents << 8;
	return 0;
}

static void closed_under_a_poll(void)
{
	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_pipe(others), 0);
	thread_start(&one, polls, NULL);
	thread_settle(&one);
	CHECK_EQ(sys_close(fds[0]), 0);
	CHECK_EQ(sys_write(others[1], "q", 1), 1);
	thread_join(&one);
	CHECK_EQ(result, 2);
	CHECK_EQ(word, POLLIN | POLLNVAL << 8); /* it looks anew when it is woken */
}

static long closes_and_ends(void *argument)
{
	(void)argument;
	return sys_close(fds[0]) == 0 ? 3 : 4;
}

/* Processes may share a table as well. */
static void process_with_shared_table(void)
{
	char *stack = map_pages(STACK_SIZE / PAGE, PROT_READ | PROT_WRITE);

	CHECK_EQ(sys_pipe(fds), 0);
	long pid = thread_clone(CLONE_FILES | SIGCHLD, thread_stack(stack, closes_and_ends, NULL),
		NULL, NULL, NULL);
	expect_exit(pid, 3);
	CHECK_EQ(sys_read(fds[0], &byte, 1), -EBADF);
	CHECK_EQ(sys_close(fds[1]), 0);
}

static long unshares(void *argument)
{
	(void)argument;
	result = sys_call3(SYS_close_range, fds[0], fds[1], 2 /* CLOSE_RANGE_UNSHARE */);
	return 0;
}

static void unshared_table(void)
{
	CHECK_EQ(sys_pipe(fds), 0);
	thread_start(&one, unshares, NULL);
	thread_join(&one);
	CHECK_EQ(result, 0);
	CHECK_EQ(sys_write(fds[1], "u", 1), 1); /* here they are open still */
	CHECK_EQ(sys_read(fds[0], &byte, 1), 1);
}

/* --- a storm: two threads open and close what a third reads and writes --- */

static volatile int stop;

static long opens_and_closes(void *argument)
{
	(void)argument;
	while (!stop) {
		int mine[2];

		if (sys_pipe(mine) != 0)
			continue;
		fds[0] = mine[0];
		fds[1] = mine[1];
		sys_sched_yield();
		sys_close(mine[0]);
		sys_close(mine[1]);
	}
	return 0;
}

static long reads_and_writes(void *argument)
{
	char here[16];

	(void)argument;
	for (int i = 0; i < 3000; i++) {
		sys_call3(SYS_fcntl, fds[0], 4 /* F_SETFL */, 04000 /* O_NONBLOCK */);
		sys_write(fds[1], here, sizeof(here));
		sys_read(fds[0], here, sizeof(here));
	}
	stop = 1;
	return 0;
}

static void storm(void)
{
	static struct thread threads[3];

	sys_call4(
		SYS_rt_sigprocmask, SIG_BLOCK, (long)&(unsigned long){1UL << (SIGPIPE - 1)}, 0, 8);
	CHECK_EQ(sys_pipe(others), 0); /* what is read never blocks for ever: somebody can write */
	fds[0] = others[0];
	fds[1] = others[1];
	sys_call3(SYS_fcntl, fds[0], 4, 04000);
	for (int i = 0; i < 2; i++)
		thread_start(&threads[i], opens_and_closes, NULL);
	thread_start(&threads[2], reads_and_writes, NULL);
	for (int i = 0; i < 3; i++)
		thread_join(&threads[i]);
}

static const struct test_case cases[] = {
	CASE("closed under a read", closed_under_a_read),
	CASE("the other end closed under a read", other_end_closed),
	CASE("replaced under a read", replaced_under_a_read),
	CASE("opened by one, open for all", opened_for_all),
	CASE("closed under a poll", closed_under_a_poll),
	CASE("a process shares the table alone", process_with_shared_table),
	CASE("close_range makes a table of one's own", unshared_table),
	CASE("opened and closed while others read and write", storm),
};
TEST_SUITE(files, cases);
