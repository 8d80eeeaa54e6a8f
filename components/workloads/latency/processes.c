/* Making and ending a process: lmbench's "null process" and "simple process". */
#include <workloads/common/bench.h>
#include <workloads/common/sys.h>
#include <workloads/latency/latency.h>

#define SAMPLES 30

static char *const nop_argv[] = {latency_nop, NULL};
static char *const nop_envp[] = {NULL};

/* The wait status of a child, or why there was none. */
static long waited(long pid)
{
	int status = -1;
	long result = pid < 0 ? pid : sys_wait4(pid, &status, 0);

	return result == pid ? status : result;
}

static long work_fork(void)
{
	long pid = sys_fork();

	if (pid == 0)
		sys_exit(0);
	return waited(pid);
}

static long work_exec(void)
{
	long pid = sys_fork();

	if (pid == 0) {
		sys_execve(latency_nop, nop_argv, nop_envp);
		sys_exit(127);
	}
	return waited(pid);
}

const struct latency latency_processes[] = {
	{"lat_fork", SAMPLES, .work = work_fork},
	{"lat_exec", SAMPLES, .work = work_exec},
	{NULL},
};
