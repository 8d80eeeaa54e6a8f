/*
 * test_main: runs the cases and reports in TAP (testanything.org).
 *
 *	program [--host] [suite …]
 *
 * --host keeps the cases that try the limits of the machine within limits that
 * they set for themselves. Exit status: 0 if every case passed.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <workloads/common/child.h>
#include <workloads/common/text.h>
#include <workloads/common/test.h>

#define EXIT_SKIPPED 77
#define EXIT_BROKEN  (1 << 8) /* the wait status of exit code 1 */
#define CORE_WRITTEN 0x80

bool on_host;
const char *own_path;
long first_pid;
int start_argc;
char **start_argv, **start_envp;

/* A report that cannot be made is a failure: nobody would read that it passed. */
static void say(const struct text *text)
{
	if (text_write(text, 1) < 0)
		sys_exit(1);
}

__attribute__((weak)) int test_child(const char *role)
{
	(void)role;
	return 0;
}

static _Noreturn void fail(struct text *text)
{
	text_string(text, "\n");
	say(text);
	sys_exit(1);
}

static void begin_failure(struct text *text, const char *where, const char *what)
{
	const char *base = strrchr(where, '/');

	text_string(text, "# ");
	text_string(text, base == NULL ? where : base + 1);
	text_string(text, ": ");
	text_string(text, what);
}

void check_holds(bool holds, const char *where, const char *what)
{
	char line[320];
	struct text text = TEXT(line);

	if (holds)
		return;
	begin_failure(&text, where, what);
	text_string(&text, " does not hold");
	fail(&text);
}

void check_equal(long actual, long expected, const char *where, const char *what)
{
	char line[320];
	struct text text = TEXT(line);

	if (actual == expected)
		return;
	begin_failure(&text, where, what);
	text_string(&text, " is ");
	text_number(&text, actual);
	text_string(&text, ", not ");
	text_number(&text, expected);
	fail(&text);
}

_Noreturn void skip(const char *why)
{
	char line[320];
	struct text text = TEXT(line);

	text_string(&text, "# skipped: ");
	text_string(&text, why);
	text_string(&text, "\n");
	say(&text);
	sys_exit(EXIT_SKIPPED);
}

/* Orphans of the case come to us; how many there were. */
static int reap_orphans(void)
{
	int orphans = 0;

	while (sys_wait4(-1, NULL, WNOHANG) > 0)
		orphans++;
	return orphans;
}

static int run_case(const struct test_case *test)
{
	int status = 0;
	long pid = sys_fork(), waited;

	if (pid == 0) {
		test->run();
		sys_exit(0);
	}
	if (pid < 0)
		return EXIT_BROKEN;
	do /* orphans may end first */
		waited = sys_wait4(-1, &status, 0);
	while (waited > 0 && waited != pid);
	reap_orphans();
	return waited == pid ? status : EXIT_BROKEN;
}

/* Runs and reports one case; true unless it failed. */
static bool report_case(const char *suite, const struct test_case *test, long number)
{
	char line[320];
	struct text text = TEXT(line);
	int status = run_case(test);
	bool skipped = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED;
	bool passed = skipped || (status & ~CORE_WRITTEN) == test->signal;

	text_string(&text, passed ? "ok " : "not ok ");
	text_number(&text, number);
	text_string(&text, " - ");
	text_string(&text, suite);
	text_string(&text, ": ");
	text_string(&text, test->name);
	if (skipped)
		text_string(&text, " # SKIP for the reason above");
	text_string(&text, "\n");
	if (!passed) {
		text_string(&text, "# the case ");
		child_describe(&text, status);
		text_string(&text, "\n");
	}
	say(&text);
	return passed;
}

static bool is_wanted(const struct test_suite *suite, char **names)
{
	if (*names == NULL)
		return true;
	for (; *names != NULL; names++)
		if (strcmp(*names, suite->name) == 0)
			return true;
	return false;
}

static void plan(char **names)
{
	char line[32];
	struct text text = TEXT(line);
	long count = 0;

	for (const struct test_suite *const *suite = test_suites; *suite != NULL; suite++)
		count += is_wanted(*suite, names) ? (long)(*suite)->count : 0;
	text_string(&text, "1..");
	text_number(&text, count);
	text_string(&text, "\n");
	say(&text);
}

static void settle_on_host(void)
{
	struct rlimit no_core = {0, 0};

	on_host = true;
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* orphans come to us, as they do to a first process */
	setrlimit(RLIMIT_CORE, &no_core); /* many cases die on purpose */
}

int main(int argc, char **argv, char **envp)
{
	long number = 0, failed = 0;
	char **names = argc > 1 ? argv + 1 : argv + argc;

	start_argc = argc;
	start_argv = argv;
	start_envp = envp;
	own_path = argv[0];
	first_pid = sys_getpid();
	if (argc > 1 && strncmp(argv[1], TEST_CHILD_PREFIX, strlen(TEST_CHILD_PREFIX)) == 0)
		return test_child(argv[1]);
	if (argc > 1 && strcmp(argv[1], "--host") == 0) {
		settle_on_host();
		names++;
	}
	plan(names);
	for (const struct test_suite *const *suite = test_suites; *suite != NULL; suite++)
		for (size_t i = 0; is_wanted(*suite, names) && i < (*suite)->count; i++)
			if (!report_case((*suite)->name, &(*suite)->cases[i], ++number))
				failed++;
	if (number == 0)
		text_put(1, "# no such suite\n");
	return number == 0 || failed > 0;
}
