/*
 * executing: execve, and what the new program finds.
 *
 * A case executes this program again, with a first argument that says what it
 * has to find there (test_child below).
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include <workloads/common/test.h>

#define PLACE   ((char *)0x123456000) /* somewhere that programs do not begin with */
#define PATTERN 0xa5a5c3c3a5a5c3c3

static char *no_environment[] = {NULL};

/* Executes this program in a role, in this process. Does not come back. */
static _Noreturn void become(char *role, char *argument, char **environment)
{
	char *argv[] = {(char *)own_path, role, argument, NULL};

	CHECK_EQ(sys_execve(own_path, argv, environment), 0);
	sys_exit(1);
}

static void arguments(void)
{
	char *argv[] = {
		"another name", "--child-arguments", "", "with blanks  in it", "last", NULL};
	char *envp[] = {"A=1", "EMPTY=", "no equals sign", NULL};

	CHECK_EQ(sys_execve(own_path, argv, envp), 0);
}

static bool arguments_arrived(void)
{
	return start_argc == 5 && strcmp(start_argv[0], "another name") == 0 &&
	       strcmp(start_argv[2], "") == 0 && strcmp(start_argv[3], "with blanks  in it") == 0 &&
	       strcmp(start_argv[4], "last") == 0 && start_argv[5] == NULL &&
	       strcmp(start_envp[0], "A=1") == 0 && strcmp(start_envp[1], "EMPTY=") == 0 &&
	       strcmp(start_envp[2], "no equals sign") == 0 && start_envp[3] == NULL;
}

#define MANY_ARGUMENTS 600

static void many_arguments(void)
{
	static char *argv[MANY_ARGUMENTS + 3], text[100];

	memset(text, 'y', sizeof(text) - 1);
	argv[0] = (char *)own_path;
	argv[1] = "--child-many";
	for (int i = 0; i < MANY_ARGUMENTS; i++)
		argv[2 + i] = text;
	CHECK_EQ(sys_execve(own_path, argv, no_environment), 0);
}

static bool many_arrived(void)
{
	for (int i = 2; i < start_argc; i++)
		if (strlen(start_argv[i]) != 99 || start_argv[i][98] != 'y')
			return false;
	return start_argc == MANY_ARGUMENTS + 2 && (uintptr_t)(start_argv - 1) % 16 == 0;
}

static void too_many_arguments(void)
{
	size_t length = 1 << 20;
	char *text = map_pages(length / PAGE, PROT_READ | PROT_WRITE);
	static char *argv[40];

	memset(text, 'z', length - 1);
	argv[0] = text; /* Linux allows 128 KiB for one string, */
	CHECK_EQ(sys_execve(own_path, argv, no_environment), -E2BIG);
	for (int i = 0; i < 39; i++) /* and not 39 MiB in all */
		argv[i] = text;
	CHECK_EQ(sys_execve(own_path, argv, no_environment), -E2BIG);
	CHECK_EQ(sys_execve(own_path, no_environment, argv), -E2BIG);
}

static void same_process(void)
{
	char number[sizeof(long)];
	long pid = sys_getpid();

	for (size_t i = 0; i < sizeof(number); i++)
		number[i] = (char)('a' + (pid >> (4 * i) & 15));
	number[sizeof(number) - 1] = '\0';
	become("--child-same", number, no_environment);
}

static bool is_same_process(void)
{
	long pid = sys_getpid();

	for (size_t i = 0; i < sizeof(long) - 1; i++)
		if (start_argv[2][i] != (char)('a' + (pid >> (4 * i) & 15)))
			return false;
	return sys_getppid() > 0;
}

/* Descriptors 40 and 41 are one pipe, 42 is to be closed on the way. */
static void descriptors_stay(void)
{
	int fds[2], closing[2];

	CHECK_EQ(sys_pipe(fds), 0);
	CHECK(sys_dup2(fds[0], 40) == 40 && sys_dup2(fds[1], 41) == 41);
	CHECK_EQ(sys_write(fds[1], "kept", 4), 4);
	while (sys_pipe2(closing, O_CLOEXEC) == 0 && closing[1] < 42)
		;
	CHECK(closing[0] == 42 || closing[1] == 42);
	become("--child-descriptors", NULL, no_environment);
}

static bool descriptors_are_right(void)
{
	char text[8];

	return sys_read(40, text, sizeof(text)) == 4 && memcmp(text, "kept", 4) == 0 &&
	       sys_write(41, "x", 1) == 1 && sys_write(42, "x", 1) == -EBADF &&
	       sys_read(42, text, 1) == -EBADF;
}

