/*
 * moving: bytes from and to the ring without a client in between. See pipe.h.
 */
#include <services/pipes/ring.h>
#include <services/process/process.h>

/* The piece of the ring at `at` that lies in one page, at most `n`. */
static u32 piece_at(u32 at, u64 n)
{
	return (u32)MIN(n, (u64)(PAGE_SIZE - at % PAGE_SIZE));
}

static u8 *page_of(struct pipe *pipe, u32 at)
{
	return pipe->pages[at / PAGE_SIZE % PIPE_PAGES];
}

/* `n` bytes, which lie in one page, have been read. */
static void consume(struct pipe *pipe, u32 n)
{
	pipe->tail += n;
	if (pipe->tail % PAGE_SIZE == 0)
		drop_page(pipe, pipe->tail - 1);
	if (pipe_used(pipe) > 0)
		return;
	if (pipe->tail > PAGE_SIZE)
		drop_page(pipe, pipe->tail);
	pipe->head = 0;
	pipe->tail = 0;
}

static void tell_writers(struct pipe *pipe)
{
	if (pipe->writers > 0)
		env_wakeup_all(&pipe->writable);
	watch_wake(&pipe->watches, POLL_WRITABLE);
}

static void tell_readers(struct pipe *pipe)
{
	if (pipe->readers > 0)
		env_wakeup_one(&pipe->readable);
	watch_wake(&pipe->watches, POLL_READABLE);
}

/* Holds the pipe once there is something in it: 1; 0 or -errno, and it is not held: there will be
 * nothing. */
static long hold_for_bytes(struct pipe *pipe, bool waits)
{
	enum kstatus status = pipe_lock(pipe);

	while (status == K_OK && pipe_used(pipe) == 0) {
		if (!pipe->write_open || !waits) {
			pipe_unlock(pipe);
			return pipe->write_open ? -EAGAIN : 0;
		}
		status = pipe_wait(pipe, &pipe->readable, &pipe->readers, true);
	}
	if (status != K_OK)
		pipe_pass_on(pipe);
	return status == K_OK ? 1 : errno_of(status);
}

/* The same once there is room. */
static long hold_for_room(struct pipe *pipe, bool waits)
{
	enum kstatus status = pipe_lock(pipe);

	while (status == K_OK && (!pipe->read_open || pipe_used(pipe) == PIPE_SIZE)) {
		if (!pipe->read_open || !waits) {
			pipe_unlock(pipe);
			return pipe->read_open ? -EAGAIN : process_broken_pipe();
		}
		status = pipe_wait(pipe, &pipe->writable, &pipe->writers, true);
	}
	return status == K_OK ? 1 : errno_of(status);
}

/* The page for what is written next; false: memory is out. */
static bool make_page(struct pipe *pipe)
{
	u8 **page = &pipe->pages[pipe->head / PAGE_SIZE % PIPE_PAGES];

	if (!*page)
		*page = kalloc(PAGE_SIZE);
	return *page != NULL;
}

long pipe_move_out(struct pipe *pipe, u64 most, bool waits, pipe_mover move, void *context)
{
	long result = hold_for_bytes(pipe, waits);
	u64 done = 0;

	if (result <= 0)
		return result;
	while (done < most && pipe_used(pipe) > 0) {
		u32 at = pipe->tail, n = piece_at(at, MIN(most - done, pipe_used(pipe)));

		result = move(context, page_of(pipe, at) + at % PAGE_SIZE, n);
		if (result <= 0)
			break;
		consume(pipe, (u32)result);
		done += (u64)result;
		if ((u32)result < n)
			break;
	}
	pipe_unlock(pipe);
	if (done > 0)
		tell_writers(pipe);
	pipe_pass_on(pipe);
	return done > 0 ? (long)done : result;
}

long pipe_move_in(struct pipe *pipe, u64 most, bool waits, pipe_mover move, void *context)
{
	long result = hold_for_room(pipe, waits);
	u64 done = 0;

	if (result <= 0)
		return result;
	while (done < most && pipe_used(pipe) < PIPE_SIZE) {
		u32 at = pipe->head,
		    n = piece_at(at, MIN(most - done, PIPE_SIZE - pipe_used(pipe)));

		result = -ENOMEM;
		if (make_page(pipe))
			result = move(context, page_of(pipe, at) + at % PAGE_SIZE, n);
		if (result <= 0)
			break;
		pipe->head += (u32)result;
		done += (u64)result;
		if ((u32)result < n)
			break;
	}
	pipe_unlock(pipe);
	if (done > 0)
		tell_readers(pipe);
	return done > 0 ? (long)done : result;
}

/* Nothing in here sleeps, so neither has to be held. -ENOMEM: not a byte was copied. */
static long copy_ring(struct pipe *from, struct pipe *to, u64 most, bool copies)
{
	u64 done = 0, offered = MIN(most, pipe_used(from));
	u32 at = from->tail;

	while (done < offered && pipe_used(to) < PIPE_SIZE) {
		u32 n = piece_at(at, MIN(offered - done, PIPE_SIZE - pipe_used(to)));

		n = piece_at(to->head, n);
		if (!make_page(to))
			break;
		memcpy(page_of(to, to->head) + to->head % PAGE_SIZE,
			page_of(from, at) + at % PAGE_SIZE, n);
		to->head += n;
		done += n;
		at += n;
		if (!copies) {
			consume(from, n);
			at = from->tail;
		}
	}
	return done > 0 ? (long)done : -ENOMEM;
}

long pipe_move_between(struct pipe *from, struct pipe *to, u64 most, bool waits, bool copies)
{
	long result;

	do { /* while one was waited for, the other may have changed */
		result = hold_for_bytes(from, waits);
		if (result <= 0)
			return result;
		pipe_unlock(from);
		result = hold_for_room(to, waits);
		if (result <= 0) {
			pipe_pass_on(from);
			return result;
		}
		pipe_unlock(to);
	} while (from->busy || pipe_used(from) == 0);
	result = copy_ring(from, to, most, copies);
	if (result > 0) {
		tell_readers(to);
		if (!copies)
			tell_writers(from);
	}
	pipe_pass_on(from);
	return result;
}
