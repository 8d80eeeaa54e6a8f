/*
 * structures: what calls read from memory and write there.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>

#include <workloads/random_calls/arguments.h>

/* --- read by calls ------------------------------------------------------------------ */

/* What the kernel takes and gives, which is not what the library has. */
struct kernel_action {
	uintptr_t handler;
	unsigned long flags;
	uintptr_t restorer;
	uint64_t mask;
};

/* struct statx, as far as it is told. */
struct extended_status {
	uint32_t mask, block_size;
	uint64_t attributes;
	uint32_t links, uid, gid;
	uint16_t mode, zero;
	uint64_t number, size, blocks, attributes_mask;
	struct {
		int64_t seconds;
		uint32_t nanoseconds, zero;
	} atime, btime, ctime, mtime;
};

static void note_pair(int64_t a, int64_t b)
{
	note("{");
	note_number(a);
	note(" ");
	note_number(b);
	note("}");
}

static void fill_times(struct draw *draw, char *at)
{
	static const long nanoseconds[] = {0, 1, 999999999, 1000000000, UTIME_NOW, UTIME_OMIT, -1};
	struct timespec *times = (struct timespec *)at;

	for (int i = 0; i < 2; i++) {
		times[i].tv_sec = (time_t)(draw_below(draw, 900) * 1000000);
		times[i].tv_nsec = nanoseconds[draw_below(draw, draw_one_in(draw, 3) ? 7 : 3)];
		note_pair(times[i].tv_sec, times[i].tv_nsec);
	}
}

static void fill_numbers(struct draw *draw, char *at, enum kind kind)
{
	int64_t *numbers = (int64_t *)at;
	int64_t bound = kind == IN_MICROSECONDS ? 1000000 : 900000000;

	for (size_t i = 0; i < (kind == IN_MICROSECONDS ? 4 : 2); i++)
		numbers[i] = (int64_t)draw_below(draw, (uint64_t)bound);
	if (kind == IN_MICROSECONDS && draw_one_in(draw, 8))
		numbers[1] = 1000000;
	note_pair(numbers[0], numbers[1]);
}

static void fill_set(struct draw *draw, char *at)
{
	static const uint64_t sets[] = {0, 1UL << (SIGUSR1 - 1), 1UL << (SIGUSR2 - 1), 1UL << 33,
		1UL << (SIGCHLD - 1), 0x0000000200000a00, ~0UL};
	uint64_t set = DRAW_FROM(draw, sets) &
		       ~(1UL << (SIGALRM - 1) | 1UL << (SIGSEGV - 1) | 1UL << (SIGBUS - 1));

	memcpy(at, &set, sizeof(set));
	note_hex(set);
}

static void fill_action(struct draw *draw, char *at)
{
	static const unsigned long flags[] = {
		0, 0, SA_RESTART, SA_NODEFER, SA_RESETHAND, SA_NOCLDWAIT, SA_NOCLDSTOP, SA_ONSTACK};
	struct kernel_action *action = (struct kernel_action *)at;
	uint64_t which = draw_below(draw, 8);

	memset(action, 0, sizeof(*action));
	if (which < 2) {
		action->handler = which; /* SIG_DFL, SIG_IGN */
	} else {
		action->handler = (uintptr_t)handler_tell;
		action->flags = DRAW_FROM(draw, flags) | SA_SIGINFO | 0x04000000;
		action->restorer = (uintptr_t)signal_restorer;
	}
	action->mask = draw_one_in(draw, 3) ? 1UL << (SIGUSR2 - 1) : 0;
	note(which < 2 ? which == 0 ? "default" : "ignore" : "handler ");
	note_hex(action->flags);
}

static void fill_lock(struct draw *draw, char *at)
{
	static const short types[] = {F_RDLCK, F_WRLCK, F_UNLCK, F_WRLCK, 3, -1};
	static const long starts[] = {0, 1, 10, 100, 4096, -1, -10, 0x7fffffffffffffff};
	static const long lengths[] = {0, 1, 10, 90, 4096, -1, -5, 0x7fffffffffffffff};
	struct flock *lock = (struct flock *)at;

	memset(lock, 0, sizeof(*lock));
	lock->l_type = types[draw_below(draw, draw_one_in(draw, 10) ? 6 : 4)];
	lock->l_whence = (short)draw_below(draw, draw_one_in(draw, 12) ? 4 : 3);
	lock->l_start = starts[draw_below(draw, draw_one_in(draw, 4) ? 8 : 5)];
	lock->l_len = lengths[draw_below(draw, draw_one_in(draw, 4) ? 8 : 5)];
	note_pair(lock->l_type, lock->l_whence);
	note_pair(lock->l_start, lock->l_len);
}

