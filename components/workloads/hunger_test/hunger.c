/*
 * hunger: programs that eat all memory there is, in every way there is.
 *
 * Who eats ends, or is told that there is no more; who does not goes on; and what was eaten comes
 * back. On someone's own Linux this would be rude: nothing is tried there.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>

#include <workloads/common/test.h>

#define RW         (PROT_READ | PROT_WRITE)
#define CHUNK      (1UL << 20)
#define EATERS     6
#define MANY_PIPES 100

int test_child(const char *role)
{
	(void)role;
	return 7;
}

static unsigned long free_bytes(void)
{
	struct sysinfo info;

	CHECK_EQ(sys_call3(SYS_sysinfo, (long)&info, 0, 0), 0);
	return info.freeram * info.mem_unit;
}

static unsigned long before;

static void begin(void)
{
	if (on_host)
		skip("it would eat the memory of this machine");
	/* What a first child, or a first program, leaves behind for the next. */
	expect_exit(spawn((void (*)(void))free_bytes), 0);
	before = free_bytes();
}

static void runs_a_program(void)
{
	char *const arguments[] = {(char *)own_path, "--child-", NULL};

	sys_call3(SYS_execve, (long)own_path, (long)arguments, (long)start_envp);
	sys_exit(1);
}

/* Others live: a program is started, and memory is there for it. */
static void others_live(void)
{
	expect_exit(spawn(runs_a_program), 7);
}

/* All but what the kernel keeps for next time is back: a 16th, or 2 MiB. */
static void comes_back(void)
{
	unsigned long slack = before / 16 > 2 * CHUNK ? before / 16 : 2 * CHUNK;

	for (int i = 0; i < 100 && free_bytes() + slack < before; i++)
		sleep_ms(10);
	CHECK(free_bytes() + slack >= before);
	others_live();
}

static void eat(int flags)
{
	for (;;) {
		long at = sys_call6(SYS_mmap, 0, CHUNK, RW, flags | MAP_ANONYMOUS, -1, 0);

		CHECK(at > 0 || at == -ENOMEM);
		for (unsigned long i = 0; at > 0 && i < CHUNK; i += PAGE)
			((volatile char *)at)[i] = 1;
	}
}

static void eat_private(void)
{
	eat(MAP_PRIVATE);
}

static void eat_shared(void)
{
	eat(MAP_SHARED);
}

static void one_eats(void)
{
	begin();
	expect_killed(spawn(eat_private), SIGKILL);
	comes_back();
}

static void one_eats_shared(void)
{
	begin();
	expect_killed(spawn(eat_shared), SIGKILL);
	comes_back();
}

static void many_eat(void)
{
	long eaters[EATERS];

	begin();
	for (int i = 0; i < EATERS; i++)
		eaters[i] = spawn(eat_private);
	for (int i = 0; i < EATERS; i++)
		expect_killed(eaters[i], SIGKILL);
	comes_back();
}

