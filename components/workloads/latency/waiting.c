/* select and poll of n descriptors none of which is ready, without waiting: the price of looking.
 */
#include <poll.h>
#include <sys/select.h>

#include <workloads/common/bench.h>
#include <workloads/common/sys.h>
#include <workloads/latency/latency.h>

#define FEW   10
#define MANY  100
#define FIRST 20 /* the descriptors are FIRST … FIRST + MANY - 1, in every program alike */

static int ends[2];
static struct pollfd polled[MANY];
static fd_set asked, answered;
static struct timeval no_time;

static void open_many(void)
{
	latency_require("pipe", sys_pipe(ends));
	for (int i = 0; i < MANY; i++) {
		latency_require("dup2", sys_dup2(ends[0], FIRST + i));
		polled[i] = (struct pollfd){.fd = FIRST + i, .events = POLLIN};
	}
}

static void close_many(void)
{
	for (int i = 0; i < MANY; i++)
		sys_close(FIRST + i);
	sys_close(ends[0]);
	sys_close(ends[1]);
}

static void open_set(size_t count)
{
	open_many();
	FD_ZERO(&asked);
	for (size_t i = 0; i < count; i++)
		FD_SET(FIRST + i, &asked);
}

static void open_few_set(void)
{
	open_set(FEW);
}

static void open_many_set(void)
{
	open_set(MANY);
}

/* select overwrites its sets. */
static void ask_again(void)
{
	answered = asked;
}

static long look(int count)
{
	return sys_call6(SYS_select, FIRST + count, (long)&answered, 0, 0, (long)&no_time, 0);
}

static long work_select_few(void)
{
	return look(FEW);
}

static long work_select_many(void)
{
	return look(MANY);
}

static long work_poll_few(void)
{
	return sys_call3(SYS_poll, (long)polled, FEW, 0);
}

static long work_poll_many(void)
{
	return sys_call3(SYS_poll, (long)polled, MANY, 0);
}

const struct latency latency_waiting[] = {
	{"lat_select_10", BENCH_SAMPLES, .work = work_select_few, .prepare = open_few_set,
		.again = ask_again, .finish = close_many},
	{"lat_select_100", BENCH_SAMPLES, .work = work_select_many, .prepare = open_many_set,
		.again = ask_again, .finish = close_many},
	{"lat_poll_10", BENCH_SAMPLES, .work = work_poll_few, .prepare = open_many,
		.finish = close_many},
	{"lat_poll_100", BENCH_SAMPLES, .work = work_poll_many, .prepare = open_many,
		.finish = close_many},
	{NULL},
};
