/* flags: what calls say of bits that they do not know, or that exclude each other, and in which
 * order they look at what else is wrong. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <workloads/conform_test/conform.h>

/* As <linux/sched.h> has them. */
#define CLONE_VM       0x100
#define CLONE_FS       0x200
#define CLONE_SIGHAND  0x800
#define CLONE_THREAD   0x10000
#define CLONE_NEWNS    0x20000
#define CLONE_DETACHED 0x400000

#define CURRENT (-1L) /* the file's position, in place of an offset */

static struct iovec four = {"ABCD", 4}, into = {(void *)BUF, 4}, nowhere = {(void *)BAD, 4};

static const struct conform_case vectors_cases[] = {
	{"preadv2 with unknown flags gives EOPNOTSUPP",
		{FAILS(EOPNOTSUPP, preadv2, RD, &into, 1, 0, 0, 0x10000),
			FAILS(EOPNOTSUPP, pwritev2, WR, &four, 1, 0, 0, 0x10000)}},
	{"preadv2 at -1 reads where the file is, and moves it",
		{GIVES(4, preadv2, RD, &into, 1, CURRENT, CURRENT, 0), GIVES(4, lseek, RD, 0, 1),
			GIVES(2, preadv2, RD, &into, 1, CURRENT, CURRENT, 0)}},
	{"preadv2 elsewhere does not move it",
		{GIVES(4, preadv2, RD, &into, 1, 1, 0, 0), GIVES(0, lseek, RD, 0, 1),
			FAILS(EINVAL, preadv2, RD, &into, 1, -2, -1, 0)}},
	{"preadv2 of a pipe knows no place but -1",
		{FAILS(ESPIPE, preadv2, PR, &into, 1, 0, 0, 0),
			GIVES(4, pwritev2, PW, &four, 1, CURRENT, CURRENT, 0),
			GIVES(4, preadv2, PR, &into, 1, CURRENT, CURRENT, 0)}},
	{"pwritev2 with RWF_APPEND writes at the end, whatever the offset",
		{GIVES(4, pwritev2, WR, &four, 1, 0, 0, 0x10), HOLDS("file", "hello\nABCD", 10),
			GIVES(0, lseek, WR, 0, 1),
			GIVES(4, pwritev2, WR, &four, 1, CURRENT, CURRENT, 0x10),
			GIVES(14, lseek, WR, 0, 1)}},
	{"pwritev2 may ask for the disk and for haste",
		{GIVES(4, pwritev2, WR, &four, 1, 0, 0, 2),
			GIVES(4, pwritev2, WR, &four, 1, 0, 0, 6)}},
	{"preadv2 looks at the descriptor, the place, the vector",
		{FAILS(EBADF, preadv2, NO_FD, BAD, 1, 0, 0, 0x10000),
			FAILS(EINVAL, preadv2, RD, BAD, 1, -2, -1, 0x10000),
			FAILS(EFAULT, preadv2, RD, BAD, 1, 0, 0, 0x10000),
			FAILS(EINVAL, preadv2, RD, &into, 1025, 0, 0, 0),
			FAILS(EFAULT, preadv2, RD, &nowhere, 1, 0, 0, 0)}},
};
SUITE(vectors, vectors_cases);

/* --- clone3 --- */

struct clone3_arguments {
	unsigned long flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls,
		set_tid, set_tid_size, cgroup, beyond;
};

static struct clone3_arguments signal_in_flags = {.flags = SIGCHLD},
			       signal_65 = {.exit_signal = 65}, signal_256 = {.exit_signal = 256},
			       detached = {.flags = CLONE_DETACHED}, unknown = {.flags = 1UL << 40},
			       stack_alone = {.stack = BUF, .exit_signal = SIGCHLD},
			       size_alone = {.stack_size = 4096, .exit_signal = SIGCHLD},
			       many_tids = {.set_tid_size = 33, .set_tid = BUF},
			       tids_nowhere = {.set_tid_size = 1},
			       tids_uncounted = {.set_tid = BUF},
			       thread_alone = {.flags = CLONE_THREAD},
			       handlers_alone = {.flags = CLONE_SIGHAND},
			       handlers_cleared = {.flags = CLONE_SIGHAND | CLONE_VM | 1UL << 32},
			       beyond = {.beyond = 1}, roots = {.flags = CLONE_FS | CLONE_NEWNS};

static const struct conform_case clones_cases[] = {
	{"clone3 with a size that is too small gives EINVAL, too large E2BIG",
		{FAILS(EINVAL, clone3, &unknown, 63), FAILS(E2BIG, clone3, &unknown, 4097),
			FAILS(EFAULT, clone3, BAD, 64), FAILS(E2BIG, clone3, &beyond, 96)}},
	{"clone3 takes no signal in its flags, and knows all of them",
		{FAILS(EINVAL, clone3, &signal_in_flags, 88), FAILS(EINVAL, clone3, &unknown, 88),
			FAILS(EINVAL, clone3, &detached, 88), FAILS(EINVAL, clone3, &signal_65, 88),
			FAILS(EINVAL, clone3, &signal_256, 88)}},
	{"clone3 wants a stack and its size",
		{FAILS(EINVAL, clone3, &stack_alone, 88), FAILS(EINVAL, clone3, &size_alone, 88)}},
	{"clone3 wants numbers and how many",
		{FAILS(EINVAL, clone3, &many_tids, 88), FAILS(EINVAL, clone3, &tids_nowhere, 88),
			FAILS(EINVAL, clone3, &tids_uncounted, 88)}},
	{"clone3 shares as clone does", {FAILS(EINVAL, clone3, &thread_alone, 88),
						FAILS(EINVAL, clone3, &handlers_alone, 88),
						FAILS(EINVAL, clone3, &handlers_cleared, 88),
						FAILS(EINVAL, clone3, &roots, 88)}},
};
SUITE(clones, clones_cases);

