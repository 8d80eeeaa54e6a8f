/*
 * pipe: the transfer, whose hot path is a byte there and a byte back.
 *
 * A reader takes what there is and sleeps only for the first byte. A writer of
 * up to PIPE_BUF bytes waits until all fit; a larger write goes in as room comes, and
 * other writers' bytes may come in between.
 */
#include <services/pipes/ring.h>
#include <services/process/process.h>

/* Copies `n` bytes out, which are there. */
static enum kstatus pipe_drain(struct pipe *pipe, struct io *io, u32 n)
{
	while (n > 0) {
		u32 at = pipe->tail % PAGE_SIZE;
		u32 piece = MIN(n, (u32)PAGE_SIZE - at);
		u8 *page = pipe->pages[pipe->tail / PAGE_SIZE % PIPE_PAGES];
		size_t moved;
		enum kstatus status = io_copyout(io, page + at, piece, &moved);

		if (unlikely(status != K_OK)) {
			io->left += moved; /* as on Linux, a part of a page does not count */
			return status;
		}
		pipe->tail += piece;
		n -= piece;
		if (pipe->tail % PAGE_SIZE == 0)
			drop_page(pipe, pipe->tail - 1);
	}
	if (pipe_used(pipe) == 0) {
		if (unlikely(pipe->tail > PAGE_SIZE))
			drop_page(pipe, pipe->tail);
		pipe->head = 0;
		pipe->tail = 0;
	}
	return K_OK;
}

/* Copies `n` bytes in, for which there is room. */
static enum kstatus pipe_fill(struct pipe *pipe, struct io *io, u32 n)
{
	while (n > 0) {
		u32 at = pipe->head % PAGE_SIZE;
		u32 piece = MIN(n, (u32)PAGE_SIZE - at);
		u8 **page = &pipe->pages[pipe->head / PAGE_SIZE % PIPE_PAGES];
		size_t moved;
		enum kstatus status;

		if (unlikely(!*page)) {
			*page = kalloc(PAGE_SIZE);
			if (!*page)
				return K_NOMEM;
		}
		status = io_copyin(io, *page + at, piece, &moved);
		if (unlikely(status != K_OK)) {
			io->left += moved;
			return status;
		}
		pipe->head += piece;
		n -= piece;
	}
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
	u32 had;

	while (status == K_OK && pipe_used(pipe) == 0) {
		if (!pipe->write_open || file->flags & O_NONBLOCK) {
			long result = pipe->write_open ? -EAGAIN : 0;

			pipe_unlock(pipe);
			return result;
		}
		status = pipe_wait(pipe, &pipe->readable, &pipe->readers, false);
		if (unlikely(pipe_used(pipe) == 0) && status == K_OK)
			status = woken_in_vain(pipe);
	}
	if (unlikely(status != K_OK)) {
		pipe_pass_on(pipe);
		return errno_of(status);
	}
	had = pipe_used(pipe);
	status = pipe_drain(pipe, io, (u32)MIN(had, wanted));
	pipe_unlock(pipe);
	if (pipe->writers > 0)
		env_wakeup_all(&pipe->writable);
	if (unlikely(had > PIPE_SIZE - PIPE_BUF && pipe_used(pipe) <= PIPE_SIZE - PIPE_BUF))
		watch_wake(&pipe->watches, POLL_WRITABLE);
	pipe_pass_on(pipe);
	return io->left < wanted ? (long)(wanted - io->left) : errno_of(status);
}

long pipe_write(struct open_file *file, struct io *io)
{
	struct pipe *pipe = file->object;
	u64 offered = io->left;
	u32 need = offered <= PIPE_BUF ? (u32)offered : 1;
	enum kstatus status = pipe_lock(pipe);

	if (unlikely(status != K_OK))
		return errno_of(status);
	do {
		u32 room = PIPE_SIZE - pipe_used(pipe);

		if (unlikely(!pipe->read_open)) {
			pipe_unlock(pipe);
			return process_broken_pipe();
		}
		if (likely(room >= need)) {
			status = pipe_fill(pipe, io, (u32)MIN(room, io->left));
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
	pipe_unlock(pipe);
out:
	return io->left < offered ? (long)(offered - io->left) : errno_of(status);
}