/* The kernel writes the pages, on behalf of a call. */
static void eat_by_calls(void)
{
	long zero = sys_call3(SYS_open, (long)"/dev/zero", O_RDONLY, 0);

	CHECK(zero >= 0);
	for (;;) {
		long at = sys_call6(SYS_mmap, 0, CHUNK, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (at > 0)
			sys_read((int)zero, (void *)at, CHUNK);
	}
}

static void calls_eat(void)
{
	begin();
	expect_killed(spawn(eat_by_calls), SIGKILL);
	comes_back();
}

static void eat_by_brk(void)
{
	for (;;) {
		long end = sys_call3(SYS_brk, 0, 0, 0);

		if (sys_call3(SYS_brk, end + (long)CHUNK, 0, 0) == end)
			sys_exit(3); /* it was told */
		for (unsigned long i = 0; i < CHUNK; i += PAGE)
			((volatile char *)end)[i] = 1;
	}
}

static void heap_eats(void)
{
	begin();
	expect_killed(spawn(eat_by_brk), SIGKILL);
	comes_back();
}

static char *big;
static size_t big_size;

static void write_all(void)
{
	for (size_t i = 0; i < big_size; i += PAGE)
		big[i]++;
}

/* Memory shared by fork is copied: there is not enough for both. */
static void copies_eat(void)
{
	begin();
	big_size = (before * 2 / 3) / PAGE * PAGE;
	long eater = sys_fork();
	if (eater == 0) {
		big = (char *)sys_call6(
			SYS_mmap, 0, (long)big_size, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK((long)big > 0);
		write_all();
		long child = spawn(write_all);
		int status;
		sys_wait4(child, &status, 0);
		sys_exit(5);
	}
	int status;
	CHECK_EQ(sys_wait4(eater, &status, 0), eater);
	CHECK(status == SIGKILL || status == 5 << 8);
	comes_back();
}

static void file_eats(void)
{
	static char bytes[65536];
	static const char path[] = "/tmp/hunger_test";

	begin();
	long fd = sys_call3(SYS_open, (long)path, O_RDWR | O_CREAT | O_TRUNC, 0600), n;
	CHECK(fd >= 0);
	while ((n = sys_write((int)fd, bytes, sizeof(bytes))) > 0)
		;
	CHECK(n == -ENOSPC || n == -ENOMEM);
	others_live();
	CHECK_EQ(sys_close((int)fd), 0);
	CHECK_EQ(sys_call3(SYS_unlink, (long)path, 0, 0), 0);
	comes_back();
}

/* Fills as many pipes as it can have, and waits. Without memory even a sleep may be refused. */
static void fill_pipes(void)
{
	static char bytes[65536];
	struct timespec second = {1, 0};
	int fds[2];

	for (int i = 0; i < MANY_PIPES && sys_pipe(fds) == 0; i++) {
		sys_call3(SYS_fcntl, fds[1], F_SETFL, O_NONBLOCK);
		sys_write(fds[1], bytes, sizeof(bytes));
	}
	for (;;) {
		long result = sys_nanosleep(&second, NULL);

		CHECK(result == 0 || result == -ENOMEM || result == -EINTR);
	}
}

static void fill_all_pipes(void)
{
	long eaters[EATERS];

	for (int i = 0; i < EATERS; i++)
		eaters[i] = spawn(fill_pipes);
	sleep_ms(100);
	for (int i = 0; i < EATERS; i++) {
		sys_call3(SYS_kill, eaters[i], SIGKILL, 0);
		expect_killed(eaters[i], SIGKILL);
	}
}

/* A server may keep what it has once needed: so it is the second time that must not cost anything.
 */
static void pipes_eat(void)
{
	begin();
	fill_all_pipes();
	before = free_bytes();
	fill_all_pipes();
	comes_back();
}

#define BRANCHES 4
#define DEPTH    4

/* A tree of processes, which all wait then. */
static void bomb(void)
{
	for (int depth = 0, i = 0; depth < DEPTH && i < BRANCHES; i++) {
		if (sys_fork() == 0) {
			depth++;
			i = -1;
		}
	}
	for (;;)
		sleep_ms(1000);
}

/* Only its process group is known: whoever is in it is ended until nobody is left. */
static void explode(void)
{
	long first = sys_fork();

	if (first == 0) {
		sys_call3(SYS_setpgid, 0, 0, 0);
		bomb();
	}
	sleep_ms(20);
	while (sys_call3(SYS_kill, -first, SIGKILL, 0) == 0) {
		int status;

		while (sys_wait4(-1, &status, WNOHANG) > 0)
			;
		sleep_ms(1);
	}
}

static void forks_eat(void)
{
	begin();
	explode();
	before = free_bytes();
	explode();
	comes_back();
}

/* Every second page with other rights: a mapping each. */
static void map_much(void)
{
	long at = sys_call6(
		SYS_mmap, 0, (long)(64 * CHUNK), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long i, result = 0;

	CHECK(at > 0);
	for (i = 0; i < 3000 && result == 0; i++)
		result = sys_call3(SYS_mprotect, at + i * 2 * (long)PAGE, PAGE, RW);
	CHECK(result == 0 || result == -ENOMEM);
}

static void maps_eat(void)
{
	begin();
	expect_exit(spawn(map_much), 0);
	comes_back();
}

static const struct test_case cases[] = {
	CASE("a program eats its memory", one_eats),
	CASE("or memory that is shared", one_eats_shared),
	CASE("many eat at once", many_eat),
	CASE("calls eat for it", calls_eat),
	CASE("a heap grows", heap_eats),
	CASE("copies are wanted", copies_eat),
	CASE("a file fills", file_eats),
	CASE("pipes fill", pipes_eat),
	CASE("processes beget processes", forks_eat),
	CASE("mappings multiply", maps_eat),
};
TEST_SUITE(hunger, cases);

const struct test_suite *const test_suites[] = {&hunger, NULL};
