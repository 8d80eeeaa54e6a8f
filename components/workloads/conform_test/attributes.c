/* attributes: what is told of files, and who may change it. */
#include <sys/stat.h>

#include <workloads/conform_test/conform.h>

#define MODE_AT  (BUF + 24)
#define LINKS_AT (BUF + 16)
#define SIZE_AT  (BUF + 48)
#define UID_AT   (BUF + 28)
#define ATIME_AT (BUF + 72)
#define MTIME_AT (BUF + 88)
#define TIMES    (BUF + 2048)

static void times(long a, long a_ns, long m, long m_ns)
{
	long *at = (long *)TIMES;

	at[0] = a;
	at[1] = a_ns;
	at[2] = m;
	at[3] = m_ns;
}

static void two_times(void)
{
	times(1000, 1, 2000, 2);
}

static void omit_first(void)
{
	times(1000, UTIME_OMIT, 2000, 2);
}

static void omit_both(void)
{
	times(1000, UTIME_OMIT, 2000, UTIME_OMIT);
}

static void bad_times(void)
{
	times(1000, 1000000000, 2000, 2);
}

static const struct conform_case attributes_cases[] = {
	{"stat tells of a file", {GIVES(0, stat, "file", BUF), WORD(MODE_AT, 0100644),
					 WORD(LINKS_AT, 1), WORD(SIZE_AT, 6)}},
	{"stat follows a link, lstat does not",
		{GIVES(0, stat, "link", BUF), WORD(MODE_AT, 0100644), GIVES(0, lstat, "link", BUF),
			WORD(MODE_AT, 0120777), WORD(SIZE_AT, 4)}},
	{"lstat of a link with a slash behind it follows it",
		{GIVES(0, symlink, "dir", "to_dir"), GIVES(0, lstat, "to_dir/", BUF),
			WORD(MODE_AT, 040755)}},
	{"stat of nothing gives ENOENT", {FAILS(ENOENT, stat, "nothing", BUF)}},
	{"stat to a bad address gives EFAULT", {FAILS(EFAULT, stat, "file", BAD)}},
	{"ENOENT comes before EFAULT of the result", {FAILS(ENOENT, stat, "nothing", BAD)}},
	{"stat to memory that ends too soon gives EFAULT", {FAILS(EFAULT, stat, "file", END(143))}},
	{"stat to memory that just suffices works", {GIVES(0, stat, "file", END(144))}},
	{"fstat of a pipe tells that it is one", {GIVES(0, fstat, PR, BUF), WORD(MODE_AT, 010600)}},
	{"fstat of a mere place works", {GIVES(0, fstat, PATH_FD, BUF), WORD(SIZE_AT, 6)}},
	{"fstat of nothing gives EBADF", {FAILS(EBADF, fstat, NO_FD, BUF)}},
	{"a removed file has no links",
		{GIVES(0, unlink, "file"), GIVES(0, fstat, RD, BUF), WORD(LINKS_AT, 0)}},
	{"newfstatat of the empty path is fstat with AT_EMPTY_PATH",
		{GIVES(0, newfstatat, RD, "", BUF, AT_EMPTY_PATH), WORD(SIZE_AT, 6)}},
	{"without it that is ENOENT", {FAILS(ENOENT, newfstatat, RD, "", BUF, 0)}},
	{"newfstatat with unknown flags gives EINVAL", {FAILS(EINVAL, newfstatat, RD, "", BUF, 1)}},
	{"statx tells what stat tells", {GIVES(0, statx, AT_FDCWD, "file", 0, 0x7ff, BUF),
						WORD(BUF + 40, 6), WORD(BUF + 16, 1)}},
	{"statx with the reserved bit gives EINVAL",
		{FAILS(EINVAL, statx, AT_FDCWD, "file", 0, 0x80000000, BUF)}},
	{"statx with both ways of synchronising gives EINVAL",
		{FAILS(EINVAL, statx, AT_FDCWD, "file", 0x6000, 0x7ff, BUF)}},
	{"statx with unknown flags gives EINVAL",
		{FAILS(EINVAL, statx, AT_FDCWD, "file", 1, 0x7ff, BUF)}},
	{"statx of the empty path tells of the descriptor",
		{GIVES(0, statx, RD, "", AT_EMPTY_PATH, 0x7ff, BUF), WORD(BUF + 40, 6)}},
	{"access asks whether it is there",
		{GIVES(0, access, "file", 0), FAILS(ENOENT, access, "nothing", 0)}},
	{"access with another mode gives EINVAL", {FAILS(EINVAL, access, "file", 8)}},
	{"that comes before the path", {FAILS(EINVAL, access, BAD, 8)}},
	{"user 0 may read and write everything",
		{GIVES(0, chmod, "file", 0), GIVES(0, access, "file", 6)}},
	{"user 0 may execute what anybody may",
		{FAILS(EACCES, access, "file", 1), GIVES(0, chmod, "file", 0001),
			GIVES(0, access, "file", 1)}},
	{"faccessat2 with AT_EACCESS works",
		{GIVES(0, faccessat2, AT_FDCWD, "file", 4, AT_EACCESS)}},
	{"faccessat2 with unknown flags gives EINVAL",
		{FAILS(EINVAL, faccessat2, AT_FDCWD, "file", 4, 1)}},
	{"faccessat2 of a link itself works",
		{GIVES(0, faccessat2, AT_FDCWD, "none", 0, AT_SYMLINK_NOFOLLOW)}},
	{"chmod changes the twelve bits",
		{GIVES(0, chmod, "file", 0177777), GIVES(0, stat, "file", BUF),
			WORD(MODE_AT, 0107777)}},
	{"chmod of nothing gives ENOENT", {FAILS(ENOENT, chmod, "nothing", 0644)}},
	{"fchmod of a mere place gives EBADF", {FAILS(EBADF, fchmod, PATH_FD, 0644)}},
	{"fchmod of a pipe works",
		{GIVES(0, fchmod, PR, 0640), GIVES(0, fstat, PW, BUF), WORD(MODE_AT, 010640)}},
	{"fchmodat2 of a link itself gives EOPNOTSUPP",
		{FAILS(EOPNOTSUPP, fchmodat2, AT_FDCWD, "link", 0644, AT_SYMLINK_NOFOLLOW)}},
	{"fchmodat2 of a file itself works",
		{GIVES(0, fchmodat2, AT_FDCWD, "file", 0600, AT_SYMLINK_NOFOLLOW)}},
	{"fchmodat2 with unknown flags gives EINVAL",
		{FAILS(EINVAL, fchmodat2, AT_FDCWD, "file", 0600, 1)}},
	{"chown changes the owner",
		{GIVES(0, chown, "file", 5, 6), GIVES(0, stat, "file", BUF), WORD(UID_AT, 5)}},
	{"chown with -1 leaves the owner",
		{GIVES(0, chown, "file", -1, 6), GIVES(0, stat, "file", BUF), WORD(UID_AT, 0)}},
	{"chown takes set-user-ID away",
		{GIVES(0, chmod, "file", 04755), GIVES(0, chown, "file", 5, -1),
			GIVES(0, stat, "file", BUF), WORD(MODE_AT, 0100755)}},
	{"chown leaves set-group-ID where the group may not execute",
		{GIVES(0, chmod, "file", 02745), GIVES(0, chown, "file", 5, -1),
			GIVES(0, stat, "file", BUF), WORD(MODE_AT, 0102745)}},
	{"lchown changes the link",
		{GIVES(0, lchown, "link", 5, 6), GIVES(0, stat, "file", BUF), WORD(UID_AT, 0)}},
	{"fchownat with unknown flags gives EINVAL",
		{FAILS(EINVAL, fchownat, AT_FDCWD, "file", 1, 1, 1)}},
	{"utimensat sets both times",
		{DO(two_times), GIVES(0, utimensat, AT_FDCWD, "file", TIMES, 0),
			GIVES(0, stat, "file", BUF), WORD(ATIME_AT, 1000), WORD(MTIME_AT, 2000)}},
	{"utimensat leaves out what it is told to",
		{DO(two_times), GIVES(0, utimensat, AT_FDCWD, "file", TIMES, 0), DO(omit_first),
			GIVES(0, utimensat, AT_FDCWD, "file", TIMES, 0),
			GIVES(0, stat, "file", BUF), WORD(ATIME_AT, 1000)}},
	{"utimensat that leaves out both does not look at the path",
		{DO(omit_both), GIVES(0, utimensat, AT_FDCWD, "nothing", TIMES, 0)}},
	{"utimensat with too many nanoseconds gives EINVAL",
		{DO(bad_times), FAILS(EINVAL, utimensat, AT_FDCWD, "file", TIMES, 0)}},
	{"but ENOENT comes first",
		{DO(bad_times), FAILS(ENOENT, utimensat, AT_FDCWD, "nothing", TIMES, 0)}},
	{"utimensat of a descriptor without a path works",
		{DO(two_times), GIVES(0, utimensat, RD, 0, TIMES, 0)}},
	{"that with flags gives EINVAL",
		{DO(two_times), FAILS(EINVAL, utimensat, RD, 0, TIMES, AT_SYMLINK_NOFOLLOW)}},
	{"utimensat without a path and a descriptor gives EFAULT",
		{DO(two_times), FAILS(EFAULT, utimensat, AT_FDCWD, 0, TIMES, 0)}},
	{"utimensat with times at a bad address gives EFAULT",
		{FAILS(EFAULT, utimensat, AT_FDCWD, "file", BAD, 0)}},
	{"umask gives the old one",
		{GIVES(022, umask, 077), GIVES(077, umask, 01777), GIVES(0777, umask, 0)}},
	{"statfs of nothing gives ENOENT", {FAILS(ENOENT, statfs, "nothing", BUF)}},
	{"statfs tells tmpfs", {GIVES(0, statfs, "file", BUF), WORD(BUF, 0x01021994)}},
	{"fstatfs of a pipe tells its own kind",
		{GIVES(0, fstatfs, PR, BUF), WORD(BUF, 0x50495045)}},
	{"listxattr of a file without any gives 0", {GIVES(0, listxattr, "file", BUF, 100)}},
};
SUITE(attributes, attributes_cases);

