/*
 * Descriptors against a model, and the services against Linux itself: the tests run on one, so
 * the same random calls are made there and here, and every answer must be the same.
 */
#include <services/files/files.h>

#include "twin.h"

#define F_DUPFD         0
#define F_GETFD         1
#define F_SETFD         2
#define F_GETFL         3
#define F_SETFL         4
#define F_DUPFD_CLOEXEC 1030

/*
 * A call that never blocks: the pipes are all made non-blocking.
 */
static struct step random_step(void)
{
	static const long commands[] = {F_DUPFD, F_GETFD, F_SETFD, F_DUPFD_CLOEXEC, F_GETFL, 77};
	static const long flags[] = {O_NONBLOCK, O_NONBLOCK | O_CLOEXEC, O_NONBLOCK | 1};
	static const long dup_flags[] = {0, O_CLOEXEC, O_NONBLOCK};
	static const long sizes[] = {0, 1, 100, 4096, 4000};
	static const long small[] = {0, 1, 100, 64, 7, 4000};
	long place = (long)(host_random() % 4096);

	switch (host_random() % 14) {
	case 0:
		return (struct step){SYS_dup, {twin_fd()}, 0};
	case 1:
		return (struct step){SYS_dup2, {twin_fd(), twin_fd()}, 0};
	case 2:
		return (struct step){SYS_dup3, {twin_fd(), twin_fd(), twin_pick(dup_flags, 3)}, 0};
	case 3:
	case 4:
		return (struct step){SYS_close, {twin_fd()}, 0};
	case 5:
		return (struct step){SYS_pipe2, {place, twin_pick(flags, 3)}, 1};
	case 6:
		return (struct step){SYS_fcntl, {twin_fd(), twin_pick(commands, 6), twin_fd()}, 0};
	case 7:
	case 8:
		return (struct step){SYS_read, {twin_fd(), place, twin_pick(sizes, 5)}, 2};
	case 9:
	case 10:
		return (struct step){SYS_write, {twin_fd(), place, twin_pick(small, 5)}, 2};
	case 11:
	case 12:
		return (struct step){SYS_close, {(long)(host_random() % 40)}, 0};
	default:
		return (struct step){
			SYS_read, {twin_fd(), host_chance(2) ? 8 : -4096, twin_pick(sizes, 5)}, 0};
	}
}

/*
 * A write into a pipe that nobody reads ends a process. So on both sides one more reader of each
 * pipe is kept, far up; a pipe for which that is not possible is closed at once.
 */
#define KEEP_FROM 100

static void keep_reader(twin_call call, const struct step *step, long result, const u8 *buffer)
{
	int fds[2];

	if (step->number != SYS_pipe2 || result != 0)
		return;
	memcpy(fds, buffer + step->arguments[0], sizeof(fds));
	if (call(SYS_fcntl, fds[0], F_DUPFD, KEEP_FROM, 0, 0, 0) < 0) {
		call(SYS_close, fds[0], 0, 0, 0, 0, 0);
		call(SYS_close, fds[1], 0, 0, 0, 0, 0);
	}
}

static const struct twin descriptors = {
	.what = "random calls on descriptors and pipes are answered as Linux answers them",
	.step = random_step,
	.after = keep_reader,
};

/* --- what Linux's own answer would be hard to arrange for --- */

static void close_from(long fd)
{
	for (; fd < PROC_FILES; fd++)
		host_sys(SYS_close, fd);
}

static void test_limits(void *argument)
{
	vaddr_t fds = host_alloc(8);
	long fd, last = -1;
	u64 live;

	(void)argument;
	while (host_sys(SYS_dup, 0) >= 0)
		;
	close_from(4);
	live = host_live_objects(); /* the table has grown once, and stays so */
	tap_eq(host_sys(SYS_pipe, fds), 0, "process 1 begins with four descriptors");
	tap_eq(peek32(fds), 4, "so that its first pipe gets the fifth");
	while ((fd = host_sys(SYS_dup, 0)) >= 0)
		last = fd;
	tap_eq(fd, -EMFILE, "dup fails when all descriptors are taken");
	tap_eq(last, PROC_FILES - 1, "which is when the last is");
	tap_eq(host_sys(SYS_pipe, fds), -EMFILE, "so does pipe");
	host_sys(SYS_close, last);
	tap_eq(host_sys(SYS_pipe, fds), -EMFILE, "also with one descriptor left");
	tap_eq(host_sys(SYS_dup, 0), last, "which it gives back");
	close_from(4);
	tap_eq(host_live_objects(), live, "nothing is left of what was closed");
}

