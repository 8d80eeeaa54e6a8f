/*
 * run: the steps of the cases, each case in a process and a folder of its own.
 *
 *	conform_test [--host] [suite …]
 */
#define _GNU_SOURCE
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <workloads/common/child.h>
#include <workloads/common/text.h>
#include <workloads/conform_test/conform.h>

#define ROOT         "/conform_test"
#define HOST_ROOT    "/tmp"
#define EXIT_SKIPPED 77

bool on_host;
const char *own_path;
long first_pid;

static void say(const char *a, const char *b, const char *c)
{
	char line[400];
	struct text text = TEXT(line);

	text_string(&text, a);
	text_string(&text, b);
	text_string(&text, c);
	text_string(&text, "\n");
	if (text_write(&text, 1) < 0)
		sys_exit(1);
}

void check_holds(bool holds, const char *where, const char *what)
{
	if (holds)
		return;
	say("# ", where, ": does not hold:");
	say("# ", what, "");
	sys_exit(1);
}

void check_equal(long actual, long expected, const char *where, const char *what)
{
	char line[400];
	struct text text = TEXT(line);

	if (actual == expected)
		return;
	text_string(&text, where);
	text_string(&text, ": ");
	text_string(&text, what);
	text_string(&text, " gives ");
	text_number(&text, actual);
	text_string(&text, ", not ");
	text_number(&text, expected);
	text_string(&text, "\n");
	text_put(1, "# ");
	text_write(&text, 1);
	sys_exit(1);
}

_Noreturn void skip(const char *why)
{
	say("# skipped: ", why, "");
	sys_exit(EXIT_SKIPPED);
}

/* --- steps ------------------------------------------------------------------------------ */

