/*
 * Processes that hand something on. `lat_pipe` is a byte to another process and
 * back. `lat_ctx_n` is what a switch between n processes costs: they stand in a
 * ring and hand a byte around; what the same byte costs through a pipe without
 * leaving a process is overhead. `lat_unix` is `lat_pipe` through a pair of sockets. `lat_pipe_64k`
 * is 65536 bytes from a process that writes as fast as it can, both sides' work.
 */
#include <sys/socket.h>

#include <workloads/common/bench.h>
#include <workloads/common/sys.h>
#include <workloads/latency/latency.h>

#define RING_MAX 8
#define LARGE    65536
#define SAMPLES  64

static char buffer[LARGE];
static int pipes[RING_MAX][2];
static long children[RING_MAX];
static int ring;

/* One hop: what comes out of `in` goes into `out`. */
static long hand_on(int in, int out)
{
	return sys_read(in, buffer, 1) == 1 ? sys_write(out, buffer, 1) : 0;
}

/* Member i reads pipe i and writes pipe i + 1; the last of these is the first again, which is us.
 */
static _Noreturn void be_member(int i)
{
	int in = pipes[i][0], out = pipes[(i + 1) % ring][1];

	for (int j = 0; j < ring; j++) {
		if (pipes[j][1] != out)
			sys_close(pipes[j][1]);
		if (pipes[j][0] != in)
			sys_close(pipes[j][0]);
	}
	while (hand_on(in, out) == 1)
		;
	sys_exit(0);
}

static void make_ring(int members)
{
	ring = members;
	for (int i = 0; i < ring; i++)
		latency_require("pipe", sys_pipe(pipes[i]));
	for (int i = 1; i < ring; i++) {
		children[i] = latency_require("fork", sys_fork());
		if (children[i] == 0)
			be_member(i);
	}
}

static void make_ring_2(void)
{
	make_ring(2);
}

static void make_ring_8(void)
{
	make_ring(RING_MAX);
}

/* The end of file goes around as the byte did, and each member ends. */
static void end_ring(void)
{
	for (int i = 0; i < ring; i++)
		sys_close(pipes[i][1]);
	for (int i = 1; i < ring; i++)
		bench_wait(children[i]);
	for (int i = 0; i < ring; i++)
		sys_close(pipes[i][0]);
}

static long work_ring(void)
{
	return sys_write(pipes[1][1], buffer, 1) == 1 ? sys_read(pipes[0][0], buffer, 1) : 0;
}

/* As many hops as the ring has members, in this process alone: what is not a switch. */
static long also_hops(void)
{
	for (int i = 0; i < ring; i++)
		if (sys_write(pipes[0][1], buffer, 1) != 1 || sys_read(pipes[0][0], buffer, 1) != 1)
			return 0;
	return 1;
}

static void start_writer(void)
{
	ring = 2;
	latency_require("pipe", sys_pipe(pipes[0]));
	children[1] = latency_require("fork", sys_fork());
	if (children[1] == 0) {
		sys_close(pipes[0][0]);
		while (sys_write(pipes[0][1], buffer, LARGE) == LARGE)
			;
		sys_exit(1); /* it is killed */
	}
	sys_close(pipes[0][1]);
}

/* A connected pair of sockets; the child sends back what it gets. */
static void make_pair(void)
{
	latency_require(
		"socketpair", sys_call4(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, (long)pipes[0]));
	children[1] = latency_require("fork", sys_fork());
	if (children[1] == 0) {
		sys_close(pipes[0][0]);
		while (hand_on(pipes[0][1], pipes[0][1]) == 1)
			;
		sys_exit(0);
	}
	sys_close(pipes[0][1]);
}

static void end_pair(void)
{
	sys_close(pipes[0][0]);
	bench_wait(children[1]);
}

static long work_pair(void)
{
	return sys_write(pipes[0][0], buffer, 1) == 1 ? sys_read(pipes[0][0], buffer, 1) : 0;
}

static long work_bulk(void)
{
	for (long left = LARGE; left > 0;) {
		long got = sys_read(pipes[0][0], buffer, (size_t)left);

		if (got <= 0)
			return got;
		left -= got;
	}
	return LARGE;
}

static void end_writer(void)
{
	int status;

	sys_close(pipes[0][0]);
	latency_require("wait4", sys_wait4(children[1], &status, 0));
}

const struct latency latency_rings[] = {
	{"lat_pipe", BENCH_SAMPLES, .expected = 1, .work = work_ring, .prepare = make_ring_2,
		.finish = end_ring},
	{"lat_unix", BENCH_SAMPLES, .expected = 1, .work = work_pair, .prepare = make_pair,
		.finish = end_pair},
	{"lat_ctx_2", BENCH_SAMPLES, .expected = 1, .per = 2, .work = work_ring, .also = also_hops,
		.prepare = make_ring_2, .finish = end_ring},
	{"lat_ctx_8", BENCH_SAMPLES, .expected = 1, .per = RING_MAX, .work = work_ring,
		.also = also_hops, .prepare = make_ring_8, .finish = end_ring},
	{"lat_pipe_64k", SAMPLES, .expected = LARGE, .work = work_bulk, .prepare = start_writer,
		.finish = end_writer},
	{NULL},
};
