/* making: what a thread shares with the one that makes it, and which flags go together. */
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <workloads/threads_test/thread.h>

static struct thread one;
static volatile int word;
static long pid_seen, tid_seen, parent_seen;
static int announced;

static long notes_itself(void *argument)
{
	pid_seen = sys_getpid();
	tid_seen = gettid_();
	parent_seen = sys_getppid();
	word = (int)(long)argument;
	return 0;
}

static void shares_memory_and_number(void)
{
	thread_start(&one, notes_itself, (void *)42);
	thread_join(&one);
	CHECK_EQ(word, 42);
	CHECK_EQ(pid_seen, sys_getpid());
	CHECK_EQ(parent_seen, sys_getppid());
	CHECK(tid_seen != pid_seen && tid_seen > 0);
	CHECK_EQ(gettid_(), sys_getpid());
	CHECK_EQ(sys_wait4(-1, NULL, __WALL), -ECHILD); /* nobody waits for a thread */
}

static long looks_at_its_number(void *argument)
{
	(void)argument;
	word = announced == gettid_() ? 1 : 2;
	return 0;
}

static void is_told_its_number(void)
{
	char *stack = map_pages(STACK_SIZE / PAGE, PROT_READ | PROT_WRITE);
	volatile int tid = 1;
	long result = thread_clone((THREAD_FLAGS & ~CLONE_CHILD_CLEARTID) | CLONE_CHILD_SETTID,
		thread_stack(stack, looks_at_its_number, NULL), &tid, &announced, NULL);

	CHECK(result > 0);
	CHECK_EQ(tid, result);
	await_change(&word, 0);
	CHECK_EQ(word, 1);
}

static long sets_its_address(void *argument)
{
	static volatile int *address;

	address = argument;
	if (sys_call3(SYS_set_tid_address, (long)address, 0, 0) != gettid_())
		return 1;
	*address = 5;
	return 0;
}

static void clears_where_it_says(void)
{
	static volatile int other = 1;

	thread_start(&one, sets_its_address, (void *)&other);
	while (other != 0)
		futex(&other, FUTEX_WAIT, other, &(struct timespec){0, 10000000}, NULL, 0);
	CHECK(one.tid != 0); /* where clone had said, nothing is cleared */
}