static void fill_poll(struct draw *draw, char *at)
{
	struct pollfd *fds = (struct pollfd *)at;

	for (int i = 0; i < 3; i++) {
		fds[i] = (struct pollfd){.fd = (int)draw_below(draw, 10) - 1,
			.events = (short)draw_below(draw, 0x80)};
		note_pair(fds[i].fd, fds[i].events);
	}
}

static void fill_limit(struct draw *draw, char *at)
{
	static const rlim_t limits[] = {0, 1, 5, 16, 1024, 4096, 65536, 1 << 20, RLIM_INFINITY};
	struct rlimit *limit = (struct rlimit *)at;

	limit->rlim_cur = DRAW_FROM(draw, limits);
	limit->rlim_max = RLIM_INFINITY;
	note_pair((int64_t)limit->rlim_cur, (int64_t)limit->rlim_max);
}

void structure_fill(struct draw *draw, char *at, enum kind kind)
{
	static const int64_t offsets[] = {0, 1, 100, 4096, 65536, -1, 0x7fffffffffffffff};
	int64_t offset;

	switch (kind) {
	case IN_TIMES:
		fill_times(draw, at);
		break;
	case IN_SECONDS:
	case IN_MICROSECONDS:
		fill_numbers(draw, at, kind);
		break;
	case IN_SET:
		fill_set(draw, at);
		break;
	case IN_ACTION:
		fill_action(draw, at);
		break;
	case IN_STACK:
		memset(at, 0, 24);
		at[8] = (char)draw_below(draw, 4); /* flags */
		note_number(at[8]);
		break;
	case IN_LIMIT:
		fill_limit(draw, at);
		break;
	case IN_GROUPS:
		for (int i = 0; i < 4; i++)
			((uint32_t *)at)[i] = (uint32_t)draw_below(draw, 3) + 1000;
		break;
	case INOUT_OFFSET:
		offset = offsets[draw_below(draw, draw_one_in(draw, 6) ? 7 : 4)];
		memcpy(at, &offset, sizeof(offset));
		note_number(offset);
		break;
	case INOUT_LOCK:
		fill_lock(draw, at);
		break;
	case INOUT_POLL:
		fill_poll(draw, at);
		break;
	default:
		break;
	}
}

/* --- written by calls ---------------------------------------------------------------- */

static void note_time(int64_t seconds, int64_t nanoseconds)
{
	if (seconds < 1000000000) {
		note_number(seconds);
		note(".");
		note_number(nanoseconds);
	} else {
		note("now");
	}
}

void tell_status(const struct stat *status)
{
	bool is_directory = S_ISDIR(status->st_mode);

	note("mode ");
	note_hex(status->st_mode);
	note(" links ");
	note_number((int64_t)status->st_nlink);
	note(" owner ");
	note_pair(status->st_uid, status->st_gid);
	note(" size ");
	note_number(status->st_size);
	if (blocks_told) {
		note(" blocks ");
		note_pair(status->st_blocks, status->st_blksize);
	}
	note(" device ");
	note_hex(status->st_rdev);
	note(is_directory ? " times " : " times ");
	note_time(status->st_atim.tv_sec, status->st_atim.tv_nsec);
	note(" ");
	note_time(status->st_mtim.tv_sec, status->st_mtim.tv_nsec);
	note(" ");
	note_time(status->st_ctim.tv_sec, status->st_ctim.tv_nsec);
}

static void tell_statx(const struct extended_status *status)
{
	note("mask ");
	note_hex(status->mask);
	note(" attributes ");
	note_hex(status->attributes);
	note(" mode ");
	note_hex(status->mode);
	note(" links ");
	note_number(status->links);
	note(" size ");
	note_number((int64_t)status->size);
	note(" mtime ");
	note_time(status->mtime.seconds, status->mtime.nanoseconds);
}

