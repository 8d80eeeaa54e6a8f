/*
 * acts: steps that are more than one call: looking at what is there, touching memory, processes.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <workloads/random_calls/arguments.h>

/* --- the tree ------------------------------------------------------------------------ */

#define TREE_DEPTH   6
#define TREE_ENTRIES 64

#define CONTENT_READS 32 /* of a page; a file may have many thousand millions */

static void tell_file(int dirfd, const char *name, unsigned depth);

static void tell_content(int dirfd, const char *name)
{
	static char bytes[4096];
	long fd = sys_call4(SYS_openat, dirfd, (long)name, O_RDONLY | O_NOATIME | O_NONBLOCK, 0), n;
	uint64_t digest = 0;

	if (fd < 0) {
		note(" cannot be read ");
		note_number(fd);
		return;
	}
	for (unsigned i = 0; i < CONTENT_READS; i++) {
		n = sys_read((int)fd, bytes, sizeof(bytes));
		if (n <= 0)
			break;
		digest = digest * 31 + digest_of(bytes, (size_t)n);
	}
	note(" content ");
	note_hex(digest >> 32);
	sys_close((int)fd);
}

/* Tells all entries of an open directory, in alphabetical order. */
static void tell_entries_of(int fd, unsigned depth)
{
	char names[TREE_ENTRIES][NAME_MAX + 1], bytes[4096];
	unsigned count = 0;
	long n;

	while ((n = sys_call3(SYS_getdents64, fd, (long)bytes, sizeof(bytes))) > 0)
		for (long at = 0; at < n && count < TREE_ENTRIES;) {
			const struct dirent *entry = (const struct dirent *)(bytes + at);
			unsigned place = count++;

			while (place > 0 && strcmp(names[place - 1], entry->d_name) > 0) {
				strcpy(names[place], names[place - 1]);
				place--;
			}
			strcpy(names[place], entry->d_name);
			at += entry->d_reclen;
		}
	for (unsigned i = 0; i < count; i++)
		if (strcmp(names[i], ".") != 0 && strcmp(names[i], "..") != 0)
			tell_file(fd, names[i], depth);
}

static void tell_directory(int dirfd, const char *name, unsigned depth)
{
	long fd = sys_call4(SYS_openat, dirfd, (long)name, O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0)
		return;
	tell_entries_of((int)fd, depth + 1);
	sys_close((int)fd);
}

static void tell_file(int dirfd, const char *name, unsigned depth)
{
	struct stat status;
	char target[64];
	long n;

	note("\n   ");
	for (unsigned i = 0; i < depth; i++)
		note("  ");
	note_string(name);
	note(" ");
	if (sys_call4(SYS_newfstatat, dirfd, (long)name, (long)&status, AT_SYMLINK_NOFOLLOW) != 0) {
		note("has no status");
		return;
	}
	tell_status(&status);
	if (S_ISLNK(status.st_mode)) {
		n = sys_call4(SYS_readlinkat, dirfd, (long)name, (long)target, sizeof(target));
		note(" -> ");
		note_bytes(target, n > 0 ? (size_t)n : 0);
	} else if (S_ISREG(status.st_mode)) {
		tell_content(dirfd, name);
	} else if (S_ISDIR(status.st_mode) && depth < TREE_DEPTH) {
		tell_directory(dirfd, name, depth);
	}
}

void tell_tree(void)
{
	tell_file(AT_FDCWD, "/", 0);
}

static void act_tree(const struct round *round, struct draw *draw, uint64_t step)
{
	(void)round, (void)draw, (void)step;
	tell_tree();
}

/* --- memory --------------------------------------------------------------------------- */

static sigjmp_buf fault_return;
static siginfo_t fault_info;

static void fault_caught(int number, siginfo_t *info, void *context)
{
	(void)context;
	fault_info = *info;
	siglongjmp(fault_return, number);
}

int faults_catch(void (*body)(void *argument), void *argument, siginfo_t *info)
{
	struct sigaction action = {.sa_sigaction = fault_caught, .sa_flags = SA_SIGINFO};
	struct sigaction segv, bus;
	int number;

	sigaction(SIGSEGV, &action, &segv);
	sigaction(SIGBUS, &action, &bus);
	number = sigsetjmp(fault_return, 1);
	if (number == 0)
		body(argument);
	else
		*info = fault_info;
	sigaction(SIGSEGV, &segv, NULL);
	sigaction(SIGBUS, &bus, NULL);
	return number;
}

