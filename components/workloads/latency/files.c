/* Files: to make and to remove one, empty or with 10 KB, and to read one that is in memory. */
#include <fcntl.h>

#include <workloads/common/bench.h>
#include <workloads/common/sys.h>
#include <workloads/latency/latency.h>

#define SMALL   10240
#define LARGE   65536
#define SAMPLES 64

static const char path[] = "/tmp/latency_files";

static char buffer[LARGE];
static int fd;

int latency_file(const char *name, size_t size)
{
	int made = (int)latency_require(
		name, sys_call3(SYS_open, (long)name, O_RDWR | O_CREAT | O_TRUNC, 0600));

	for (size_t i = 0; i < size; i += PAGE) {
		static char page[PAGE] = {1};
		size_t part = size - i < PAGE ? size - i : PAGE;

		if (sys_write(made, page, part) != (long)part)
			bench_fail("a file could not be written", 0);
	}
	return made;
}

static void make_empty(void)
{
	sys_close(latency_file(path, 0));
}

static void make_small(void)
{
	sys_close(latency_file(path, SMALL));
}

static void make_large(void)
{
	fd = latency_file(path, LARGE);
}

static void remove_file(void)
{
	latency_require("unlink", sys_call3(SYS_unlink, (long)path, 0, 0));
}

/* Before each creation: the first finds nothing to remove. */
static void remove_if_there(void)
{
	sys_call3(SYS_unlink, (long)path, 0, 0);
}

static void done_reading(void)
{
	sys_close(fd);
	remove_file();
}

static void rewind_file(void)
{
	latency_require("lseek", sys_call3(SYS_lseek, fd, 0, 0));
}

static long work_create_empty(void)
{
	return sys_close((int)sys_call3(SYS_open, (long)path, O_WRONLY | O_CREAT | O_EXCL, 0600));
}

static long work_create_small(void)
{
	int made = (int)sys_call3(SYS_open, (long)path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	return sys_write(made, buffer, SMALL) == SMALL ? sys_close(made) : -1;
}

static long work_delete(void)
{
	return sys_call3(SYS_unlink, (long)path, 0, 0);
}

static long work_read_4k(void)
{
	return sys_read(fd, buffer, PAGE);
}

static long work_read_64k(void)
{
	return sys_read(fd, buffer, LARGE);
}

const struct latency latency_files[] = {
	{"lat_create_0k", SAMPLES, .work = work_create_empty, .again = remove_if_there,
		.finish = remove_file},
	{"lat_delete_0k", SAMPLES, .work = work_delete, .again = make_empty},
	{"lat_create_10k", SAMPLES, .work = work_create_small, .again = remove_if_there,
		.finish = remove_file},
	{"lat_delete_10k", SAMPLES, .work = work_delete, .again = make_small},
	{"lat_read_4k", SAMPLES, .expected = PAGE, .work = work_read_4k, .prepare = make_large,
		.again = rewind_file, .finish = done_reading},
	{"lat_read_64k", SAMPLES, .expected = LARGE, .work = work_read_64k, .prepare = make_large,
		.again = rewind_file, .finish = done_reading},
	{NULL},
};
