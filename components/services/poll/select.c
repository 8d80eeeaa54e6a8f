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

/* Whole words, less the bits of descriptors from `n` on. */
static long read_sets(struct selection *s, u32 n, const vaddr_t at[SETS])
{
	size_t bytes = ALIGN_UP(n, 64) / 8;

	for (int set = 0; set < SETS; set++) {
		memset(s->bits[set], 0, bytes);
		if (at[set] != 0 && env_copyin(s->bits[set], at[set], bytes) != K_OK)
			return -EFAULT;
		if (n % 64 != 0)
			s->bits[set][n / 64] &= ((u64)1 << n % 64) - 1;
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

/* The descriptors of word `word` that any set asks for. */
static u64 asked_in(const struct selection *s, u32 word)
{
	return s->bits[0][word] | s->bits[1][word] | s->bits[2][word];
}

static u32 count_bits(u64 word)
{
	word -= word >> 1 & 0x5555555555555555;
	word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
	word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return (u32)(word * 0x0101010101010101 >> 56);
}

/* What is asked of the descriptor that has `bit` in word `word`. */
static u16 events_of(const struct selection *s, u32 word, u64 bit)
{
	return (u16)((s->bits[0][word] & bit ? asked[0] : 0) |
		     (s->bits[1][word] & bit ? asked[1] : 0) |
		     (s->bits[2][word] & bit ? asked[2] : 0));
}

/* One that is not open stays in the array: the wait finds it. */
static long make_array(struct selection *s, u32 words)
{
	s->count = s->room = 0;
	for (u32 word = 0; word < words; word++)
		s->room += count_bits(asked_in(s, word));
	if (s->room == 0)
		return 0;
	s->fds = kalloc(s->room * sizeof(s->fds[0]));
	if (!s->fds)
		return -ENOMEM;
	for (u32 word = 0; word < words; word++)
		for (u64 left = asked_in(s, word); left != 0; left &= left - 1) {
			s32 fd = (s32)(word * 64 + (u32)__builtin_ctzll(left));

			s->fds[s->count++] =
				(struct pollfd){fd, events_of(s, word, left & -left), 0};
		}
	return 0;
}

/* Puts `bit` into the sets that wanted it and have an answer; how many. */
static long add_found(struct selection *s, u32 word, u64 bit, u16 found, const u64 wanted[SETS])
{
	long count = 0;

	for (int set = 0; set < SETS; set++) {
		if ((wanted[set] & bit) != 0 && (found & counted[set]) != 0) {
			s->bits[set][word] |= bit;
			count++;
		}
	}
	return count;
}

/* Leaves in the sets what was found; how many bits. -EBADF: a descriptor that is asked for is not
 * open. */
static long answer(struct selection *s, u32 words)
{
	u64 wanted[SETS];
	long found = 0;
	u32 i = 0;

	for (u32 word = 0; word < words; word++) {
		u64 left = asked_in(s, word);

		for (int set = 0; set < SETS; set++) {
			wanted[set] = s->bits[set][word];
			s->bits[set][word] = 0;
		}
		for (; left != 0; left &= left - 1, i++) {
			if (s->fds[i].found & POLLNVAL) { /* a mere place answers everything */
				if (!files_find(s->fds[i].fd))
					return -EBADF;
				s->fds[i].found = POLL_READABLE | POLL_WRITABLE | POLLPRI;
			}
			if (s->fds[i].found != 0)
				found += add_found(s, word, left & -left, s->fds[i].found, wanted);
		}
	}
	return found;
}

static long select_in(struct selection *s, u32 n, const vaddr_t at[SETS], u64 deadline)
{
	u32 words = ALIGN_UP(n, 64) / 64;
	long result = read_sets(s, n, at);

	if (result == 0)
		result = make_array(s, words);
	if (result == 0)
		result = poll_wait(s->fds, s->count, deadline);
	if (result < 0)
		return result;
	result = answer(s, words);
	if (result < 0)
		return result;
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
	result = select_in(s, MIN((u32)n, files_table(env_current())->room), at, deadline);
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