struct page_sum {
	const char *page;
	uint64_t digest;
};

static void sum_page(void *argument)
{
	struct page_sum *sum = argument;

	sum->digest = digest_of(sum->page, PAGE);
}

void tell_arena(void)
{
	siginfo_t info;

	note(" pages");
	for (uint64_t i = 0; i < ARENA_PAGES; i++) {
		struct page_sum sum = {(const char *)(ARENA + i * PAGE), 0};
		int number = faults_catch(sum_page, &sum, &info);

		note(" ");
		if (number == 0) {
			note_hex(sum.digest >> 48);
		} else {
			note_number(-number);
			note(".");
			note_number(info.si_code);
		}
	}
}

static void act_arena(const struct round *round, struct draw *draw, uint64_t step)
{
	(void)round, (void)draw, (void)step;
	tell_arena();
}

struct touch {
	volatile uint8_t *at;
	uint8_t value;
	bool writes;
};

static void touch(void *argument)
{
	struct touch *touched = argument;

	if (touched->writes)
		*touched->at = touched->value;
	else
		touched->value = *touched->at;
}

/* One byte read or written: what it was, or how it failed. */
static void act_touch(const struct round *round, struct draw *draw, uint64_t step)
{
	uintptr_t base = draw_one_in(draw, 6) ? break_start : ARENA;
	struct touch touched = {(uint8_t *)(base + draw_below(draw, ARENA_PAGES * PAGE)),
		(uint8_t)draw_next(draw), draw_one_in(draw, 2)};
	siginfo_t info;
	int number;

	(void)round, (void)step;
	note(touched.writes ? " write" : " read");
	note(base == ARENA ? " arena+" : " break+");
	note_hex((uintptr_t)touched.at - base);
	note(" = ");
	number = faults_catch(touch, &touched, &info);
	if (number == 0) {
		note_number(touched.value);
		return;
	}
	note("signal ");
	note_number(number);
	note(" code ");
	note_number(info.si_code);
	note(info.si_addr == (void *)touched.at ? " there" : " elsewhere");
}

/* Many bytes, so that files and memory have something in them. */
static void act_fill(const struct round *round, struct draw *draw, uint64_t step)
{
	uintptr_t page = ARENA + draw_below(draw, ARENA_PAGES) * PAGE;
	uint8_t value = (uint8_t)draw_next(draw);
	unsigned failed = 0;
	siginfo_t info;

	(void)round, (void)step;
	for (unsigned i = 0; i < 4; i++) {
		struct touch touched = {(uint8_t *)(page + i * 1111), value, true};

		failed = failed << 1 | (faults_catch(touch, &touched, &info) != 0);
	}
	note_number(failed);
}

/* --- processes -------------------------------------------------------------------------- */

/*
 * A process that waits for its child hears of no signal meanwhile: a handler would write into the
 * record while the child does.
 */
static uint64_t signals_hold(void)
{
	uint64_t all = ~0UL, before = 0;

	sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&before, 8);
	return before;
}

static void signals_release(uint64_t before)
{
	sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0, 8);
}

/* The child's share of the steps; it ends with them, one way or another. */
static _Noreturn void child_live(
	const struct round *round, struct draw *draw, uint64_t from, uint64_t to)
{
	static const int signals[] = {SIGKILL, SIGTERM, SIGUSR1, SIGSEGV};
	bool killed = draw_one_in(draw, 8);
	int signal = DRAW_FROM(draw, signals), code = (int)draw_below(draw, 300);

	memset(children, 0, sizeof(children));
	steps_run(round, from, to);
	note("\n  the child ends");
	if (killed)
		sys_call3(SYS_kill, sys_getpid(), signal, 0);
	sys_exit(code);
}

/* Sleeps until the child has ended, and leaves it to be waited for. */
static void child_await(long pid)
{
	siginfo_t info;
	long error;

	do
		error = sys_call6(SYS_waitid, P_PID, pid, (long)&info, WEXITED | WNOWAIT, 0, 0);
	while (error == -EINTR);
	if (error != 0) { /* it went by itself: its end is not reported */
		note(" await ");
		note_number(error);
	}
}

