/* descriptors: copies, flags, locks, pipes, poll. */
#include <poll.h>
#include <string.h>

#include <workloads/conform_test/conform.h>

static void lock(short type, short whence, long start, long length)
{
	struct flock *at = (struct flock *)BUF;

	memset(at, 0, sizeof(*at));
	at->l_type = type;
	at->l_whence = whence;
	at->l_start = start;
	at->l_len = length;
}

static void write_lock(void)
{
	lock(F_WRLCK, 0, 0, 0);
}

static void read_lock(void)
{
	lock(F_RDLCK, 0, 0, 0);
}

static void before_the_start(void)
{
	lock(F_WRLCK, 0, -1, 1);
}

static void bad_type(void)
{
	lock(7, 0, 0, 0);
}

static void bad_whence(void)
{
	lock(F_WRLCK, 7, 0, 0);
}

static void try_lock(void)
{
	lock(F_RDLCK, 0, 2, 1);
	CHECK_EQ(sys_call3(SYS_fcntl, RW, F_SETLK, BUF), -EAGAIN);
	CHECK_EQ(sys_call3(SYS_fcntl, RW, F_GETLK, BUF), 0);
	CHECK_EQ(((struct flock *)BUF)->l_type, F_WRLCK);
	CHECK_EQ(((struct flock *)BUF)->l_pid, sys_getppid());
}

static void another_process_cannot(void)
{
	expect_exit(spawn(try_lock), 0);
}

static void try_flock(void)
{
	CHECK_EQ(sys_call3(SYS_open, (long)"file", O_RDONLY, 0), 0);
	CHECK_EQ(sys_call3(SYS_flock, 0, 2 | 4, 0), -EAGAIN);
	CHECK_EQ(sys_call3(SYS_flock, RD, 2 | 4, 0), 0); /* the open file that has it */
}

static void flock_is_the_open_files(void)
{
	expect_exit(spawn(try_flock), 0);
}

static void poll_one(int fd, short events)
{
	struct pollfd *at = (struct pollfd *)BUF;

	*at = (struct pollfd){.fd = fd, .events = events, .revents = -1};
}

static void poll_reader(void)
{
	poll_one(PR, POLLIN);
}

static void poll_writer(void)
{
	poll_one(PW, POLLOUT);
}

static void poll_full(void)
{
	poll_one(FULL_PW, POLLOUT);
}

static void poll_nothing(void)
{
	poll_one(NO_FD, POLLIN);
}

static void poll_negative(void)
{
	poll_one(-1, POLLIN);
}

static void poll_file(void)
{
	poll_one(RD, POLLIN | POLLOUT);
}

#define REVENTS(value) WORD(BUF + 4, (value) << 16 | POLLIN)

