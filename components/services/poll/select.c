/*
 * select: select and pselect6, which ask with three sets of bits.
 *
 * They become an array of descriptors for the wait, and its answers bits again.
 */
#include <services/poll/poll.h>

#include <unix_calls.h>

#define SETS      3
#define MAX_WORDS (PROC_FILES_MAX / 64)

/* What each set asks, and which answers count for it (fs/select.c). */
static const u32 asked[SETS] = {POLL_READABLE | POLLRDBAND, POLL_WRITABLE | POLLWRBAND, POLLPRI};
static const u32 counted[SETS] = {POLL_READABLE | POLLRDBAND | POLLHUP | POLLERR,
	POLL_WRITABLE | POLLWRBAND | POLLERR, POLLPRI};

struct selection {
	u64 bits[SETS][MAX_WORDS];
	u32 count, room;    /* of descriptors in `fds` */
	struct pollfd *fds; /* NULL: not made yet */
};

static bool is_in(const struct selection *s, int set, u32 fd)
{
	return s->bits[set][fd / 64] >> fd % 64 & 1;
}

static long read_sets(struct selection *s, u32 n, const vaddr_t at[SETS])
{
	size_t bytes = ALIGN_UP(n, 64) / 8;

	for (int set = 0; set < SETS; set++) {
		memset(s->bits[set], 0, bytes);
		if (at[set] != 0 && env_copyin(s->bits[set], at[set], bytes) != K_OK)
			return -EFAULT;
	}
	return 0;
}

static long write_sets(const struct selection *s, u32 n, const vaddr_t at[SETS])
{
	size_t bytes = ALIGN_UP(n, 64) / 8;

	for (int set = 0; set < SETS; set++) {
		if (at[set] != 0 && env_copyout(at[set], s->bits[set], bytes) != K_OK)
			return -EFAULT;
	}
	return 0;
}

static u32 count_asked(const struct selection *s, u32 n)
{
	u32 count = 0;

	for (u32 fd = 0; fd < n; fd++)
		count += is_in(s, 0, fd) || is_in(s, 1, fd) || is_in(s, 2, fd);
	return count;
}

/* -EBADF: a descriptor that is asked for is not open. */
static long make_array(struct selection *s, u32 n)
{
	s->count = 0;
	s->room = MAX(count_asked(s, n), 1u);
	s->fds = kalloc(s->room * sizeof(s->fds[0]));
	if (!s->fds)
		return -ENOMEM;
	for (u32 fd = 0; fd < n; fd++) {
		u32 events = 0;

		for (int set = 0; set < SETS; set++)
			events |= is_in(s, set, fd) ? asked[set] : 0;
		if (events == 0)
			continue;
		if (!files_find_usable((int)fd))
			return -EBADF;
		s->fds[s->count++] = (struct pollfd){(s32)fd, (u16)events, 0};
	}
	return 0;
}

/* Leaves in the sets what was found; how many bits. */
static long answer(struct selection *s)
{
	long found = 0;

	for (u32 i = 0; i < s->count; i++) {
		u32 fd = (u32)s->fds[i].fd;

		for (int set = 0; set < SETS; set++) {
			if (!is_in(s, set, fd))
				continue;
			if (s->fds[i].found & counted[set])
				found++;
			else
				s->bits[set][fd / 64] &= ~((u64)1 << fd % 64);
		}
	}
	return found;
}

static long select_in(struct selection *s, u32 n, const vaddr_t at[SETS], u64 deadline)
{
	long result = read_sets(s, n, at);

	if (result == 0)
		result = make_array(s, n);
	if (result == 0)
		result = poll_wait(s->fds, s->count, deadline);
	if (result < 0)
		return result;
	result = answer(s);
	return write_sets(s, n, at) == 0 ? result : -EFAULT;
}

static long select_until(int n, const vaddr_t at[SETS], u64 deadline)
{
	struct selection *s;
	long result;

	if (n < 0)
		return -EINVAL;
	s = kalloc(sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->fds = NULL;
	result = select_in(s, MIN((u32)n, env_current()->files_room), at, deadline);
	if (s->fds)
		kfree(s->fds, s->room * sizeof(s->fds[0]));
	kfree(s, sizeof(*s));
	return result;
}

long sys_select(int n, vaddr_t in, vaddr_t out, vaddr_t except, vaddr_t timeout)
{
	const vaddr_t at[SETS] = {in, out, except};
	struct poll_time time;
	long error = poll_read_time(&time, timeout, 1000);

	return error != 0 ? error : poll_end(select_until(n, at, time.deadline), &time, 0);
}

long sys_pselect6(int n, vaddr_t in, vaddr_t out, vaddr_t except, vaddr_t timeout, vaddr_t mask)
{
	const vaddr_t at[SETS] = {in, out, except};
	u64 set[2] = {0, 0}; /* its address and size */
	struct poll_time time;
	long error;

	if (mask != 0 && env_copyin(set, mask, sizeof(set)) != K_OK)
		return -EFAULT;
	error = poll_read_time(&time, timeout, 1);
	if (error == 0)
		error = poll_set_mask(set[0], set[1]);
	if (error != 0)
		return error;
	return poll_end(select_until(n, at, time.deadline), &time, set[0]);
}
