/* queues: what comes later or from others: timers, splice and its kin, inotify, System V IPC. */
#include <signal.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/uio.h>
#include <time.h>

#include <workloads/conform_test/conform.h>

/* --- timers --- */

static struct itimerspec soon = {{0, 0}, {0, 1000000}}, never = {{0, 0}, {0, 0}},
			 later = {{7, 0}, {3600, 0}}, broken = {{0, 0}, {0, 1000000000}},
			 before = {{0, 0}, {-1, 0}}, broken_again = {{0, -1}, {0, 0}};
static struct sigevent silent = {.sigev_notify = SIGEV_NONE},
		       odd_notify = {.sigev_notify = 99, .sigev_signo = SIGALRM},
		       no_signal = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 0},
		       signal_65 = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 65},
		       user_1 = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};

static void child_has_none(void)
{
	int status;
	long pid = sys_fork();

	if (pid == 0)
		sys_exit(sys_call3(SYS_timer_gettime, 0, BUF + 64, 0) == -EINVAL ? 0 : 1);
	CHECK_EQ(sys_wait4(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void pends(void)
{
	unsigned long set = 1UL << (SIGUSR1 - 1), pending = 0;

	CHECK_EQ(sys_call4(SYS_rt_sigprocmask, SIG_BLOCK, (long)&set, 0, 8), 0);
	CHECK_EQ(sys_call4(SYS_timer_settime, 0, 0, (long)&soon, 0), 0);
	sleep_ms(5);
	CHECK_EQ(sys_call3(SYS_rt_sigpending, (long)&pending, 8, 0), 0);
	CHECK(pending & set);
	CHECK_EQ(sys_call3(SYS_timer_delete, 0, 0, 0), 0);
	CHECK_EQ(sys_call3(SYS_rt_sigpending, (long)&pending, 8, 0), 0);
}

static void ends_by_itself(void)
{
	sleep_ms(5);
	CHECK_EQ(sys_call3(SYS_timer_gettime, 0, BUF + 64, 0), 0);
	CHECK_EQ(*(long *)(BUF + 80), 0);
	CHECK_EQ(*(long *)(BUF + 88), 0);
}

static const struct conform_case timers_cases[] = {
	{"timer_create numbers from 0, and not anew",
		{GIVES(0, timer_create, 0, 0, BUF), WORD(BUF, 0), GIVES(0, timer_create, 1, 0, BUF),
			WORD(BUF, 1), GIVES(0, timer_delete, 1),
			GIVES(0, timer_create, 7, 0, BUF)}},
	{"timer_create of a clock that there is not gives EINVAL",
		{FAILS(EINVAL, timer_create, 99, 0, BUF), FAILS(EINVAL, timer_create, -1, 0, BUF)}},
	{"timer_create of a clock that only tells gives EOPNOTSUPP",
		{FAILS(EOPNOTSUPP, timer_create, CLOCK_MONOTONIC_RAW, 0, BUF),
			FAILS(EOPNOTSUPP, timer_create, CLOCK_MONOTONIC_COARSE, 0, BUF)}},
	{"timer_create with a bad event gives EINVAL",
		{FAILS(EINVAL, timer_create, 0, &odd_notify, BUF),
			FAILS(EINVAL, timer_create, 0, &no_signal, BUF),
			FAILS(EINVAL, timer_create, 0, &signal_65, BUF),
			FAILS(EFAULT, timer_create, 99, BAD, BUF)}},
	{"timer_create with nowhere to store the number leaves none",
		{FAILS(EFAULT, timer_create, 0, 0, BAD), FAILS(EINVAL, timer_gettime, 0, BUF)}},
	{"a timer of processor time can be made",
		{GIVES(0, timer_create, CLOCK_PROCESS_CPUTIME_ID, 0, BUF),
			GIVES(0, timer_create, CLOCK_THREAD_CPUTIME_ID, 0, BUF),
			GIVES(0, timer_settime, 0, 0, &later, 0), GIVES(0, timer_gettime, 0, BUF),
			WORD(BUF, 7)}},
	{"timer_settime looks at the time, then for the timer",
		{FAILS(EINVAL, timer_settime, 5, 0, 0, 0),
			FAILS(EFAULT, timer_settime, 5, 0, BAD, 0),
			FAILS(EINVAL, timer_settime, 5, 0, &broken, 0),
			FAILS(EINVAL, timer_settime, 5, 0, &soon, 0)}},
	{"timer_settime refuses times that are none",
		{GIVES(0, timer_create, 1, &silent, BUF),
			FAILS(EINVAL, timer_settime, 0, 0, &broken, 0),
			FAILS(EINVAL, timer_settime, 0, 0, &before, 0),
			FAILS(EINVAL, timer_settime, 0, 0, &broken_again, 0),
			GIVES(0, timer_settime, 0, 99, &never, 0)}},
	{"timer_settime tells what was set, and sets even if that cannot be stored",
		{GIVES(0, timer_create, 1, &silent, BUF),
			GIVES(0, timer_settime, 0, 0, &later, BUF), WORD(BUF + 16, 0),
			FAILS(EFAULT, timer_settime, 0, 0, &later, BAD),
			GIVES(0, timer_gettime, 0, BUF), WORD(BUF, 7)}},
	{"a silent timer ends by itself",
		{GIVES(0, timer_create, 1, &silent, BUF), GIVES(0, timer_settime, 0, 0, &soon, 0),
			DO(ends_by_itself), GIVES(0, timer_getoverrun, 0)}},
	{"a timer's signal may wait", {GIVES(0, timer_create, 1, &user_1, BUF), DO(pends)}},
	{"a child has no timers", {GIVES(0, timer_create, 1, 0, BUF), DO(child_has_none)}},
	{"calls on a timer that is gone give EINVAL",
		{GIVES(0, timer_create, 1, 0, BUF), GIVES(0, timer_delete, 0),
			FAILS(EINVAL, timer_delete, 0), FAILS(EINVAL, timer_getoverrun, 0),
			FAILS(EINVAL, timer_gettime, 0, BAD)}},
};
SUITE(timers, timers_cases);

/* --- splice --- */

static struct iovec four = {"abcd", 4}, too_long = {"abcd", -1UL >> 1};
static long minus_one = -1, at_2 = 2;

static const struct conform_case splices_cases[] = {
	{"splice of nothing is 0, whatever the rest",
		{GIVES(0, splice, NO_FD, 0, NO_FD, 0, 0, 99)}},
	{"splice with unknown flags gives EINVAL before it looks at descriptors",
		{FAILS(EINVAL, splice, NO_FD, 0, NO_FD, 0, 1, 16)}},
	{"splice wants a pipe", {FAILS(EINVAL, splice, RD, 0, WR, 0, 1, 0),
					FAILS(EBADF, splice, NO_FD, 0, PW, 0, 1, 0),
					FAILS(EBADF, splice, WR, 0, PW, 0, 1, 0),
					FAILS(EBADF, splice, PATH_FD, 0, PW, 0, 1, 0)}},
	{"splice from a file moves its position, or what is given",
		{GIVES(3, splice, RD, 0, PW, 0, 3, 0), GIVES(3, lseek, RD, 0, 1),
			GIVES(4, splice, RD, &at_2, PW, 0, 99, 0), GIVES(3, lseek, RD, 0, 1),
			GIVES(7, read, PR, BUF, 99)}},
	{"splice at a negative place gives EINVAL, at a bad address EFAULT",
		{FAILS(EINVAL, splice, RD, &minus_one, PW, 0, 1, 0),
			FAILS(EFAULT, splice, RD, BAD, PW, 0, 1, 0),
			FAILS(ESPIPE, splice, PR, BAD, WR, 0, 1, 0)}},
	{"splice into a full pipe gives EAGAIN", {FAILS(EAGAIN, splice, RD, 0, FULL_PW, 0, 1, 0)}},
	{"splice from an empty pipe that has no writer is 0",
		{GIVES(0, close, PW), GIVES(0, splice, PR, 0, WR, 0, 1, 0)}},
	{"splice of an eventfd or a directory gives EINVAL",
		{FAILS(EINVAL, splice, EVENT, 0, PW, 0, 8, 0),
			FAILS(EINVAL, splice, DIR, 0, PW, 0, 8, 0)}},
	{"tee wants two pipes", {FAILS(EINVAL, tee, RD, PW, 1, 0), FAILS(EINVAL, tee, PR, PW, 1, 0),
					FAILS(EINVAL, tee, NO_FD, NO_FD, 1, 16),
					GIVES(0, tee, NO_FD, NO_FD, 0, 0)}},
	{"vmsplice fills a pipe",
		{GIVES(4, vmsplice, PW, &four, 1, 0), FAILS(EBADF, vmsplice, RD, &four, 1, 0),
			FAILS(EINVAL, vmsplice, PW, &four, 1025, 0),
			FAILS(EINVAL, vmsplice, PW, &too_long, 1, 16),
			GIVES(0, vmsplice, PW, &four, 0, 0), GIVES(4, read, PR, BUF, 9)}},
};
SUITE(splices, splices_cases);

/* --- inotify --- */

#define FD 0 /* that inotify_init gives here */

static const struct conform_case watches_cases[] = {
	{"inotify_init1 with unknown flags gives EINVAL", {FAILS(EINVAL, inotify_init1, 1)}},
	{"inotify_add_watch numbers from 1; the same file again is the same watch",
		{GIVES(FD, inotify_init), GIVES(1, inotify_add_watch, FD, "file", IN_MODIFY),
			GIVES(2, inotify_add_watch, FD, "dir", IN_CREATE),
			GIVES(1, inotify_add_watch, FD, "link", IN_OPEN),
			GIVES(0, inotify_rm_watch, FD, 2), FAILS(EINVAL, inotify_rm_watch, FD, 2)}},
	{"inotify_add_watch of no event, or an unknown one, gives EINVAL",
		{GIVES(FD, inotify_init), FAILS(EINVAL, inotify_add_watch, FD, "file", 0),
			FAILS(EINVAL, inotify_add_watch, FD, "file", 0x10000),
			FAILS(EINVAL, inotify_add_watch, FD, "file",
				IN_MODIFY | IN_MASK_ADD | IN_MASK_CREATE)}},
	{"inotify_add_watch looks at the mask, the descriptor, the path",
		{FAILS(EINVAL, inotify_add_watch, NO_FD, BAD, 0),
			FAILS(EBADF, inotify_add_watch, NO_FD, BAD, IN_OPEN),
			FAILS(EINVAL, inotify_add_watch, RD, BAD, IN_OPEN), GIVES(FD, inotify_init),
			FAILS(EFAULT, inotify_add_watch, FD, BAD, IN_OPEN),
			FAILS(ENOENT, inotify_add_watch, FD, "none", IN_OPEN)}},
	{"IN_ONLYDIR and IN_MASK_CREATE can refuse",
		{GIVES(FD, inotify_init),
			FAILS(ENOTDIR, inotify_add_watch, FD, "file", IN_OPEN | IN_ONLYDIR),
			GIVES(1, inotify_add_watch, FD, "file", IN_OPEN | IN_MASK_CREATE),
			FAILS(EEXIST, inotify_add_watch, FD, "file", IN_OPEN | IN_MASK_CREATE),
			GIVES(2, inotify_add_watch, FD, "link", IN_OPEN | IN_DONT_FOLLOW)}},
	{"equal events that follow each other are one",
		{GIVES(FD, inotify_init1, O_NONBLOCK),
			GIVES(1, inotify_add_watch, FD, "file", IN_MODIFY),
			GIVES(1, write, WR, "a", 1), GIVES(1, write, WR, "b", 1),
			GIVES(16, read, FD, BUF, 99), FAILS(EAGAIN, read, FD, BUF, 99)}},
	{"a name is filled up to 16 bytes; what does not fit gives EINVAL",
		{GIVES(FD, inotify_init1, O_NONBLOCK),
			GIVES(1, inotify_add_watch, FD, "dir", IN_CREATE | IN_DELETE),
			GIVES(0, mknod, "dir/new", 0100600, 0), FAILS(EINVAL, read, FD, BUF, 31),
			GIVES(32, read, FD, BUF, 32), WORD(BUF + 12, 16)}},
	{"a watch of a file that is removed ends",
		{GIVES(FD, inotify_init1, O_NONBLOCK),
			GIVES(1, inotify_add_watch, FD, "dir/inner", IN_DELETE_SELF),
			GIVES(0, unlink, "dir/inner"), GIVES(32, read, FD, BUF, 99),
			WORD(BUF + 20, IN_IGNORED), FAILS(EINVAL, inotify_rm_watch, FD, 1)}},
	{"inotify_rm_watch of what is no inotify gives EINVAL",
		{FAILS(EBADF, inotify_rm_watch, NO_FD, 1), FAILS(EINVAL, inotify_rm_watch, RD, 1)}},
};
SUITE(watches, watches_cases);

/* --- System V --- */

#define KEY 77 /* of nobody else: the namespace is the test's */

static long id; /* of what the case has made */

static struct {
	long type;
	char text[8];
} message = {5, "hello"}, type_0 = {0, ""};
static struct sembuf up = {0, 2, 0}, down = {0, -3, IPC_NOWAIT}, far = {9, 1, 0},
		     huge = {0, 32767, 0};

static void queue(void)
{
	id = sys_call3(SYS_msgget, KEY, IPC_CREAT | IPC_EXCL | 0600, 0);
	CHECK(id >= 0);
	CHECK_EQ(sys_call3(SYS_msgget, KEY, IPC_CREAT | IPC_EXCL, 0), -EEXIST);
	CHECK_EQ(sys_call3(SYS_msgget, KEY, 0, 0), id);
	CHECK_EQ(sys_call4(SYS_msgsnd, id, (long)&type_0, 1, 0), -EINVAL);
	CHECK_EQ(sys_call4(SYS_msgsnd, id, (long)&message, -1, 0), -EINVAL);
	CHECK_EQ(sys_call4(SYS_msgsnd, id, (long)&message, 8193, 0), -EINVAL);
	CHECK_EQ(sys_call4(SYS_msgsnd, id, BAD, 1, 0), -EFAULT);
	CHECK_EQ(sys_call4(SYS_msgsnd, id, (long)&message, 5, 0), 0);
	CHECK_EQ(sys_call6(SYS_msgrcv, id, BUF, 8, 6, IPC_NOWAIT, 0), -ENOMSG);
	CHECK_EQ(sys_call6(SYS_msgrcv, id, BUF, 4, 0, IPC_NOWAIT, 0), -E2BIG);
	CHECK_EQ(sys_call6(SYS_msgrcv, id, BUF, 4, -9, IPC_NOWAIT | MSG_NOERROR, 0), 4);
	CHECK_EQ(sys_call6(SYS_msgrcv, id, BUF, -1, 0, IPC_NOWAIT, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_msgctl, id, 99, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_msgctl, id, IPC_STAT, BAD), -EFAULT);
	CHECK_EQ(sys_call3(SYS_msgctl, id, IPC_RMID, 0), 0);
	CHECK_EQ(sys_call3(SYS_msgctl, id, IPC_RMID, 0), -EINVAL);
}

static void set(void)
{
	id = sys_call3(SYS_semget, KEY, 2, IPC_CREAT | 0600);
	CHECK(id >= 0);
	CHECK_EQ(sys_call3(SYS_semget, KEY, 3, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_semget, KEY, 0, 0), id);
	CHECK_EQ(sys_call3(SYS_semop, id, (long)&up, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_semop, id, (long)&up, 501), -E2BIG);
	CHECK_EQ(sys_call3(SYS_semop, id, (long)&far, 1), -EFBIG);
	CHECK_EQ(sys_call3(SYS_semop, id, BAD, 1), -EFAULT);
	CHECK_EQ(sys_call3(SYS_semop, id, (long)&up, 1), 0);
	CHECK_EQ(sys_call3(SYS_semop, id, (long)&down, 1), -EAGAIN);
	CHECK_EQ(sys_call3(SYS_semop, id, (long)&huge, 1), -ERANGE);
	CHECK_EQ(sys_call4(SYS_semctl, id, 0, GETVAL, 0), 2);
	CHECK_EQ(sys_call4(SYS_semctl, id, 0, SETVAL, 32768), -ERANGE);
	CHECK_EQ(sys_call4(SYS_semctl, id, 2, GETVAL, 0), -EINVAL);
	CHECK_EQ(sys_call4(SYS_semctl, id, 0, IPC_RMID, 0), 0);
	CHECK_EQ(sys_call3(SYS_semop, id, (long)&up, 1), -EINVAL);
}

static void segment(void)
{
	id = sys_call3(SYS_shmget, KEY, 5000, IPC_CREAT | 0600);
	CHECK(id >= 0);
	CHECK_EQ(sys_call3(SYS_shmget, KEY, 5001, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_shmat, id, 0x700000001, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_shmat, id, 0x700000001, SHM_RND), 0x700000000);
	CHECK_EQ(sys_call3(SYS_shmat, id, 0x700000000, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_shmat, id, 0x700000000, SHM_REMAP), 0x700000000);
	CHECK_EQ(sys_call3(SYS_shmctl, id, IPC_RMID, 0), 0);
	CHECK_EQ(sys_call3(SYS_shmget, KEY, 0, 0), -ENOENT);
	CHECK_EQ(sys_call3(SYS_shmdt, 0x700000001, 0, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_shmdt, 0x700000000, 0, 0), 0);
	CHECK_EQ(sys_call3(SYS_shmdt, 0x700000000, 0, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_shmat, id, 0, 0), -EINVAL);
}

static const struct conform_case system_v_cases[] = {
	{"what is not there gives ENOENT",
		{FAILS(ENOENT, msgget, KEY, 0), FAILS(ENOENT, semget, KEY, 1, 0),
			FAILS(ENOENT, shmget, KEY, 1, 0)}},
	{"sizes that cannot be give EINVAL", {FAILS(EINVAL, semget, KEY, 0, IPC_CREAT),
						     FAILS(EINVAL, semget, KEY, -1, IPC_CREAT),
						     FAILS(EINVAL, semget, KEY, 32001, IPC_CREAT),
						     FAILS(EINVAL, shmget, KEY, 0, IPC_CREAT)}},
	{"numbers that are none give EINVAL",
		{FAILS(EINVAL, msgctl, 55, 0, 0), FAILS(EINVAL, semctl, 55, 0, 0, 0),
			FAILS(EINVAL, shmctl, 55, 0, 0), FAILS(EINVAL, msgctl, -1, 0, 0),
			FAILS(EINVAL, semop, -1, BUF, 1), FAILS(EINVAL, shmat, -1, 0, 0)}},
	{"a queue of messages", {DO(queue)}},
	{"a set of semaphores", {DO(set)}},
	{"a segment of memory", {DO(segment)}},
};
SUITE(system_v, system_v_cases);