static const struct conform_case descriptors_cases[] = {
	{"dup gives the lowest free one", {GIVES(0, dup, RD), GIVES(2, dup, RD)}},
	{"dup of nothing gives EBADF", {FAILS(EBADF, dup, NO_FD)}},
	{"dup of a mere place works", {GIVES(0, dup, PATH_FD)}},
	{"dup2 to itself gives it", {GIVES(RD, dup2, RD, RD)}},
	{"dup2 of nothing to itself gives EBADF", {FAILS(EBADF, dup2, NO_FD, NO_FD)}},
	{"dup2 beyond the limit gives EBADF", {FAILS(EBADF, dup2, RD, 100000)}},
	{"dup2 closes what was there", {GIVES(WR, dup2, RD, WR), FAILS(EBADF, write, WR, "x", 1)}},
	{"dup2 drops close-on-exec", {GIVES(0, fcntl, RD, F_SETFD, 1), GIVES(0, dup2, RD, 0),
					     GIVES(0, fcntl, 0, F_GETFD)}},
	{"dup3 to itself gives EINVAL", {FAILS(EINVAL, dup3, RD, RD, 0)}},
	{"dup3 with unknown flags gives EINVAL", {FAILS(EINVAL, dup3, RD, 0, O_NONBLOCK)}},
	{"the flags of dup3 come before the descriptor", {FAILS(EINVAL, dup3, NO_FD, 0, 1)}},
	{"dup3 with O_CLOEXEC", {GIVES(0, dup3, RD, 0, O_CLOEXEC), GIVES(1, fcntl, 0, F_GETFD)}},
	{"F_DUPFD gives one that is not below", {GIVES(50, fcntl, RD, F_DUPFD, 50)}},
	{"F_DUPFD beyond the limit gives EINVAL", {FAILS(EINVAL, fcntl, RD, F_DUPFD, 100000)}},
	{"F_DUPFD below 0 gives EINVAL", {FAILS(EINVAL, fcntl, RD, F_DUPFD, -1)}},
	{"close of nothing gives EBADF", {FAILS(EBADF, close, NO_FD)}},
	{"close twice gives EBADF", {GIVES(0, close, RD), FAILS(EBADF, close, RD)}},
	{"fcntl of nothing gives EBADF", {FAILS(EBADF, fcntl, NO_FD, 999)}},
	{"fcntl of an unknown command gives EINVAL", {FAILS(EINVAL, fcntl, RD, 999)}},
	{"fcntl of a mere place knows few commands", {FAILS(EBADF, fcntl, PATH_FD, F_SETFL, 0)}},
	{"F_SETFL changes O_APPEND and O_NONBLOCK and no access mode",
		{GIVES(0, fcntl, RD, F_SETFL, O_APPEND | O_NONBLOCK | O_WRONLY | O_CREAT),
			GIVES(0100000 | O_APPEND | O_NONBLOCK, fcntl, RD, F_GETFL)}},
	{"F_GETPIPE_SZ tells 65536", {GIVES(65536, fcntl, PR, F_GETPIPE_SZ)}},
	{"of a file it gives EBADF", {FAILS(EBADF, fcntl, RD, F_GETPIPE_SZ)}},
	{"F_GETLEASE tells that there is none", {GIVES(F_UNLCK, fcntl, RD, F_GETLEASE)}},
	{"F_GETOWN tells that there is none", {GIVES(0, fcntl, RD, F_GETOWN)}},
	{"close_range closes", {GIVES(0, close_range, RD, RW, 0), FAILS(EBADF, close, WR)}},
	{"close_range of a range that is none gives EINVAL", {FAILS(EINVAL, close_range, 5, 4, 0)}},
	{"close_range with unknown flags gives EINVAL", {FAILS(EINVAL, close_range, 5, 6, 1)}},
	{"close_range with CLOSE_RANGE_CLOEXEC marks",
		{GIVES(0, close_range, RD, RW, 4), GIVES(1, fcntl, WR, F_GETFD)}},
	{"pipe gives the two lowest", {GIVES(0, pipe, BUF), WORD(BUF, 0), WORD(BUF + 4, 2)}},
	{"pipe to a bad address gives EFAULT and opens nothing",
		{FAILS(EFAULT, pipe, BAD), GIVES(0, dup, RD)}},
	{"pipe2 with unknown flags gives EINVAL", {FAILS(EINVAL, pipe2, BUF, 1)}},
	{"that comes before EFAULT", {FAILS(EINVAL, pipe2, BAD, 1)}},
	{"F_SETLK locks, and another process cannot",
		{DO(write_lock), GIVES(0, fcntl, RW, F_SETLK, BUF), DO(another_process_cannot)}},
	{"a write lock wants a file open for writing",
		{DO(write_lock), FAILS(EBADF, fcntl, RD, F_SETLK, BUF)}},
	{"a read lock wants a file open for reading",
		{DO(read_lock), FAILS(EBADF, fcntl, WR, F_SETLK, BUF)}},
	{"a lock before the start gives EINVAL",
		{DO(before_the_start), FAILS(EINVAL, fcntl, RW, F_SETLK, BUF)}},
	{"a lock of another type gives EINVAL",
		{DO(bad_type), FAILS(EINVAL, fcntl, RW, F_SETLK, BUF)}},
	{"a lock from elsewhere gives EINVAL",
		{DO(bad_whence), FAILS(EINVAL, fcntl, RW, F_SETLK, BUF)}},
	{"a lock at a bad address gives EFAULT", {FAILS(EFAULT, fcntl, RW, F_SETLK, BAD)}},
	{"flock belongs to the open file", {GIVES(0, flock, RD, 2), DO(flock_is_the_open_files)}},
	{"flock of nothing gives EBADF", {FAILS(EBADF, flock, NO_FD, 2)}},
	{"flock with an unknown operation gives EINVAL", {FAILS(EINVAL, flock, NO_FD, 3)}},
	{"poll of an empty pipe waits and gives 0",
		{DO(poll_reader), GIVES(0, poll, BUF, 1, 1), WORD(BUF + 4, POLLIN)}},
	{"poll of a pipe with a byte gives POLLIN",
		{GIVES(1, write, PW, "x", 1), DO(poll_reader), GIVES(1, poll, BUF, 1, -1),
			REVENTS(POLLIN)}},
	{"poll of a pipe without a writer gives POLLHUP",
		{GIVES(0, close, PW), DO(poll_reader), GIVES(1, poll, BUF, 1, -1),
			REVENTS(POLLHUP)}},
	{"poll of a pipe with room gives POLLOUT", {DO(poll_writer), GIVES(1, poll, BUF, 1, -1)}},
	{"poll of a full pipe gives 0", {DO(poll_full), GIVES(0, poll, BUF, 1, 0)}},
	{"poll of nothing gives POLLNVAL",
		{DO(poll_nothing), GIVES(1, poll, BUF, 1, -1), REVENTS(POLLNVAL)}},
	{"poll passes a negative descriptor over",
		{DO(poll_negative), GIVES(0, poll, BUF, 1, 0), REVENTS(0)}},
	{"poll of a file gives both at once", {DO(poll_file), GIVES(1, poll, BUF, 1, -1)}},
	{"poll at a bad address gives EFAULT", {FAILS(EFAULT, poll, BAD, 1, 0)}},
	{"poll of more than may be open gives EINVAL", {FAILS(EINVAL, poll, BUF, 1000000, 0)}},
	{"ioctl of a file for a terminal gives ENOTTY", {FAILS(ENOTTY, ioctl, RD, 0x5401, BUF)}},
	{"ioctl of nothing gives EBADF", {FAILS(EBADF, ioctl, NO_FD, 0x5401, BUF)}},
	{"FIONREAD of a file tells what is left",
		{GIVES(2, read, RD, BUF, 2), GIVES(0, ioctl, RD, 0x541b, BUF), WORD(BUF, 4)}},
	{"FIONREAD of a pipe tells what is in it",
		{GIVES(3, write, PW, "abc", 3), GIVES(0, ioctl, PR, 0x541b, BUF), WORD(BUF, 3)}},
	{"FIONBIO switches O_NONBLOCK on", {DO(write_lock), GIVES(0, ioctl, PR, 0x5421, BUF),
						   GIVES(O_NONBLOCK, fcntl, PR, F_GETFL)}},
	{"eventfd2 with unknown flags gives EINVAL", {FAILS(EINVAL, eventfd2, 0, 2)}},
	{"memfd_create gives a file of no bytes",
		{GIVES(0, memfd_create, "name", 0), GIVES(0, lseek, 0, 0, 2)}},
	{"memfd_create with unknown flags gives EINVAL",
		{FAILS(EINVAL, memfd_create, "name", 0x40)}},
	{"memfd_create with a bad name gives EFAULT", {FAILS(EFAULT, memfd_create, BAD, 0)}},
};
SUITE(descriptors, descriptors_cases);
