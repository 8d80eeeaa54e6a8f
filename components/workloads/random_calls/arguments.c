/*
 * arguments: what calls are given, most of it sensible, some of it at the boundary, some of it bad.
 *
 * Memory for pointers lies at fixed addresses, so that the record can name them:
 *
 *	BUFFER     16 pages of data to read and write, nothing mapped behind them
 *	CONSTANT   a page that is read only
 *	argument n two pages of its own, nothing mapped behind them
 *
 * A structure lies at the start of its argument's pages, or so that it ends exactly where they end,
 * or so that its last byte is beyond; or the pointer is one of the usual bad ones.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <workloads/random_calls/arguments.h>

static void map_at(uintptr_t address, size_t length, int protection)
{
	long at = sys_mmap((void *)address, length, protection,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE);

	if (at != (long)address)
		sys_exit(2);
}

void arguments_map(void)
{
	char *constant = (char *)CONSTANT;

	map_at(BUFFER, BUFFER_BYTES, PROT_READ | PROT_WRITE);
	map_at(CONSTANT, PAGE, PROT_READ | PROT_WRITE);
	for (size_t i = 0; i < PAGE; i++)
		constant[i] = (char)(i * 7);
	if (sys_call3(SYS_mprotect, CONSTANT, PAGE, PROT_READ) != 0)
		sys_exit(2);
	for (unsigned i = 0; i < ARGUMENTS; i++)
		map_at(ROOM(i), PATH_ROOM, PROT_READ | PROT_WRITE);
}

static void describe_number(long value)
{
	if (value >= -4096 && value < 65536)
		note_number(value);
	else
		note_hex((uint64_t)value);
}

static uintptr_t bad_pointer(struct draw *draw)
{
	static const uintptr_t bad[] = {0, 1, CONSTANT + PAGE, BUFFER + BUFFER_BYTES,
		0x7ffffffff000, 0x800000000000, 0xffff800000000000, 0xffffffffffffff00};

	return DRAW_FROM(draw, bad);
}

/* Where a structure of `size` bytes lies; *good: all of it is there. */
static char *place(struct draw *draw, unsigned index, size_t size, bool *good)
{
	uintptr_t end = ROOM(index) + PATH_ROOM;

	*good = true;
	switch (draw_below(draw, 40)) {
	case 0:
		*good = false;
		note("bad ");
		return (char *)bad_pointer(draw);
	case 1:
		*good = false;
		note("crossing ");
		return (char *)(end - size + 1);
	case 2:
	case 3:
	case 4:
		return (char *)(end - size);
	default:
		return (char *)ROOM(index);
	}
}

/* The same for a call that writes there; page-crossing and constants hurt most. */
static char *place_out(struct draw *draw, unsigned index, size_t size, bool *good)
{
	char *at;

	if (draw_one_in(draw, 50)) {
		*good = false;
		note("constant ");
		return (char *)CONSTANT;
	}
	at = place(draw, index, size, good);
	if (*good)
		memset(at, 0x5a, size);
	return at;
}

/* --- scalars --------------------------------------------------------------------- */

static long draw_fd(struct draw *draw)
{
	static const long odd[] = {
		-1, -2, AT_FDCWD, 63, 64, 255, 1023, 1024, 65536, 0x7fffffff, -0x80000000L};

	if (draw_one_in(draw, 24))
		return DRAW_FROM(draw, odd);
	if (draw_one_in(draw, 50)) /* only the low half counts */
		return (long)(draw_below(draw, 8) | 5UL << 32);
	return (long)draw_below(draw, draw_one_in(draw, 4) ? 12 : 5);
}

static long draw_mode(struct draw *draw)
{
	static const long modes[] = {0, 0400, 0444, 0500, 0600, 0644, 0666, 0700, 0755, 0777, 01755,
		02755, 04755, 06777, 07777, 0100644, -1};

	return DRAW_FROM(draw, modes);
}

static long draw_length(struct draw *draw)
{
	static const long lengths[] = {0, 1, 2, 7, 8, 16, 100, 1000, 4095, 4096, 4097, 8191, 8192,
		16384, 65535, 65536, 65537, 1 << 20, 0x7fffffff, 0x80000000, 1L << 47, -1, -4096};

	return lengths[draw_below(draw, draw_one_in(draw, 6) ? 23 : 14)];
}

static long draw_offset(struct draw *draw)
{
	static const long offsets[] = {0, 1, 100, 4095, 4096, 4097, 8192, 65536, 1L << 20, 1L << 32,
		0x7fffffffffffffff, -1, -4096, -0x7fffffffffffffff - 1};

	return offsets[draw_below(draw, draw_one_in(draw, 6) ? 14 : 8)];
}

