/* identity: users, groups, limits, priorities. */
#include <sys/resource.h>

#include <workloads/conform_test/conform.h>

static void limit(unsigned long soft, unsigned long hard)
{
	((unsigned long *)BUF)[0] = soft;
	((unsigned long *)BUF)[1] = hard;
}

static void soft_above_hard(void)
{
	limit(10, 5);
}

static void limit_16(void)
{
	limit(16, 4096);
}

static void limit_5(void)
{
	limit(5, 5);
}

static void limit_more(void)
{
	limit(0, ~0UL);
}

static void groups_unsorted(void)
{
	((int *)BUF)[0] = 30;
	((int *)BUF)[1] = 20;
}

static void too_large_dies(void)
{
	sys_write(WR, "hello world", 11);
	sys_write(WR, "x", 1);
}

static void truncated_larger_dies(void)
{
	CHECK_EQ(sys_call3(SYS_ftruncate, WR, 6, 0), 0); /* as large as it is */
	sys_call3(SYS_ftruncate, WR, 7, 0);
}

static void allocated_larger_dies(void)
{
	CHECK_EQ(sys_call4(SYS_fallocate, WR, 0, 0, 6), 0);
	sys_call4(SYS_fallocate, WR, 0, 6, 1);
}

static void size_limit(void)
{
	expect_death(too_large_dies, 25);
	expect_death(truncated_larger_dies, 25);
	expect_death(allocated_larger_dies, 25);
}

static const struct conform_case identity_cases[] = {
	{"user 0 may become anybody",
		{GIVES(0, setuid, 1000), GIVES(1000, getuid), GIVES(1000, geteuid)}},
	{"and cannot go back", {GIVES(0, setuid, 1000), FAILS(EPERM, setuid, 0)}},
	{"setuid to -1 gives EINVAL", {FAILS(EINVAL, setuid, -1)}},
	{"setresuid with -1 leaves what is",
		{GIVES(0, setresuid, -1, 5, -1), GIVES(0, getuid), GIVES(5, geteuid),
			GIVES(0, setresuid, -1, 0, -1)}},
	{"setreuid sets the saved one too",
		{GIVES(0, setreuid, 5, 6), GIVES(0, getresuid, BUF, BUF + 4, BUF + 8),
			WORD(BUF + 8, 6)}},
	{"getresuid to a bad address gives EFAULT", {FAILS(EFAULT, getresuid, BUF, BUF, BAD)}},
	{"setfsuid gives the old one", {GIVES(0, setfsuid, 5), GIVES(5, setfsuid, -1)}},
	{"setgroups and getgroups",
		{DO(groups_unsorted), GIVES(0, setgroups, 2, BUF),
			GIVES(2, getgroups, 10, BUF + 100), WORD(BUF + 100, 20)}},
	{"getgroups of 0 tells how many",
		{DO(groups_unsorted), GIVES(0, setgroups, 2, BUF), GIVES(2, getgroups, 0, BAD)}},
	{"getgroups into too few gives EINVAL", {DO(groups_unsorted), GIVES(0, setgroups, 2, BUF),
							FAILS(EINVAL, getgroups, 1, BUF)}},
	{"getgroups of a negative number gives EINVAL", {FAILS(EINVAL, getgroups, -1, BUF)}},
	{"setgroups of too many gives EINVAL", {FAILS(EINVAL, setgroups, 65537, BUF)}},
	{"setgroups from a bad address gives EFAULT", {FAILS(EFAULT, setgroups, 2, BAD)}},
};
SUITE(identity, identity_cases);

static const struct conform_case identity_user_cases[] = {
	{"setuid to another gives EPERM", {FAILS(EPERM, setuid, 0)}},
	{"setuid to oneself works", {GIVES(0, setuid, 1000)}},
	{"setresuid to another gives EPERM", {FAILS(EPERM, setresuid, -1, 0, -1)}},
	{"setgid to another gives EPERM", {FAILS(EPERM, setgid, 0)}},
	{"setgroups gives EPERM", {FAILS(EPERM, setgroups, 0, 0)}},
	{"setfsuid to another changes nothing",
		{GIVES(1000, setfsuid, 0), GIVES(1000, setfsuid, -1)}},
	{"a hard limit cannot be raised",
		{DO(limit_5), GIVES(0, setrlimit, RLIMIT_NOFILE, BUF), DO(limit_16),
			FAILS(EPERM, setrlimit, RLIMIT_NOFILE, BUF)}},
	{"kill of process 1 gives EPERM", {FAILS(EPERM, kill, 1, 0)}},
	{"a lower nice gives EACCES", {FAILS(EACCES, setpriority, 0, 0, -5)}},
};
USER_SUITE(identity_user, identity_user_cases);

static const struct conform_case limits_cases[] = {
	{"getrlimit of an unknown limit gives EINVAL", {FAILS(EINVAL, getrlimit, 16, BUF)}},
	{"getrlimit to a bad address gives EFAULT", {FAILS(EFAULT, getrlimit, 0, BAD)}},
	{"setrlimit of soft above hard gives EINVAL",
		{DO(soft_above_hard), FAILS(EINVAL, setrlimit, RLIMIT_CORE, BUF)}},
	{"setrlimit from a bad address gives EFAULT", {FAILS(EFAULT, setrlimit, RLIMIT_CORE, BAD)}},
	{"prlimit64 of nobody gives ESRCH", {FAILS(ESRCH, prlimit64, 99999, RLIMIT_CORE, 0, BUF)}},
	{"no descriptor is given at or above the limit",
		{DO(limit_16), GIVES(0, setrlimit, RLIMIT_NOFILE, BUF), FAILS(EBADF, dup2, RD, 16),
			GIVES(9, dup2, RD, 9)}},
	{"when all are in use open gives EMFILE",
		{DO(limit_5), GIVES(0, dup2, RD, 0), GIVES(0, setrlimit, RLIMIT_NOFILE, BUF),
			GIVES(2, dup, RD), GIVES(3, dup, RD), GIVES(4, dup, RD)}},
	{"what is open above the limit stays so",
		{DO(limit_5), GIVES(0, setrlimit, RLIMIT_NOFILE, BUF),
			GIVES(6, read, RD, BUF, 10)}},
	{"what makes a file larger than its limit gives SIGXFSZ",
		{DO(limit_5), GIVES(0, setrlimit, RLIMIT_FSIZE, BUF), DO(size_limit)}},
	{"a limit may be without end", {DO(limit_more), GIVES(0, setrlimit, RLIMIT_CORE, BUF)}},
	{"getpriority tells 20 less nice",
		{GIVES(20, getpriority, 0, 0), GIVES(0, setpriority, 0, 0, 5),
			GIVES(15, getpriority, 0, 0)}},
	{"setpriority is cut to what there is",
		{GIVES(0, setpriority, 0, 0, 100), GIVES(1, getpriority, 0, 0)}},
	{"getpriority of an unknown kind gives EINVAL", {FAILS(EINVAL, getpriority, 3, 0)}},
	{"getpriority of nobody gives ESRCH", {FAILS(ESRCH, getpriority, 0, 99999)}},
};
SUITE(limits, limits_cases);
