/* opening: open, openat, creat, and what they check in which order. */
#include <string.h>

#include <workloads/conform_test/conform.h>

#define NAME_16  "0123456789abcdef"
#define NAME_64  NAME_16 NAME_16 NAME_16 NAME_16
#define NAME_255 NAME_64 NAME_64 NAME_64 NAME_16 NAME_16 NAME_16 "0123456789abcde"

static void fill_to_the_end(void)
{
	memset((char *)END(16), 'a', 16);
}

static void put_at_the_end(void)
{
	memcpy((char *)END(5), "file", 5);
}

static void long_path(void)
{
	static char path[5000];

	memset(path, '/', sizeof(path) - 1);
	path[4096] = '\0';
	CHECK_EQ(sys_call3(SYS_open, (long)path, O_RDONLY, 0), -ENAMETOOLONG);
	path[4095] = '\0';
	CHECK(sys_call3(SYS_open, (long)path, O_RDONLY, 0) >= 0);
}

static const struct conform_case opening_cases[] = {
	{"open gives the lowest free descriptor", {GIVES(0, open, "file", O_RDONLY)}},
	{"open of a missing file gives ENOENT", {FAILS(ENOENT, open, "nothing", O_RDONLY)}},
	{"open of the empty path gives ENOENT", {FAILS(ENOENT, open, "", O_RDONLY)}},
	{"open of a directory for writing gives EISDIR", {FAILS(EISDIR, open, "dir", O_WRONLY)}},
	{"open of a directory for reading and writing gives EISDIR",
		{FAILS(EISDIR, open, "dir", O_RDWR)}},
	{"open of a directory to truncate it gives EISDIR",
		{FAILS(EISDIR, open, "dir", O_RDONLY | O_TRUNC)}},
	{"open of a directory with O_CREAT gives EISDIR",
		{FAILS(EISDIR, open, "dir", O_RDONLY | O_CREAT, 0644)}},
	{"open of a directory for reading works", {WORKS(open, "dir", O_RDONLY)}},
	{"open with O_DIRECTORY of a file gives ENOTDIR",
		{FAILS(ENOTDIR, open, "file", O_RDONLY | O_DIRECTORY)}},
	{"open with O_DIRECTORY | O_CREAT gives EINVAL",
		{FAILS(EINVAL, open, "fresh", O_RDONLY | O_DIRECTORY | O_CREAT, 0644)}},
	{"open of a path through a file gives ENOTDIR", {FAILS(ENOTDIR, open, "file/x", O_RDONLY)}},
	{"open of a file with a slash behind it gives ENOTDIR",
		{FAILS(ENOTDIR, open, "file/", O_RDONLY)}},
	{"open with O_CREAT of a name with a slash behind it gives EISDIR",
		{FAILS(EISDIR, open, "fresh/", O_WRONLY | O_CREAT, 0644)}},
	{"open with O_CREAT in a missing directory gives ENOENT",
		{FAILS(ENOENT, open, "nothing/x", O_WRONLY | O_CREAT, 0644)}},
	{"open with O_CREAT and O_EXCL of what is there gives EEXIST",
		{FAILS(EEXIST, open, "file", O_WRONLY | O_CREAT | O_EXCL, 0644)}},
	{"open with O_CREAT and O_EXCL of a directory gives EEXIST",
		{FAILS(EEXIST, open, "dir", O_WRONLY | O_CREAT | O_EXCL, 0644)}},
	{"open with O_CREAT and O_EXCL of a dangling link gives EEXIST",
		{FAILS(EEXIST, open, "none", O_WRONLY | O_CREAT | O_EXCL, 0644)}},
	{"open with O_CREAT through a dangling link makes its target",
		{WORKS(open, "none", O_WRONLY | O_CREAT, 0644), GIVES(0, access, "nothing", 0)}},
	{"open of a dangling link gives ENOENT", {FAILS(ENOENT, open, "none", O_RDONLY)}},
	{"open of a link to itself gives ELOOP", {FAILS(ELOOP, open, "loop", O_RDONLY)}},
	{"open with O_NOFOLLOW of a link gives ELOOP",
		{FAILS(ELOOP, open, "link", O_RDONLY | O_NOFOLLOW)}},
	{"open with O_NOFOLLOW and O_DIRECTORY of a link gives ENOTDIR",
		{FAILS(ENOTDIR, open, "link", O_RDONLY | O_NOFOLLOW | O_DIRECTORY)}},
	{"open with O_PATH and O_NOFOLLOW of a link works",
		{WORKS(open, "link", O_PATH | O_NOFOLLOW)}},
	{"open with O_PATH ignores the access mode", {WORKS(open, "dir", O_PATH | O_WRONLY)}},
	{"open with O_TRUNC empties the file",
		{WORKS(open, "file", O_WRONLY | O_TRUNC), HOLDS("file", "", 0)}},
	{"open with O_TRUNC for reading empties the file too",
		{WORKS(open, "file", O_RDONLY | O_TRUNC), HOLDS("file", "", 0)}},
	{"open with O_CREAT makes a file less the umask",
		{WORKS(open, "fresh", O_WRONLY | O_CREAT, 0666), GIVES(0, stat, "fresh", BUF),
			WORD(BUF + 24, 0100644)}},
	{"a new file with mode 0 is open for writing all the same",
		{GIVES(0, open, "fresh", O_RDWR | O_CREAT, 0), GIVES(1, write, 0, "x", 1)}},
	{"open with O_TMPFILE wants to write",
		{FAILS(EINVAL, open, ".", O_TMPFILE | O_RDONLY, 0600)}},
	{"open with O_TMPFILE makes a file without a name",
		{GIVES(0, open, ".", O_TMPFILE | O_RDWR, 0600), GIVES(0, fstat, 0, BUF),
			WORD(BUF + 16, 0)}},
	{"open with O_TMPFILE in a file gives ENOTDIR",
		{FAILS(ENOTDIR, open, "file", O_TMPFILE | O_RDWR, 0600)}},
	{"open with O_TMPFILE and O_CREAT gives EINVAL",
		{FAILS(EINVAL, open, ".", O_TMPFILE | O_CREAT | O_RDWR, 0600)}},
	{"a file made with O_TMPFILE can be given a name",
		{GIVES(0, open, ".", O_TMPFILE | O_RDWR, 0600),
			GIVES(0, linkat, 0, "", AT_FDCWD, "named", AT_EMPTY_PATH),
			GIVES(0, access, "named", 0)}},
	{"not one made with O_TMPFILE and O_EXCL",
		{GIVES(0, open, ".", O_TMPFILE | O_RDWR | O_EXCL, 0600),
			FAILS(ENOENT, linkat, 0, "", AT_FDCWD, "named", AT_EMPTY_PATH)}},
	{"open ignores flags that it does not know", {WORKS(open, "file", O_RDONLY | 0x40000000)}},
	{"open with access mode 3 gives what can be neither read nor written",
		{GIVES(0, open, "file", 3), FAILS(EBADF, read, 0, BUF, 1),
			FAILS(EBADF, write, 0, BUF, 1)}},
	{"open of a path at a bad address gives EFAULT", {FAILS(EFAULT, open, BAD, O_RDONLY)}},
	{"open of a path at address 0 gives EFAULT", {FAILS(EFAULT, open, 0, O_RDONLY)}},
	{"open of a path in the kernel gives EFAULT", {FAILS(EFAULT, open, KERNEL, O_RDONLY)}},
	{"open of a path that does not end before its memory does gives EFAULT",
		{DO(fill_to_the_end), FAILS(EFAULT, open, END(4), O_RDONLY)}},
	{"open of a path that ends with its memory works",
		{DO(put_at_the_end), WORKS(open, END(5), O_RDONLY)}},
	{"a name of 255 bytes is not there", {FAILS(ENOENT, open, NAME_255, O_RDONLY)}},
	{"a name of 256 bytes gives ENAMETOOLONG",
		{FAILS(ENAMETOOLONG, open, NAME_255 "x", O_RDONLY)}},
	{"a path of 4096 bytes gives ENAMETOOLONG", {DO(long_path)}},
	{"openat from a bad descriptor gives EBADF",
		{FAILS(EBADF, openat, NO_FD, "file", O_RDONLY)}},
	{"openat of an absolute path does not look at the descriptor",
		{WORKS(openat, NO_FD, "/", O_RDONLY)}},
	{"openat from a file gives ENOTDIR", {FAILS(ENOTDIR, openat, RD, "file", O_RDONLY)}},
	{"openat from a directory finds what is in it", {WORKS(openat, DIR, "inner", O_RDONLY)}},
	{"openat from a pipe gives ENOTDIR", {FAILS(ENOTDIR, openat, PR, "file", O_RDONLY)}},
	{"the empty path gives ENOENT before the descriptor is looked at",
		{FAILS(ENOENT, openat, NO_FD, "", O_RDONLY)}},
	{"creat opens for writing only",
		{GIVES(0, creat, "file", 0600), FAILS(EBADF, read, 0, BUF, 1),
			HOLDS("file", "", 0)}},
	{"open of a FIFO for writing without a reader gives ENXIO where it may not wait",
		{FAILS(ENXIO, open, "fifo", O_WRONLY | O_NONBLOCK)}},
	{"open of a FIFO for reading does not wait with O_NONBLOCK",
		{WORKS(open, "fifo", O_RDONLY | O_NONBLOCK)}},
	{"open of a socket's name gives ENXIO",
		{GIVES(0, mknod, "socket", 0140644, 0), FAILS(ENXIO, open, "socket", O_RDONLY)}},
	{"O_CLOEXEC is a flag of the descriptor",
		{GIVES(0, open, "file", O_RDONLY | O_CLOEXEC), GIVES(1, fcntl, 0, F_GETFD),
			GIVES(0100000, fcntl, 0, F_GETFL)}},
	{"F_GETFL does not tell of O_CREAT, O_EXCL, O_TRUNC and O_NOCTTY",
		{GIVES(0, open, "fresh", O_RDWR | O_CREAT | O_EXCL | O_TRUNC | O_NOCTTY | O_APPEND,
			 0644),
			GIVES(0100000 | O_RDWR | O_APPEND, fcntl, 0, F_GETFL)}},
};
SUITE(opening, opening_cases);