static long draw_size(struct draw *draw)
{
	static const long sizes[] = {
		0, 1, 100, 4095, 4096, 4097, 8192, 20000, 65536, 1L << 20, 1L << 32, -1};

	return sizes[draw_below(draw, draw_one_in(draw, 8) ? 12 : 9)];
}

static long draw_open_flags(struct draw *draw)
{
	static const long extra[] = {O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW, O_CLOEXEC,
		O_PATH, O_NOATIME, O_SYNC, O_DSYNC, O_NOCTTY, O_DIRECT, O_TMPFILE, O_ASYNC};
	long flags = (long)draw_below(draw, draw_one_in(draw, 20) ? 4 : 3) | O_NONBLOCK;

	if (draw_one_in(draw, 2))
		flags |= O_CREAT;
	for (uint64_t n = draw_below(draw, 3); n > 0; n--)
		flags |= DRAW_FROM(draw, extra);
	return draw_one_in(draw, 60) ? flags | 0x40000000 : flags;
}

static long draw_mknod_mode(struct draw *draw)
{
	static const long kinds[] = {0, S_IFREG, S_IFREG, S_IFIFO, S_IFIFO, S_IFCHR, S_IFCHR,
		S_IFSOCK, S_IFDIR, S_IFLNK, 0170000};

	return DRAW_FROM(draw, kinds) | (draw_mode(draw) & 07777);
}

static long draw_user(struct draw *draw)
{
	static const long users[] = {0, 1000, 1001, 65534, -1, 0x7fffffff};

	return DRAW_FROM(draw, users);
}

static long draw_address(struct draw *draw)
{
	static const long odd[] = {0x7ffffffff000, 0x800000000000, -8192, 1};
	long at = (long)(ARENA + draw_below(draw, ARENA_PAGES) * PAGE);

	if (draw_one_in(draw, 40))
		return DRAW_FROM(draw, odd);
	return draw_one_in(draw, 20) ? at + 1 + (long)draw_below(draw, PAGE - 1) : at;
}

static long draw_pages(struct draw *draw)
{
	static const long odd[] = {0, 1, 4095, 1L << 47, 1L << 62, -1, -4096};

	if (draw_one_in(draw, 16))
		return DRAW_FROM(draw, odd);
	return (long)((1 + draw_below(draw, draw_one_in(draw, 4) ? 16 : 4)) * PAGE) -
	       (draw_one_in(draw, 12) ? 100 : 0);
}

static long draw_map_flags(struct draw *draw, const struct drawn *drawn)
{
	static const long kinds[] = {MAP_PRIVATE, MAP_SHARED, MAP_PRIVATE | MAP_ANONYMOUS,
		MAP_PRIVATE | MAP_ANONYMOUS, MAP_SHARED | MAP_ANONYMOUS, MAP_SHARED_VALIDATE};
	static const long odd[] = {0, MAP_SHARED | MAP_PRIVATE, MAP_ANONYMOUS,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, MAP_SHARED_VALIDATE | 0x20000000};
	long flags = draw_one_in(draw, 16) ? DRAW_FROM(draw, odd) : DRAW_FROM(draw, kinds);

	(void)drawn;
	return flags | (draw_one_in(draw, 4) ? MAP_FIXED_NOREPLACE : MAP_FIXED);
}

static long draw_process(struct draw *draw, bool groups)
{
	uint64_t which = draw_below(draw, 16);

	if (which < 3 || (!groups && which >= 13))
		return sys_getpid();
	if (which < 10)
		return children[which - 3] != 0 ? children[which - 3] : 12345;
	if (which < 12)
		return 12345;
	if (which == 12)
		return groups ? -12345 : 0x7fffffff;
	return which == 13 ? 0 : which == 14 ? -1 : -sys_getpid();
}

static long draw_signal(struct draw *draw)
{
	static const long often[] = {0, SIGHUP, SIGUSR1, SIGUSR1, SIGUSR2, SIGUSR2, SIGPIPE,
		SIGTERM, SIGCHLD, SIGURG, SIGCONT, 34, 34, 40};
	static const long odd[] = {SIGKILL, 64, 64, 65, 32, 33, -1, 128};

	return draw_one_in(draw, 16) ? DRAW_FROM(draw, odd) : DRAW_FROM(draw, often);
}

#define FROM(...)                                                                                  \
	({                                                                                         \
		static const long table[] = {__VA_ARGS__};                                         \
		DRAW_FROM(draw, table);                                                            \
	})

