/* bytes: reading, writing, positions and sizes. */
#include <string.h>
#include <sys/uio.h>

#include <workloads/conform_test/conform.h>

static void vectors(void)
{
	struct iovec *v = (struct iovec *)BUF;

	v[0] = (struct iovec){(void *)(BUF + 1000), 2};
	v[1] = (struct iovec){(void *)(BUF + 1100), 0};
	v[2] = (struct iovec){(void *)(BUF + 1200), 100};
}

static void negative_vector(void)
{
	vectors();
	((struct iovec *)BUF)[2].iov_len = (size_t)-1;
}

static void bad_vector(void)
{
	vectors();
	((struct iovec *)BUF)[2].iov_base = (void *)BAD;
}

static void offset_100(void)
{
	*(int64_t *)BUF = 100;
}

static void offset_negative(void)
{
	*(int64_t *)BUF = -1;
}

static void offset_2(void)
{
	*(int64_t *)BUF = 2;
}

static void place_asked(void)
{
	memset((void *)BUF, 0, 128);
	*(uint64_t *)BUF = 1UL << PATH_FD;
}

static void memory_file(void)
{
	long fd = sys_call3(SYS_memfd_create, (long)"m", 0, 0);

	CHECK(fd >= 0);
	CHECK_EQ(sys_dup2((int)fd, 20), 20);
}

static void broken_pipe(void)
{
	sys_close(PR);
	CHECK_EQ(sys_call4(SYS_rt_sigprocmask, 0, (long)&(uint64_t){1UL << 12}, 0, 8), 0);
	CHECK_EQ(sys_write(PW, "x", 1), -EPIPE);
	CHECK_EQ(sys_call3(SYS_rt_sigpending, BUF, 8, 0), 0);
	CHECK_EQ(*(uint64_t *)BUF, 1UL << 12);
}