static void act_fork(const struct round *round, struct draw *draw, uint64_t step)
{
	static unsigned depth;
	uint64_t share = depth < 3 ? 1 + draw_below(draw, 8) : 0;
	uint64_t from = step + 1, to = from + share;
	bool old = draw_one_in(draw, 2);
	uint64_t mask;
	long pid;

	if (to > round->steps)
		to = round->steps;
	record->resume_at = to;
	mask = signals_hold();
	pid = old ? sys_fork() : sys_call6(SYS_clone, SIGCHLD, 0, 0, 0, 0, 0);
	if (pid == 0) {
		depth++;
		signals_release(mask);
		child_live(round, draw, from, to);
	}
	if (pid > 0)
		child_await(pid);
	record->resume_at = to;
	note("\n  back");
	if (pid < 0) {
		note_number(pid);
	} else {
		child_add(pid);
	}
	signals_release(mask);
}

/* vfork: the parent sleeps until the child has ended. */
static void act_vfork(const struct round *round, struct draw *draw, uint64_t step)
{
	int code = (int)draw_below(draw, 256);
	uint64_t mask = signals_hold();
	long pid = sys_call6(SYS_clone, SIGCHLD | 0x4000, 0, 0, 0, 0, 0); /* CLONE_VFORK */

	(void)round, (void)step;
	if (pid == 0) {
		note("\n  first the child");
		sys_exit(code);
	}
	note("\n  then the parent");
	if (pid > 0) {
		child_add(pid);
		child_await(pid);
	} else {
		note_number(pid);
	}
	signals_release(mask);
}

/* What a fresh program finds: it tells in the record's memory, which it has by its descriptor. */
static void act_exec(const struct round *round, struct draw *draw, uint64_t step)
{
	static char *const environment[] = {NULL};
	char *arguments[] = {"random_calls", "--state", NULL};
	int fds[2], status = -1;
	static char bytes[4096];
	uint64_t mask, data[2] = {0, 0};
	long pid, n, total = 0;

	(void)round, (void)draw, (void)step;
	sys_call3(SYS_getrlimit, RLIMIT_DATA, (long)data, 0);
	if (data[0] < 1 << 20) { /* what a program needs to begin is not the same everywhere */
		note(" left out");
		return;
	}
	if (sys_pipe(fds) != 0) {
		note(" no pipe");
		return;
	}
	mask = signals_hold();
	pid = sys_fork();
	if (pid == 0) {
		signals_release(mask);
		sys_dup2(fds[1], STATE_FD);
		sys_close(fds[0]);
		sys_close(fds[1]);
		n = sys_call6(SYS_execveat, PROGRAM_FD, (long)"", (long)arguments,
			(long)environment, AT_EMPTY_PATH, 0);
		note(" exec ");
		note_number(n);
		sys_exit(99);
	}
	sys_close(fds[1]);
	do {
		n = pid > 0 ? sys_read(fds[0], bytes + total, sizeof(bytes) - 1 - (size_t)total)
			    : 0;
		total += n > 0 ? n : 0;
	} while (n > 0 || n == -EINTR);
	sys_close(fds[0]);
	while (pid > 0 && sys_wait4(pid, &status, 0) == -EINTR)
		;
	bytes[total] = '\0';
	note(bytes);
	note(" status ");
	note_hex((uint64_t)status);
	signals_release(mask);
}

/* --- the table ---------------------------------------------------------------------------- */

const struct act acts[] = {
	{"tree", {10, 2, 0, 3, 1}, true, act_tree},
	{"arena", {0, 8, 1, 0, 1}, true, act_arena},
	{"touch", {0, 30, 1, 0, 2}, false, act_touch},
	{"fill", {0, 16, 0, 0, 2}, false, act_fill},
	{"fork", {4, 5, 20, 6, 6}, false, act_fork},
	{"vfork", {0, 0, 4, 0, 0}, false, act_vfork},
	{"exec", {1, 0, 5, 2, 1}, false, act_exec},
};
const size_t acts_count = sizeof(acts) / sizeof(acts[0]);