static const struct conform_case opening_user_cases[] = {
	{"open for writing of what others may only read gives EACCES",
		{FAILS(EACCES, open, "file", O_WRONLY)}},
	{"open of it for reading works", {WORKS(open, "file", O_RDONLY)}},
	{"open with O_TRUNC of it gives EACCES", {FAILS(EACCES, open, "file", O_RDONLY | O_TRUNC)}},
	{"open with O_CREAT where one may not write gives EACCES",
		{FAILS(EACCES, open, "fresh", O_WRONLY | O_CREAT, 0644)}},
	{"open below a closed directory gives EACCES",
		{FAILS(EACCES, open, "closed/inside", O_RDONLY)}},
	{"and so does a missing name there", {FAILS(EACCES, open, "closed/nothing", O_RDONLY)}},
	{"open of a closed directory gives EACCES", {FAILS(EACCES, open, "closed", O_RDONLY)}},
	{"open of it with O_PATH works", {WORKS(open, "closed", O_PATH)}},
	{"EISDIR comes before EACCES", {FAILS(EISDIR, open, "closed", O_WRONLY)}},
	{"EEXIST comes before EACCES",
		{FAILS(EEXIST, open, "file", O_WRONLY | O_CREAT | O_EXCL, 0644)}},
	{"O_NOATIME of another's file gives EPERM",
		{FAILS(EPERM, open, "file", O_RDONLY | O_NOATIME)}},
	{"O_NOATIME of one's own works", {WORKS(open, "mine/own", O_RDONLY | O_NOATIME)}},
	{"O_TMPFILE where one may not write gives EACCES",
		{FAILS(EACCES, open, ".", O_TMPFILE | O_RDWR, 0600)}},
	{"a new file is its maker's", {WORKS(open, "mine/fresh", O_WRONLY | O_CREAT, 0644),
					      GIVES(0, stat, "mine/fresh", BUF),
					      WORD(BUF + 28, 1000), WORD(BUF + 32, 1000)}},
};
USER_SUITE(opening_user, opening_user_cases);
