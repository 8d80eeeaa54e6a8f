/* bounds: faults and their codes, ends of files, stacks, limits, programs that are busy. */
#define _GNU_SOURCE

#include <sys/resource.h>
#include <sys/wait.h>

#include "memory_test.h"

static char *faulting;

static void take_fault(int signal, siginfo_t *info, void *context)
{
	note_signal(signal, info, context);
	sys_exit(signal == info->si_signo && info->si_addr == faulting ? 64 + info->si_code : 1);
}

void expect_fault(volatile char *at, int write, int signal, int code)
{
	long child = sys_fork();

	if (child == 0) {
		faulting = (char *)at;
		set_action(signal, take_fault, SA_SIGINFO);
		if (write)
			*at = 1;
		else
			(void)*at;
		sys_exit(2);
	}
	expect_exit(child, 64 + code);
}

static void codes(void)
{
	char *at = map_guarded(2);

	expect_fault(at - 1, 0, SIGSEGV, SEGV_MAPERR);
	CHECK_EQ(sys_call3(SYS_mprotect, (long)at, PAGE, PROT_READ), 0);
	expect_fault(at + 5, 1, SIGSEGV, SEGV_ACCERR);
	CHECK_EQ(sys_call3(SYS_mprotect, (long)at, PAGE, PROT_NONE), 0);
	expect_fault(at, 0, SIGSEGV, SEGV_ACCERR);
}

static void behind_the_end(void)
{
	int fd = make_file(2);
	char *at = (char *)map_at(NULL, 4, RW, MAP_SHARED, fd, 0);
	char *copy = (char *)map_at(NULL, 4, RW, MAP_PRIVATE, fd, 0);

	CHECK(at[PAGE] == 2 && copy[PAGE] == 2);
	expect_fault(at + 2 * PAGE, 0, SIGBUS, BUS_ADRERR);
	expect_fault(copy + 3 * PAGE + 7, 1, SIGBUS, BUS_ADRERR);
	copy[PAGE] = 5;
	CHECK_EQ(sys_call3(SYS_ftruncate, fd, PAGE / 2, 0), 0);
	CHECK(at[0] == 1 && at[PAGE - 1] == 0);
	expect_fault(at + PAGE, 0, SIGBUS, BUS_ADRERR);
	expect_fault(copy + PAGE, 0, SIGBUS, BUS_ADRERR);
	CHECK_EQ(sys_call3(SYS_ftruncate, fd, 3 * PAGE, 0), 0);
	CHECK(at[PAGE] == 0 && copy[PAGE] == 0 && at[2 * PAGE] == 0);
	CHECK(!is_readable(at + 3 * PAGE, 1));
}

/* Uses `left` KiB of stack. */
static __attribute__((noinline)) int use_stack(int left)
{
	volatile char room[1024];

	room[0] = (char)left;
	room[1023] = 1;
	return left <= 0 ? room[0] : use_stack(left - 1) + room[1023];
}

static void uses_much(void)
{
	use_stack(6 * 1024);
}

static void uses_too_much(void)
{
	use_stack(9 * 1024);
}

static void uses_less_than_allowed(void)
{
	struct rlimit limit = {1 << 20, 1 << 20};

	CHECK_EQ(sys_call3(SYS_setrlimit, RLIMIT_STACK, (long)&limit, 0), 0);
	use_stack(700);
	use_stack(3 * 1024);
}

static void stack_grows(void)
{
	struct rlimit limit = {8 << 20, 8 << 20};

	CHECK_EQ(sys_call3(SYS_setrlimit, RLIMIT_STACK, (long)&limit, 0), 0);
	expect_exit(spawn(uses_much), 0);
	expect_death(uses_too_much, SIGSEGV);
	expect_death(uses_less_than_allowed, SIGSEGV);
}

/* A call writes where the stack has not been yet. */
static void stack_grows_for_calls(void)
{
	char *below = (char *)__builtin_frame_address(0) - 600 * 1024;
	int fds[2];

	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_write(fds[1], "grown", 5), 5);
	CHECK_EQ(sys_read(fds[0], below, 5), 5);
	CHECK(memcmp(below, "grown", 5) == 0);
}

