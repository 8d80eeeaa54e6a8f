/*
 * child: running another program and saying how it ended. See child.h.
 */
#include <string.h>
#include <sys/wait.h>

#include <workloads/common/child.h>
#include <workloads/common/sys.h>

long child_run(const char *path, char *const argv[], char *const envp[], int *status)
{
	long waited, pid = sys_fork();

	if (pid < 0)
		return pid;
	if (pid == 0) {
		sys_execve(path, argv, envp);
		sys_exit(CHILD_CANNOT_EXEC);
	}
	waited = sys_wait4(pid, status, 0);
	return waited < 0 ? waited : 0;
}

void child_describe(struct text *text, int status)
{
	if (WIFSIGNALED(status)) {
		text_string(text, "was killed by signal ");
		text_number(text, WTERMSIG(status));
		return;
	}
	text_string(text, "exited with status ");
	text_number(text, WEXITSTATUS(status));
	if (WEXITSTATUS(status) == CHILD_CANNOT_EXEC)
		text_string(text, " (it could not be executed)");
}

bool child_path(char *path, size_t size, const char *self, const char *name)
{
	const char *slash = strrchr(self, '/');
	size_t folder = slash == NULL ? 0 : (size_t)(slash - self) + 1, length = strlen(name) + 1;

	if (folder + length > size)
		return false;
	memcpy(path, self, folder);
	memcpy(path + folder, name, length);
	return true;
}
