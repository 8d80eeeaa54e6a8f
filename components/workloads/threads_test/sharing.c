/* sharing: futexes of several processes, and who means the same word. */
#include <sys/wait.h>

#include <workloads/threads_test/thread.h>

static volatile int *words; /* in shared memory */
static volatile int private_word;
static struct thread one;

static volatile int *map_shared(int fd)
{
	long at = sys_call6(SYS_mmap, 0, PAGE, PROT_READ | PROT_WRITE,
		MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);

	CHECK(at > 0);
	return (volatile int *)at;
}

static void waits_in_child(void)
{
	sys_exit(futex(&words[0], FUTEX_WAIT, 0, NULL, NULL, 0) == 0 ? 3 : 4);
}

static void parent_and_child(void)
{
	words = map_shared(-1);
	long pid = spawn(waits_in_child);

	await_waiters(&words[0], 0, 1);
	CHECK_EQ(futex(&words[1], FUTEX_WAKE, 10, NULL, NULL, 0), 0);
	CHECK_EQ(futex(&words[0], FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 10, NULL, NULL, 0), 0);
	CHECK_EQ(futex(&words[0], FUTEX_WAKE, 10, NULL, NULL, 0), 1);
	expect_exit(pid, 3);
}

static int file;

static void waits_elsewhere(void)
{
	map_shared(-1); /* so that the file does not come to lie where it does in the parent */
	words = map_shared(file);
	waits_in_child();
}

/* The same place of a file, at different addresses. */
static void by_file(void)
{
	file = (int)sys_call3(SYS_memfd_create, (long)"words", 0, 0);
	if (file == -ENOSYS)
		skip("there are no memory files");
	CHECK_EQ(sys_call3(SYS_ftruncate, file, PAGE, 0), 0);
	long pid = spawn(waits_elsewhere);

	words = map_shared(file);
	await_waiters(&words[0], 0, 1);
	words = map_shared(file);
	CHECK_EQ(futex(&words[0], FUTEX_WAKE, 10, NULL, NULL, 0), 1);
	expect_exit(pid, 3);
}

static void waits_on_private_memory(void)
{
	struct timespec length = {0, 60000000};

	sys_exit(futex(&private_word, FUTEX_WAIT, 0, &length, NULL, 0) == -ETIMEDOUT ? 3 : 4);
}

/* Memory that is not shared is another word in the child. */
static void private_memory(void)
{
	long pid = spawn(waits_on_private_memory);

	sleep_ms(20);
	CHECK_EQ(futex(&private_word, FUTEX_WAKE, 10, NULL, NULL, 0), 0);
	expect_exit(pid, 3);
}

static long waits_shared(void *argument)
{
	(void)argument;
	return futex(&private_word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

/* Who says "private" and who does not never meet. */
static void two_kinds(void)
{
	thread_start(&one, waits_shared, NULL);
	await_waiters(&private_word, 0, 1);
	CHECK_EQ(futex_wake(&private_word, 10), 0);
	CHECK_EQ(futex(&private_word, FUTEX_WAKE, 10, NULL, NULL, 0), 1);
	thread_join(&one);
}

static void dies_waiting(void)
{
	for (;;)
		futex(&words[0], FUTEX_WAIT, 0, NULL, NULL, 0);
}

static void killed_waiters(void)
{
	words = map_shared(-1);
	for (int i = 0; i < 5; i++) {
		long pid = spawn(dies_waiting);

		await_waiters(&words[0], 0, 1);
		CHECK_EQ(sys_call3(SYS_kill, pid, SIGKILL, 0), 0);
		expect_killed(pid, SIGKILL);
		CHECK_EQ(futex_waiters(&words[0], 0), 0);
	}
}

static void pings(void)
{
	for (int i = 0; i < 200; i++) {
		while (words[0] == 0)
			futex(&words[0], FUTEX_WAIT, 0, NULL, NULL, 0);
		words[0] = 0;
		words[1] = 1;
		futex(&words[1], FUTEX_WAKE, 1, NULL, NULL, 0);
	}
	sys_exit(7);
}

static void ping_pong(void)
{
	words = map_shared(-1);
	long pid = spawn(pings);

	for (int i = 0; i < 200; i++) {
		words[0] = 1;
		futex(&words[0], FUTEX_WAKE, 1, NULL, NULL, 0);
		while (words[1] == 0)
			futex(&words[1], FUTEX_WAIT, 0, NULL, NULL, 0);
		words[1] = 0;
	}
	expect_exit(pid, 7);
}

static const struct test_case cases[] = {
	CASE("parent and child in shared memory", parent_and_child),
	CASE("a file, at different addresses", by_file),
	CASE("memory that is not shared", private_memory),
	CASE("private and shared never meet", two_kinds),
	CASE("waiters that are killed are gone", killed_waiters),
	CASE("two processes take turns", ping_pong),
};
TEST_SUITE(sharing, cases);
