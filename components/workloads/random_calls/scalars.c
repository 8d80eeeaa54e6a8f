/*
 * scalars: numbers that are drawn from ranges, or are about what is there. Lists of values are in
 * choices.c.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <workloads/random_calls/arguments.h>

long draw_fd(struct draw *draw)
{
	static const long odd[] = {
		-1, -2, AT_FDCWD, 63, 64, 255, 1023, 1024, 65536, 0x7fffffff, -0x80000000L};

	if (draw_one_in(draw, 24))
		return DRAW_FROM(draw, odd);
	if (draw_one_in(draw, 50)) /* only the low half counts */
		return (long)(draw_below(draw, 8) | 5UL << 32);
	return (long)draw_below(draw, draw_one_in(draw, 4) ? 12 : 5);
}

/* One of the first `usual` of a list, seldom of all of it. */
#define DRAW_MOSTLY(draw, table, usual, seldom)                                                    \
	((table)[draw_below(                                                                       \
		draw, draw_one_in(draw, seldom) ? sizeof(table) / sizeof((table)[0]) : (usual))])

long draw_length(struct draw *draw)
{
	static const long lengths[] = {0, 1, 2, 7, 8, 16, 100, 1000, 4095, 4096, 4097, 8191, 8192,
		16384, 65535, 65536, 65537, 1 << 20, 0x7fffffff, 0x80000000, 1L << 47, -1, -4096};

	return DRAW_MOSTLY(draw, lengths, 14, 6);
}

static long draw_offset(struct draw *draw)
{
	static const long offsets[] = {0, 1, 100, 4095, 4096, 4097, 8192, 65536, 1L << 20, 1L << 32,
		0x7fffffffffffffff, -1, -4096, -0x7fffffffffffffff - 1};

	return DRAW_MOSTLY(draw, offsets, 8, 6);
}

static long draw_size(struct draw *draw)
{
	static const long sizes[] = {
		0, 1, 100, 4095, 4096, 4097, 8192, 20000, 65536, 1L << 20, 1L << 32, -1};

	return DRAW_MOSTLY(draw, sizes, 9, 8);
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
	long kind = DRAW_FROM(draw, kinds);

	return kind | (draw_scalar(draw, MODE) & 07777);
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

static long draw_map_flags(struct draw *draw)
{
	static const long kinds[] = {MAP_PRIVATE, MAP_SHARED, MAP_PRIVATE | MAP_ANONYMOUS,
		MAP_PRIVATE | MAP_ANONYMOUS, MAP_SHARED | MAP_ANONYMOUS, MAP_SHARED_VALIDATE};
	static const long odd[] = {0, MAP_SHARED | MAP_PRIVATE, MAP_ANONYMOUS,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, MAP_SHARED_VALIDATE | 0x20000000};
	long flags = draw_one_in(draw, 16) ? DRAW_FROM(draw, odd) : DRAW_FROM(draw, kinds);

	return flags | (draw_one_in(draw, 4) ? MAP_FIXED_NOREPLACE : MAP_FIXED);
}

long draw_process(struct draw *draw, bool groups)
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

static long draw_memory_scalar(struct draw *draw, enum kind kind)
{
	switch (kind) {
	case ADDRESS:
		return draw_address(draw);
	case SHARED_ADDRESS: /* anywhere else would be the kernel's choice */
		return (draw_address(draw) & -0x1000L) + (draw_one_in(draw, 4) ? 100 : 0);
	case PAGES:
		return draw_pages(draw);
	case MAP_FLAGS:
		return draw_map_flags(draw);
	case MAP_OFFSET:
		return draw_one_in(draw, 12) ? draw_offset(draw)
					     : (long)(draw_below(draw, 4) * PAGE);
	default: /* BREAK */
		return (long)(break_start + draw_below(draw, 8) * PAGE + draw_below(draw, 2) * 100);
	}
}

long draw_scalar(struct draw *draw, enum kind kind)
{
	long value;

	if (draw_choice(draw, kind, &value))
		return value;
	switch (kind) {
	case FD:
		return draw_fd(draw);
	case DIRFD:
		return draw_one_in(draw, 3) ? draw_fd(draw) : AT_FDCWD;
	case OPEN_FLAGS:
		return draw_open_flags(draw);
	case MKNOD_MODE:
		return draw_mknod_mode(draw);
	case SMALL:
		return (long)draw_below(draw, 20) - 1;
	case LENGTH:
		return draw_length(draw);
	case OFFSET:
		return draw_offset(draw);
	case SIZE:
		return draw_size(draw);
	case WHENCE:
		return (long)draw_below(draw, 3) + (draw_one_in(draw, 20) ? 5 : 0);
	case PROCESS:
	case PROCESS_OWN:
		return draw_process(draw, kind == PROCESS);
	case GROUP:
		return draw_one_in(draw, 3) ? 0 : draw_process(draw, false);
	case SIGNAL:
		return draw_signal(draw);
	case SIGNALFD_FD:
		return draw_one_in(draw, 3) ? draw_made(draw, FD_SIGNAL) : -1;
	default:
		return is_object(kind) || (kind >= FD_PIPE && kind <= FD_MEMORY)
			       ? draw_made(draw, kind)
			       : draw_memory_scalar(draw, kind);
	}
}
