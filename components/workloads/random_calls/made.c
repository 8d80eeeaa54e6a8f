/*
 * made: what calls have made, so that later ones can have it; and which calls are better not made.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <workloads/random_calls/arguments.h>

#define KEPT 4 /* of each kind, the last ones */

static long made[KINDS][KEPT];
static unsigned char count[KINDS];

static void keep(enum kind kind, long value)
{
	made[kind][count[kind]++ % KEPT] = value;
}

static void keep_pair(enum kind kind, const struct drawn *drawn, unsigned index)
{
	const int *pair = (const int *)drawn->values[index];

	if (!drawn->good[index])
		return;
	keep(kind, pair[0]);
	keep(kind, pair[1]);
}

/* What a call makes, by its number; NONE: nothing, or two. */
static enum kind kind_made(const struct call *call)
{
	switch (call->number) {
	case SYS_epoll_create:
	case SYS_epoll_create1:
		return FD_EPOLL;
	case SYS_timerfd_create:
		return FD_TIMER;
	case SYS_signalfd:
	case SYS_signalfd4:
		return FD_SIGNAL;
	case SYS_pidfd_open:
		return FD_PIDFD;
	case SYS_inotify_init:
	case SYS_inotify_init1:
		return FD_INOTIFY;
	case SYS_socket:
	case SYS_accept:
	case SYS_accept4:
		return FD_SOCKET;
	case SYS_memfd_create:
		return FD_MEMORY;
	case SYS_shmget:
		return SHARED_ID;
	case SYS_semget:
		return SEMAPHORES_ID;
	case SYS_msgget:
		return LETTERS_ID;
	default:
		return NONE;
	}
}

void made_add(const struct drawn *drawn, long result)
{
	enum kind kind = kind_made(drawn->call);

	if (result < 0)
		return;
	if (kind != NONE)
		keep(kind, result);
	else if (drawn->call->number == SYS_pipe || drawn->call->number == SYS_pipe2)
		keep_pair(FD_PIPE, drawn, 0);
	else if (drawn->call->number == SYS_socketpair)
		keep_pair(FD_SOCKET, drawn, 3);
}

bool is_object(enum kind kind)
{
	return kind == SHARED_ID || kind == SEMAPHORES_ID || kind == LETTERS_ID;
}

long draw_made(struct draw *draw, enum kind kind)
{
	unsigned n = count[kind] < KEPT ? count[kind] : KEPT;
	uint64_t which = draw_below(draw, 12);

	if (is_object(kind))
		return n == 0 || which == 0 ? -1 : made[kind][which % n];
	return n == 0 || which < 2 ? draw_fd(draw) : made[kind][which % n];
}

/* --- better not made ----------------------------------------------------------------- */

static bool status_of(long fd, struct stat *status)
{
	return sys_call3(SYS_fstat, (int)fd, (long)status, 0) == 0;
}

static bool is_of(long fd, mode_t type)
{
	struct stat status;

	return status_of(fd, &status) && (status.st_mode & S_IFMT) == type;
}

bool is_anonymous(long fd)
{
	return is_of(fd, 0);
}

static bool has_anonymous(const struct drawn *drawn)
{
	for (unsigned i = 0; i < ARGUMENTS; i++) {
		enum kind kind = drawn->call->arguments[i];

		if (kind != NONE && kind <= FD_MEMORY && is_anonymous(drawn->values[i]))
			return true;
	}
	return false;
}

/* Parameters that Linux 6.1 looks at after it has looked for the mapping, and newer ones before. */
static bool is_bad_move(const long *v)
{
	unsigned long old = (unsigned long)v[0], to = (unsigned long)v[4];
	unsigned long old_end = old + (unsigned long)v[1], end = to + (unsigned long)v[2];

	if ((unsigned long)v[2] > ARENA * 16 || (v[3] & MREMAP_DONTUNMAP && v[1] != v[2]))
		return true;
	if (v[3] & MREMAP_FIXED && (unsigned long)v[1] > PAGE)
		return true; /* of several mappings, or more than one has */
	return v[3] & (MREMAP_FIXED | MREMAP_DONTUNMAP) &&
	       (to % PAGE != 0 || end < to || end > ARENA * 16 || (old < end && to < old_end) ||
		       old_end < old);
}

static bool is_datagram(long fd)
{
	int type = 0, length = sizeof(type);

	return sys_call6(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, (long)&type, (long)&length, 0) ==
		       0 &&
	       type == SOCK_DGRAM;
}

