/* remote: the memory of another process. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <workloads/common/test.h>

#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

static int to_child[2], from_child[2];

/* A child that does `step` when it is told to, then waits to be killed. */
static void (*step)(void);

static void child(void)
{
	char byte = 0;

	while (sys_read(to_child[0], &byte, 1) == 1) {
		if (step)
			step();
		CHECK_EQ(sys_write(from_child[1], &byte, 1), 1);
	}
}

static long begin(void)
{
	CHECK_EQ(sys_pipe(to_child), 0);
	CHECK_EQ(sys_pipe(from_child), 0);
	return spawn(child);
}

static void tell(void)
{
	char byte = 0;

	CHECK_EQ(sys_write(to_child[1], "x", 1), 1);
	CHECK_EQ(sys_read(from_child[0], &byte, 1), 1);
}

static void end(long pid)
{
	CHECK_EQ(sys_call3(SYS_kill, pid, 9, 0), 0);
	expect_killed(pid, 9);
}

static long move(int number, long pid, void *mine, long n, void *its, long m)
{
	struct iovec local = {mine, (size_t)n}, remote = {its, (size_t)m};

	return sys_call6(number, pid, (long)&local, 1, (long)&remote, 1, 0);
}

#define READ  SYS_process_vm_readv
#define WRITE SYS_process_vm_writev

static char *area;

static void fill(void)
{
	memset(area, 'c', 3 * PAGE);
}

static void both_ways(void)
{
	char *mine;
	long pid;

	area = map_pages(4, PROT_READ | PROT_WRITE);
	memset(area, 'p', 4 * PAGE);
	mine = map_pages(4, PROT_READ | PROT_WRITE);
	step = fill;
	pid = begin();
	CHECK_EQ(move(READ, pid, mine, 4 * PAGE, area, 4 * PAGE), 4 * PAGE);
	CHECK(mine[0] == 'p' && mine[4 * PAGE - 1] == 'p');
	tell();
	CHECK_EQ(move(READ, pid, mine, 4 * PAGE, area, 4 * PAGE), 4 * PAGE);
	CHECK(mine[0] == 'c' && mine[3 * PAGE - 1] == 'c' && mine[3 * PAGE] == 'p');
	CHECK_EQ(area[0], 'p');
	memset(mine, 'w', 4 * PAGE);
	CHECK_EQ(move(WRITE, pid, mine, 2 * PAGE, area + 2 * PAGE - 7, 2 * PAGE), 2 * PAGE);
	memset(mine, 0, 4 * PAGE);
	CHECK_EQ(move(READ, pid, mine, 4 * PAGE, area, 4 * PAGE), 4 * PAGE);
	CHECK(mine[2 * PAGE - 8] == 'c' && mine[2 * PAGE - 7] == 'w');
	CHECK(mine[4 * PAGE - 8] == 'w' && mine[4 * PAGE - 7] == 'p');
	CHECK_EQ(area[3 * PAGE], 'p'); /* ours is our own */
	end(pid);
	CHECK_EQ(move(READ, pid, mine, 1, area, 1), -ESRCH);
}

/* What the child does with what it was given. */
static void calculate(void)
{
	*(int *)area = *(int *)area * 2 + 1;
}

static void seen_by_its_owner(void)
{
	int value = 20;
	long pid;

	area = map_pages(1, PROT_READ | PROT_WRITE);
	step = calculate;
	pid = begin();
	for (int i = 0; i < 20; i++) {
		value = 20 + i;
		CHECK_EQ(move(WRITE, pid, &value, sizeof(value), area, sizeof(value)), 4);
		tell();
		CHECK_EQ(move(READ, pid, &value, sizeof(value), area, sizeof(value)), 4);
		CHECK_EQ(value, (20 + i) * 2 + 1);
	}
	end(pid);
}

static void protect(void)
{
	CHECK_EQ(sys_call3(SYS_mprotect, (long)(area + PAGE), PAGE, PROT_READ), 0);
	CHECK_EQ(sys_call3(SYS_mprotect, (long)(area + 2 * PAGE), PAGE, PROT_NONE), 0);
	CHECK_EQ(sys_munmap(area + 3 * PAGE, PAGE), 0);
}

