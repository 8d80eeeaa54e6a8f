/*
 * pagefault: what a page costs when it is first touched.
 *
 * One sample is one byte stored into one page, in ascending order:
 * - `fault_zero`: a page of fresh anonymous memory; the kernel finds a frame,
 *   zeroes it and maps it;
 * - `fault_cow`: a page that a fork has made shared; the kernel copies it.
 * Clearing and copying 4096 bytes cost the same in any kernel, so both are
 * timed on resident pages in user mode too: `zero_page`, `copy_page`.
 *
 * The memory is less than 2 MiB, and unmapped between rounds, so that Linux has
 * no chance to use a huge page. Every 512th page also needs a new page table;
 * the median leaves that out, the raw samples show it.
 */
#include <sys/mman.h>

#include <workloads/common/bench.h>
#include <workloads/common/sys.h>

#define PAGE  4096
#define PAGES (BENCH_WARMUP + BENCH_SAMPLES)

const char bench_workload[] = "pagefault";

enum { FAULT_ZERO, ZERO_PAGE, FAULT_COW, COPY_PAGE, SERIES };

static struct bench_series series[SERIES] = {
	[FAULT_ZERO] = {.name = "fault_zero"},
	[ZERO_PAGE] = {.name = "zero_page"},
	[FAULT_COW] = {.name = "fault_cow"},
	[COPY_PAGE] = {.name = "copy_page"},
};

static char *map_pages(void)
{
	long base =
		sys_mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);

	if (base < 0)
		bench_fail("mmap", base);
	return (char *)base;
}

static void unmap_pages(char *base)
{
	long result = sys_munmap(base, PAGES * PAGE);

	if (result < 0)
		bench_fail("munmap", result);
}

/* Times one store into each page. Our own data may fault as well (after a fork it is shared), but
 * never inside the stub. */
static void measure_store(struct bench_series *into, char *base)
{
	into->overhead = bench_stub_overhead();
	into->count = BENCH_SAMPLES;
	for (size_t i = 0; i < PAGES; i++) {
		struct bench_operands store = {.rdi = (uint64_t)(base + i * PAGE)};

		into->samples[i < BENCH_WARMUP ? 0 : i - BENCH_WARMUP] = bench_time_store(&store);
	}
}

/* Checks that each page holds its one byte and, at its end, what was there before. */
static void check_pages(const char *base, char end)
{
	for (size_t i = 0; i < PAGES; i++)
		if (base[i * PAGE] != 1 || base[i * PAGE + PAGE - 1] != end)
			bench_fail("a page does not hold what was stored in it", 0);
}

static void measure_zero_fault(void)
{
	char *base = map_pages();

	measure_store(&series[FAULT_ZERO], base);
	check_pages(base, 0);
	unmap_pages(base);
}

/* A child that shares our pages until we close our end of its pipe. */
static long fork_sharer(int *hold)
{
	int ready[2], done[2];
	char byte = 0;
	long pid;

	if (sys_pipe(ready) < 0 || sys_pipe(done) < 0)
		bench_fail("pipe", 0);
	pid = sys_fork();
	if (pid < 0)
		bench_fail("fork", pid);
	if (pid == 0) {
		sys_close(done[1]);
		if (sys_write(ready[1], &byte, 1) != 1)
			sys_exit(1);
		sys_exit(sys_read(done[0], &byte, 1) == 0 ? 0 : 1);
	}
	if (sys_read(ready[0], &byte, 1) !=
		1) /* it now sleeps, or soon will, and does not disturb */
		bench_fail("the child that shares the pages did not start", 0);
	sys_close(ready[0]);
	sys_close(ready[1]);
	sys_close(done[0]);
	*hold = done[1];
	return pid;
}

static void measure_copy_fault(void)
{
	char *base = map_pages();
	long pid;
	int hold;

	for (size_t i = 0; i < PAGES; i++)
		base[i * PAGE + PAGE - 1] = 7;
	pid = fork_sharer(&hold);
	measure_store(&series[FAULT_COW], base);
	check_pages(base, 7);
	sys_close(hold);
	bench_wait(pid);
	unmap_pages(base);
}

/* The same bytes by the same instructions as in a kernel, with no fault: between page pairs of
 * resident memory. */
static void measure_resident(void)
{
	char *base = map_pages();

	for (size_t i = 0; i < PAGES; i++)
		base[i * PAGE] = 1;
	for (size_t i = 0; i < PAGES; i++) {
		uint64_t page = (uint64_t)(base + i * PAGE),
			 other = (uint64_t)(base + (i ^ 1) * PAGE);
		struct bench_operands copy = {.rdi = page, .rsi = other, .rcx = PAGE / 8};
		struct bench_operands zero = {.rdi = page, .rcx = PAGE / 8};
		size_t at = i < BENCH_WARMUP ? 0 : i - BENCH_WARMUP;

		series[COPY_PAGE].samples[at] = bench_time_copy(&copy);
		series[ZERO_PAGE].samples[at] = bench_time_zero(&zero);
	}
	series[COPY_PAGE].overhead = series[ZERO_PAGE].overhead = bench_stub_overhead();
	series[COPY_PAGE].count = series[ZERO_PAGE].count = BENCH_SAMPLES;
	unmap_pages(base);
}

int main(void)
{
	measure_zero_fault();
	measure_copy_fault();
	measure_resident();
	bench_report(series, SERIES);
	return 0;
}
