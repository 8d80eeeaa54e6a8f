/*
 * Mappings. `lat_mmap` and `lat_mmap_file` map sixteen pages, touch each, and
 * unmap them. `lat_page_fault` is the first touch of a page of a mapped file, as
 * the mean over a file: some kernels map the neighbours at the same time.
 */
#include <sys/mman.h>

#include <workloads/common/bench.h>
#include <workloads/common/sys.h>
#include <workloads/latency/latency.h>

#define MAPPED_PAGES 16
#define FILE_PAGES   64
#define SAMPLES      64

static const char path[] = "/tmp/latency_memory";

static int fd;
static volatile char *base;

static void open_file(void)
{
	fd = latency_file(path, FILE_PAGES * PAGE);
}

static void done(void)
{
	sys_close(fd);
	latency_require("unlink", sys_call3(SYS_unlink, (long)path, 0, 0));
}

static long map_file(size_t pages)
{
	return sys_call6(SYS_mmap, 0, (long)(pages * PAGE), PROT_READ, MAP_SHARED, fd, 0);
}

static long touch_file(volatile char *from, size_t pages)
{
	long sum = 0;

	for (size_t i = 0; i < pages; i++)
		sum += from[i * PAGE];
	return sum;
}

static long work_anonymous(void)
{
	char *area = (char *)sys_mmap(
		NULL, MAPPED_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);

	if ((long)area < 0 && (long)area > -PAGE)
		return (long)area;
	for (size_t i = 0; i < MAPPED_PAGES; i++)
		*(volatile char *)(area + i * PAGE) = 1;
	return sys_munmap(area, MAPPED_PAGES * PAGE);
}

static long work_file(void)
{
	long area = map_file(MAPPED_PAGES);

	if (area < 0 && area > -PAGE)
		return area;
	if (touch_file((volatile char *)area, MAPPED_PAGES) != MAPPED_PAGES)
		return -1;
	return sys_munmap((void *)area, MAPPED_PAGES * PAGE);
}

static void map_afresh(void)
{
	if (base != NULL)
		latency_require("munmap", sys_munmap((void *)base, FILE_PAGES * PAGE));
	base = (volatile char *)latency_require("mmap", map_file(FILE_PAGES));
}

static long work_fault(void)
{
	return touch_file(base, FILE_PAGES);
}

const struct latency latency_memory[] = {
	{"lat_mmap", SAMPLES, .work = work_anonymous},
	{"lat_mmap_file", SAMPLES, .work = work_file, .prepare = open_file, .finish = done},
	{"lat_page_fault", SAMPLES, .expected = FILE_PAGES, .per = FILE_PAGES, .work = work_fault,
		.prepare = open_file, .again = map_afresh, .finish = done},
	{NULL},
};
