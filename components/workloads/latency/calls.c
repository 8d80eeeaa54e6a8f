/* Calls on one descriptor or one path. Reads and writes of a file begin at its start, each one. */
#include <fcntl.h>
#include <sys/stat.h>

#include <workloads/common/bench.h>
#include <workloads/common/sys.h>
#include <workloads/latency/latency.h>

static const char file_path[] = "/tmp/latency_calls";

static int fd;
static char byte;
static struct stat status;

static void open_zero(void)
{
	fd = (int)latency_require(
		"open /dev/zero", sys_call3(SYS_open, (long)"/dev/zero", O_RDONLY, 0));
}

static void open_null(void)
{
	fd = (int)latency_require(
		"open /dev/null", sys_call3(SYS_open, (long)"/dev/null", O_WRONLY, 0));
}

static void open_file(void)
{
	fd = latency_file(file_path, PAGE);
}

static void done(void)
{
	sys_close(fd);
}

static void done_with_file(void)
{
	sys_close(fd);
	latency_require("unlink", sys_call3(SYS_unlink, (long)file_path, 0, 0));
}

/* A parent may die at any time, so no library can keep this answer: it always reaches the kernel.
 */
static long work_null(void)
{
	return sys_getppid() > 0;
}

static long work_read(void)
{
	return sys_read(fd, &byte, 1);
}

static long work_write(void)
{
	return sys_write(fd, &byte, 1);
}

static long work_read_file(void)
{
	return sys_call4(SYS_pread64, fd, (long)&byte, 1, 0);
}

static long work_write_file(void)
{
	return sys_call4(SYS_pwrite64, fd, (long)&byte, 1, 0);
}

static long work_open_close(void)
{
	return sys_close((int)sys_call3(SYS_open, (long)file_path, O_RDONLY, 0));
}

static long work_stat(void)
{
	return sys_call3(SYS_stat, (long)file_path, (long)&status, 0);
}

static long work_fstat(void)
{
	return sys_call3(SYS_fstat, fd, (long)&status, 0);
}

const struct latency latency_calls[] = {
	{"lat_null", BENCH_SAMPLES, .expected = 1, .work = work_null},
	{"lat_read", BENCH_SAMPLES, .expected = 1, .work = work_read, .prepare = open_zero,
		.finish = done},
	{"lat_write", BENCH_SAMPLES, .expected = 1, .work = work_write, .prepare = open_null,
		.finish = done},
	{"lat_read_file", BENCH_SAMPLES, .expected = 1, .work = work_read_file,
		.prepare = open_file, .finish = done_with_file},
	{"lat_write_file", BENCH_SAMPLES, .expected = 1, .work = work_write_file,
		.prepare = open_file, .finish = done_with_file},
	{"lat_open_close", BENCH_SAMPLES, .work = work_open_close, .prepare = open_file,
		.finish = done_with_file},
	{"lat_stat", BENCH_SAMPLES, .work = work_stat, .prepare = open_file,
		.finish = done_with_file},
	{"lat_fstat", BENCH_SAMPLES, .work = work_fstat, .prepare = open_file,
		.finish = done_with_file},
	{NULL},
};