static void refused(void)
{
	static const struct {
		long flags, error;
	} cases[] = {
		{CLONE_THREAD, -EINVAL},
		{CLONE_THREAD | CLONE_VM, -EINVAL},
		{CLONE_THREAD | CLONE_SIGHAND, -EINVAL},
		{CLONE_SIGHAND, -EINVAL},
		{CLONE_NEWNS | CLONE_FS, -EINVAL},
		{CLONE_NEWUSER | CLONE_FS, -EINVAL},
		{THREAD_FLAGS | CLONE_NEWPID, -EINVAL},
		{THREAD_FLAGS | CLONE_NEWUSER, -EINVAL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_EQ(thread_clone(cases[i].flags, NULL, NULL, NULL, NULL), cases[i].error);
}

/* struct clone_args. */
struct arguments {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	uint64_t set_tid, set_tid_size, cgroup, more[8];
};

static struct arguments arguments_for(char *stack)
{
	return (struct arguments){
		.flags = THREAD_FLAGS,
		.child_tid = (uint64_t)&one.tid,
		.parent_tid = (uint64_t)&one.tid,
		.stack = (uint64_t)stack,
		.stack_size = STACK_SIZE - 32,
	};
}

static void made_by_clone3(void)
{
	char *stack = map_pages(STACK_SIZE / PAGE, PROT_READ | PROT_WRITE);
	struct arguments a = arguments_for(stack);

	CHECK_EQ((long)thread_stack(stack, notes_itself, (void *)9) - (long)stack,
		(long)STACK_SIZE - 32);
	CHECK(thread_clone3(&a, 64) > 0);
	thread_join(&one);
	CHECK_EQ(word, 9);
	thread_stack(stack, notes_itself, (void *)10);
	CHECK(thread_clone3(&a, sizeof(a)) > 0); /* what it does not know is zero */
	thread_join(&one);
	CHECK_EQ(word, 10);
}

static void refused_by_clone3(void)
{
	struct arguments a = {.exit_signal = SIGCHLD};

	CHECK_EQ(thread_clone3(&a, 63), -EINVAL);
	CHECK_EQ(thread_clone3(&a, 4097), -E2BIG);
	CHECK_EQ(thread_clone3((void *)8, 64), -EFAULT);
	a.more[3] = 1;
	CHECK_EQ(thread_clone3(&a, sizeof(a)), -E2BIG);
	a = (struct arguments){.exit_signal = 65};
	CHECK_EQ(thread_clone3(&a, 64), -EINVAL);
	a = (struct arguments){.exit_signal = 0x100};
	CHECK_EQ(thread_clone3(&a, 64), -EINVAL);
	a = (struct arguments){.flags = 1ull << 40};
	CHECK_EQ(thread_clone3(&a, 64), -EINVAL);
	a = (struct arguments){.flags = CLONE_DETACHED};
	CHECK_EQ(thread_clone3(&a, 64), -EINVAL);
	a = (struct arguments){.flags = SIGCHLD};
	CHECK_EQ(thread_clone3(&a, 64), -EINVAL);
	a = (struct arguments){.flags = THREAD_FLAGS, .exit_signal = SIGCHLD};
	CHECK_EQ(thread_clone3(&a, 64), -EINVAL);
	a = (struct arguments){.stack = 4096};
	CHECK_EQ(thread_clone3(&a, 64), -EINVAL);
	a = (struct arguments){.stack_size = 4096};
	CHECK_EQ(thread_clone3(&a, 64), -EINVAL);
	a = (struct arguments){.stack = 4096, .stack_size = -4096ul};
	CHECK_EQ(thread_clone3(&a, 64), -EINVAL);
	a = (struct arguments){.set_tid_size = 1};
	CHECK_EQ(thread_clone3(&a, sizeof(a)), -EINVAL);
	a = (struct arguments){.flags = 0x100000000ull | CLONE_SIGHAND | CLONE_VM};
	CHECK_EQ(thread_clone3(&a, 64), -EINVAL);
}

static long changes_directory_and_mask(void *argument)
{
	(void)argument;
	sys_call3(SYS_chdir, (long)"/proc", 0, 0);
	sys_call3(SYS_umask, 0123, 0, 0);
	return 0;
}

static void shares_directory(void)
{
	char where[64];

	thread_start(&one, changes_directory_and_mask, NULL);
	thread_join(&one);
	CHECK_EQ(sys_call3(SYS_getcwd, (long)where, sizeof(where), 0), 6);
	CHECK_EQ(sys_call3(SYS_umask, 0, 0, 0), 0123);
}

static long writes_word(void *argument)
{
	word = (int)(long)argument;
	return 3;
}

/* A process of its own that shares memory and nothing else. */
static void process_with_shared_memory(void)
{
	char *stack = map_pages(STACK_SIZE / PAGE, PROT_READ | PROT_WRITE);
	long pid = thread_clone(
		CLONE_VM | SIGCHLD, thread_stack(stack, writes_word, (void *)77), NULL, NULL, NULL);

	expect_exit(pid, 3);
	CHECK_EQ(word, 77);
	word = 1;
	CHECK_EQ(sys_call3(SYS_munmap, (long)stack, STACK_SIZE, 0), 0);
}

/* vfork's child is the parent in all but name until it ends. */
static void vfork_shares(void)
{
	char *stack = map_pages(STACK_SIZE / PAGE, PROT_READ | PROT_WRITE);
	long pid = thread_clone(CLONE_VM | CLONE_VFORK | SIGCHLD,
		thread_stack(stack, writes_word, (void *)5), NULL, NULL, NULL);

	CHECK_EQ(word, 5); /* it has run by now */
	expect_exit(pid, 3);
}

#define MANY 200

static volatile int counter;

static long counts(void *argument)
{
	(void)argument;
	__atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static void many_come_and_go(void)
{
	static struct thread threads[MANY];

	for (int round = 0; round < 3; round++) {
		counter = 0;
		for (int i = 0; i < MANY; i++)
			thread_start(&threads[i], counts, NULL);
		for (int i = 0; i < MANY; i++)
			thread_join(&threads[i]);
		CHECK_EQ(counter, MANY);
	}
}

static volatile int gate;

static long waits_at_gate(void *argument)
{
	(void)argument;
	while (gate == 0)
		futex_wait(&gate, 0);
	__atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static void many_at_once(void)
{
	static struct thread threads[MANY];

	for (int i = 0; i < MANY; i++)
		thread_start(&threads[i], waits_at_gate, NULL);
	await_waiters(&gate, FUTEX_PRIVATE_FLAG, MANY);
	gate = 1;
	CHECK_EQ(futex_wake(&gate, 1000), MANY);
	for (int i = 0; i < MANY; i++)
		thread_join(&threads[i]);
	CHECK_EQ(counter, MANY);
}

/* Beyond what user 1000 may have no more are made, and what was made goes on. */
static void limited(void)
{
	static struct thread threads[64];
	struct rlimit limit = {24, 24};
	int made = 0;
	long tid = 1;

	if (on_host)
		skip("how many this user has already is unknown");
	CHECK_EQ(sys_call4(SYS_prlimit64, 0, RLIMIT_NPROC, (long)&limit, 0), 0);
	CHECK_EQ(sys_call3(SYS_setresuid, 1000, 1000, 1000), 0);
	while (made < 64 && tid > 0) {
		char *stack = map_pages(STACK_SIZE / PAGE, PROT_READ | PROT_WRITE);

		tid = thread_clone(THREAD_FLAGS, thread_stack(stack, waits_at_gate, NULL),
			&threads[made].tid, &threads[made].tid, NULL);
		made += tid > 0;
	}
	CHECK_EQ(tid, -EAGAIN);
	CHECK_EQ(made, 23);
	gate = 1;
	futex_wake(&gate, 1000);
	for (int i = 0; i < made; i++)
		thread_join(&threads[i]);
	thread_start(&one, counts, NULL);
	thread_join(&one);
}

static long grows_heap(void *argument)
{
	(void)argument;
	pid_seen = sys_brk((void *)(sys_brk(0) + 3 * PAGE));
	return 0;
}

static void shares_heap(void)
{
	long before = sys_brk(0);

	thread_start(&one, grows_heap, NULL);
	thread_join(&one);
	CHECK_EQ(sys_brk(0), before + 3 * (long)PAGE);
	CHECK_EQ(pid_seen, before + 3 * (long)PAGE);
}

/* --- as /proc shows them --- */

static void add_number(char *path, long number)
{
	char digits[24];
	size_t n = 0, length = strlen(path);

	do
		digits[n++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	while (n > 0)
		path[length++] = digits[--n];
	path[length] = '\0';
}

static bool is_there(const char *directory, long number)
{
	char path[64];

	strcpy(path, directory);
	add_number(path, number);
	return sys_call3(SYS_access, (long)path, 0, 0) == 0;
}

static int count_threads(void)
{
	char entries[2048];
	long fd = sys_call3(SYS_open, (long)"/proc/self/task", 0200000 /* O_DIRECTORY */, 0), n;
	int count = -2; /* . and .. */

	CHECK(fd >= 0);
	while ((n = sys_call3(SYS_getdents64, fd, (long)entries, sizeof(entries))) > 0)
		for (long at = 0; at < n; at += *(unsigned short *)(entries + at + 16))
			count++;
	CHECK_EQ(n, 0);
	sys_close((int)fd);
	return count;
}

static void listed(void)
{
	static struct thread threads[70];
	int tid;

	CHECK_EQ(count_threads(), 1);
	for (int i = 0; i < 70; i++)
		thread_start(&threads[i], waits_at_gate, NULL);
	tid = threads[3].tid;
	CHECK_EQ(count_threads(), 71);
	CHECK(is_there("/proc/self/task/", tid) && is_there("/proc/self/task/", sys_getpid()));
	CHECK(is_there("/proc/", tid)); /* though not listed there */
	CHECK(!is_there("/proc/self/task/", first_pid));
	CHECK_EQ(sys_call3(SYS_access, (long)"/proc/thread-self/stat", 0, 0), 0);
	CHECK_EQ(sys_call3(SYS_access, (long)"/proc/thread-self/task", 0, 0), -ENOENT);
	gate = 1;
	futex_wake(&gate, 1000);
	for (int i = 0; i < 70; i++)
		thread_join(&threads[i]);
	while (count_threads() > 1)
		sleep_ms(1);
	CHECK(!is_there("/proc/self/task/", tid));
}

static const struct test_case cases[] = {
	CASE("it shares memory and the number of the process", shares_memory_and_number),
	CASE("its own number is told", is_told_its_number),
	CASE("set_tid_address says where its end is told", clears_where_it_says),
	CASE("flags that do not go together", refused),
	CASE("clone3 makes it too", made_by_clone3),
	CASE("what clone3 refuses", refused_by_clone3),
	CASE("the directory and the mask are one", shares_directory),
	CASE("the heap is one", shares_heap),
	CASE("a process may share memory alone", process_with_shared_memory),
	CASE("vfork's child uses the parent's memory", vfork_shares),
	CASE("hundreds come and go", many_come_and_go),
	CASE("hundreds at once", many_at_once),
	CASE("a user's limit counts them", limited),
	CASE("/proc lists them", listed),
};
TEST_SUITE(making, cases);
