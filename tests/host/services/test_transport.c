/*
 * One meaning over every transport: the same random calls, with good and bad addresses, straight
 * and as Mach messages. Results and memory must be the same after each call.
 */
#include <stdio.h>

#include <services/clock/clock.h>

#include "services_test.h"

#define STEPS 4000
#define MEMORY                                                                                     \
	(5 * PAGE_SIZE) /* the middle page may only be read, and behind the last is nothing */

struct step {
	long number;
	long arguments[6];
};

struct trace {
	struct step steps[STEPS];
	long answers[STEPS];
	u32 digests[STEPS];
	bool compare;
	long differences;
	vaddr_t memory;
};

static u32 digest(vaddr_t at)
{
	static u8 bytes[MEMORY];
	u32 sum = 2166136261u;

	host_peek(bytes, at, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		sum = (sum ^ bytes[i]) * 16777619u;
	return sum;
}

#define MEMORY_AT 0x200000000000ull

static long random_address(void)
{
	static const long odd[] = {
		0, 8, (long)(MEMORY_AT + MEMORY), (long)0xffff800000000000, -1, (long)ENV_USER_MAX};

	if (host_chance(10))
		return odd[host_random() % 6];
	if (host_chance(8)) /* close to an edge */
		return (long)(MEMORY_AT + PAGE_SIZE * (host_random() % 6) - 1 - host_random() % 40);
	if (host_chance(4)) /* the same place again and again: aliases */
		return (long)(MEMORY_AT + 64 * (host_random() % 2));
	return (long)(MEMORY_AT + host_random() % MEMORY);
}

static long random_size(void)
{
	static const long sizes[] = {0, 1, 8, 16, 100, 4095, 4096, 4097, 9000, -1, (long)1 << 40};

	return sizes[host_random() % 11];
}

static long random_fd(void)
{
	static const long odd[] = {-1, 90, PROC_FILES, 1000, INT32_MIN};

	return host_chance(15) ? odd[host_random() % 5] : 3 + (long)(host_random() % 10);
}

static struct step random_step(void)
{
	static const long simple[] = {SYS_getpid, SYS_getppid, SYS_gettid, SYS_getuid, SYS_getgid,
		SYS_geteuid, SYS_getegid, SYS_sched_yield, SYS_brk, 400, 5000, -3};
	long fd = random_fd(), at = random_address(), size = random_size();
	long clock = (long)(host_random() % 13);

	switch (host_random() % 24) {
	case 0:
	case 1:
	case 2:
		return (struct step){SYS_read, {fd, at, size}};
	case 3:
	case 4:
	case 5:
		return (struct step){SYS_write, {fd, at, size}};
	case 6:
		return (struct step){SYS_readv, {fd, at, host_chance(3) ? size : 2}};
	case 7:
		return (struct step){SYS_writev, {fd, at, host_chance(3) ? size : 2}};
	case 8:
		return (struct step){SYS_pipe2, {at, 04000 | (host_chance(9) ? 1 : 0)}};
	case 9:
		return (struct step){SYS_close, {fd}};
	case 10:
		return (struct step){host_chance(2) ? SYS_dup : SYS_dup2, {fd, random_fd()}};
	case 11:
		return (struct step){SYS_fcntl, {fd, (long)(host_random() % 4), random_fd()}};
	case 12:
		return (struct step){SYS_ioctl, {fd, 0x541b, at}};
	case 13:
		return (struct step){
			SYS_wait4, {-1, at, 1, host_chance(2) ? at : random_address()}};
	case 14:
		return (struct step){SYS_clock_gettime, {clock, at}};
	case 15:
		if (host_chance(2))
			return (struct step){SYS_clock_getres, {clock, at}};
		/* A sleep by one's own processor time would have no end. */
		return (struct step){SYS_clock_nanosleep,
			{clock == CLOCK_PROCESS_CPUTIME ? CLOCK_MONOTONIC : clock, at,
				random_address(), at}};
	case 16:
		return (struct step){SYS_gettimeofday, {at, random_address()}};
	case 17:
		return (struct step){SYS_time, {at}};
	case 18:
		return (struct step){SYS_uname, {at}};
	case 19:
		return (struct step){SYS_getrandom,
			{at, size == -1 || size > 9000 ? 50 : size, (long)(host_random() % 8)}};
	case 20:
		return (struct step){SYS_execve, {at, random_address(), random_address()}};
	case 21:
		return (struct step){SYS_nanosleep, {at, random_address()}};
	case 22:
		return (struct step){SYS_arch_prctl, {0x1002 + (long)(host_random() % 3), at}};
	default:
		return (struct step){simple[host_random() % ARRAY_SIZE(simple)], {0}};
	}
}

static void make_steps(void *argument)
{
	struct trace *trace = argument;

	for (size_t i = 0; i < STEPS; i++)
		trace->steps[i] = random_step();
}

/* A status that is not 0 shows which of two overlapping answers was written last. */
static void end_with_status(void *argument)
{
	(void)argument;
	host_sys(SYS_exit, 7);
}

/* Vectors, times and paths for calls to find, and a read-only page with some of them. */
static void prepare(void)
{
	static const u64 vectors[] = {MEMORY_AT + 0x100, 50, MEMORY_AT + 0x1ff0, 30};
	static const s64 time[] = {0, 1000};

	if (host_sys(SYS_mmap, MEMORY_AT, MEMORY, 3, 0x32, -1, 0) != (long)MEMORY_AT)
		host_die("no memory");
	for (u64 at = 0; at < MEMORY; at += 64)
		host_poke(MEMORY_AT + at, vectors, sizeof(vectors));
	for (u64 at = 40; at < MEMORY - 64; at += 256)
		host_poke(MEMORY_AT + at, time, sizeof(time));
	host_poke(MEMORY_AT + MEMORY - 9, "/bin/data",
		9); /* a path that ends with the memory, and without a NUL */
	host_sys(SYS_mprotect, MEMORY_AT + 2 * PAGE_SIZE, PAGE_SIZE, 1);
	for (int fd = 0; fd < 3; fd++)
		host_sys(SYS_close, fd);
}

static void differ(const struct trace *trace, size_t i, long result)
{
	const struct step *s = &trace->steps[i];
	char text[200];

	snprintf(text, sizeof(text),
		"step %zu: call %ld(%lx, %lx, %lx, %lx): %ld here, %ld straight", i, s->number,
		s->arguments[0], s->arguments[1], s->arguments[2], s->arguments[3], result,
		trace->answers[i]);
	tap_ok(false, text);
}

/* A write without a reader would end the process: one more reader of each pipe is kept, or the pipe
 * is closed. */
static void keep_reader(vaddr_t fds)
{
	if (host_sys(SYS_fcntl, peek32(fds), 0, 100) >= 0)
		return;
	host_sys(SYS_close, peek32(fds));
	host_sys(SYS_close, peek32(fds + 4));
}

static void make_calls(void *argument)
{
	struct trace *trace = argument;

	prepare();
	for (size_t i = 0; i < STEPS; i++) {
		const long *a = trace->steps[i].arguments;
		long result;
		u32 sum;

		if (host_chance(50))
			host_fork(SYS_fork, end_with_status, NULL);
		result = host_sys(trace->steps[i].number, a[0], a[1], a[2], a[3], a[4], a[5]);
		if (trace->steps[i].number == SYS_execve && result == 0)
			host_die("a program is executed by chance");
		if (trace->steps[i].number == SYS_pipe2 && result == 0)
			keep_reader((vaddr_t)a[0]);
		sum = digest(MEMORY_AT);
		if (trace->compare && (result != trace->answers[i] || sum != trace->digests[i])) {
			differ(trace, i, result);
			return;
		}
		trace->answers[i] = result;
		trace->digests[i] = sum;
	}
}

static void compare(u64 seed)
{
	static struct trace trace;
	struct host_chances chances = {.seed = seed};
	int straight, as_messages;
	u32 good = 0;

	trace.compare = false;
	test_run(make_steps, &trace, chances, "the random calls are made up");
	straight = host_run("/bin/init", "", make_calls, &trace, chances);
	for (size_t i = 0; i < STEPS; i++)
		good += trace.answers[i] >= 0;
	tap_ok(good > STEPS / 10 && good < STEPS * 9 / 10, "some calls work and some do not");
	tap_eq(straight, 0, "all of them are made");
	trace.compare = true;
	host_transport = &mach_transport;
	as_messages = host_run("/bin/init", "", make_calls, &trace, chances);
	host_transport = NULL;
	tap_eq(as_messages, straight, "the calls mean the same straight and as messages");
}

static void fuzz(void *argument)
{
	u32 passed = mach_fuzz(20000);

	(void)argument;
	tap_ok(mach_leaves_gaps(),
		"a reply holds one piece of each buffer, and nothing between two");
	tap_ok(passed > 100 && passed < 19900, "damaged requests are refused, or do no harm");
}

void test_process(void);
void test_pipes(void);
void test_files(void);
void test_memory(void);
void test_exec(void);
void test_elf(void);
void test_signals(void);

void test_transport(void);
void test_transport(void)
{
	for (u64 seed = 0; seed < 8; seed++)
		compare(test_seed() * 1000 + seed);
	test_run_plain(fuzz, "damaged requests");
	host_transport = &mach_transport;
	mach_traffic = (struct mach_traffic){0};
	test_process();
	test_pipes();
	test_files();
	test_memory();
	test_exec();
	test_elf();
	test_signals();
	host_transport = NULL;
	tap_ok(mach_traffic.windows > mach_traffic.calls / 100 && mach_traffic.carried > 1000,
		"messages carry what they can");
	tap_ok(mach_traffic.fetched > 1000, "and the server fetches the rest");
}