static long draw_files_scalar(struct draw *draw, enum kind kind)
{
	switch (kind) {
	case FD:
		return draw_fd(draw);
	case DIRFD:
		return draw_one_in(draw, 3) ? draw_fd(draw) : AT_FDCWD;
	case OPEN_FLAGS:
		return draw_open_flags(draw);
	case MODE:
		return draw_mode(draw);
	case MKNOD_MODE:
		return draw_mknod_mode(draw);
	case DEVICE:
		return FROM(0x103, 0x105, 0x107); /* null, zero, full: a host has nothing to fear */
	case SMALL:
		return (long)draw_below(draw, 20) - 1;
	case LENGTH:
		return draw_length(draw);
	case OFFSET:
		return draw_offset(draw);
	case SIZE:
		return draw_size(draw);
	case SIGNED_SIZE:
		return draw_one_in(draw, 8) ? -draw_size(draw) : draw_size(draw);
	case WHENCE:
		return (long)draw_below(draw, 3) + (draw_one_in(draw, 20) ? 5 : 0);
	case AT_FLAGS:
		return FROM(0, 0, 0, AT_SYMLINK_NOFOLLOW, AT_SYMLINK_NOFOLLOW, AT_SYMLINK_FOLLOW,
			AT_EMPTY_PATH, AT_REMOVEDIR, AT_EACCESS, AT_NO_AUTOMOUNT,
			AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, 0x10000, -1);
	case STATX_MASK: /* newer kernels give less where less was asked for */
		return FROM(0x7ff, 0xfff, 0x17ff, 0x800007ff);
	case DUP_FLAGS:
		return FROM(0, 0, O_CLOEXEC, O_NONBLOCK, 1, -1);
	case RENAME_FLAGS:
		return FROM(0, 0, 0, 1, 2, 2, 3, 8, -1);
	case FALLOCATE_MODE:
		return FROM(0, 0, 0, 0, 2, 4, 8, 16, 32, 64, -1);
	case RW_FLAGS:
		return FROM(0, 0, 0, 1, 2, 4, 8, 16, 0x10000, -1);
	default:
		return 0;
	}
}

static long draw_descriptor_scalar(struct draw *draw, enum kind kind)
{
	switch (kind) {
	case FLOCK:
		return FROM(1, 2, 4, 5, 6, 5, 6, 8, 12, 0, 32, -1);
	case USER:
		return draw_user(draw);
	case ACCESS_MODE:
		return FROM(0, 1, 2, 3, 4, 5, 6, 7, 8, -1);
	case FCNTL_PLAIN:
		return FROM(F_DUPFD, F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL,
			F_SETFL, F_GETPIPE_SZ, F_GETSIG, F_GETOWN, 77, -1);
	case FCNTL_VALUE:
		return FROM(0, 0, 1, 1, 2, 5, 10, 100, 4096, 1024, 0x40000000, O_APPEND, O_NONBLOCK,
			O_NONBLOCK | O_APPEND, 65536, 1 << 20, O_NOATIME);
	case FCNTL_LOCK:
		return FROM(F_GETLK, F_SETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK);
	case CLOSE_FROM:
		return FROM(0, 3, 5, 8, 12, 900, -1, 0x7fffffff);
	case CLOSE_TO:
		return FROM(2, 4, 6, 9, 14, 700, 0x7fffffff, -1);
	case CLOSE_FLAGS:
		return FROM(0, 0, 4, 4, 4, 1, 8, -1); /* 4: CLOSE_RANGE_CLOEXEC */
	case POLL_TIMEOUT:
		return FROM(0, 0, 0, 1);
	case IOCTL:
		return FROM(0x5401, 0x541b, 0x541b, 0x5421, 0x5450, 0x5451, 0x5413, 0, -1);
	case RESOURCE:
		/* Raising a hard limit takes a capability that a host's user 0 may lack. */
		return FROM(RLIMIT_FSIZE, RLIMIT_FSIZE, RLIMIT_DATA, 16, -1);
	case NICE_WHICH:
		return FROM(PRIO_PROCESS, PRIO_PROCESS, PRIO_PGRP, 3, -1);
	case NICE:
		return FROM(-20, -5, 0, 5, 19, 100, -100);
	case XATTR_FLAGS:
		return FROM(0, 0, 1, 2, 3, 4);
	default:
		return draw_files_scalar(draw, kind);
	}
}

