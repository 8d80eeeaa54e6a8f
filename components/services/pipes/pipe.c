/*
 * pipe: the transfer, whose hot path is a byte there and a byte back.
 *
 * A reader takes what there is and sleeps only for the first byte. A write of up to PIPE_BUF bytes,
 * a page, takes one slot, so it is whole; a larger one goes in as room comes, and other writers'
 * bytes may come in between.
 */
#include <services/pipes/ring.h>
#include <services/process/process.h>

/* Copies out as much as there is, and is wanted. */
static enum kstatus pipe_drain(struct pipe *pipe, struct io *io)
{
	do {
		struct pipe_slot *slot = pipe_slot(pipe, pipe->tail);
		u32 n = (u32)MIN(slot->length, io->left);
		bool is_packet = slot->kind == PIPE_PACKET;
		size_t moved;
		enum kstatus status = io_copyout(io, slot->page + slot->at, n, &moved);

		if (unlikely(status != K_OK)) {
			io->left += moved; /* as on Linux, a part of a page does not count */
			return status;
		}
		pipe_consume(pipe, slot, is_packet ? slot->length : n);
		if (is_packet)
			break;
	} while (io->left > 0 && !pipe_is_empty(pipe));
	return K_OK;
}

/* What would not fill a page goes behind the bytes of the last slot, if it fits there. */
static enum kstatus pipe_merge(struct pipe *pipe, struct io *io)
{
	struct pipe_slot *slot = pipe_slot(pipe, pipe->head - 1);
	u32 n = (u32)(io->left % PAGE_SIZE), end = slot->at + slot->length;
	enum kstatus status;
	size_t moved;

	if (n == 0 || slot->kind != PIPE_MERGES || end + n > PAGE_SIZE)
		return K_OK;
	status = io_copyin(io, slot->page + end, n, &moved);
	if (unlikely(status != K_OK))
		io->left += moved;
	else
		slot->length = (u16)(slot->length + n);
	return status;
}

/* Copies in what there is room for: there is some. */
static enum kstatus pipe_fill(struct pipe *pipe, struct io *io, enum pipe_kind kind)
{
	do {
		u32 n = (u32)MIN(io->left, PAGE_SIZE);
		struct pipe_slot *slot = pipe_prepare(pipe);
		size_t moved;
		enum kstatus status;

		if (unlikely(!slot))
			return K_NOMEM;
		status = io_copyin(io, slot->page, n, &moved);
		if (unlikely(status != K_OK)) {
			io->left += moved;
			return status;
		}
		pipe_enter(pipe, slot, n, kind);
	} while (unlikely(io->left > 0) && !pipe_is_full(pipe));
	return K_OK;
}

/* Before one sleeps again. K_INTERRUPTED: the pipe is not held any more. */
static noinline enum kstatus woken_in_vain(struct pipe *pipe)
{
	if (!call_is_broken_off())
		return K_OK;
	pipe_unlock(pipe);
	return K_INTERRUPTED;
}

long pipe_read(struct open_file *file, struct io *io)
{
	struct pipe *pipe = file->object;
	u64 wanted = io->left;
	enum kstatus status = pipe_lock(pipe);
	bool was_full;

	while (status == K_OK && pipe_is_empty(pipe)) {
		if (!pipe->write_open || file->flags & O_NONBLOCK) {
			long result = pipe->write_open ? -EAGAIN : 0;

			pipe_unlock(pipe);
			return result;
		}
		status = pipe_wait(pipe, &pipe->readable, &pipe->readers, false);
		if (unlikely(pipe_is_empty(pipe)) && status == K_OK)
			status = woken_in_vain(pipe);
	}
	if (unlikely(status != K_OK)) {
		pipe_pass_on(pipe);
		return errno_of(status);
	}
	was_full = pipe_is_full(pipe);
	status = pipe_drain(pipe, io);
	pipe_unlock(pipe);
	if (pipe->writers > 0)
		env_wakeup_all(&pipe->writable);
	if (unlikely(was_full && !pipe_is_full(pipe)))
		watch_wake(&pipe->watches, POLL_WRITABLE);
	pipe_pass_on(pipe);
	return io->left < wanted ? (long)(wanted - io->left) : errno_of(status);
}

/* SIGPIPE, whether or not something has been written. */
static noinline long write_broken(struct pipe *pipe, u64 written)
{
	long error;

	pipe_unlock(pipe);
	error = process_broken_pipe();
	return written > 0 ? (long)written : error;
}

long pipe_write(struct open_file *file, struct io *io)
{
	struct pipe *pipe = file->object;
	u64 offered = io->left;
	enum kstatus status = pipe_lock(pipe);

	if (unlikely(status != K_OK))
		return errno_of(status);
	if (unlikely(!pipe_is_empty(pipe)) && pipe->read_open) {
		status = pipe_merge(pipe, io);
		watch_wake(&pipe->watches, POLL_READABLE);
		if (status != K_OK || io->left == 0)
			goto unlock;
	}
	do {
		if (unlikely(!pipe->read_open))
			return write_broken(pipe, offered - io->left);
		if (likely(!pipe_is_full(pipe))) {
			status = pipe_fill(pipe, io, file->flags & O_DIRECT);
			if (pipe->readers > 0)
				env_wakeup_one(&pipe->readable);
			watch_wake(&pipe->watches, POLL_READABLE);
		} else if (file->flags & O_NONBLOCK) {
			status = K_FULL;
		} else {
			status = pipe_wait(pipe, &pipe->writable, &pipe->writers, true);
			if (status != K_OK)
				goto out; /* not held any more */
		}
	} while (status == K_OK && io->left > 0);
unlock:
	pipe_unlock(pipe);
out:
	return io->left < offered ? (long)(offered - io->left) : errno_of(status);
}
