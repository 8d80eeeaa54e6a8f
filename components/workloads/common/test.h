/*
 * test: what the programs that test a kernel from outside are made of.
 *
 * A program is a list of suites, a suite a list of cases, and a case a function.
 * Each case runs in a process of its own, so that one which crashes, hangs on to
 * memory or leaves children behind spoils nothing; it passes if that process
 * exits with 0, or dies by the signal that it should die by. The first check
 * that fails says what it wanted and ends the process. Every case holds on
 * Linux: `--host` proves it there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <workloads/common/sys.h>

#define PAGE 4096UL

struct test_case {
	const char *name;
	void (*run)(void);
	int signal; /* that has to kill it; 0 if it has to exit */
};

#define CASE(name, run)                                                                            \
	{                                                                                          \
		name, run, 0                                                                       \
	}
#define DIES(name, run, signal)                                                                    \
	{                                                                                          \
		name, run, signal                                                                  \
	}

struct test_suite {
	const char *name;
	const struct test_case *cases;
	size_t count;
};

#define TEST_SUITE(suite, cases_)                                                                  \
	const struct test_suite suite = {#suite, cases_, sizeof(cases_) / sizeof((cases_)[0])}

/* Given by the program: its suites, in the order they run in, and NULL. */
extern const struct test_suite *const test_suites[];

/*
 * Given by the program, unless its cases execute nothing: what it does when a case has executed it
 * again, with a first argument that begins with "--child-". The exit status.
 */
#define TEST_CHILD_PREFIX "--child-"
int test_child(const char *role);

extern bool on_host; /* on someone's own Linux, where filling up the machine would be rude */
extern const char *own_path; /* this program, for execve */
extern long first_pid;       /* the process that runs the cases */

/* What the kernel put on the stack: argc, argv, NULL, environment, NULL, auxiliary vector. */
extern int start_argc;
extern char **start_argv, **start_envp;

/* Ends the process, failed, unless it holds; says where and what. */
void check_holds(bool holds, const char *where, const char *what);
void check_equal(long actual, long expected, const char *where, const char *what);

#define TEXT_OF_(x)              #x
#define TEXT_OF(x)               TEXT_OF_(x)
#define WHERE                    __FILE__ ":" TEXT_OF(__LINE__)
#define CHECK(condition)         check_holds((condition), WHERE, #condition)
#define CHECK_EQ(actual, expect) check_equal((long)(actual), (long)(expect), WHERE, #actual)

/* Ends the process as skipped, and says why. */
_Noreturn void skip(const char *why);

/* Forks a child that runs `body` and then exits with 0; its process number. */
long spawn(void (*body)(void));

/* Waits for `pid` and checks that it exited with `code`, or that `signal` killed it. */
void expect_exit(long pid, int code);
void expect_killed(long pid, int signal);

/* A child that runs `body` must be killed by `signal`, and we must live on. */
void expect_death(void (*body)(void), int signal);

/* True if the kernel finds `length` bytes at `address` readable on our behalf. */
bool is_readable(const void *address, size_t length);

/* `pages` pages of anonymous memory; a range with unmapped pages on both sides if `guarded`. */
char *map_pages(size_t pages, int protection);
char *map_guarded(size_t pages);

/* Sleeps. */
void sleep_ms(long milliseconds);
/* The time of a clock, so many milliseconds from now. */
static inline struct timespec in_ms(int clock, long ms)
{
	struct timespec now;

	CHECK_EQ(sys_clock_gettime(clock, &now), 0);
	now.tv_nsec += ms * 1000000;
	now.tv_sec += now.tv_nsec / 1000000000;
	now.tv_nsec %= 1000000000;
	return now;
}

/* Time-stamp counter: instructions under QEMU with -icount, cycles or so elsewhere. */
static inline uint64_t ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

/* Keeps the processor busy, in user mode only, until the counter has reached `end`. */
static inline void spin_until(uint64_t end)
{
	while (ticks() < end)
		;
}
