/*
 * moving: bytes from and to the ring without a client in between. See pipe.h.
 */
#include <services/pipes/ring.h>
#include <services/process/process.h>

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

/*
 * Holds the pipe once there is something in it: 1. 0: there will be nothing, and it is not held,
 * nor with -errno.
 */
static long hold_for_bytes(struct pipe *pipe, bool waits)
{
	enum kstatus status = pipe_lock(pipe);

	while (status == K_OK && pipe_is_empty(pipe)) {
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

	while (status == K_OK && (!pipe->read_open || pipe_is_full(pipe))) {
		if (!pipe->read_open || !waits) {
			pipe_unlock(pipe);
			return pipe->read_open ? -EAGAIN : process_broken_pipe();
		}
		status = pipe_wait(pipe, &pipe->writable, &pipe->writers, true);
	}
	return status == K_OK ? 1 : errno_of(status);
}

long pipe_move_out(struct pipe *pipe, u64 most, bool waits, pipe_mover move, void *context)
{
	long result = hold_for_bytes(pipe, waits);
	u64 done = 0;

	if (result <= 0)
		return result;
	while (done < most && !pipe_is_empty(pipe)) {
		struct pipe_slot *slot = pipe_slot(pipe, pipe->tail);
		u32 n = (u32)MIN(slot->length, most - done);

		result = move(context, slot->page + slot->at, n);
		if (result <= 0)
			break;
		pipe_consume(pipe, slot, (u32)result);
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
	while (done < most && !pipe_is_full(pipe)) {
		struct pipe_slot *slot = pipe_prepare(pipe);

		result = -ENOMEM;
		if (slot)
			result = move(context, slot->page, (u32)MIN(most - done, PAGE_SIZE));
		if (result <= 0)
			break;
		pipe_enter(pipe, slot, (u32)result, PIPE_ALONE);
		done += (u64)result;
	}
	pipe_unlock(pipe);
	if (done > 0)
		tell_readers(pipe);
	return done > 0 ? (long)done : result;
}

/* --- from one ring to another: nothing in here sleeps, so neither has to be held --- */

/* The slot at the tail goes over whole, page and all. */
static void move_slot(struct pipe *from, struct pipe *to)
{
	struct pipe_slot *slot = pipe_slot(from, from->tail), *next = pipe_slot(to, to->head);
	u8 *page = next->page;

	*next = *slot;
	slot->page = page; /* one that an empty slot had kept, or none */
	to->head++;
	pipe_consume(from, slot, slot->length);
}

/* The first `n` bytes of a slot are in the other ring too. False: memory is out. */
static bool copy_slot(const struct pipe_slot *slot, u32 n, struct pipe *to)
{
	struct pipe_slot *next = pipe_prepare(to);

	if (!next)
		return false;
	memcpy(next->page, slot->page + slot->at, n);
	pipe_enter(to, next, n, slot->kind == PIPE_PACKET ? PIPE_PACKET : PIPE_ALONE);
	return true;
}

static u64 copy_slots(struct pipe *from, struct pipe *to, u64 most)
{
	u64 done = 0;

	for (u32 at = from->tail; done < most && at != from->head && !pipe_is_full(to); at++) {
		const struct pipe_slot *slot = pipe_slot(from, at);
		u32 n = (u32)MIN(slot->length, most - done);

		if (!copy_slot(slot, n, to))
			break;
		done += n;
	}
	return done;
}

static u64 move_slots(struct pipe *from, struct pipe *to, u64 most)
{
	u64 done = 0;

	while (done < most && !pipe_is_empty(from) && !pipe_is_full(to)) {
		struct pipe_slot *slot = pipe_slot(from, from->tail);
		u32 n = (u32)MIN(slot->length, most - done);

		if (n == slot->length) {
			move_slot(from, to);
		} else if (copy_slot(slot, n, to)) {
			pipe_consume(from, slot, n);
		} else {
			break;
		}
		done += n;
	}
	return done;
}

/*
 * Until there is something in the one, or there will not be, and room in the other: 1, and neither
 * is held. While one is waited for the other may change.
 */
static long wait_for_both(struct pipe *from, struct pipe *to, bool waits)
{
	long result;

	do {
		result = hold_for_bytes(from, waits);
		if (result < 0)
			return result;
		if (result > 0)
			pipe_unlock(from);
		result = hold_for_room(to, waits);
		if (result < 0) {
			pipe_pass_on(from);
			return result;
		}
		pipe_unlock(to);
	} while (from->busy || (pipe_is_empty(from) && from->write_open > 0));
	return 1;
}

long pipe_move_between(struct pipe *from, struct pipe *to, u64 most, bool waits, bool copies)
{
	long result = wait_for_both(from, to, waits);
	u64 done;

	if (result < 0)
		return result;
	if (pipe_is_empty(from))
		return 0;
	done = copies ? copy_slots(from, to, most) : move_slots(from, to, most);
	if (done == 0)
		return -ENOMEM;
	tell_readers(to);
	if (!copies)
		tell_writers(from);
	pipe_pass_on(from);
	return (long)done;
}