static const struct conform_case bytes_cases[] = {
	{"read gives what there is", {GIVES(6, read, RD, BUF, 100), GIVES(0, read, RD, BUF, 100)}},
	{"read of no bytes gives 0", {GIVES(0, read, RD, BUF, 0)}},
	{"read of no bytes looks at the descriptor", {FAILS(EBADF, read, WR, BUF, 0)}},
	{"read of no bytes to a bad address gives 0", {GIVES(0, read, RD, BAD, 0)}},
	{"read to an address of the kernel's gives EFAULT even for no bytes",
		{FAILS(EFAULT, read, RD, KERNEL, 0)}},
	{"read from what is open for writing gives EBADF", {FAILS(EBADF, read, WR, BUF, 1)}},
	{"read from a directory gives EISDIR", {FAILS(EISDIR, read, DIR, BUF, 1)}},
	{"read of no bytes from a directory gives EISDIR", {FAILS(EISDIR, read, DIR, BUF, 0)}},
	{"read from a mere place gives EBADF", {FAILS(EBADF, read, PATH_FD, BUF, 1)}},
	{"read from nothing gives EBADF", {FAILS(EBADF, read, NO_FD, BUF, 1)}},
	{"read from descriptor -1 gives EBADF", {FAILS(EBADF, read, -1, BUF, 1)}},
	{"only the low half of a descriptor counts", {GIVES(6, read, (1L << 32) + RD, BUF, 100)}},
	{"read to a bad address gives EFAULT", {FAILS(EFAULT, read, RD, BAD, 1)}},
	{"read to constant memory gives EFAULT", {FAILS(EFAULT, read, RD, RO, 1)}},
	{"read up to the end of memory gives what fits",
		{GIVES(4, read, RD, END(4), 6), GIVES(2, read, RD, BUF, 6)}},
	{"a bad address does not matter at the end of a file",
		{GIVES(6, read, RD, BUF, 6), GIVES(0, read, RD, BAD, 6)}},
	{"an enormous read gives what there is", {GIVES(6, read, RD, BUF, 1UL << 46)}},
	{"a read that would wrap gives EFAULT", {FAILS(EFAULT, read, RD, BUF, -1)}},
	{"write gives how many bytes",
		{GIVES(3, write, WR, "abc", 3), HOLDS("file", "abclo\n", 6)}},
	{"write to what is open for reading gives EBADF", {FAILS(EBADF, write, RD, "x", 1)}},
	{"write from a bad address gives EFAULT and changes nothing",
		{FAILS(EFAULT, write, WR, BAD, 1), HOLDS("file", "hello\n", 6)}},
	{"write of no bytes from a bad address gives 0", {GIVES(0, write, WR, BAD, 0)}},
	{"write up to the end of memory writes what is there", {GIVES(4, write, WR, END(4), 100)}},
	{"O_APPEND writes at the end",
		{GIVES(0, open, "file", O_WRONLY | O_APPEND), GIVES(1, write, 0, "x", 1),
			HOLDS("file", "hello\nx", 7)}},
	{"pwrite64 with O_APPEND does too",
		{GIVES(0, open, "file", O_WRONLY | O_APPEND), GIVES(1, pwrite64, 0, "x", 1, 0),
			HOLDS("file", "hello\nx", 7)}},
	{"pread64 leaves the position alone",
		{GIVES(2, pread64, RD, BUF, 2, 3), GIVES(6, read, RD, BUF, 100)}},
	{"pread64 at a negative position gives EINVAL", {FAILS(EINVAL, pread64, RD, BUF, 2, -1)}},
	{"a negative position comes before a bad descriptor",
		{FAILS(EINVAL, pread64, NO_FD, BUF, 2, -1)}},
	{"pread64 from a pipe gives ESPIPE", {FAILS(ESPIPE, pread64, PR, BUF, 2, 0)}},
	{"pread64 from the wrong end of a pipe gives ESPIPE",
		{FAILS(ESPIPE, pread64, PW, BUF, 2, 0)}},
	{"pread64 behind the end gives 0", {GIVES(0, pread64, RD, BUF, 2, 100)}},
	{"pwrite64 behind the end leaves zeroes",
		{GIVES(1, pwrite64, WR, "x", 1, 8), HOLDS("file", "hello\n\0\0x", 9)}},
	{"lseek from the start", {GIVES(3, lseek, RD, 3, 0), GIVES(3, read, RD, BUF, 100)}},
	{"lseek from here", {GIVES(3, lseek, RD, 3, 0), GIVES(2, lseek, RD, -1, 1)}},
	{"lseek from the end", {GIVES(5, lseek, RD, -1, 2)}},
	{"lseek before the start gives EINVAL", {FAILS(EINVAL, lseek, RD, -1, 0)}},
	{"lseek behind the end works",
		{GIVES(1000, lseek, RD, 1000, 0), GIVES(0, read, RD, BUF, 1)}},
	{"lseek with another whence gives EINVAL", {FAILS(EINVAL, lseek, RD, 0, 5)}},
	{"lseek of nothing gives EBADF before that", {FAILS(EBADF, lseek, NO_FD, 0, 5)}},
	{"lseek of a pipe gives ESPIPE", {FAILS(ESPIPE, lseek, PR, 0, 0)}},
	{"lseek of a pipe with another whence gives EINVAL", {FAILS(EINVAL, lseek, PR, 0, 9)}},
	{"SEEK_DATA finds data", {GIVES(2, lseek, RD, 2, 3)}},
	{"SEEK_HOLE finds the end", {GIVES(6, lseek, RD, 2, 4)}},
	{"SEEK_DATA at the end gives ENXIO", {FAILS(ENXIO, lseek, RD, 6, 3)}},
	{"SEEK_HOLE behind the end gives ENXIO", {FAILS(ENXIO, lseek, RD, 7, 4)}},
	{"descriptors made by dup share a position",
		{GIVES(0, dup, RD), GIVES(3, lseek, 0, 3, 0), GIVES(3, read, RD, BUF, 100)}},
	{"readv fills one after the other", {DO(vectors), GIVES(6, readv, RD, BUF, 3)}},
	{"readv of no vector gives 0", {GIVES(0, readv, RD, BUF, 0)}},
	{"readv of 1025 gives EINVAL", {FAILS(EINVAL, readv, RD, BUF, 1025)}},
	{"readv of a negative number gives EINVAL", {FAILS(EINVAL, readv, RD, BUF, -1)}},
	{"readv of a vector at a bad address gives EFAULT", {FAILS(EFAULT, readv, RD, BAD, 1)}},
	{"readv with a negative length gives EINVAL",
		{DO(negative_vector), FAILS(EINVAL, readv, RD, BUF, 3)}},
	{"readv up to a bad piece gives what comes before",
		{DO(bad_vector), GIVES(2, readv, RD, BUF, 3)}},
	{"readv of a directory looks at the vector first", {FAILS(EFAULT, readv, DIR, BAD, 1)}},
	{"writev writes all", {DO(vectors), GIVES(102, writev, WR, BUF, 3)}},
	{"preadv at a position", {DO(vectors), GIVES(5, preadv, RD, BUF, 3, 1)}},
	{"preadv2 at -1 reads at the file's own position",
		{DO(vectors), GIVES(6, preadv2, RD, BUF, 3, -1, 0, 0), GIVES(0, read, RD, BUF, 1)}},
	{"preadv2 with flags that it does not know gives EOPNOTSUPP",
		{DO(vectors), FAILS(EOPNOTSUPP, preadv2, RD, BUF, 3, 0, 0, 0x10000)}},
	{"pwritev2 with RWF_APPEND writes at the end",
		{DO(vectors), GIVES(102, pwritev2, WR, BUF, 3, 0, 0, 16),
			GIVES(108, lseek, RD, 0, 2)}},
	{"ftruncate makes smaller", {GIVES(0, ftruncate, WR, 2), HOLDS("file", "he", 2)}},
	{"ftruncate makes larger", {GIVES(0, ftruncate, WR, 8), HOLDS("file", "hello\n\0\0", 8)}},
	{"ftruncate of what is open for reading gives EINVAL", {FAILS(EINVAL, ftruncate, RD, 2)}},
	{"ftruncate of a pipe gives EINVAL", {FAILS(EINVAL, ftruncate, PW, 2)}},
	{"ftruncate to a negative size gives EINVAL", {FAILS(EINVAL, ftruncate, WR, -1)}},
	{"and that before EBADF", {FAILS(EINVAL, ftruncate, NO_FD, -1)}},
	{"truncate of a directory gives EISDIR", {FAILS(EISDIR, truncate, "dir", 0)}},
	{"truncate of a FIFO gives EINVAL", {FAILS(EINVAL, truncate, "fifo", 0)}},
	{"truncate of nothing gives ENOENT", {FAILS(ENOENT, truncate, "nothing", 0)}},
	{"truncate to a negative size gives EINVAL", {FAILS(EINVAL, truncate, BAD, -1)}},
	{"bytes cut off are zero when the file grows again",
		{GIVES(0, ftruncate, WR, 2), GIVES(0, ftruncate, WR, 6),
			HOLDS("file", "he\0\0\0\0", 6)}},
	{"fallocate makes the file larger",
		{GIVES(0, fallocate, WR, 0, 0, 8), GIVES(8, lseek, RD, 0, 2)}},
	{"fallocate with FALLOC_FL_KEEP_SIZE does not",
		{GIVES(0, fallocate, WR, 1, 0, 100), GIVES(6, lseek, RD, 0, 2)}},
	{"fallocate can punch a hole",
		{GIVES(0, fallocate, WR, 3, 1, 3), HOLDS("file", "h\0\0\0o\n", 6)}},
	{"a hole wants FALLOC_FL_KEEP_SIZE", {FAILS(EOPNOTSUPP, fallocate, WR, 2, 1, 3)}},
	{"fallocate of no bytes gives EINVAL", {FAILS(EINVAL, fallocate, WR, 0, 0, 0)}},
	{"fallocate at a negative position gives EINVAL", {FAILS(EINVAL, fallocate, WR, 0, -1, 1)}},
	{"fallocate of what is open for reading gives EBADF",
		{FAILS(EBADF, fallocate, RD, 0, 0, 1)}},
	{"fallocate of a pipe gives ESPIPE", {FAILS(ESPIPE, fallocate, PW, 0, 0, 1)}},
	{"fallocate beyond all positions gives EFBIG",
		{FAILS(EFBIG, fallocate, WR, 0, 0x7fffffffffffffff, 1)}},
	{"a write to a full pipe gives EAGAIN", {FAILS(EAGAIN, write, FULL_PW, "x", 1)}},
	{"a write to a pipe without a reader gives EPIPE and SIGPIPE", {DO(broken_pipe)}},
	{"a read from a pipe without a writer gives 0",
		{GIVES(0, close, PW), GIVES(0, read, PR, BUF, 1)}},
	{"a pipe gives first what was written first",
		{GIVES(2, write, PW, "ab", 2), GIVES(2, write, PW, "cd", 2),
			GIVES(4, read, PR, BUF, 10)}},
	{"a pipe takes no part of a page that cannot be read",
		{FAILS(EFAULT, write, PW, END(4), 100)}},
	{"an eventfd wants eight bytes", {FAILS(EINVAL, read, EVENT, BUF, 7)}},
	{"an eventfd at 0 gives EAGAIN", {FAILS(EAGAIN, read, EVENT, BUF, 8)}},
	{"an eventfd does not take ~0",
		{FAILS(EINVAL, write, EVENT, "\377\377\377\377\377\377\377\377", 8)}},
	{"an eventfd counts", {GIVES(8, write, EVENT, "\2\0\0\0\0\0\0", 8),
				      GIVES(8, write, EVENT, "\3\0\0\0\0\0\0", 8),
				      GIVES(8, read, EVENT, BUF, 8), WORD(BUF, 5)}},
	{"sendfile moves the input's position",
		{GIVES(6, sendfile, PW, RD, 0, 100), GIVES(0, read, RD, BUF, 1)}},
	{"sendfile from an offset moves that", {DO(offset_2), GIVES(4, sendfile, PW, RD, BUF, 100),
						       WORD(BUF, 6), GIVES(6, read, RD, BUF, 10)}},
	{"sendfile from a negative offset gives EINVAL",
		{DO(offset_negative), FAILS(EINVAL, sendfile, PW, RD, BUF, 100)}},
	{"sendfile to what appends gives EINVAL", {GIVES(0, open, "dir/inner", O_WRONLY | O_APPEND),
							  FAILS(EINVAL, sendfile, 0, RD, 0, 10)}},
	{"sendfile from an eventfd gives EINVAL",
		{GIVES(8, write, EVENT, "\2\0\0\0\0\0\0", 8),
			FAILS(EINVAL, sendfile, PW, EVENT, 0, 8)}},
	{"sendfile to an eventfd gives EINVAL, if there is something to send",
		{FAILS(EINVAL, sendfile, EVENT, RD, 0, 8), DO(offset_100),
			GIVES(0, sendfile, EVENT, RD, BUF, 8)}},
	{"copy_file_range copies", {GIVES(0, open, "fresh", O_CREAT | O_RDWR, 0644),
					   GIVES(6, copy_file_range, RD, 0, 0, 0, 100, 0),
					   HOLDS("fresh", "hello\n", 6)}},
	{"copy_file_range of a directory gives EISDIR",
		{FAILS(EISDIR, copy_file_range, DIR, 0, WR, 0, 100, 0)}},
	{"copy_file_range of a pipe gives EINVAL",
		{FAILS(EINVAL, copy_file_range, PR, 0, WR, 0, 100, 0)}},
	{"copy_file_range with flags gives EINVAL",
		{FAILS(EINVAL, copy_file_range, RD, 0, WR, 0, 100, 2)}},
	{"copy_file_range behind the end gives 0",
		{GIVES(0, open, "fresh", O_CREAT | O_RDWR, 0644), DO(offset_100),
			GIVES(0, copy_file_range, RD, BUF, 0, 0, 100, 0)}},
	{"fsync of a pipe gives EINVAL", {FAILS(EINVAL, fsync, PR)}},
	{"fsync of a file works", {GIVES(0, fsync, RD), GIVES(0, fdatasync, WR)}},
	{"sync_file_range of a pipe gives ESPIPE", {FAILS(ESPIPE, sync_file_range, PR, 0, 0, 0)}},
	{"sync_file_range with unknown flags gives EINVAL",
		{FAILS(EINVAL, sync_file_range, RD, 0, 0, 8)}},
	{"fadvise64 takes advice", {GIVES(0, fadvise64, RD, 0, 0, 3)}},
	{"fadvise64 of unknown advice gives EINVAL", {FAILS(EINVAL, fadvise64, RD, 0, 0, 6)}},
	{"fadvise64 of a pipe gives ESPIPE", {FAILS(ESPIPE, fadvise64, PR, 0, 0, 0)}},
	{"fadvise64 of nothing gives EBADF", {FAILS(EBADF, fadvise64, NO_FD, 0, 0, 0)}},
	{"fadvise64 of a negative length gives EINVAL", {FAILS(EINVAL, fadvise64, RD, 0, -1, 0)}},
	{"readahead of a file works", {GIVES(0, readahead, RD, 0, 10)}},
	{"readahead of what is open for writing gives EBADF", {FAILS(EBADF, readahead, WR, 0, 10)}},
	{"readahead of a pipe gives EINVAL", {FAILS(EINVAL, readahead, PR, 0, 10)}},
	{"readahead of a negative count gives EINVAL", {FAILS(EINVAL, readahead, RD, 0, -1)}},
	{"F_SETPIPE_SZ makes a power of two of pages", {GIVES(16384, fcntl, PW, 1031, 10000)}},
	{"a pipe of two pages is full after two writes of more than half",
		{GIVES(8192, fcntl, PW, 1031, 8192), GIVES(0, fcntl, PW, F_SETFL, O_NONBLOCK),
			GIVES(3000, write, PW, BUF, 3000), GIVES(3000, write, PW, BUF, 3000),
			FAILS(EAGAIN, write, PW, BUF, 3000), GIVES(1000, write, PW, BUF, 1000)}},
	{"F_SETPIPE_SZ for less than is in the pipe gives EBUSY",
		{GIVES(3000, write, PW, BUF, 3000), GIVES(3000, write, PW, BUF, 3000),
			FAILS(EBUSY, fcntl, PW, 1031, 4096)}},
	{"pread of an eventfd gives ESPIPE", {FAILS(ESPIPE, pread64, EVENT, BUF, 8, 0)}},
	{"lseek of an eventfd goes nowhere", {GIVES(0, lseek, EVENT, 5, SEEK_SET)}},
	{"a read that would end behind the last position gives EINVAL",
		{GIVES(INT64_MAX, lseek, RW, INT64_MAX, SEEK_SET), FAILS(EINVAL, read, RW, BUF, 1),
			FAILS(EINVAL, write, RW, BUF, 1)}},
	{"preadv of no pieces looks at no address", {GIVES(0, preadv, RD, BAD, 0, 0)}},
	{"select says that a mere place is ready",
		{DO(place_asked), GIVES(1, select, PATH_FD + 1, BUF, 0, 0, BUF + 64)}},
	{"copy_file_range to another file system gives EXDEV",
		{DO(memory_file), FAILS(EXDEV, copy_file_range, RD, 0, 20, 0, 4, 0)}},
};
SUITE(bytes, bytes_cases);
