/*
 * test_helpers: children, mappings and waiting, for all cases. See test.h.
 */
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include <workloads/common/child.h>
#include <workloads/common/test.h>

long spawn(void (*body)(void))
{
	long pid = sys_fork();

	if (pid == 0) {
		body();
		sys_exit(0);
	}
	CHECK(pid > 0);
	return pid;
}

/* Says how the child ended if it is not how it should have. */
static void check_status(int actual, int expected)
{
	char line[128];
	struct text text = TEXT(line);

	if (actual == expected)
		return;
	text_string(&text, "# a child ");
	child_describe(&text, actual);
	text_string(&text, "; it should have been: ");
	child_describe(&text, expected);
	text_string(&text, "\n");
	text_write(&text, 1);
	sys_exit(1);
}

static int wait_status(long pid)
{
	int status = -1;

	CHECK_EQ(sys_wait4(pid, &status, 0), pid);
	return status;
}

void expect_exit(long pid, int code)
{
	check_status(wait_status(pid), code << 8);
}

void expect_killed(long pid, int signal)
{
	check_status(wait_status(pid) & ~0x80, signal); /* 0x80: a core was written */
}

void expect_death(void (*body)(void), int signal)
{
	expect_killed(spawn(body), signal);
}

bool is_readable(const void *address, size_t length)
{
	int fds[2];
	long written;

	CHECK_EQ(sys_pipe(fds), 0);
	written = sys_write(fds[1], address, length);
	CHECK(written == (long)length || written == -EFAULT);
	sys_close(fds[0]);
	sys_close(fds[1]);
	return written == (long)length;
}

char *map_pages(size_t pages, int protection)
{
	long base = sys_mmap(NULL, pages * PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS);

	CHECK(base > 0);
	CHECK_EQ((unsigned long)base % PAGE, 0);
	return (char *)base;
}

char *map_guarded(size_t pages)
{
	char *base = map_pages(pages + 2, PROT_READ | PROT_WRITE);

	CHECK_EQ(sys_munmap(base, PAGE), 0);
	CHECK_EQ(sys_munmap(base + (pages + 1) * PAGE, PAGE), 0);
	return base + PAGE;
}

void sleep_ms(long milliseconds)
{
	struct timespec length = {milliseconds / 1000, milliseconds % 1000 * 1000000};

	CHECK_EQ(sys_nanosleep(&length, NULL), 0);
}
