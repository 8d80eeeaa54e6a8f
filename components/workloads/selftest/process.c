/*
 * process: how a program begins, forks and ends.
 */
#include <elf.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <workloads/common/test.h>

static const Elf64_auxv_t *auxiliary(uint64_t type)
{
	char **end = start_envp;

	while (*end != NULL)
		end++;
	for (const Elf64_auxv_t *entry = (const Elf64_auxv_t *)(end + 1); entry->a_type != AT_NULL;
		entry++)
		if (entry->a_type == type)
			return entry;
	return NULL;
}

static void start_arguments(void)
{
	CHECK(start_argc >= 1);
	for (int i = 0; i < start_argc; i++)
		CHECK(start_argv[i] != NULL);
	CHECK(start_argv[start_argc] == NULL);
	CHECK(start_envp == start_argv + start_argc + 1);
	CHECK(start_argv[0][0] != '\0');
}

static void start_stack_aligned(void)
{
	/* argc lies right below argv, where rsp pointed at the first instruction */
	CHECK_EQ((uintptr_t)(start_argv - 1) % 16, 0);
}

static void start_auxiliary_vector(void)
{
	const Elf64_auxv_t *headers = auxiliary(AT_PHDR), *random = auxiliary(AT_RANDOM);
	const Elf64_Phdr *first;

	CHECK(auxiliary(AT_PAGESZ) != NULL);
	CHECK_EQ(auxiliary(AT_PAGESZ)->a_un.a_val, PAGE);
	CHECK(headers != NULL && auxiliary(AT_PHNUM) != NULL && auxiliary(AT_PHENT) != NULL);
	CHECK_EQ(auxiliary(AT_PHENT)->a_un.a_val, sizeof(Elf64_Phdr));
	first = (const Elf64_Phdr *)headers->a_un.a_val;
	CHECK(first[0].p_type < PT_LOPROC);
	CHECK(auxiliary(AT_ENTRY) != NULL && auxiliary(AT_ENTRY)->a_un.a_val != 0);
	CHECK(random != NULL && is_readable((const void *)random->a_un.a_val, 16));
}

static void fork_returns_twice(void)
{
	long parent = sys_getpid(), pid = sys_fork();

	if (pid == 0) {
		CHECK(sys_getpid() != parent);
		CHECK_EQ(sys_getppid(), parent);
		sys_exit(5);
	}
	CHECK(pid > 0 && pid != parent);
	expect_exit(pid, 5);
	CHECK_EQ(sys_getpid(), parent);
	CHECK_EQ(sys_getppid(), first_pid);
}

static void exit_codes(void)
{
	static const int codes[][2] = {
		{0, 0}, {1, 1}, {42, 42}, {255, 255}, {256 + 3, 3}, {-1, 255}};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		long pid = sys_fork();

		if (pid == 0)
			sys_call3(i % 2 ? SYS_exit : SYS_exit_group, codes[i][0], 0, 0);
		expect_exit(pid, codes[i][1]);
	}
}

/* Each generation forks the next, waits for it, and adds one to its exit code. */
static int generation(int left)
{
	int status = 0;
	long pid;

	if (left == 0)
		return 0;
	pid = sys_fork();
	if (pid == 0)
		sys_exit(generation(left - 1) + 1);
	CHECK(pid > 0);
	CHECK_EQ(sys_wait4(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void generations(void)
{
	CHECK_EQ(generation(12), 12);
}

static void nothing(void)
{
}

static void many_in_turn(void)
{
	for (int i = 0; i < 300; i++)
		expect_exit(spawn(nothing), 0);
}

/* An orphan waits until its parent is gone and sends who its parent is then. */
static void leave_orphan(int out)
{
	long parent = sys_getpid();

	if (sys_fork() == 0) {
		while (sys_getppid() == parent)
			sys_sched_yield();
		parent = sys_getppid();
		CHECK_EQ(sys_write(out, &parent, sizeof(parent)), sizeof(parent));
		sys_exit(0);
	}
	sys_exit(0);
}

static void orphans_move(void)
{
	int fds[2];
	long pid, parent = 0;

	CHECK_EQ(sys_pipe(fds), 0);
	pid = sys_fork();
	if (pid == 0)
		leave_orphan(fds[1]);
	expect_exit(pid, 0);
	CHECK_EQ(sys_read(fds[0], &parent, sizeof(parent)), sizeof(parent));
	CHECK_EQ(parent, on_host ? first_pid : 1);
	CHECK_EQ(sys_wait4(-1, NULL, 0), -ECHILD); /* it is not ours */
}

/* On a machine that is not ours to fill: few processes for a user of our own. */
static void limit_processes(void)
{
	struct rlimit few = {24, 24};

	if (sys_call3(SYS_setresuid, 54321, 54321, 54321) < 0)
		few.rlim_cur = few.rlim_max =
			1; /* not root: this user has processes enough already */
	CHECK_EQ(sys_call4(SYS_prlimit64, 0, RLIMIT_NPROC, (long)&few, 0), 0);
}

#define BOMB_LIMIT 16384

/* Forks children that wait for the end of a pipe, until fork fails: with what, and after how many.
 */
static long fork_until_refused(int fds[2], long *count)
{
	long pid = 0;
	char byte;

	for (*count = 0; *count < BOMB_LIMIT; (*count)++) {
		pid = sys_fork();
		if (pid < 0)
			break;
		if (pid == 0) {
			sys_close(fds[1]);
			sys_exit(sys_read(fds[0], &byte, 1) == 0 ? 0 : 1);
		}
	}
	return pid;
}

static void fork_bomb(void)
{
	int fds[2], status;
	long count, again;

	if (on_host)
		limit_processes();
	for (int round = 0; round < 2; round++) {
		CHECK_EQ(sys_pipe(fds), 0);
		CHECK_EQ(fork_until_refused(fds, &count), -EAGAIN);
		sys_close(fds[1]);
		for (long i = 0; i < count; i++) {
			CHECK(sys_wait4(-1, &status, 0) > 0);
			CHECK_EQ(status, 0);
		}
		CHECK_EQ(sys_wait4(-1, NULL, 0), -ECHILD);
		sys_close(fds[0]);
		again = round == 0 ? count : again;
	}
	CHECK(count >= again); /* nothing of the first round stayed behind */
}

static void unknown_calls(void)
{
	static const long numbers[] = {400, 1000, 5000, 0x7fffffff};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		CHECK_EQ(sys_call3(numbers[i], 1, 2, 3), -ENOSYS);
}

static void upper_halves_ignored(void)
{
	int fds[2];

	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_call3(SYS_write, 0x500000000L | fds[1], (long)"x", 1), 1);
	CHECK_EQ(sys_call3(SYS_close, 0x500000000L | fds[1], 0, 0), 0);
}

static const struct test_case cases[] = {
	CASE("argc, argv and the environment lie as the ABI says", start_arguments),
	CASE("the first stack is aligned to 16 bytes", start_stack_aligned),
	CASE("the auxiliary vector describes the program", start_auxiliary_vector),
	CASE("fork returns twice, with related process numbers", fork_returns_twice),
	CASE("exit codes are eight bits", exit_codes),
	CASE("twelve generations each wait for the next", generations),
	CASE("300 children in turn", many_in_turn),
	CASE("an orphan goes to the first process", orphans_move),
	CASE("a fork bomb ends in EAGAIN and leaves nothing behind", fork_bomb),
	CASE("unknown system calls answer ENOSYS", unknown_calls),
	CASE("the upper half of an int argument does not matter", upper_halves_ignored),
};
TEST_SUITE(process, cases);
