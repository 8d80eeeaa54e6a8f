/*
 * jobs: what a simulated user does: files, folders, processes, pipes, memory and
 * signals, and computing, as in AIM's mix. Every job also computes, so that over
 * all of them a system call comes with as many instructions as in `compile`.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <workloads/macro/jobs.h>

#define PAGE             4096
#define BUFFER           4096
#define SA_RESTORER_FLAG 0x04000000UL

/* struct sigaction as the kernel has it. */
struct raw_action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

static char buffer[BUFFER];
static volatile int caught;
static volatile uint32_t computed;

/* `rounds` times a step of a hash over the buffer: six instructions each. */
static void compute(unsigned int rounds)
{
	uint32_t hash = computed;

	for (unsigned int i = 0; i < rounds; i++)
		hash = hash_step(hash, buffer[i % BUFFER]);
	computed = hash;
}

static void job_integers(uint32_t number)
{
	uint32_t state = number, sum = 0;

	for (int i = 0; i < 30000; i++)
		sum += random_next(&state) % 1000;
	computed += sum;
}

/* Sorts pages of numbers: a program that has work of its own to do. */
static void job_sort(uint32_t number)
{
	uint32_t values[256], state = number;

	for (size_t i = 0; i < 256; i++)
		values[i] = random_next(&state);
	for (size_t i = 1; i < 256; i++)
		for (size_t j = i; j > 0 && values[j - 1] > values[j]; j--) {
			uint32_t value = values[j];

			values[j] = values[j - 1];
			values[j - 1] = value;
		}
	computed += values[128];
}

/* A file of one's own: made, written, read, removed. */
static void job_file(uint32_t number)
{
	char path[PATH_SIZE];
	int fd;

	path_number(path, MACRO_FOLDER "/user", number, "");
	fd = open_file(path, O_RDWR | O_CREAT | O_TRUNC);
	for (int i = 0; i < 4; i++) {
		compute(2000);
		need("write", sys_write(fd, buffer, BUFFER));
	}
	need("lseek", sys_call3(SYS_lseek, fd, 0, SEEK_SET));
	for (int i = 0; i < 4; i++) {
		need("read", sys_read(fd, buffer, BUFFER));
		compute(2000);
	}
	sys_close(fd);
	need(path, sys_call3(SYS_unlink, (long)path, 0, 0));
}

/* Parts of a file that all read, here and there. */
static void job_seek(uint32_t number)
{
	int fd = open_file(JOBS_FILE, O_RDONLY);
	uint32_t state = number;

	for (int i = 0; i < 16; i++) {
		long at = random_next(&state) % (JOBS_FILE_SIZE - 1024);

		need("lseek", sys_call3(SYS_lseek, fd, at, SEEK_SET));
		need("read", sys_read(fd, buffer, 1024));
		compute(4000);
	}
	sys_close(fd);
}

/* Names: some are there, some are not; one's own folder is made and removed. */
static void job_names(uint32_t number)
{
	char path[PATH_SIZE];
	struct stat status;

	path_number(path, MACRO_FOLDER "/folder", number, "");
	make_folder(path);
	for (unsigned int i = 0; i < 10; i++) {
		compute(2000);
		need("stat", sys_call3(SYS_stat, (long)JOBS_FILE, (long)&status, 0));
		compute(2000);
		need_absent("/usr/local/bin/nothing");
	}
	need(path, sys_call3(SYS_rmdir, (long)path, 0, 0));
}

static void job_process(uint32_t number)
{
	long pid = need("fork", sys_fork());

	(void)number;
	compute(5000);
	if (pid == 0)
		sys_exit(0);
	bench_wait(pid);
}

static void job_program(uint32_t number)
{
	(void)number;
	compute(5000);
	run((char *const[]){"wc", JOBS_FILE, NULL});
}

/* A child that sends back what it gets. */
static _Noreturn void echo(int in, int out)
{
	for (long got; (got = sys_read(in, buffer, BUFFER)) > 0;) {
		compute(1000);
		if (sys_write(out, buffer, (size_t)got) != got)
			sys_exit(1);
	}
	sys_exit(0);
}

static void job_pipe(uint32_t number)
{
	int there[2], back[2];
	long pid;

	(void)number;
	need("pipe", sys_pipe(there));
	need("pipe", sys_pipe(back));
	pid = need("fork", sys_fork());
	if (pid == 0) {
		sys_close(there[1]);
		echo(there[0], back[1]);
	}
	sys_close(there[0]);
	sys_close(back[1]);
	for (int i = 0; i < 10; i++) {
		compute(2000);
		need("write", sys_write(there[1], buffer, 512));
		if (sys_read(back[0], buffer, BUFFER) != 512)
			bench_fail("less came back through the pipe than was sent", 0);
	}
	sys_close(there[1]);
	bench_wait(pid);
	sys_close(back[0]);
}

static void job_memory(uint32_t number)
{
	char *area;

	(void)number;
	for (int i = 0; i < 3; i++) {
		area = (char *)need("mmap", sys_mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
						    MAP_PRIVATE | MAP_ANONYMOUS));
		for (size_t page = 0; page < 16; page++) {
			area[page * PAGE] = 1;
			compute(500);
		}
		need("munmap", sys_munmap(area, 16 * PAGE));
	}
}

__attribute__((naked)) static void restorer(void)
{
	__asm__("movl $15, %eax\n\tsyscall"); /* rt_sigreturn */
}

static void count_signal(int signal)
{
	(void)signal;
	caught++;
}

static void job_signals(uint32_t number)
{
	struct raw_action action = {count_signal, SA_RESTORER_FLAG, restorer, 0};

	(void)number;
	need("rt_sigaction", sys_call4(SYS_rt_sigaction, SIGUSR1, (long)&action, 0, 8));
	caught = 0;
	for (int i = 0; i < 6; i++) {
		compute(4000);
		need("kill", sys_call3(SYS_kill, sys_getpid(), SIGUSR1, 0));
	}
	if (caught != 6)
		bench_fail("a signal did not arrive", 0);
}

static void (*const jobs[JOB_KINDS])(uint32_t number) = {job_integers, job_sort, job_file, job_seek,
	job_names, job_process, job_program, job_pipe, job_memory, job_signals};

void job_do(unsigned int kind, uint32_t number)
{
	jobs[kind](number);
}

void jobs_shuffle(unsigned char order[JOBS_OF_A_USER], uint32_t seed)
{
	for (size_t i = 0; i < JOBS_OF_A_USER; i++)
		order[i] = (unsigned char)(i % JOB_KINDS);
	for (size_t i = JOBS_OF_A_USER - 1; i > 0; i--) {
		size_t other = random_next(&seed) % (i + 1);
		unsigned char kept = order[i];

		order[i] = order[other];
		order[other] = kept;
	}
}