static void protected(void)
{
	char *mine = map_pages(4, PROT_READ | PROT_WRITE);
	long pid;

	area = map_pages(4, PROT_READ | PROT_WRITE);
	step = protect;
	pid = begin();
	tell();
	CHECK_EQ(move(READ, pid, mine, 4 * PAGE, area, 4 * PAGE), 2 * PAGE);
	CHECK_EQ(move(WRITE, pid, mine, 4 * PAGE, area, 4 * PAGE), PAGE);
	CHECK_EQ(move(WRITE, pid, mine, 10, area + PAGE - 5, 10), 5);
	CHECK_EQ(move(WRITE, pid, mine, 10, area + PAGE, 10), -EFAULT);
	CHECK_EQ(move(READ, pid, mine, 10, area + 2 * PAGE, 10), -EFAULT);
	CHECK_EQ(move(READ, pid, mine, 10, area + 3 * PAGE, 10), -EFAULT);
	CHECK_EQ(move(READ, pid, mine, 10, area + 2 * PAGE - 3, 10), 3);
	CHECK_EQ(move(READ, pid, mine, 10, (void *)0x7ffffffff000, 10), -EFAULT);
	CHECK_EQ(move(READ, pid, mine, 10, (void *)-20L, 10), -EFAULT);
	CHECK_EQ(move(WRITE, pid, mine, 10, (void *)0xffffffff80000000UL, 10), -EFAULT);
	end(pid);
}

static void ours_protected(void)
{
	char *mine = map_guarded(1);
	long pid;

	area = map_pages(4, PROT_READ | PROT_WRITE);
	step = NULL;
	pid = begin();
	CHECK_EQ(move(READ, pid, mine + PAGE - 5, 10, area, 10), 5);
	CHECK_EQ(move(READ, pid, mine + PAGE, 10, area, 10), -EFAULT);
	CHECK_EQ(move(WRITE, pid, mine + PAGE, 10, area, 10), -EFAULT);
	CHECK_EQ(move(READ, pid, (void *)-20L, 10, area, 10), -EFAULT);
	CHECK_EQ(move(READ, pid, mine, -1, area, 10), -EINVAL);
	CHECK_EQ(move(READ, pid, mine, 10, area, -1), -EINVAL);
	end(pid);
}

static void vectors(void)
{
	char mine[64] = "";
	struct iovec local[20], remote[20];
	long pid, me = sys_getpid();

	area = map_pages(1, PROT_READ | PROT_WRITE);
	for (int i = 0; i < 64; i++)
		area[i] = (char)i;
	step = NULL;
	pid = begin();
	for (int i = 0; i < 20; i++) {
		local[i] = (struct iovec){mine + 3 * i, 3};
		remote[i] = (struct iovec){area + 2 * i, 2};
	}
	remote[3].iov_len = 0;
	CHECK_EQ(sys_call6(READ, pid, (long)local, 20, (long)remote, 20, 0), 38);
	CHECK(mine[5] == 5 && mine[6] == 8 && mine[37] == 39 && mine[38] == 0);
	CHECK_EQ(sys_call6(READ, pid, (long)local, 20, (long)remote, 2000, 0), -EINVAL);
	CHECK_EQ(sys_call6(READ, pid, (long)local, 2000, (long)remote, 20, 0), -EINVAL);
	CHECK_EQ(sys_call6(READ, pid, (long)local, 20, (long)remote, 20, 1), -EINVAL);
	CHECK_EQ(sys_call6(READ, pid, (long)local, 0, 8, 20, 0), 0);
	CHECK_EQ(sys_call6(READ, 999999, (long)local, 20, 8, 0, 0), 0);
	CHECK_EQ(sys_call6(READ, pid, (long)local, 20, 8, 20, 0), -EFAULT);
	CHECK_EQ(sys_call6(READ, pid, 8, 20, (long)remote, 20, 0), -EFAULT);
	CHECK_EQ(sys_call6(READ, 999999, (long)local, 20, (long)remote, 20, 0), -ESRCH);
	remote[4].iov_base = (void *)8;
	CHECK_EQ(sys_call6(READ, pid, (long)local, 20, (long)remote, 20, 0), 6);
	remote[0].iov_base = (void *)8;
	CHECK_EQ(sys_call6(READ, pid, (long)local, 20, (long)remote, 20, 0), -EFAULT);
	CHECK_EQ(move(READ, me, mine, 10, area + 10, 10), 10);
	CHECK_EQ(mine[9], 19);
	end(pid);
}