/* close-on-exec belongs to a descriptor, not to the open file: a duplicate stays open. */
static void duplicates_stay(void)
{
	int fds[2];

	CHECK_EQ(sys_pipe2(fds, O_CLOEXEC), 0);
	CHECK_EQ(sys_write(fds[1], "kept", 4), 4);
	CHECK(sys_dup2(fds[0], 40) == 40 && sys_dup2(fds[1], 41) == 41);
	become("--child-descriptors", NULL, no_environment);
}

static void memory_goes(void)
{
	long base = sys_mmap(
		PLACE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED);

	CHECK(base == (long)PLACE);
	*PLACE = 1;
	CHECK(sys_brk((char *)sys_brk(NULL) + 64 * PAGE) > 0);
	become("--child-memory", NULL, no_environment);
}

static int scribble; /* zero again in a new program */

static bool memory_is_fresh(void)
{
	char *end = (char *)sys_brk(NULL);

	return !is_readable(PLACE, 1) && scribble == 0 && !is_readable(end + PAGE, 1);
}

static void bss_scribbled(void)
{
	scribble = 7;
	memory_goes();
}

static void vectors_go(void)
{
	uint64_t pattern = PATTERN;

	__asm__ volatile(".irp n, 8, 9, 10, 11, 12, 13, 14, 15\n\tmovq %0, %%xmm\\n\n\t"
			 "punpcklqdq %%xmm\\n, %%xmm\\n\n\t.endr"
			 :
			 : "r"(pattern)
			 : "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
	become("--child-vectors", NULL, no_environment);
}

/* The first thing that main does in this role is to look. */
static bool vectors_are_fresh(void)
{
	uint64_t words[8];
	uint32_t mxcsr;
	uint16_t control;

	__asm__ volatile("movq %%xmm8, %0\n\tmovq %%xmm9, 8+%0\n\tmovq %%xmm10, 16+%0\n\t"
			 "movq %%xmm11, 24+%0\n\tmovq %%xmm12, 32+%0\n\tmovq %%xmm13, 40+%0\n\t"
			 "movq %%xmm14, 48+%0\n\tmovq %%xmm15, 56+%0\n\tstmxcsr %1\n\tfnstcw %2"
			 : "=o"(words), "=m"(mxcsr), "=m"(control));
	for (int i = 0; i < 8; i++)
		if (words[i] == PATTERN)
			return false;
	return (mxcsr & 0xffc0) == 0x1f80 && control == 0x37f;
}

static void refused(void)
{
	char *argv[] = {(char *)own_path, NULL}, long_path[5000];

	memset(long_path, 'a', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	CHECK_EQ(sys_execve("/no/such/program", argv, argv + 1), -ENOENT);
	CHECK_EQ(sys_execve("", argv, argv + 1), -ENOENT);
	CHECK_EQ(sys_execve(long_path, argv, argv + 1), -ENAMETOOLONG);
	CHECK_EQ(sys_getpid() > 0, true); /* and life goes on */
}

static void executes_in_turn(void)
{
	for (int i = 0; i < 30; i++) {
		long pid = sys_fork();

		if (pid == 0)
			become("--child-memory", NULL, no_environment);
		expect_exit(pid, 0);
	}
}

static const struct {
	const char *role;
	bool (*holds)(void);
} roles[] = {
	{TEST_CHILD_PREFIX "arguments", arguments_arrived},
	{TEST_CHILD_PREFIX "many", many_arrived},
	{TEST_CHILD_PREFIX "same", is_same_process},
	{TEST_CHILD_PREFIX "descriptors", descriptors_are_right},
	{TEST_CHILD_PREFIX "memory", memory_is_fresh},
	{TEST_CHILD_PREFIX "vectors", vectors_are_fresh},
};

int test_child(const char *role)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(role, roles[i].role) == 0) {
			CHECK(roles[i].holds());
			return 0;
		}
	return 2;
}

static const struct test_case cases[] = {
	CASE("arguments and environment arrive", arguments),
	CASE("600 arguments of 99 bytes arrive", many_arguments),
	CASE("too long a list answers E2BIG", too_many_arguments),
	CASE("it is the same process", same_process),
	CASE("descriptors stay, O_CLOEXEC ones go", descriptors_stay),
	CASE("a duplicate of an O_CLOEXEC descriptor stays", duplicates_stay),
	CASE("the old memory is gone", bss_scribbled),
	CASE("the old vector registers are gone", vectors_go),
	CASE("what cannot be executed leaves all as it was", refused),
	CASE("30 programs in turn", executes_in_turn),
};
TEST_SUITE(executing, cases);