static long step_call(const struct step *step)
{
	const long *a = step->arguments;

	return sys_call6(step->number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void step_holds(const struct step *step, const char *where)
{
	static char bytes[65536];
	long fd = sys_call3(SYS_open, step->arguments[0], O_RDONLY, 0), n;

	check_holds(fd >= 0, where, "the file can be opened");
	n = sys_read((int)fd, bytes, sizeof(bytes));
	sys_close((int)fd);
	check_equal(n, step->arguments[2], where, "the file's size");
	check_holds(memcmp(bytes, (const void *)step->arguments[1], (size_t)n) == 0, where,
		"the file holds what it should");
}

static void step_run(const struct step *step, const char *where)
{
	long result;

	switch (step->kind) {
	case STEP_CALL:
		check_equal(step_call(step), step->expected, where, step->text);
		break;
	case STEP_SOME:
		result = step_call(step);
		if (result < 0)
			check_equal(result, 0, where, step->text);
		break;
	case STEP_HOLDS:
		step_holds(step, where);
		break;
	case STEP_WORD:
		check_equal(*(int32_t *)step->arguments[0], step->expected, where, step->text);
		break;
	case STEP_DO:
		step->run();
		break;
	case STEP_NONE:
		break;
	}
}

/* --- what a case finds ---------------------------------------------------------------------- */

static void must(long result, const char *what)
{
	if (result < 0)
		check_equal(result, 0, "furnish", what);
}

static void make_file(const char *path, const char *text, int mode)
{
	long fd = sys_call3(SYS_open, (long)path, O_CREAT | O_EXCL | O_WRONLY, mode);

	must(fd, path);
	must(sys_write((int)fd, text, strlen(text)), path);
	sys_close((int)fd);
}

static void open_at(int fd, const char *path, int flags)
{
	long opened = sys_call3(SYS_open, (long)path, flags, 0);

	must(opened, path);
	must(sys_dup2((int)opened, fd), "dup2");
	sys_close((int)opened);
}

static void open_pipes(void)
{
	static const char page[PAGE];
	int fds[2];

	must(sys_pipe(fds), "pipe");
	must(sys_dup2(fds[0], PR), "dup2");
	must(sys_dup2(fds[1], PW), "dup2");
	sys_close(fds[0]);
	sys_close(fds[1]);
	must(sys_pipe2(fds, O_NONBLOCK), "pipe2");
	must(sys_dup2(fds[0], 90), "dup2"); /* its reader, out of the way */
	must(sys_dup2(fds[1], FULL_PW), "dup2");
	sys_close(fds[0]);
	sys_close(fds[1]);
	while (sys_write(FULL_PW, page, sizeof(page)) > 0)
		;
}

static void map_at(uintptr_t at, int protection)
{
	must(sys_mmap((void *)at, PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED),
		"mmap");
}

void furnish(void)
{
	long event;

	sys_call3(SYS_umask, 022, 0, 0);
	make_file("file", "hello\n", 0644);
	must(sys_call3(SYS_mkdir, (long)"dir", 0755, 0), "mkdir");
	make_file("dir/inner", "inner\n", 0644);
	must(sys_call3(SYS_symlink, (long)"file", (long)"link", 0), "symlink");
	must(sys_call3(SYS_symlink, (long)"loop", (long)"loop", 0), "symlink");
	must(sys_call3(SYS_symlink, (long)"nothing", (long)"none", 0), "symlink");
	must(sys_call3(SYS_mknod, (long)"fifo", S_IFIFO | 0644, 0), "mknod");
	must(sys_call3(SYS_mkdir, (long)"closed", 0700, 0), "mkdir");
	make_file("closed/inside", "", 0644);
	must(sys_call3(SYS_chmod, (long)"closed", 0, 0), "chmod");
	must(sys_call3(SYS_mkdir, (long)"mine", 0755, 0), "mkdir");
	make_file("mine/own", "own\n", 0644);
	must(sys_call3(SYS_chown, (long)"mine", 1000, 1000), "chown");
	must(sys_call3(SYS_chown, (long)"mine/own", 1000, 1000), "chown");
	open_at(RD, "file", O_RDONLY);
	open_at(WR, "file", O_WRONLY);
	open_at(RW, "file", O_RDWR);
	open_at(DIR, "dir", O_RDONLY | O_DIRECTORY);
	open_at(PATH_FD, "file", O_PATH);
	open_pipes();
	event = sys_call3(SYS_eventfd2, 0, O_NONBLOCK, 0);
	must(event, "eventfd2");
	must(sys_dup2((int)event, EVENT), "dup2");
	sys_close((int)event);
	map_at(BUF, PROT_READ | PROT_WRITE);
	map_at(RO, PROT_READ);
}

/* --- cases ------------------------------------------------------------------------------------ */

static _Noreturn void case_act(const struct conform_suite *suite, const struct conform_case *test)
{
	must(sys_call6(SYS_mount, (long)"case", (long)".", (long)"tmpfs", 0,
		     (long)"size=16m,mode=755", 0),
		"mount");
	must(sys_call3(SYS_chdir, (long)(on_host ? HOST_ROOT : ROOT), 0, 0), "chdir");
	sys_call3(SYS_close_range, 2, 1000, 0);
	sys_close(0);
	furnish();
	if (suite->as_user) {
		must(sys_call3(SYS_setgroups, 0, 0, 0), "setgroups");
		must(sys_call3(SYS_setresgid, 1000, 1000, 1000), "setresgid");
		must(sys_call3(SYS_setresuid, 1000, 1000, 1000), "setresuid");
	}
	for (unsigned i = 0; i < STEPS && test->steps[i].kind != STEP_NONE; i++)
		step_run(&test->steps[i], test->name);
	sys_exit(0);
}

static int case_run(const struct conform_suite *suite, const struct conform_case *test)
{
	int status = 0;
	long pid = sys_fork(), waited;

	if (pid == 0)
		case_act(suite, test);
	if (pid < 0)
		return 1 << 8;
	do
		waited = sys_wait4(-1, &status, 0);
	while (waited > 0 && waited != pid);
	while (sys_wait4(-1, NULL, WNOHANG) > 0)
		;
	sys_call3(SYS_umount2, (long)(on_host ? HOST_ROOT : ROOT), MNT_DETACH, 0);
	return waited == pid ? status : 1 << 8;
}

static bool case_report(
	const struct conform_suite *suite, const struct conform_case *test, long number)
{
	char line[400];
	struct text text = TEXT(line);
	int status = case_run(suite, test);
	bool skipped = status == EXIT_SKIPPED << 8;

	text_string(&text, status == 0 || skipped ? "ok " : "not ok ");
	text_number(&text, number);
	text_string(&text, " - ");
	text_string(&text, suite->name);
	text_string(&text, ": ");
	text_string(&text, test->name);
	if (skipped)
		text_string(&text, " # SKIP for the reason above");
	text_string(&text, "\n");
	if (status != 0 && !skipped && status != 1 << 8) {
		text_string(&text, "# the case ");
		child_describe(&text, status);
		text_string(&text, "\n");
	}
	if (text_write(&text, 1) < 0)
		sys_exit(1);
	return status == 0 || skipped;
}

/* On somebody's own Linux: process 1 of namespaces of its own, with file systems that are its own.
 */
static void host_leave(void)
{
	int status = -1;
	long pid;

	on_host = true;
	must(sys_call3(SYS_unshare, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET, 0, 0),
		"unshare (this needs user 0)");
	must(sys_call6(SYS_mount, 0, (long)"/", 0, MS_REC | MS_PRIVATE, 0, 0), "private mounts");
	pid = sys_fork();
	must(pid, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		return;
	}
	sys_wait4(pid, &status, 0);
	sys_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static bool is_wanted(const struct conform_suite *suite, char **names)
{
	bool all = *names == NULL;

	for (; *names != NULL; names++)
		all |= strcmp(*names, suite->name) == 0;
	return all;
}

static void plan(char **names)
{
	char line[32];
	struct text text = TEXT(line);
	long count = 0;

	for (const struct conform_suite *const *suite = conform_suites; *suite != NULL; suite++)
		count += is_wanted(*suite, names) ? (long)(*suite)->count : 0;
	text_string(&text, "1..");
	text_number(&text, count);
	text_string(&text, "\n");
	must(text_write(&text, 1), "the report");
}

int main(int argc, char **argv)
{
	char **names = argc > 1 ? argv + 1 : argv + argc;
	long number = 0, failed = 0;

	own_path = argv[0];
	if (argc > 1 && strcmp(argv[1], "--host") == 0) {
		host_leave();
		names++;
	} else {
		must(sys_call3(SYS_mkdir, (long)ROOT, 0755, 0), ROOT);
	}
	must(sys_call3(SYS_chdir, (long)(on_host ? HOST_ROOT : ROOT), 0, 0), "chdir");
	first_pid = sys_getpid();
	plan(names);
	for (const struct conform_suite *const *suite = conform_suites; *suite != NULL; suite++)
		for (size_t i = 0; is_wanted(*suite, names) && i < (*suite)->count; i++)
			failed += !case_report(*suite, &(*suite)->cases[i], ++number);
	return number == 0 || failed > 0;
}