static long draw_scalar(struct draw *draw, struct drawn *drawn, enum kind kind)
{
	switch (kind) {
	case ADDRESS:
		return draw_address(draw);
	case PAGES:
		return draw_pages(draw);
	case PROT:
		return FROM(0, 1, 1, 3, 3, 3, 2, 5, 7, 8, 0x10, -1);
	case MAP_FLAGS:
		return draw_map_flags(draw, drawn);
	case MAP_OFFSET:
		return draw_one_in(draw, 12) ? draw_offset(draw)
					     : (long)(draw_below(draw, 4) * PAGE);
	case BREAK:
		return (long)(break_start + draw_below(draw, 8) * PAGE + draw_below(draw, 2) * 100);
	case ADVICE:
		return FROM(0, 1, 2, 3, 4, 4, 4, 8, 10, 11, 99, -1);
	case PROCESS:
	case PROCESS_OWN:
		return draw_process(draw, kind == PROCESS);
	case GROUP:
		return draw_one_in(draw, 3) ? 0 : draw_process(draw, false);
	case WAIT_OPTIONS:
		return FROM(0, 1, 1, 1, 3, 2, 8, 9, 0x40000001, 0x10, -1);
	case WAITID_TYPE:
		return FROM(0, 1, 1, 2, 3, 5, -1);
	case MEMFD_FLAGS: /* no huge pages: a host may have some */
		return FROM(0, 0, 1, 2, 3, 8, 16, 24, 32, -1);
	case WAITID_OPTIONS:
		return FROM(4, 5, 5, 5, 0x1000005, 0x1000004, 0, 1, 7, 0xd, 0x100, -1);
	case SIGNAL:
		return draw_signal(draw);
	case HOW:
		return FROM(0, 1, 2, 0, 1, 2, 3, -1);
	case SET_SIZE:
		return FROM(8, 8, 8, 8, 8, 8, 8, 8, 8, 0, 4, 16);
	default:
		return draw_descriptor_scalar(draw, kind);
	}
}

/* --- paths ------------------------------------------------------------------------ */

static char *draw_name(struct draw *draw, char *at)
{
	static const char *const names[] = {
		"a", "b", "c", "d", "e", "a", "b", "c", "f", "link", "..", "."};
	const char *name = DRAW_FROM(draw, names);
	size_t n = strlen(name);

	memcpy(at, name, n);
	return at + n;
}

static size_t long_path(struct draw *draw, char *path)
{
	static const size_t lengths[] = {255, 256, 4095, 4096, 5000};
	size_t n = lengths[draw_below(draw, 5)];

	for (size_t i = 0; i < n; i++)
		path[i] = n > 256 && i % 2 ? '/' : n > 256 ? '.' : 'n';
	path[n] = '\0';
	return n;
}

void draw_path(struct draw *draw, char *path)
{
	char *at = path;
	uint64_t odd = draw_below(draw, 80);

	if (odd == 0) {
		long_path(draw, path);
		return;
	}
	if (odd < 20)
		*at++ = '/';
	if (odd != 21) {
		at = draw_name(draw, at);
		for (uint64_t n = draw_below(draw, 4) / 2 + draw_below(draw, 2); n > 0; n--) {
			*at++ = '/';
			at = draw_name(draw, at);
		}
		if (odd > 74)
			*at++ = '/';
	}
	*at = '\0';
}

/* A string in the room of the argument, mostly; *good: it ends within it. */
static long place_string(struct draw *draw, unsigned index, const char *text, bool *good)
{
	size_t size = strlen(text) + 1;
	char *at = place(draw, index, size, good);
	uintptr_t end = ROOM(index) + PATH_ROOM;

	if (*good)
		memcpy(at, text, size);
	else if ((uintptr_t)at >= ROOM(index) && (uintptr_t)at < end)
		memcpy(at, text, size - 1);
	note_string(*good ? text : "?");
	return (long)at;
}

static long draw_string(struct draw *draw, unsigned index, enum kind kind, bool *good)
{
	static char text[PATH_ROOM];
	static const char *const names[] = {"user.a", "user.b", "user.", "trusted.a", "security.a",
		"system.a", "nothing", "", "user.aaaaaaaaaaaaaaaa"};

	if (kind == IN_NAME)
		strcpy(text, DRAW_FROM(draw, names));
	else
		draw_path(draw, text);
	return place_string(draw, index, text, good);
}

/* --- memory ------------------------------------------------------------------------- */

