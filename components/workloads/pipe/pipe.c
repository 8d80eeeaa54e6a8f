/*
 * pipe: a message to another process and back.
 *
 * Two processes, two pipes, one token: write, wait for it to come back. One
 * round trip is four system calls and two switches of process, and the user
 * code of both sides, a few instructions that are the same everywhere.
 * 1 byte is the latency; 512 and 4096 (PIPE_BUF) show what copying adds.
 * lmbench's lat_pipe measures the same for one byte.
 */
#include <workloads/common/bench.h>
#include <workloads/common/sys.h>

#define LONGEST 4096

const char bench_workload[] = "pipe";

static const size_t lengths[] = {1, 512, LONGEST};

static struct bench_series series[] = {
	{.name = "pipe_rt_1"},
	{.name = "pipe_rt_512"},
	{.name = "pipe_rt_4096"},
};

static char message[LONGEST];

/* A pipe may hand out less than asked for. 0 at end of file, else what the last read said. */
static inline long read_whole(int fd, char *buffer, size_t length)
{
	long done = sys_read(fd, buffer, length);

	while (done > 0 && (size_t)done < length) {
		buffer += done;
		length -= (size_t)done;
		done = sys_read(fd, buffer, length);
	}
	return done;
}

static inline long write_whole(int fd, const char *buffer, size_t length)
{
	long done = sys_write(fd, buffer, length);

	while (done > 0 && (size_t)done < length) {
		buffer += done;
		length -= (size_t)done;
		done = sys_write(fd, buffer, length);
	}
	return done;
}

/* The other process: sends everything back until the pipe ends. */
static _Noreturn void echo(int in, int out, size_t length)
{
	for (;;) {
		long done = read_whole(in, message, length);

		if (done <= 0)
			sys_exit(done == 0 ? 0 : 1);
		if (write_whole(out, message, length) <= 0)
			sys_exit(1);
	}
}

static void measure_round_trips(struct bench_series *into, int in, int out, size_t length)
{
	into->overhead = bench_now_overhead();
	into->count = BENCH_SAMPLES;
	for (size_t i = 0; i < BENCH_WARMUP + BENCH_SAMPLES; i++) {
		uint64_t begin, end;
		long sent, received;

		message[0] = message[length - 1] = (char)i;
		begin = bench_now();
		sent = write_whole(out, message, length);
		received = read_whole(in, message, length);
		end = bench_now();
		if (sent <= 0 || received <= 0)
			bench_fail("a round trip failed", sent <= 0 ? sent : received);
		if (message[0] != (char)i || message[length - 1] != (char)i)
			bench_fail("another message came back than was sent", 0);
		into->samples[i < BENCH_WARMUP ? 0 : i - BENCH_WARMUP] = end - begin;
	}
}

static void measure_length(struct bench_series *into, size_t length)
{
	int there[2], back[2];
	long pid;

	if (sys_pipe(there) < 0 || sys_pipe(back) < 0)
		bench_fail("pipe", 0);
	pid = sys_fork();
	if (pid < 0)
		bench_fail("fork", pid);
	if (pid == 0) {
		sys_close(there[1]); /* or this process would keep its own input open */
		echo(there[0], back[1], length);
	}
	sys_close(there[0]);
	sys_close(back[1]);
	measure_round_trips(into, back[0], there[1], length);
	sys_close(there[1]);
	bench_wait(pid);
	sys_close(back[0]);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		measure_length(&series[i], lengths[i]);
	bench_report(series, sizeof(series) / sizeof(series[0]));
	return 0;
}
