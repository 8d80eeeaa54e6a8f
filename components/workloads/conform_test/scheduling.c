/* scheduling: policies, priorities, processors. */
#include <sys/wait.h>

#include <workloads/conform_test/conform.h>

enum { FIFO = 1, RR = 2, BATCH = 3, IDLE = 5, RESET = 0x40000000 };

#define ATTRIBUTES (BUF + 64)

/* struct sched_attr. */
static void attributes(
	unsigned size, unsigned policy, unsigned long flags, int nice, unsigned priority)
{
	unsigned *a = (unsigned *)ATTRIBUTES;

	a[0] = size;
	a[1] = policy;
	*(unsigned long *)&a[2] = flags;
	a[4] = (unsigned)nice;
	a[5] = priority;
}

static void priority_0(void)
{
	*(int *)BUF = 0;
}

static void priority_5(void)
{
	*(int *)BUF = 5;
}

static void priority_100(void)
{
	*(int *)BUF = 100;
}

static void batch_nice_7(void)
{
	attributes(48, BATCH, 0, 7, 0);
}

static void fifo_5(void)
{
	attributes(0, FIFO, 1, 0, 5);
}

static void size_40(void)
{
	attributes(40, 0, 0, 0, 0);
}

static void size_5000(void)
{
	attributes(5000, 0, 0, 0, 0);
}

static void size_60_with_more(void)
{
	attributes(60, 0, 0, 0, 0);
	((unsigned *)ATTRIBUTES)[14] = 1;
}

static void unknown_flag(void)
{
	attributes(48, 0, 0x80000, 0, 0);
}

static void keep_all(void)
{
	attributes(48, 0, 0x18, 19, 0);
}

