/*
 * memory: fork's copy-on-write isolation, brk, and memory that comes back.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <workloads/common/test.h>

static int data_word = 1;
static int bss_word;
static char *page;
static int fds[2];

static void write_everywhere(void)
{
	data_word = 100;
	bss_word = 100;
	*page = 100;
}

static void child_writes(void)
{
	volatile int stack_word = 3;
	long pid;

	page = map_pages(1, PROT_READ | PROT_WRITE);
	*page = 2;
	pid = sys_fork();
	if (pid == 0) {
		write_everywhere();
		stack_word = 100;
		sys_exit(0);
	}
	expect_exit(pid, 0);
	CHECK_EQ(data_word, 1);
	CHECK_EQ(bss_word, 0);
	CHECK_EQ(*page, 2);
	CHECK_EQ(stack_word, 3);
}

static void parent_writes(void)
{
	char byte;
	long pid;

	page = map_pages(1, PROT_READ | PROT_WRITE);
	*page = 2;
	CHECK_EQ(sys_pipe(fds), 0);
	pid = sys_fork();
	if (pid == 0) {
		CHECK_EQ(sys_read(fds[0], &byte, 1), 1);
		CHECK(data_word == 1 && bss_word == 0 && *page == 2);
		sys_exit(0);
	}
	write_everywhere();
	CHECK_EQ(sys_write(fds[1], "x", 1), 1);
	expect_exit(pid, 0);
}

/* The kernel must not write through a shared mapping either. */
static void kernel_writes(void)
{
	long pid;

	page = map_pages(1, PROT_READ | PROT_WRITE);
	memset(page, 'p', PAGE);
	CHECK_EQ(sys_pipe(fds), 0);
	pid = sys_fork();
	if (pid == 0) {
		CHECK_EQ(sys_write(fds[1], "child", 5), 5);
		CHECK_EQ(sys_read(fds[0], page, 5), 5);
		CHECK(memcmp(page, "childppp", 8) == 0);
		sys_exit(0);
	}
	expect_exit(pid, 0);
	CHECK(memcmp(page, "pppppppp", 8) == 0);
}

static void after_the_other_is_gone(void)
{
	page = map_pages(4, PROT_READ | PROT_WRITE);
	memset(page, 'a', 4 * PAGE);
	for (int i = 0; i < 4; i++) {
		long pid = sys_fork();

		if (pid == 0)
			sys_exit(page[i * PAGE] == 'a' ? 0 : 1);
		expect_exit(pid, 0);
		page[i * PAGE] = 'b'; /* ours alone now, or copied: both will do */
	}
	for (int i = 0; i < 4; i++)
		CHECK(page[i * PAGE] == 'b' && page[i * PAGE + 1] == 'a');
}

/* Three processes share one page; the middle one ends first. */
static void grandchildren(void)
{
	long pid, word = 0;

	page = map_pages(1, PROT_READ | PROT_WRITE);
	*page = 1;
	CHECK_EQ(sys_pipe(fds), 0);
	pid = sys_fork();
	if (pid == 0) {
		*page = 2;
		if (sys_fork() == 0) {
			sleep_ms(2);
			word = *page;
			*page = 3;
			CHECK_EQ(sys_write(fds[1], &word, sizeof(word)), sizeof(word));
		}
		sys_exit(0);
	}
	expect_exit(pid, 0);
	CHECK_EQ(*page, 1);
	*page = 4;
	CHECK_EQ(sys_read(fds[0], &word, sizeof(word)), sizeof(word));
	CHECK_EQ(word, 2);
	CHECK_EQ(*page, 4);
}

static void untouched_page_after_fork(void)
{
	long pid;

	page = map_pages(2, PROT_READ | PROT_WRITE);
	pid = sys_fork();
	if (pid == 0) {
		page[0] = 1;
		sys_exit(page[PAGE] == 0 ? 0 : 1);
	}
	page[PAGE] = 2;
	expect_exit(pid, 0);
	CHECK(page[0] == 0 && page[PAGE] == 2);
}

static void brk_moves(void)
{
	char *start = (char *)sys_brk(NULL), *end = start + 3 * PAGE;

	CHECK(start > (char *)&bss_word);
	CHECK(sys_brk(end) == (long)end);
	for (char *at = start; at < end; at++) {
		CHECK_EQ(*at, 0);
		*at = 1;
	}
	CHECK(sys_brk(start) == (long)start);
	CHECK(sys_brk(end) == (long)end);
	for (char *at = (char *)(((uintptr_t)start + PAGE - 1) & ~(PAGE - 1)); at < end; at++)
		CHECK_EQ(*at, 0); /* given back and taken anew: zero again */
}

