/*
 * aim: a machine with 1, 2, 4, 8 and 16 users at work, in the manner of AIM's
 * multiuser benchmark, which Härtig et al. (1997) used. Each user is a process
 * that does the same jobs (jobs.c) in an order of its own. A sample is what a
 * job took: from the moment when all may begin to the end of the last user,
 * divided by the jobs that were done.
 */
#include <string.h>

#include <workloads/macro/jobs.h>

#define USERS_MAX 16
#define ROUNDS    1

static struct bench_series series[] = {
	{.name = "aim_1"},
	{.name = "aim_2"},
	{.name = "aim_4"},
	{.name = "aim_8"},
	{.name = "aim_16"},
};

/* Lets `users` begin together and waits for them; ticks. */
static uint64_t work_together(unsigned int users)
{
	long children[USERS_MAX];
	uint64_t begin;
	int gate[2], ready[2];
	char byte;

	need("pipe", sys_pipe(gate));
	need("pipe", sys_pipe(ready));
	need("dup2", sys_dup2(gate[0], USER_GATE));
	need("dup2", sys_dup2(ready[1], USER_READY));
	sys_close(gate[0]);
	need("fcntl", sys_call3(SYS_fcntl, gate[1], F_SETFD, FD_CLOEXEC));
	for (unsigned int i = 0; i < users; i++) {
		char number[PATH_SIZE];

		path_number(number, "", i + 1, "");
		children[i] = start((char *const[]){"user", number, NULL});
	}
	for (unsigned int i = 0; i < users; i++)
		need("read", sys_read(ready[0], &byte, 1));
	begin = bench_now();
	sys_close(gate[1]); /* the end of this file is the sign */
	for (unsigned int i = 0; i < users; i++)
		bench_wait(children[i]);
	begin = bench_now() - begin;
	sys_close(ready[0]);
	sys_close(ready[1]);
	sys_close(USER_GATE);
	sys_close(USER_READY);
	return begin;
}

int aim_main(int argc, char **argv)
{
	size_t loads = sizeof(series) / sizeof(series[0]);

	(void)argc, (void)argv;
	make_folder("/tmp");
	make_folder(MACRO_FOLDER);
	write_source(JOBS_FILE, JOBS_FILE_SIZE, 7);
	work_together(1); /* warms up */
	for (size_t i = 0; i < loads; i++) {
		unsigned int users = 1u << i;

		series[i].count = ROUNDS;
		series[i].samples[0] = work_together(users) / (users * JOBS_OF_A_USER);
	}
	bench_report(series, loads);
	return 0;
}

/* user NUMBER: says that it is there, waits for the sign, does its jobs. */
int user_main(int argc, char **argv)
{
	unsigned char order[JOBS_OF_A_USER];
	uint32_t number = 0;
	char byte = 0;

	if (argc != 1)
		bench_fail("user: a number is wanted", 0);
	for (const char *at = argv[0]; *at != '\0'; at++)
		number = number * 10 + (uint32_t)(*at - '0');
	jobs_shuffle(order, number);
	need("write", sys_write(USER_READY, &byte, 1));
	if (sys_read(USER_GATE, &byte, 1) != 0)
		bench_fail("the sign to begin was not the end of the file", 0);
	sys_close(USER_GATE);
	sys_close(USER_READY);
	for (size_t i = 0; i < JOBS_OF_A_USER; i++)
		job_do(order[i], number);
	return 0;
}