/* The size of the structure that such an argument points to. */
static size_t structure_size(enum kind kind)
{
	static const unsigned short sizes[KINDS] = {[IN_TIMES] = 32,
		[IN_SECONDS] = 16,
		[IN_MICROSECONDS] = 32,
		[IN_SET] = 8,
		[IN_ACTION] = 32,
		[IN_STACK] = 24,
		[IN_LIMIT] = 16,
		[IN_GROUPS] = 16,
		[OUT_STATUS] = sizeof(struct stat),
		[OUT_STATX] = 256,
		[OUT_VOLUME] = 120,
		[OUT_PAIR] = 8,
		[OUT_PATH] = 64,
		[OUT_WAIT] = 4,
		[OUT_INFO] = 128,
		[OUT_SET] = 8,
		[OUT_ACTION] = 32,
		[OUT_STACK] = 24,
		[OUT_LIMIT] = 16,
		[OUT_GROUPS] = 64,
		[OUT_ID] = 4,
		[OUT_INT] = 4,
		[OUT_RESIDENT] = 64,
		[INOUT_OFFSET] = 8,
		[INOUT_LOCK] = sizeof(struct flock),
		[INOUT_POLL] = 3 * sizeof(struct pollfd)};

	return sizes[kind];
}

/* Whether a null pointer means something there. */
static bool may_be_null(enum kind kind)
{
	switch (kind) {
	case IN_TIMES:
	case IN_SECONDS:
	case IN_MICROSECONDS:
	case IN_SET:
	case IN_ACTION:
	case IN_STACK:
	case IN_LIMIT:
	case OUT_WAIT:
	case OUT_INFO:
	case OUT_SET:
	case OUT_ACTION:
	case OUT_STACK:
	case OUT_LIMIT:
	case INOUT_OFFSET:
		return true;
	default:
		return false;
	}
}

/* Data to write: a pattern of the step's own, at any alignment. */
static long place_bytes(struct draw *draw, bool in, bool *good)
{
	uint64_t pattern = draw_next(draw), where = draw_below(draw, 24);
	uint64_t *words = (uint64_t *)BUFFER;

	*good = where > 3;
	if (where == 0) {
		note("bad ");
		return (long)bad_pointer(draw);
	}
	if (where == 1 || where == 2) {
		note("end ");
		return (long)(BUFFER + BUFFER_BYTES - 1 - draw_below(draw, 5000));
	}
	if (where == 3) {
		note("constant ");
		return (long)CONSTANT;
	}
	for (size_t i = 0; i < WINDOW / sizeof(*words); i++)
		words[i] = in ? pattern + i * 0x0101010101010101 : 0x5a5a5a5a5a5a5a5a;
	return (long)(BUFFER + (in ? draw_below(draw, 3) : 0));
}

static long place_vector(struct draw *draw, unsigned index, bool in, bool *good)
{
	struct iovec *vector;
	char *at;
	long bytes = place_bytes(draw, in, good);
	bool there;

	at = place(draw, index, 4 * sizeof(*vector), &there);
	*good = *good && there;
	if (!there)
		return (long)at;
	vector = (struct iovec *)at;
	note("[");
	for (int i = 0; i < 4; i++) {
		long length = draw_one_in(draw, 3) ? draw_length(draw) : (long)draw_below(draw, 64);

		describe_number(length);
		note(i < 3 ? " " : "]");
		vector[i] = (struct iovec){(void *)(bytes + i * 512), (size_t)length};
	}
	return (long)at;
}

long argument_place(struct draw *draw, unsigned index, enum kind kind, bool *good)
{
	size_t size = structure_size(kind);
	char *at;

	if (may_be_null(kind) && draw_one_in(draw, 6)) {
		*good = false;
		note("NULL");
		return 0;
	}
	if (kind >= OUT_BYTES && kind < INOUT_OFFSET)
		at = place_out(draw, index, size, good);
	else
		at = place(draw, index, size, good);
	if (*good)
		structure_fill(draw, at, kind);
	return (long)at;
}

void argument_draw(struct draw *draw, struct drawn *drawn, unsigned index, enum kind kind)
{
	bool *good = &drawn->good[index];
	long *value = &drawn->values[index];

	switch (kind) {
	case PATH:
	case TARGET:
	case IN_NAME:
		*value = draw_string(draw, index, kind, good);
		break;
	case IN_BYTES:
	case OUT_BYTES:
	case OUT_ENTRIES:
		*value = place_bytes(draw, kind == IN_BYTES, good);
		break;
	case IN_VECTOR:
	case OUT_VECTOR:
		*value = place_vector(draw, index, kind == IN_VECTOR, good);
		break;
	case PROCESS:
	case PROCESS_OWN:
	case GROUP:
		*value = draw_scalar(draw, drawn, kind);
		note_process(*value);
		break;
	case BREAK:
		*value = draw_scalar(draw, drawn, kind);
		note("break+");
		note_number(*value - (long)break_start);
		break;
	default:
		if (kind >= IN_BYTES) {
			*value = argument_place(draw, index, kind, good);
		} else {
			*value = draw_scalar(draw, drawn, kind);
			describe_number(*value);
		}
	}
}
