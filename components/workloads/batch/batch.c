/*
 * batch: runs every script of a folder and hands out what it wrote and how it ended.
 *
 *	batch [folder]		default: /scripts
 *
 * It is process 1: of a kernel of this kit, or of a PID namespace of Linux. What a script finds is
 * the same everywhere and owes nothing to the scripts before it:
 *
 * - a working directory of its own, /scratch/<name>, that holds its output as "../<name>.out" only;
 * - nothing to read (/dev/null), one file to write to, no other descriptor;
 * - a session of its own without a terminal;
 * - a fixed environment.
 *
 * When it has ended, whatever it left running is killed. A script that takes longer than
 * PATIENCE seconds is ended, and said to have been.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "record.h"

#define PATIENCE      30 /* seconds */
#define SCRIPTS_MAX   256
#define CANNOT_RUN    126
#define TOOK_TOO_LONG (-1)

static char *const environment[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/root",
	"LC_ALL=C",
	"TZ=UTC0",
	"PYTHONDONTWRITEBYTECODE=1",
	NULL,
};

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "batch: cannot %s: %s\n", what, strerror(errno));
	exit(1);
}

static int by_name(const void *one, const void *two)
{
	return strcmp(*(char *const *)one, *(char *const *)two);
}

/* The names in the folder, sorted; how many. */
static size_t list(const char *folder, char **names)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;
	size_t count = 0;

	if (!directory)
		give_up("open the folder of the scripts");
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		if (count == SCRIPTS_MAX || !(names[count++] = strdup(entry->d_name)))
			give_up("keep the names of the scripts");
	}
	closedir(directory);
	qsort(names, count, sizeof(*names), by_name);
	return count;
}

/* In the child. What keeps it from becoming the script is said where its output goes. */
static _Noreturn void become(const char *path, int output)
{
	int nothing = open("/dev/null", O_RDONLY);
	sigset_t none;

	sigemptyset(&none);
	if (nothing >= 0 && dup2(nothing, 0) == 0 && dup2(output, 1) == 1 && dup2(output, 2) == 2 &&
		setsid() > 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0) {
		for (int fd = 3; fd < 16; fd++)
			close(fd);
		execve(path, (char *const[]){(char *)path, NULL}, environment);
	}
	dprintf(output, "batch: cannot run %s: %s\n", path, strerror(errno));
	_exit(CANNOT_RUN);
}

/* Waits for the script, and for any orphans that end meanwhile; its status, or TOOK_TOO_LONG. */
static int outcome_of(pid_t script)
{
	time_t end = time(NULL) + PATIENCE;
	sigset_t children;

	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	for (;;) {
		struct timespec left = {.tv_sec = end - time(NULL)};
		int status;
		pid_t ended = waitpid(-1, &status, WNOHANG);

		if (ended == script)
			return status;
		if (ended < 0)
			give_up("wait for a script");
		if (left.tv_sec <= 0)
			return TOOK_TOO_LONG;
		if (ended == 0 && sigtimedwait(&children, NULL, &left) < 0 && errno != EAGAIN &&
			errno != EINTR)
			give_up("wait for a signal");
	}
}

/* Everything but process 1, which nobody can kill. */
static void end_all(void)
{
	if (kill(-1, SIGKILL) < 0 && errno != ESRCH)
		give_up("end what a script has left");
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

static void run(const char *folder, const char *name)
{
	char path[512], work[512], said[512];
	long long begin = now_ms();
	int output, status;
	pid_t script;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	snprintf(work, sizeof(work), "/scratch/%s", name);
	snprintf(said, sizeof(said), "/scratch/%s.out", name);
	if (mkdir(work, 0755) < 0 || chdir(work) < 0)
		give_up("make a working directory");
	output = open(said, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0644);
	if (output < 0)
		give_up("create the file for the output");
	script = fork();
	if (script == 0)
		become(path, output);
	if (script < 0)
		give_up("fork");
	status = outcome_of(script);
	end_all();
	if (!record_script(name, status, output))
		give_up("hand out a script's output");
	close(output);
	printf("%-28s %6d %8lld ms\n", name, status, now_ms() - begin);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static char *names[SCRIPTS_MAX];
	const char *folder = argc > 1 ? argv[1] : "/scripts";
	size_t count = list(folder, names);
	sigset_t children;

	if (getpid() != 1) {
		fputs("batch: kills whatever runs; so it wants to be process 1\n", stderr);
		return 1;
	}
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_BLOCK, &children, NULL);
	umask(022);
	if (mkdir("/scratch", 0755) < 0 && errno != EEXIST)
		give_up("make /scratch");
	for (size_t i = 0; i < count; i++)
		run(folder, names[i]);
	return 0;
}