/* Whether a message without a name has nowhere to go: newer kernels notice that last. */
static bool is_lonely(long fd)
{
	char name[128];
	int length = sizeof(name);

	return is_datagram(fd) && sys_call3(SYS_getpeername, fd, (long)name, (long)&length) != 0;
}

/* What cannot be read whole: behind the end of a file it leaves a page, or a hole, on some kernels.
 */
static bool is_bad_write(const struct drawn *drawn)
{
	bool is_vector = drawn->call->arguments[1] == IN_VECTOR;

	if (drawn->good[1] && (is_vector || (unsigned long)drawn->values[2] < BUFFER_BYTES))
		return false;
	return is_of(drawn->values[0], S_IFREG);
}

/*
 * A process that ends all others at once would leave the end of the round to chance. Linux's pipes
 * hold the pages of a file themselves, and of memory, which may change before they are read: what
 * goes into a pipe so is read at once, by acts. The one inode of all anonymous files can be changed
 * on Linux 6.1, but not on its successors, where that of a process is another.
 */
bool is_left_out(const struct drawn *drawn)
{
	switch (drawn->call->number) {
	case SYS_kill:
		return drawn->values[0] <= 0 && (int)drawn->values[1] == SIGKILL;
	case SYS_prctl: /* sleeps would have no end */
		return drawn->values[0] == PR_SET_TIMERSLACK && drawn->values[1] < 0;
	case SYS_shutdown:
		return is_datagram(drawn->values[0]);
	case SYS_sendto:
		return drawn->values[4] == 0 && is_lonely(drawn->values[0]);
	case SYS_sendmsg:
		return is_lonely(drawn->values[0]);
	case SYS_socketpair: /* the numbers are there before the sockets are */
		return !drawn->good[3];
	case SYS_splice:
		return !is_of(drawn->values[0], S_IFIFO);
	case SYS_ftruncate:
		return is_anonymous(drawn->values[0]);
	case SYS_fcntl: /* what a lock that is none would meet */
		return drawn->values[1] == F_OFD_GETLK && drawn->good[2] &&
		       ((const struct flock *)drawn->values[2])->l_type == F_UNLCK;
	case SYS_sendfile: /* a file into itself grows until it is broken off, or there is no room
			    */
		return (unsigned long)drawn->values[3] > 65537 || is_anonymous(drawn->values[1]) ||
		       is_of(drawn->values[0], S_IFIFO);
	case SYS_mmap: /* whether what is no file may be executed */
		return drawn->values[2] & PROT_EXEC && !(drawn->values[3] & MAP_ANONYMOUS) &&
		       !is_of(drawn->values[4], S_IFREG);
	case SYS_mremap:
		return is_bad_move(drawn->values);
	case SYS_epoll_wait: /* what is looked at first, the descriptor or the number of events */
	case SYS_epoll_pwait:
		return !is_anonymous(drawn->values[0]);
	case SYS_ioctl: /* an epoll's own requests have come later */
		return is_anonymous(drawn->values[0]);
	case SYS_madvise: /* what lies above is the kernel's choice */
		return (unsigned long)drawn->values[1] > ARENA;
	case SYS_readv: /* a bad vector, or nothing to read? */
		return is_anonymous(drawn->values[0]);
	case SYS_preadv2: /* flags for what has no position */
		return is_anonymous(drawn->values[0]);
	case SYS_pwritev2:
		return is_anonymous(drawn->values[0]) || is_bad_write(drawn);
	case SYS_pwrite64:
	case SYS_pwritev:
		return is_bad_write(drawn);
	case SYS_writev:
		return is_anonymous(drawn->values[0]) || is_bad_write(drawn) ||
		       is_of(drawn->values[0], S_IFSOCK);
	case SYS_write: /* where a socket is full, or what it says first of too much */
		return is_bad_write(drawn) || is_lonely(drawn->values[0]) ||
		       (drawn->values[2] > 4096 && is_of(drawn->values[0], S_IFSOCK));
	case SYS_linkat: /* who may use a descriptor without a name */
		return (drawn->values[4] & AT_EMPTY_PATH) != 0;
	case SYS_newfstatat: /* a name that is none, where there need not be one */
	case SYS_statx:
		return !drawn->good[1] || has_anonymous(drawn);
	case SYS_fchmod:
	case SYS_fchown:
	case SYS_fchownat:
	case SYS_utimensat:
	case SYS_fstat:
	case SYS_fstatfs:
	case SYS_faccessat2:
		return has_anonymous(drawn);
	default:
		return false;
	}
}
