/*
 * choices: arguments that are drawn from a list. What stands there more than once comes more often.
 *
 * Left out is what depends on the machine (huge pages, alarms that wake it), what newer kernels
 * than Linux 6.1 answer otherwise, and what real-time priorities would do to a host.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <workloads/random_calls/arguments.h>

struct choice {
	const long *from;
	size_t count;
};

#define CHOICE(...)                                                                                \
	{                                                                                          \
		(const long[]){__VA_ARGS__}, sizeof((const long[]){__VA_ARGS__}) / sizeof(long)    \
	}

/* Of System V IPC. */
#define GET_ALL    13
#define SET_ALL    17
#define NO_ERROR   010000
#define BUT_THIS   020000
#define READ_ONLY  010000
#define ROUND_DOWN 020000
#define REPLACE    040000

static const struct choice choices[KINDS] = {
	/* Files. */
	[MODE] = CHOICE(0, 0400, 0444, 0500, 0600, 0644, 0666, 0700, 0755, 0777, 01755, 02755,
		04755, 06777, 07777, 0100644, -1),
	[DEVICE] = CHOICE(0x103, 0x105, 0x107), /* null, zero, full: a host has nothing to fear */
	[AT_FLAGS] = CHOICE(0, 0, 0, AT_SYMLINK_NOFOLLOW, AT_SYMLINK_NOFOLLOW, AT_SYMLINK_FOLLOW,
		AT_EMPTY_PATH, AT_REMOVEDIR, AT_EACCESS, AT_NO_AUTOMOUNT,
		AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, 0x10000, -1),
	/* Newer kernels give less where less was asked for. */
	[STATX_MASK] = CHOICE(0x7ff, 0xfff, 0x17ff, 0x800007ff),
	[DUP_FLAGS] = CHOICE(0, 0, O_CLOEXEC, O_NONBLOCK, O_NONBLOCK, O_DIRECT, 1, -1),
	[RENAME_FLAGS] = CHOICE(0, 0, 0, 1, 2, 2, 3, 8, -1),
	[FALLOCATE_MODE] = CHOICE(0, 0, 0, 0, 2, 4, 8, 16, 32, 64, -1),
	[RW_FLAGS] = CHOICE(0, 0, 0, 1, 2, 4, 8, 16, 0x10000, -1),
	[FLOCK] = CHOICE(1, 2, 4, 5, 6, 5, 6, 8, 12, 0, 32, -1),
	[USER] = CHOICE(0, 1000, 1001, 65534, -1, 0x7fffffff),
	[ACCESS_MODE] = CHOICE(0, 1, 2, 3, 4, 5, 6, 7, 8, -1),
	[FCNTL_PLAIN] = CHOICE(F_DUPFD, F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL,
		F_SETFL, F_SETFL, F_GETPIPE_SZ, F_SETPIPE_SZ, F_SETPIPE_SZ, F_GETSIG, F_GETOWN, 77,
		-1),
	[FCNTL_VALUE] = CHOICE(0, 0, 1, 1, 2, 5, 10, 100, 4096, 1024, 0x40000000, O_APPEND,
		O_NONBLOCK, O_NONBLOCK | O_APPEND, 8192, 65536, 1 << 20, O_NOATIME),
	[FCNTL_LOCK] = CHOICE(F_GETLK, F_SETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK),
	[FCNTL_SEALS] = CHOICE(F_ADD_SEALS, F_ADD_SEALS, F_GET_SEALS),
	[SEALS] = CHOICE(0, 1, 2, 4, 8, 6, 14, 16, 64, -1),
	[CLOSE_FROM] = CHOICE(0, 3, 5, 8, 12, 900, -1, 0x7fffffff),
	[CLOSE_TO] = CHOICE(2, 4, 6, 9, 14, 700, 0x7fffffff, -1),
	[CLOSE_FLAGS] = CHOICE(0, 0, 4, 4, 4, 1, 8, -1), /* 4: CLOSE_RANGE_CLOEXEC */
	[POLL_COUNT] = CHOICE(1, 2, 3, 3, 0, -1),
	[PIECES] = CHOICE(1, 2, 3, 4, 4, 0, 1025, -1),
	[POLL_TIMEOUT] = CHOICE(0, 0, 0, 1),
	[IOCTL] = CHOICE(0x5401, 0x541b, 0x541b, 0x5421, 0x5450, 0x5451, 0x5413, 0, -1),
	[MEMFD_FLAGS] = CHOICE(0, 0, 1, 2, 2, 2, 3, 8, 16, 24, 32, -1),
	[FILE_ADVICE] = CHOICE(0, 1, 2, 3, 4, 5, 6, -1),
	/* Memory. */
	[PROT] = CHOICE(0, 1, 1, 3, 3, 3, 2, 5, 7, 8, 0x10, -1),
	[ADVICE] = CHOICE(0, 1, 2, 3, 4, 4, 4, 10, 11, 18, 19, 22, 23, 99, -1),
	[REMAP_FLAGS] = CHOICE(0, 1, 1, 3, 3, 5, 7, 2, 8, -1),
	[LOCK_FLAGS] = CHOICE(0, 0, 1, 2, -1),
	/* Processes. */
	[WAIT_OPTIONS] = CHOICE(0, 1, 1, 1, 3, 2, 8, 9, 0x40000001, 0x10, -1),
	[WAITID_TYPE] = CHOICE(0, 1, 1, 2, 5, -1),
	[WAITID_PIDFD] = CHOICE(3),
	[WAITID_OPTIONS] = CHOICE(4, 5, 5, 5, 0x1000005, 0x1000004, 0, 1, 7, 0xd, 0x100, -1),
	[HOW] = CHOICE(0, 1, 2, 0, 1, 2, 3, -1),
	[SET_SIZE] = CHOICE(8, 8, 8, 8, 8, 8, 8, 8, 8, 0, 4, 16),
	[RESOURCE] = CHOICE(RLIMIT_FSIZE, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_NICE, 16, -1),
	[NICE_WHICH] = CHOICE(PRIO_PROCESS, PRIO_PROCESS, 3, -1),
	[NICE] = CHOICE(-20, -5, 0, 5, 19, 100, -100),
	[POLICY] = CHOICE(0, 0, 3, 3, 5, 4, 8, -1, 0x40000000, 0x40000003),
	[POLICY_ANY] = CHOICE(0, 1, 2, 3, 4, 5, 6, 8, -1),
	[SET_BYTES] = CHOICE(0, 1, 4, 7, 8, 8),
	[ATTRIBUTES_SIZE] = CHOICE(48, 48, 56, 64, 0, 47, 4),
	[IOPRIO_WHICH] = CHOICE(1, 1, 1, 0, 4),
	[IOPRIO] = CHOICE(0, 4, 0x4000, 0x4004, 0x4007, 0x6000, 0x6007, 0x8000, -1),
	[PRCTL_PLAIN] = CHOICE(PR_SET_PDEATHSIG, PR_GET_DUMPABLE, PR_SET_DUMPABLE, PR_GET_KEEPCAPS,
		PR_SET_KEEPCAPS, PR_GET_SECCOMP, PR_CAPBSET_READ, PR_CAPBSET_READ,
		PR_GET_SECUREBITS, PR_SET_TIMERSLACK, PR_GET_TIMERSLACK, PR_SET_NO_NEW_PRIVS,
		PR_GET_NO_NEW_PRIVS, PR_SET_CHILD_SUBREAPER, PR_GET_THP_DISABLE, PR_SET_TIMING,
		PR_GET_TIMING, 999, -1),
	[PRCTL_VALUE] = CHOICE(0, 0, 1, 1, 2, 9, 10, 40, 41, 64, 65, -1),
	[PRCTL_TO_INT] = CHOICE(PR_GET_PDEATHSIG, PR_GET_CHILD_SUBREAPER, PR_GET_TSC),
	[PRCTL_SET_NAME] = CHOICE(PR_SET_NAME),
	[PRCTL_GET_NAME] = CHOICE(PR_GET_NAME),
	[PRCTL_AMBIENT] = CHOICE(PR_CAP_AMBIENT),
	[PRCTL_DROP] = CHOICE(PR_CAPBSET_DROP),
	[CAP_OPERATION] = CHOICE(1, 2, 3, 4, 5, 0),
	[CAPABILITY] = CHOICE(0, 1, 5, 7, 21, 40, 41, -1),
	[WHOSE_USAGE] = CHOICE(0, -1, 1, 2, -2),
	[RANDOM_FLAGS] = CHOICE(0, 1, 2, 3, 4, 6, 8, -1),
	/* Time. */
	[CLOCK] = CHOICE(0, 1, 2, 3, 4, 5, 6, 7, 11, 10, 12, 99, -1),
	[CLOCK_TO_SLEEP_BY] = CHOICE(0, 1, 1, 7, 11, 4, 5, 10, 99, -1),
	[CLOCK_OF_TIMER] = CHOICE(0, 1, 1, 1, 7, 11, 4, 5, 10, 99),
	[TIMER] = CHOICE(0, 0, 0, 1, 1, 2, 3, 4, 5, 8, -1, 0x7fffffff),
	[TIMER_FLAGS] = CHOICE(0, 0, 1, 1, 2, -1),
	[TIMERFD_CLOCK] = CHOICE(0, 1, 1, 7, 2, 11, -1),
	[TIMERFD_FLAGS] = CHOICE(0, O_NONBLOCK, O_NONBLOCK, O_CLOEXEC, 1, -1),
	[TIMERFD_SET] = CHOICE(0, 0, 1, 1, 2, 3, 4, -1),
	[ITIMER] = CHOICE(1, 1, 2, 2, 3, -1), /* the real one breaks sleeps off */
	[ALARM_SECONDS] = CHOICE(0, 0, 100, 1000),
	/* Events. */
	[CLOSE_ON_EXEC] = CHOICE(0, 0, O_CLOEXEC, 1, -1),
	[EPOLL_OP] = CHOICE(1, 1, 1, 1, 2, 3, 3, 0, 4),
	[EVENTS_MOST] = CHOICE(1, 2, 3, 4, 4, 0, -1, 0x7fffffff),
	[INOTIFY_FLAGS] = CHOICE(O_NONBLOCK, O_NONBLOCK, O_NONBLOCK | O_CLOEXEC, 0, 1, -1),
	[WATCH_MASK] = CHOICE(0xfff, 0xfff, 0xfff, 0x3, 0x2, 0x100, 0x3c0, 0xc00, 0x20000fff,
		0x1000fff, 0x2000fff, 0x10000200, 0x30000004, 0x80000fff, 0x4000fff, 0, 0x1000, -1),
	[WATCH] = CHOICE(1, 1, 1, 2, 2, 3, 4, 0, -1, 100),
	[PIDFD_FLAGS] = CHOICE(0, 0, 0, O_NONBLOCK, 1, -1),
	[PIDFD_SIGNAL_FLAGS] = CHOICE(0, 0, 0, 0, 16, -1),
	[SPLICE_FLAGS] = CHOICE(0, 2, 2, 3, 4, 8, 15, 16, -1),
	/* Messages. */
	[SHORT_LENGTH] = CHOICE(0, 1, 2, 7, 8, 16, 100, 300, 1000, 4096),
	[SOCKET_FAMILY] = CHOICE(1, 1, 1, 1, 1, 1, 1, 0, 99, -1),
	[SOCKET_TYPE] = CHOICE(SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET,
		SOCK_STREAM | SOCK_NONBLOCK, SOCK_STREAM | SOCK_NONBLOCK,
		SOCK_DGRAM | SOCK_NONBLOCK, SOCK_SEQPACKET | SOCK_NONBLOCK,
		SOCK_STREAM | SOCK_CLOEXEC, SOCK_RAW, 0, 4, 11, SOCK_STREAM | 0x1000, -1),
	[SOCKET_PROTOCOL] = CHOICE(0, 0, 0, 0, 0, 0, 1, 2, -1),
	[OPTION_BYTES] = CHOICE(4, 4, 4, 8, 16, 1, 0),
	[ACCEPT_FLAGS] = CHOICE(0, 0, SOCK_NONBLOCK, SOCK_CLOEXEC, 1, -1),
	[ADDRESS_LENGTH] = CHOICE(110, 110, 110, 110, 110, 110, 20, 8, 5, 3, 1, 0, 111, 129, -1),
	[BACKLOG] = CHOICE(0, 1, 2, 5, 128, -1),
	[SHUTDOWN] = CHOICE(0, 1, 1, 2, 3, -1),
	[SEND_FLAGS] = CHOICE(0, 0, 0, MSG_DONTWAIT, MSG_DONTWAIT, MSG_NOSIGNAL,
		MSG_NOSIGNAL | MSG_DONTWAIT, MSG_EOR, MSG_MORE, MSG_CONFIRM, MSG_DONTROUTE),
	[RECEIVE_FLAGS] = CHOICE(0, 0, 0, MSG_DONTWAIT, MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC,
		MSG_PEEK | MSG_TRUNC, MSG_WAITALL, MSG_WAITALL | MSG_DONTWAIT, MSG_CMSG_CLOEXEC),
	[OPTION_LEVEL] = CHOICE(1, 1, 1, 1, 1, 1, 0, 6, -1),
	[OPTION] = CHOICE(SO_TYPE, SO_ERROR, SO_ERROR, SO_PASSCRED, SO_PASSCRED, SO_ACCEPTCONN,
		SO_DOMAIN, SO_PROTOCOL, SO_REUSEADDR, SO_KEEPALIVE, SO_BROADCAST, SO_LINGER,
		SO_PEEK_OFF, SO_OOBINLINE, SO_RCVLOWAT, 999, -1),
	[OPTION_PEER] = CHOICE(SO_PEERCRED),
	/* System V IPC. */
	[KEY] = CHOICE(0x5001, 0x5001, 0x5002, 0x5003, IPC_PRIVATE),
	[GET_FLAGS] = CHOICE(IPC_CREAT | 0600, IPC_CREAT | 0600, IPC_CREAT | 0666,
		IPC_CREAT | IPC_EXCL | 0640, 0, 0600, 0666, 0444, IPC_CREAT | 0400),
	[SHARED_SIZE] = CHOICE(1, 4096, 4096, 5000, 8192, 65536, 0, -1),
	[SHARED_FLAGS] = CHOICE(0, 0, 0, READ_ONLY, ROUND_DOWN, REPLACE, REPLACE | READ_ONLY, -1),
	[SHARED_STAT] = CHOICE(IPC_STAT),
	[SHARED_SET] = CHOICE(IPC_SET),
	[SHARED_DO] = CHOICE(IPC_RMID, IPC_RMID, 11, 12, 99, -1), /* SHM_LOCK, SHM_UNLOCK */
	[SEMAPHORES] = CHOICE(0, 1, 2, 3, 4, 4, -1, 32001),
	[SEMAPHORE] = CHOICE(0, 0, 1, 2, 3, 4, -1),
	[SEMAPHORE_STAT] = CHOICE(IPC_STAT),
	[SEMAPHORE_SET] = CHOICE(IPC_SET),
	[SEMAPHORE_GET_ALL] = CHOICE(GET_ALL),
	[SEMAPHORE_SET_ALL] = CHOICE(SET_ALL),
	/* GETPID, GETVAL, GETNCNT, GETZCNT, SETVAL */
	[SEMAPHORE_DO] = CHOICE(11, 12, 12, 14, 15, 16, 16, 16, IPC_RMID, 99, -1),
	[SEMAPHORE_VALUE] = CHOICE(0, 0, 1, 1, 2, 5, 32767, 32768, -1),
	[OPERATIONS] = CHOICE(1, 1, 1, 2, 3, 0, -1, 501),
	[LETTERS_STAT] = CHOICE(IPC_STAT),
	[LETTERS_SET] = CHOICE(IPC_SET),
	[LETTERS_DO] = CHOICE(IPC_RMID, 99, -1),
	[LETTER_SIZE] = CHOICE(0, 1, 8, 8, 100, 300, 4096, 8192, 8193, -1),
	[LETTER_TYPE] = CHOICE(0, 0, 1, 2, -2, -3, 3, -1, 0x7fffffffffffffff),
	[LETTER_SEND] = CHOICE(0, IPC_NOWAIT, IPC_NOWAIT),
	[LETTER_RECEIVE] = CHOICE(
		0, IPC_NOWAIT, IPC_NOWAIT, NO_ERROR, NO_ERROR | IPC_NOWAIT, BUT_THIS | IPC_NOWAIT),
};

bool draw_choice(struct draw *draw, enum kind kind, long *value)
{
	const struct choice *choice = &choices[kind];

	if (choice->count == 0)
		return false;
	*value = choice->from[draw_below(draw, choice->count)];
	return true;
}
