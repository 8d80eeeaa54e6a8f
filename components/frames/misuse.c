/*
 * Host only: does a call end in a panic? It is made in a child process, so that
 * the test lives on to say so.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <frames/misuse.h>

bool misuse_panics(void (*misuse)(void))
{
	int status = 0;

	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		freopen("/dev/null", "w",
			stderr); /* the panic's own words are expected, not wanted */
		misuse();
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) &&
	       WTERMSIG(status) == 6;
}