static const struct conform_case attributes_user_cases[] = {
	{"chmod of another's file gives EPERM", {FAILS(EPERM, chmod, "file", 0666)}},
	{"chmod of one's own works", {GIVES(0, chmod, "mine/own", 0)}},
	{"chmod to a foreign group drops set-group-ID",
		{GIVES(0, chmod, "mine/own", 02755), GIVES(0, stat, "mine/own", BUF),
			WORD(MODE_AT, 0102755)}},
	{"chown of one's own to another gives EPERM", {FAILS(EPERM, chown, "mine/own", 0, -1)}},
	{"chown of one's own to oneself works", {GIVES(0, chown, "mine/own", 1000, 1000)}},
	{"chown of another's gives EPERM", {FAILS(EPERM, chown, "file", 1000, -1)}},
	{"chown that changes nothing of another's is allowed", {GIVES(0, chown, "file", -1, -1)}},
	{"utimensat of another's file to a time gives EPERM",
		{DO(two_times), FAILS(EPERM, utimensat, AT_FDCWD, "file", TIMES, 0)}},
	{"utimensat of another's file to now gives EACCES",
		{FAILS(EACCES, utimensat, AT_FDCWD, "file", 0, 0)}},
	{"access asks as who one is",
		{FAILS(EACCES, access, "file", 2), GIVES(0, access, "file", 4)}},
	{"stat below a closed directory gives EACCES", {FAILS(EACCES, stat, "closed/inside", BUF)}},
	{"truncate of another's file gives EACCES", {FAILS(EACCES, truncate, "file", 0)}},
};
USER_SUITE(attributes_user, attributes_user_cases);
