/*
 * structures: what calls on files read from memory and write there.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <time.h>

#include <workloads/random_calls/arguments.h>

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

void note_pair(int64_t a, int64_t b)
{
	note("{");
	note_number(a);
	note(" ");
	note_number(b);
	note("}");
}

/* --- read by calls ------------------------------------------------------------------ */

void fill_times(struct draw *draw, char *at)
{
	static const long nanoseconds[] = {0, 1, 999999999, 1000000000, UTIME_NOW, UTIME_OMIT, -1};
	struct timespec *times = (struct timespec *)at;

	for (int i = 0; i < 2; i++) {
		times[i].tv_sec = (time_t)(draw_below(draw, 900) * 1000000);
		times[i].tv_nsec = nanoseconds[draw_below(draw, draw_one_in(draw, 3) ? 7 : 3)];
		note_pair(times[i].tv_sec, times[i].tv_nsec);
	}
}

static void fill_numbers(struct draw *draw, int64_t *numbers, size_t n, uint64_t bound)
{
	for (size_t i = 0; i < n; i++)
		numbers[i] = (int64_t)draw_below(draw, bound);
	if (n == 4 && draw_one_in(draw, 8))
		numbers[1] = 1000000;
	note_pair(numbers[0], numbers[1]);
}

void fill_seconds(struct draw *draw, char *at)
{
	fill_numbers(draw, (int64_t *)at, 2, 900000000);
}

void fill_microseconds(struct draw *draw, char *at)
{
	fill_numbers(draw, (int64_t *)at, 4, 1000000);
}

void fill_offset(struct draw *draw, char *at)
{
	static const int64_t offsets[] = {0, 1, 100, 4096, 65536, -1, 0x7fffffffffffffff};
	int64_t offset = offsets[draw_below(draw, draw_one_in(draw, 6) ? 7 : 4)];

	memcpy(at, &offset, sizeof(offset));
	note_number(offset);
}

void fill_lock(struct draw *draw, char *at)
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

void fill_poll(struct draw *draw, char *at)
{
	struct pollfd *fds = (struct pollfd *)at;

	for (int i = 0; i < 3; i++) {
		fds[i] = (struct pollfd){.fd = (int)draw_below(draw, 10) - 1,
			.events = (short)draw_below(draw, 0x80)};
		note_pair(fds[i].fd, fds[i].events);
	}
}

/* --- written by calls ---------------------------------------------------------------- */

void note_time(int64_t seconds, int64_t nanoseconds)
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
	note("mode ");
	note_hex(status->st_mode);
	note(" links ");
	note_number((int64_t)status->st_nlink);
	note(" owner ");
	note_pair(status->st_uid, status->st_gid);
	note(" size ");
	note_number(status->st_size);
	if (blocks_told && !S_ISLNK(status->st_mode)) {
		note(" blocks ");
		note_pair(status->st_blocks, status->st_blksize);
	}
	note(" device ");
	note_hex(status->st_rdev);
	if (S_ISSOCK(status->st_mode)) /* of one without a name they are what they are */
		return;
	note(" times ");
	note_time(status->st_atim.tv_sec, status->st_atim.tv_nsec);
	note(" ");
	note_time(status->st_mtim.tv_sec, status->st_mtim.tv_nsec);
	note(" ");
	note_time(status->st_ctim.tv_sec, status->st_ctim.tv_nsec);
}

void tell_stat(const char *at, long result)
{
	(void)result;
	tell_status((const struct stat *)at);
}

void tell_statx(const char *at, long result)
{
	const struct extended_status *status = (const struct extended_status *)at;

	(void)result;
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
void tell_entries(const char *bytes, long n)
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

void tell_lock(const char *at, long result)
{
	const struct flock *lock = (const struct flock *)at;

	(void)result;
	note_pair(lock->l_type, lock->l_whence);
	note_pair(lock->l_start, lock->l_len);
	note_process(lock->l_pid);
}

void tell_volume(const char *at, long result)
{
	const struct statfs *volume = (const struct statfs *)at;

	(void)result;
	note_hex((uint64_t)volume->f_type);
	note_number((int64_t)volume->f_blocks);
	if (blocks_told)
		note_number((int64_t)volume->f_bfree);
	note_pair((int64_t)volume->f_files, (int64_t)volume->f_ffree);
	note_pair(volume->f_namelen, volume->f_bsize);
}

void tell_poll(const char *at, long result)
{
	(void)result;
	for (int i = 0; i < 3; i++)
		note_hex((uint16_t)((const struct pollfd *)at)[i].revents);
}

void tell_pair(const char *at, long result)
{
	(void)result;
	note_pair(((const int *)at)[0], ((const int *)at)[1]);
}

void tell_path(const char *at, long result)
{
	note_bytes(at, (size_t)result < 64 ? (size_t)result : 64);
}