/* Names in alphabetical order: the order of a directory is its file system's own affair. */
static void tell_entries(const char *bytes, long n)
{
	const char *last = "";

	for (;;) {
		const struct dirent *next = NULL;

		for (long at = 0; at < n;) {
			const struct dirent *entry = (const struct dirent *)(bytes + at);

			if (strcmp(entry->d_name, last) > 0 &&
				(next == NULL || strcmp(entry->d_name, next->d_name) < 0))
				next = entry;
			at += entry->d_reclen;
		}
		if (next == NULL)
			return;
		last = next->d_name;
		note_string(last);
		note_number(next->d_type);
		note(" ");
	}
}

static void tell_lock(const struct flock *lock)
{
	note_pair(lock->l_type, lock->l_whence);
	note_pair(lock->l_start, lock->l_len);
	note_process(lock->l_pid);
}

static void tell_vector(const char *vector, long result)
{
	struct iovec copy;
	long left = result;

	for (int i = 0; i < 4 && left > 0; i++) {
		long n;

		memcpy(&copy, vector + i * (long)sizeof(copy), sizeof(copy));
		n = left < (long)copy.iov_len ? left : (long)copy.iov_len;
		if (n > 512) /* the next piece overlaps it */
			n = 512;
		note_bytes(copy.iov_base, (size_t)n);
		note(" ");
		left -= (long)copy.iov_len;
	}
}

static void tell_action(const char *at)
{
	const struct kernel_action *action = (const struct kernel_action *)at;

	note(action->handler < 2 ? action->handler == 0 ? "default " : "ignore " : "handler ");
	note_hex(action->flags);
	note(" ");
	note_hex(action->mask);
}

static void tell_info(const siginfo_t *info)
{
	note_pair(info->si_signo, info->si_code);
	note_process(info->si_pid);
	note_number(info->si_status);
}

static void tell_volume(const struct statfs *volume)
{
	note_hex((uint64_t)volume->f_type);
	note_number((int64_t)volume->f_blocks);
	if (blocks_told)
		note_number((int64_t)volume->f_bfree);
	note_pair((int64_t)volume->f_files, (int64_t)volume->f_ffree);
	note_pair(volume->f_namelen, volume->f_bsize);
}

/* Memory that a successful call has filled. */
static void tell_structure(const char *at, enum kind kind, long result)
{
	switch (kind) {
	case OUT_STATUS:
		tell_status((const struct stat *)at);
		break;
	case OUT_STATX:
		tell_statx((const struct extended_status *)at);
		break;
	case OUT_VOLUME:
		tell_volume((const struct statfs *)at);
		break;
	case OUT_PAIR:
		note_pair(((const int *)at)[0], ((const int *)at)[1]);
		break;
	case OUT_PATH:
		note_bytes(at, (size_t)result < 64 ? (size_t)result : 64);
		break;
	case OUT_WAIT:
	case OUT_INT:
	case OUT_ID:
		note_hex(*(const uint32_t *)at);
		break;
	case OUT_INFO:
		tell_info((const siginfo_t *)at);
		break;
	case OUT_SET:
	case INOUT_OFFSET:
		note_hex(*(const uint64_t *)at);
		break;
	case OUT_ACTION:
		tell_action(at);
		break;
	case OUT_LIMIT:
		note_pair(((const int64_t *)at)[0], ((const int64_t *)at)[1]);
		break;
	case OUT_STACK:
		note_number(at[8]);
		break;
	case OUT_GROUPS:
		note_bytes(at, 16);
		break;
	case OUT_RESIDENT:
		note_bytes(at, 64);
		break;
	case INOUT_LOCK:
		tell_lock((const struct flock *)at);
		break;
	case INOUT_POLL:
		for (int i = 0; i < 3; i++)
			note_hex((uint16_t)((const struct pollfd *)at)[i].revents);
		break;
	default:
		break;
	}
}

void argument_tell(const struct drawn *drawn, unsigned index, enum kind kind, long result)
{
	const char *at = (const char *)drawn->values[index];

	if (kind < OUT_BYTES || !drawn->good[index])
		return;
	note(" ");
	if (kind == OUT_BYTES)
		note_bytes(at, result > (long)WINDOW ? (size_t)result : WINDOW);
	else if (kind == OUT_VECTOR)
		tell_vector(at, result);
	else if (result < 0)
		note_bytes(at, 4);
	else if (kind == OUT_ENTRIES)
		tell_entries(at, result);
	else
		tell_structure(at, kind, result);
}