static void brk_refuses(void)
{
	long now = sys_brk(NULL);

	CHECK_EQ(sys_brk((void *)1), now);
	CHECK_EQ(sys_brk((void *)0x7ffffffff000), now);
	CHECK_EQ(sys_brk((void *)0x800000000000), now);
	CHECK_EQ(sys_brk((void *)-PAGE), now);
	CHECK_EQ(sys_brk(NULL), now);
}

static char *shrunk;

static void touch_shrunk(void)
{
	*(volatile char *)shrunk = 1;
}

static void brk_shrinks(void)
{
	char *start = (char *)sys_brk(NULL);

	shrunk = start + 4 * PAGE;
	CHECK(sys_brk(start + 8 * PAGE) > 0);
	touch_shrunk();
	CHECK(sys_brk(start) == (long)start);
	expect_death(touch_shrunk, 11);
}

static void brk_is_inherited(void)
{
	char *start = (char *)sys_brk(NULL), *end = start + PAGE;
	long pid;

	CHECK(sys_brk(end) == (long)end);
	*start = 5;
	pid = sys_fork();
	if (pid == 0) {
		CHECK(sys_brk(NULL) == (long)end && *start == 5);
		CHECK(sys_brk(end + PAGE) == (long)(end + PAGE));
		end[0] = *start = 6;
		sys_exit(0);
	}
	expect_exit(pid, 0);
	CHECK(sys_brk(NULL) == (long)end && *start == 5);
}

#define LEAK_ROUNDS 9
#define LEAK_PAGES  8192 /* 32 MiB: the rounds together are more than a 256 MiB machine has */

static void touch_all(char *base, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		*(volatile char *)(base + i * PAGE) = 1;
}

static void unmapped_memory_returns(void)
{
	for (int round = 0; round < LEAK_ROUNDS; round++) {
		char *base = map_pages(LEAK_PAGES, PROT_READ | PROT_WRITE);

		touch_all(base, LEAK_PAGES);
		CHECK_EQ(sys_munmap(base, LEAK_PAGES * PAGE), 0);
	}
}

static void fill_and_exit(void)
{
	touch_all(map_pages(LEAK_PAGES, PROT_READ | PROT_WRITE), LEAK_PAGES);
}

static void exited_memory_returns(void)
{
	for (int round = 0; round < LEAK_ROUNDS; round++)
		expect_exit(spawn(fill_and_exit), 0);
}

#define GLUTTON_PAGES (1UL << 18) /* 1 GiB */

static void take_everything(void)
{
	long base = sys_mmap(
		NULL, GLUTTON_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);

	if (base == -ENOMEM)
		sys_exit(0);
	CHECK(base > 0);
	touch_all((char *)base, GLUTTON_PAGES);
}

/* A kernel may refuse the mapping, or promise more than it has and kill who calls the promise in.
 */
static void memory_runs_out(void)
{
	int status = 0;
	long pid;

	if (on_host)
		skip("this would fill the memory of the host");
	for (int round = 0; round < 2; round++) {
		pid = spawn(take_everything);
		CHECK_EQ(sys_wait4(pid, &status, 0), pid);
		if (WIFSIGNALED(status))
			CHECK(WTERMSIG(status) == 9 || WTERMSIG(status) == 7 ||
				WTERMSIG(status) == 11);
		expect_exit(spawn(fill_and_exit), 0);
	}
}

static const struct test_case cases[] = {
	CASE("what a child writes, its parent does not see", child_writes),
	CASE("what a parent writes, its child does not see", parent_writes),
	CASE("what the kernel writes for a child, its parent does not see", kernel_writes),
	CASE("a page is written after those who shared it are gone", after_the_other_is_gone),
	CASE("three generations share a page", grandchildren),
	CASE("pages first touched after a fork are not shared", untouched_page_after_fork),
	CASE("brk gives zeroed memory, and again after giving it back", brk_moves),
	CASE("brk refuses what cannot be by staying where it is", brk_refuses),
	CASE("brk takes memory away", brk_shrinks),
	CASE("brk is inherited and then apart", brk_is_inherited),
	CASE("unmapped memory can be had again", unmapped_memory_returns),
	CASE("the memory of processes that exit can be had again", exited_memory_returns),
	CASE("when memory runs out, who asked dies and others live", memory_runs_out),
};
TEST_SUITE(memory, cases);