static void inherit(void *argument)
{
	vaddr_t buf = host_alloc(8);

	(void)argument;
	host_sys(SYS_read, 4, buf, 1);
	host_sys(SYS_close, 4);
	host_sys(SYS_exit, host_sys(SYS_fcntl, 200, F_GETFD));
}

static void test_fork(void *argument)
{
	vaddr_t buf = host_alloc(8);
	vaddr_t status = host_alloc(4);

	(void)argument;
	host_sys(SYS_pipe, buf);
	host_sys(SYS_write, 5, buf, 2);
	host_sys(SYS_fcntl, 5, F_DUPFD_CLOEXEC, 200);
	host_fork(SYS_fork, inherit, NULL);
	host_sys(SYS_wait4, -1, status);
	tap_eq(peek32(status), 1 << 8,
		"a child has its parent's descriptors, and which of them end at exec");
	tap_eq(host_sys(SYS_read, 4, buf, 8), 1,
		"a descriptor that the child closes stays open, and both share the file");
}

/* Vectors: the cases where Linux's answer needs a look into its source. */
static void test_vectors(void *argument)
{
	vaddr_t buf = host_alloc(PAGE_SIZE);
	vaddr_t iov = host_alloc(2000 * 16);
	u64 two[4] = {buf, 3, buf + 100, 2};
	u64 bad[4] = {buf, 3, 8, 2};
	u64 negative[4] = {buf, 3, buf, (u64)-1};
	u64 one[2] = {buf + 200, 1};

	(void)argument;
	host_sys(SYS_pipe2, buf, O_NONBLOCK);
	host_poke(buf, "abc", 3);
	host_poke(buf + 100, "de", 2);
	host_poke(iov, two, sizeof(two));
	tap_eq(host_sys(SYS_writev, 5, iov, 2), 5, "writev writes all pieces");
	tap_eq(host_sys(SYS_writev, 5, iov, 0), 0, "or none");
	tap_eq(host_sys(SYS_writev, 5, iov, 1025), -EINVAL, "but not more than 1024");
	tap_eq(host_sys(SYS_writev, 5, iov, -1), -EINVAL, "nor a negative number");
	tap_eq(host_sys(SYS_writev, 5, 8, 2), -EFAULT, "the vector must be readable");
	tap_eq(host_sys(SYS_writev, 99, 8, 2), -EBADF, "the descriptor is looked at first");
	host_poke(iov, negative, sizeof(negative));
	tap_eq(host_sys(SYS_writev, 5, iov, 2), -EINVAL, "a negative length is refused");
	host_poke(iov, bad, sizeof(bad));
	tap_eq(host_sys(SYS_writev, 5, iov, 2), -EFAULT, "a pipe takes no part of a page");
	for (int i = 0; i < 1024; i++)
		host_poke(iov + 16 * (u64)i, one, sizeof(one));
	tap_eq(host_sys(SYS_writev, 5, iov, 1024), 1024, "a long vector works");
	host_poke(iov, two, sizeof(two));
	tap_eq(host_sys(SYS_readv, 4, iov, 2), 5, "readv fills all pieces");
	host_peek(two, buf, 3);
	tap_ok(memcmp(two, "abc", 3) == 0, "with the right bytes");
	tap_eq(host_sys(SYS_readv, 4, iov, 1), 3, "as far as they go");
}

void test_files(void);
void test_files(void)
{
	test_run_plain(test_limits, "limits");
	test_run_plain(test_fork, "fork");
	test_run_plain(test_vectors, "vectors");
	for (u64 seed = 0; seed < 8; seed++)
		twin_compare(&descriptors, test_seed() * 1000 + seed);
}
