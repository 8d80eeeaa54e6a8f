/*
 * bench: the first program of a measuring boot.
 *
 * Runs one workload after the other, each in a process of its own, says how
 * each ended, and exits with 0 if all went well, else with 1. When the first
 * program exits the machine is powered off with its status.
 *
 *	bench [workload …]	the workloads beside this program; with no names, all
 */
#include <workloads/common/child.h>
#include <workloads/common/sys.h>

static char *const all[] = {"getpid", "pagefault", "pipe", "proc", "latency", "macro", NULL};
static char *const no_environment[] = {NULL};

/* Says `what` about a workload; how it ended if `status` is not NULL. Our one channel to the reader
 * may fail: then so do we. */
static long say(const char *name, const char *what, const int *status)
{
	char line[320];
	struct text text = TEXT(line);

	text_string(&text, "bench: ");
	text_string(&text, name);
	text_string(&text, " ");
	text_string(&text, what);
	if (status != NULL)
		child_describe(&text, *status);
	text_string(&text, "\n");
	return text_write(&text, 1);
}

/* True if the workload ran and succeeded. */
static bool run(const char *self, char *name)
{
	char path[256];
	char *const argv[] = {path, NULL};
	int status = 0;
	long result;

	if (!child_path(path, sizeof(path), self, name)) {
		say(name, "has too long a name", NULL);
		return false;
	}
	result = child_run(path, argv, no_environment, &status);
	if (result < 0) {
		say(name, "could not be started or waited for", NULL);
		return false;
	}
	if (status != 0) {
		say(name, "", &status);
		return false;
	}
	return say(name, "done", NULL) == 0;
}

int main(int argc, char **argv)
{
	char *const *names = argc > 1 ? (char *const *)argv + 1 : all;
	const char *self = argc > 0 ? argv[0] : "";
	int failed = 0;

	for (; *names != NULL; names++)
		if (!run(self, *names))
			failed = 1;
	return failed;
}