/* --- all the others --- */

static const struct conform_case flags_cases[] = {
	{"getrandom knows its flags before it looks at the memory",
		{FAILS(EINVAL, getrandom, BAD, 8, 8), FAILS(EINVAL, getrandom, BUF, 8, 6),
			GIVES(8, getrandom, BUF, 8, 4), GIVES(8, getrandom, BUF, 8, 3),
			GIVES(0, getrandom, BAD, 0, 0), FAILS(EFAULT, getrandom, BAD, 8, 0)}},
	{"statx looks at the mask and the flags, the path, the buffer",
		{FAILS(EINVAL, statx, AT_FDCWD, BAD, 0, 0x80000000, BAD),
			FAILS(EINVAL, statx, AT_FDCWD, BAD, 0x6000, 0, BAD),
			FAILS(EFAULT, statx, AT_FDCWD, BAD, 0, 0, BAD),
			FAILS(ENOENT, statx, AT_FDCWD, "none", 0, 0, BAD),
			FAILS(EFAULT, statx, AT_FDCWD, "file", 0, 0, BAD),
			GIVES(0, statx, AT_FDCWD, "file", 0x2800, 0, BUF)}},
	{"statx tells what it has told",
		{GIVES(0, statx, AT_FDCWD, "file", 0, 0x7ff, BUF), WORD(BUF, 0x7ff | 0x1000),
			WORD(BUF + 4, 4096), WORD(BUF + 40, 6)}},
	{"faccessat2 looks at the mode and the flags, then the path",
		{FAILS(EINVAL, faccessat2, AT_FDCWD, BAD, 8, 0),
			FAILS(EINVAL, faccessat2, AT_FDCWD, BAD, 0, 0x400),
			FAILS(EFAULT, faccessat2, AT_FDCWD, BAD, 0, 0),
			GIVES(0, faccessat2, RD, "", 4, AT_EMPTY_PATH),
			FAILS(ENOENT, faccessat2, RD, "", 4, 0)}},
	{"calls that make descriptors know all flags",
		{FAILS(EINVAL, eventfd2, 0, 2), FAILS(EINVAL, signalfd4, -1, BUF, 8, 1),
			FAILS(EINVAL, timerfd_create, 1, 1), FAILS(EINVAL, epoll_create1, 1),
			FAILS(EINVAL, memfd_create, "x", 0x1000), FAILS(EINVAL, pidfd_open, 1, 1)}},
	{"calls by path know all flags", {FAILS(EINVAL, unlinkat, AT_FDCWD, BAD, 1),
						 FAILS(EINVAL, linkat, NO_FD, BAD, NO_FD, BAD, 1),
						 FAILS(EINVAL, fchownat, NO_FD, BAD, 0, 0, 1),
						 FAILS(EINVAL, newfstatat, NO_FD, BAD, BUF, 1),
						 FAILS(EINVAL, utimensat, NO_FD, BAD, 0, 1)}},
	{"calls on descriptors know all flags",
		{FAILS(EINVAL, dup3, RD, 50, 1), FAILS(EINVAL, close_range, 50, 60, 1),
			FAILS(EINVAL, copy_file_range, RD, 0, WR, 0, 1, 1),
			FAILS(EINVAL, sync_file_range, RD, 0, 0, 8),
			FAILS(EOPNOTSUPP, fallocate, WR, 0x1000, 0, 1),
			FAILS(EINVAL, fadvise64, RD, 0, 0, 99)}},
	{"calls on memory know all flags",
		{FAILS(EINVAL, mremap, BUF, 4096, 4096, 8, 0),
			FAILS(EINVAL, madvise, BUF, 4096, 9999),
			FAILS(EINVAL, mlock2, BUF, 4096, 2), FAILS(EINVAL, msync, BUF, 4096, 8),
			FAILS(EINVAL, membarrier, 1 << 20, 0, 0), FAILS(EINVAL, mlockall, 8)}},
	{"calls on processes know all flags",
		{FAILS(EINVAL, wait4, -1, 0, 0x10, 0), FAILS(EINVAL, waitid, 0, 0, BUF, 0, 0),
			FAILS(EINVAL, waitid, 9, 0, BUF, 4, 0),
			FAILS(EINVAL, pidfd_send_signal, NO_FD, 0, 0, 0x100),
			FAILS(EINVAL, kcmp, 1, 1, 99, 0, 0)}},
	{"calls on sockets know all flags",
		{FAILS(EINVAL, socket, 1, 1 | 0x10000, 0),
			FAILS(EINVAL, socketpair, 1, 1 | 0x10000, 0, BUF),
			GIVES(0, socket, 1, 1, 0), FAILS(EINVAL, accept4, 0, 0, 0, 1),
			FAILS(EBADF, accept4, NO_FD, 0, 0, 1)}},
};
SUITE(flags, flags_cases);