/* What a child of a thread that says so begins with. */
static void child_begins_anew(void)
{
	int five = 5, status;
	long pid;

	CHECK_EQ(sys_call3(SYS_sched_setscheduler, 0, FIFO | RESET, (long)&five), 0);
	CHECK_EQ(sys_call3(SYS_sched_getscheduler, 0, 0, 0), FIFO | RESET);
	pid = sys_fork();
	if (pid == 0)
		sys_exit((int)sys_call3(SYS_sched_getscheduler, 0, 0, 0));
	CHECK_EQ(sys_wait4(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void child_inherits(void)
{
	int zero = 0, status;
	long pid;

	CHECK_EQ(sys_call3(SYS_sched_setscheduler, 0, BATCH, (long)&zero), 0);
	CHECK_EQ(sys_call3(SYS_ioprio_set, 1, 0, 2 << 13 | 6), 0);
	pid = sys_fork();
	if (pid == 0)
		sys_exit((int)(sys_call3(SYS_sched_getscheduler, 0, 0, 0) * 16 +
			       (sys_call3(SYS_ioprio_get, 1, 0, 0) & 15)));
	CHECK_EQ(sys_wait4(pid, &status, 0), pid);
	CHECK_EQ(status >> 8, BATCH * 16 + 6);
}

static const struct conform_case scheduling_cases[] = {
	{"sched_getscheduler of a new process gives 0", {GIVES(0, sched_getscheduler, 0)}},
	{"sched_setscheduler without a parameter gives EINVAL",
		{FAILS(EINVAL, sched_setscheduler, 0, 0, 0),
			FAILS(EINVAL, sched_setscheduler, -1, 0, BUF),
			FAILS(EINVAL, sched_setscheduler, 0, -1, BUF)}},
	{"sched_setscheduler reads the parameter before it looks for the process",
		{FAILS(EFAULT, sched_setscheduler, 99999, 0, BAD),
			FAILS(ESRCH, sched_setscheduler, 99999, 77, BUF)}},
	{"an unknown policy gives EINVAL", {FAILS(EINVAL, sched_setscheduler, 0, 4, BUF),
						   FAILS(EINVAL, sched_setscheduler, 0, 7, BUF),
						   FAILS(EINVAL, sched_setscheduler, 0, 6, BUF)}},
	{"an ordinary policy has priority 0",
		{DO(priority_5), FAILS(EINVAL, sched_setscheduler, 0, 0, BUF),
			FAILS(EINVAL, sched_setparam, 0, BUF),
			GIVES(0, sched_setscheduler, 0, RR, BUF),
			GIVES(0, sched_getparam, 0, BUF + 8), WORD(BUF + 8, 5)}},
	{"a real-time one has 1 to 99",
		{DO(priority_0), FAILS(EINVAL, sched_setscheduler, 0, FIFO, BUF), DO(priority_100),
			FAILS(EINVAL, sched_setscheduler, 0, FIFO, BUF)}},
	{"sched_getparam checks the address first",
		{FAILS(EINVAL, sched_getparam, 99999, 0), FAILS(ESRCH, sched_getparam, 99999, BAD),
			FAILS(EFAULT, sched_getparam, 0, BAD)}},
	{"sched_getscheduler of -1 gives EINVAL, of nobody ESRCH",
		{FAILS(EINVAL, sched_getscheduler, -1), FAILS(ESRCH, sched_getscheduler, 99999)}},
	{"priorities of SCHED_FIFO go from 1 to 99",
		{GIVES(99, sched_get_priority_max, FIFO), GIVES(1, sched_get_priority_min, FIFO),
			GIVES(0, sched_get_priority_max, IDLE), GIVES(0, sched_get_priority_min, 6),
			FAILS(EINVAL, sched_get_priority_max, 4),
			FAILS(EINVAL, sched_get_priority_min, -1)}},
	{"a turn of SCHED_FIFO has no end",
		{DO(priority_5), GIVES(0, sched_setscheduler, 0, FIFO, BUF),
			GIVES(0, sched_rr_get_interval, 0, BUF + 16), WORD(BUF + 24, 0),
			FAILS(EINVAL, sched_rr_get_interval, -1, BUF),
			FAILS(EFAULT, sched_rr_get_interval, 0, BAD)}},
	{"SCHED_RESET_ON_FORK is told, and a child begins anew", {DO(child_begins_anew)}},
	{"a child inherits policy and io priority", {DO(child_inherits)}},
	{"sched_setattr sets nice values too",
		{DO(batch_nice_7), GIVES(0, sched_setattr, 0, ATTRIBUTES, 0),
			GIVES(BATCH, sched_getscheduler, 0), GIVES(13, getpriority, 0, 0)}},
	{"a size of 0 is that of the first version",
		{DO(fifo_5), GIVES(0, sched_setattr, 0, ATTRIBUTES, 0),
			GIVES(FIFO | RESET, sched_getscheduler, 0),
			GIVES(0, sched_getattr, 0, BUF + 256, 48, 0), WORD(BUF + 256, 48),
			WORD(BUF + 276, 5)}},
	{"sched_setattr tells how long its structure is",
		{DO(size_40), FAILS(E2BIG, sched_setattr, 0, ATTRIBUTES, 0), WORD(ATTRIBUTES, 56),
			DO(size_5000), FAILS(E2BIG, sched_setattr, 0, ATTRIBUTES, 0),
			WORD(ATTRIBUTES, 56)}},
	{"what it does not know must be nothing",
		{DO(size_60_with_more), FAILS(E2BIG, sched_setattr, 0, ATTRIBUTES, 0),
			DO(unknown_flag), FAILS(EINVAL, sched_setattr, 0, ATTRIBUTES, 0)}},
	{"SCHED_FLAG_KEEP_ALL keeps all", {DO(keep_all), GIVES(0, sched_setattr, 0, ATTRIBUTES, 0),
						  GIVES(20, getpriority, 0, 0)}},
	{"sched_setattr takes no flags", {FAILS(EINVAL, sched_setattr, 0, ATTRIBUTES, 1),
						 FAILS(EINVAL, sched_setattr, 0, 0, 0),
						 FAILS(EINVAL, sched_setattr, -1, ATTRIBUTES, 0),
						 FAILS(EFAULT, sched_setattr, 99999, BAD, 0)}},
	{"sched_getattr wants room for the first version",
		{FAILS(EINVAL, sched_getattr, 0, BUF, 47, 0),
			FAILS(EINVAL, sched_getattr, 0, BUF, 4097, 0),
			FAILS(EINVAL, sched_getattr, 0, BUF, 48, 1),
			FAILS(ESRCH, sched_getattr, 99999, BAD, 48, 0),
			FAILS(EFAULT, sched_getattr, 0, BAD, 48, 0)}},
	{"sched_setaffinity reads the mask first",
		{FAILS(EFAULT, sched_setaffinity, 99999, 8, BAD),
			FAILS(ESRCH, sched_setaffinity, 99999, 8, BUF),
			FAILS(EINVAL, sched_setaffinity, 0, 8, BUF),
			FAILS(EINVAL, sched_setaffinity, 0, 0, BAD)}},
	{"sched_getaffinity wants whole words",
		{FAILS(EINVAL, sched_getaffinity, 0, 0, BUF),
			FAILS(EINVAL, sched_getaffinity, 0, 12, BUF),
			FAILS(ESRCH, sched_getaffinity, -1, 128, BUF),
			FAILS(EFAULT, sched_getaffinity, 0, 128, BAD)}},
	{"ioprio_get gives what was set",
		{GIVES(0, ioprio_get, 1, 0), GIVES(0, ioprio_set, 1, 0, 2 << 13 | 3),
			GIVES(2 << 13 | 3, ioprio_get, 1, 0), GIVES(0, ioprio_set, 1, 0, 3 << 13),
			GIVES(3 << 13, ioprio_get, 1, 0)}},
	{"ioprio_set has three classes, and none",
		{FAILS(EINVAL, ioprio_set, 1, 0, 4 << 13), FAILS(EINVAL, ioprio_set, 1, 0, -1),
			FAILS(EINVAL, ioprio_set, 1, 0, 1),
			FAILS(EINVAL, ioprio_set, 0, 0, 2 << 13),
			FAILS(EINVAL, ioprio_set, 4, 0, 2 << 13),
			FAILS(ESRCH, ioprio_set, 1, 99999, 2 << 13)}},
	{"ioprio_get of an unknown kind gives EINVAL, of nobody ESRCH",
		{FAILS(EINVAL, ioprio_get, 0, 0), FAILS(EINVAL, ioprio_get, 4, 0),
			FAILS(ESRCH, ioprio_get, 1, 99999)}},
};
SUITE(scheduling, scheduling_cases);

static void reset_is_kept(void)
{
	int zero = 0;

	CHECK_EQ(sys_call3(SYS_sched_setscheduler, 0, RESET, (long)&zero), 0);
	CHECK_EQ(sys_call3(SYS_sched_setscheduler, 0, 0, (long)&zero), -EPERM);
	CHECK_EQ(sys_call3(SYS_sched_setparam, 0, (long)&zero, 0), 0);
}

static const struct conform_case scheduling_user_cases[] = {
	{"a user has no real-time policy",
		{DO(priority_5), FAILS(EPERM, sched_setscheduler, 0, FIFO, BUF)}},
	{"he may go idle, and not come back", {GIVES(0, sched_setscheduler, 0, IDLE, BUF),
						      FAILS(EPERM, sched_setscheduler, 0, 0, BUF)}},
	{"or ask for the ordinary in batches", {GIVES(0, sched_setscheduler, 0, BATCH, BUF)}},
	{"SCHED_RESET_ON_FORK stays", {DO(reset_is_kept)}},
	{"nobody else's processes are his to change",
		{FAILS(EPERM, sched_setscheduler, 1, 0, BUF), FAILS(EPERM, setpriority, 0, 1, 10),
			FAILS(EPERM, sched_setaffinity, 1, 8, RO), GIVES(0, sched_getscheduler, 1),
			FAILS(EPERM, ioprio_set, 1, 1, 2 << 13)}},
	{"real-time io needs a privilege before it needs a level",
		{FAILS(EPERM, ioprio_set, 1, 0, 1 << 13 | 8), GIVES(0, ioprio_set, 1, 0, 3 << 13)}},
};
USER_SUITE(scheduling_user, scheduling_user_cases);
