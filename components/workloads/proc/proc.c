/*
 * proc: what making and ending a process costs.
 *
 * `fork_wait`: fork, the child exits, the parent waits for it.
 * `fork_exec_wait`: the same, and between the two the child executes `nop`, the
 * smallest static program, which lies in the folder that this program came from.
 * lmbench calls these "null process" and "simple process".
 */
#include <workloads/common/bench.h>
#include <workloads/common/child.h>
#include <workloads/common/sys.h>

#define PROC_WARMUP  4
#define PROC_SAMPLES 30

const char bench_workload[] = "proc";

static struct bench_series series[] = {
	{.name = "fork_wait"},
	{.name = "fork_exec_wait"},
};

static char nop_path[256];
static char *const nop_argv[] = {nop_path, NULL};
static char *const nop_envp[] = {NULL};

static _Noreturn void child_exit(void)
{
	sys_exit(0);
}

static _Noreturn void child_exec(void)
{
	sys_execve(nop_path, nop_argv, nop_envp);
	sys_exit(127); /* the parent reports it */
}

static void measure_child(struct bench_series *into, void (*child)(void))
{
	into->overhead = bench_now_overhead();
	into->count = PROC_SAMPLES;
	for (size_t i = 0; i < PROC_WARMUP + PROC_SAMPLES; i++) {
		uint64_t begin, end;
		int status = -1;
		long pid, waited;

		begin = bench_now();
		pid = sys_fork();
		if (pid == 0)
			child();
		waited = sys_wait4(pid, &status, 0);
		end = bench_now();
		if (pid < 0)
			bench_fail("fork", pid);
		if (waited != pid)
			bench_fail("wait4", waited);
		if (status != 0)
			bench_fail(
				"the child failed (is there a program `nop` beside this one?)", 0);
		into->samples[i < PROC_WARMUP ? 0 : i - PROC_WARMUP] = end - begin;
	}
}

int main(int argc, char **argv)
{
	if (!child_path(nop_path, sizeof(nop_path), argc > 0 ? argv[0] : "", "nop"))
		bench_fail("the path of this program is too long", 0);
	measure_child(&series[0], child_exit);
	measure_child(&series[1], child_exec);
	bench_report(series, sizeof(series) / sizeof(series[0]));
	return 0;
}