static void become_other(void)
{
	CHECK_EQ(sys_call3(SYS_setresuid, 1000, 1000, 1000), 0);
}

static void hide(void)
{
	become_other();
	CHECK_EQ(sys_call3(SYS_prctl, PR_SET_DUMPABLE, 1, 0), 0);
}

static void other_user(void)
{
	char byte;
	long pid;

	area = map_pages(1, PROT_READ | PROT_WRITE);
	step = become_other;
	pid = begin();
	tell();
	CHECK_EQ(move(READ, pid, &byte, 1, area, 1), 1); /* user 0 may */
	become_other();
	CHECK_EQ(move(READ, pid, &byte, 1, area, 1), -EPERM); /* it has changed its user */
	CHECK_EQ(move(READ, sys_getppid(), &byte, 1, area, 1), -EPERM);
	CHECK_EQ(move(READ, sys_getpid(), &byte, 1, area, 1), 1);
	CHECK_EQ(move(READ, pid, &byte, 0, area, 1), 0);
	CHECK_EQ(move(READ, pid, &byte, 1, area, 0), 0);
	sys_call3(SYS_kill, pid, 9, 0);
}

static void same_user(void)
{
	char byte;
	long pid;

	area = map_pages(1, PROT_READ | PROT_WRITE);
	step = hide;
	pid = begin();
	tell();
	become_other();
	CHECK_EQ(move(READ, pid, &byte, 1, area, 1), 1);
	sys_call3(SYS_kill, pid, 9, 0);
}

static void advice(void)
{
	struct iovec vector[3];
	long pid, fd;

	area = map_pages(4, PROT_READ | PROT_WRITE);
	vector[0] = (struct iovec){area, PAGE};
	vector[1] = (struct iovec){area + PAGE, 2 * PAGE};
	vector[2] = (struct iovec){(void *)PAGE, PAGE};
	step = NULL;
	pid = begin();
	fd = sys_call3(SYS_pidfd_open, pid, 0, 0);
	CHECK(fd >= 0);
	for (int advice = MADV_COLD; advice <= MADV_PAGEOUT; advice++) {
		CHECK_EQ(sys_call6(SYS_process_madvise, fd, (long)vector, 2, advice, 0, 0),
			3 * PAGE);
		CHECK_EQ(sys_call6(SYS_process_madvise, fd, (long)vector, 3, advice, 0, 0),
			3 * PAGE);
		CHECK_EQ(sys_call6(SYS_process_madvise, fd, (long)(vector + 2), 1, advice, 0, 0),
			-ENOMEM);
	}
	CHECK_EQ(
		sys_call6(SYS_process_madvise, fd, (long)vector, 2, MADV_WILLNEED, 0, 0), 3 * PAGE);
	CHECK_EQ(sys_call6(SYS_process_madvise, fd, (long)vector, 2, 99, 0, 0), -EINVAL);
	CHECK_EQ(sys_call6(SYS_process_madvise, fd, (long)vector, 2, MADV_COLD, 1, 0), -EINVAL);
	CHECK_EQ(sys_call6(SYS_process_madvise, 99, (long)vector, 2, MADV_COLD, 0, 0), -EBADF);
	CHECK_EQ(sys_call6(SYS_process_madvise, 99, 8, 2, MADV_COLD, 0, 0), -EFAULT);
	vector[0].iov_base = area + 1;
	CHECK_EQ(sys_call6(SYS_process_madvise, fd, (long)vector, 2, MADV_COLD, 0, 0), -EINVAL);
	end(pid);
	vector[0].iov_base = area;
	CHECK_EQ(sys_call6(SYS_process_madvise, fd, (long)vector, 2, MADV_COLD, 0, 0), -ESRCH);
}

static const struct test_case cases[] = {
	CASE("another's memory is read and written", both_ways),
	CASE("and its owner sees it", seen_by_its_owner),
	CASE("up to what it may not touch itself", protected),
	CASE("up to what we may not touch", ours_protected),
	CASE("in pieces", vectors),
	CASE("not that of another user", other_user),
	CASE("but that of the same", same_user),
	CASE("advice for another's memory", advice),
};

TEST_SUITE(remote, cases);