static void of_ones_own(void)
{
	char *at = (char *)map_at(NULL, 600, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK_EQ(sys_munmap(at, 599 * PAGE), 0);
	CHECK_EQ(map_at(at + 599 * PAGE, 1, RW,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0),
		(long)(at + 599 * PAGE));
	at[599 * PAGE] = 1;
	at[590 * PAGE] = 2;
	CHECK_EQ(map_at(NULL, 1, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0), -EINVAL);
}

static void limited(void)
{
	struct rlimit space = {256 << 20, 256 << 20}, data = {64 << 20, 64 << 20};
	long top = sys_call3(SYS_brk, 0, 0, 0);

	CHECK_EQ(sys_call3(SYS_setrlimit, RLIMIT_AS, (long)&space, 0), 0);
	CHECK_EQ(map_at(NULL, 70000, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), -ENOMEM);
	CHECK_EQ(sys_call3(SYS_setrlimit, RLIMIT_DATA, (long)&data, 0), 0);
	CHECK_EQ(map_at(NULL, 20000, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), -ENOMEM);
	CHECK(map_at(NULL, 20000, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) > 0);
	CHECK_EQ(sys_call3(SYS_brk, top + (80 << 20), 0, 0), top);
	CHECK_EQ(sys_call3(SYS_brk, top + (1 << 20), 0, 0), top + (1 << 20));
}

static void never_to_be_had(void)
{
	long length = (long)1 << 46;

	CHECK_EQ(sys_call6(SYS_mmap, 0, length, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), -ENOMEM);
	long at = sys_call6(SYS_mmap, 0, (long)1 << 40, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(at > 0);
	CHECK_EQ(sys_munmap((void *)at, (size_t)1 << 40), 0);
}

static void odd_flags(void)
{
	int fd = make_file(1);
	long low = map_at(NULL, 1, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	CHECK(low > 0 && low < (long)1 << 31);
	CHECK(map_at(NULL, 1, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0) >
		0);
	CHECK_EQ(map_at(NULL, 1, PROT_READ, MAP_SHARED_VALIDATE | 0x1000000, fd, 0), -EOPNOTSUPP);
	CHECK(map_at(NULL, 1, PROT_READ, MAP_SHARED_VALIDATE | MAP_POPULATE, fd, 0) > 0);
	CHECK_EQ(map_at((void *)low, 1, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			 0),
		-EEXIST);
	CHECK_EQ(map_at(NULL, 1, RW, MAP_PRIVATE | MAP_GROWSDOWN, fd, 0), -EINVAL);
}

/* A copy of this program, which may be written. */
static long copy_self(const char *path)
{
	static char bytes[65536];
	long from = sys_call3(SYS_open, (long)own_path, O_RDONLY, 0);
	long to = sys_call3(SYS_open, (long)path, O_RDWR | O_CREAT | O_TRUNC, 0755);
	long n;

	CHECK(from >= 0 && to >= 0);
	while ((n = sys_read((int)from, bytes, sizeof(bytes))) > 0)
		CHECK_EQ(sys_write((int)to, bytes, (size_t)n), n);
	sys_close((int)from);
	return to;
}

static void busy_programs(void)
{
	static const char path[] = "/tmp/memory_test_busy";
	char *const arguments[] = {(char *)path, "--child-sleeps", NULL};
	int fds[2], written[2];

	long fd = copy_self(path);
	CHECK_EQ(sys_call3(SYS_execve, (long)path, (long)arguments, (long)start_envp), -ETXTBSY);
	sys_close((int)fd);
	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_pipe(written), 0);
	long child = sys_fork();
	if (child == 0) {
		sys_call3(SYS_dup2, fds[0], 0, 0);
		sys_call3(SYS_dup2, written[1], 1, 0);
		sys_close(fds[1]);
		sys_call3(SYS_execve, (long)path, (long)arguments, (long)start_envp);
		sys_exit(1);
	}
	char byte;
	CHECK_EQ(sys_read(written[0], &byte, 1), 1);
	CHECK_EQ(sys_call3(SYS_open, (long)path, O_WRONLY, 0), -ETXTBSY);
	CHECK_EQ(sys_call3(SYS_open, (long)path, O_RDONLY | O_TRUNC, 0), -ETXTBSY);
	CHECK_EQ(sys_call3(SYS_truncate, (long)path, 0, 0), -ETXTBSY);
	CHECK(sys_call3(SYS_open, (long)path, O_RDONLY, 0) >= 0);
	sys_close(fds[0]);
	sys_close(fds[1]);
	expect_exit(child, 0);
	CHECK(sys_call3(SYS_open, (long)path, O_RDWR, 0) >= 0);
	CHECK_EQ(sys_call3(SYS_unlink, (long)path, 0, 0), 0);
}

int test_child(const char *role)
{
	char byte;

	(void)role;
	sys_write(1, "r", 1);
	return (int)sys_read(0, &byte, 1);
}

static const struct test_case cases[] = {
	CASE("a fault says what was wrong", codes),
	CASE("a mapping ends with its file", behind_the_end),
	CASE("a stack grows to its limit", stack_grows),
	CASE("for calls too", stack_grows_for_calls),
	CASE("so does memory that is mapped to grow", of_ones_own),
	CASE("limits hold", limited),
	CASE("what could never be had is refused", never_to_be_had),
	CASE("flags that few know", odd_flags),
	CASE("a program that runs is not written", busy_programs),
};
TEST_SUITE(bounds, cases);
