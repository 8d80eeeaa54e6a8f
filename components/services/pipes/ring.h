/* ring: what moves bytes through a pipe has in common: holding it, waiting, giving pages back. */
#pragma once

#include <services/pipes/pipe.h>
#include <services/process/sleep.h>

static inline u32 pipe_used(const struct pipe *pipe)
{
	return pipe->head - pipe->tail;
}

/*
 * Sleeps in `queue`, counted in *count. `looks`: not if the call is to be broken off (see
 * call_sleep()); where nothing has slept before, there is no need to look.
 */
static inline enum kstatus must_check sleep_counted(struct env_queue *queue, u32 *count, bool looks)
{
	enum kstatus status;

	if (looks && call_is_broken_off())
		return K_INTERRUPTED;
	++*count;
	status = env_sleep(queue, ENV_FOREVER);
	--*count;
	return status;
}

static inline enum kstatus must_check pipe_lock(struct pipe *pipe)
{
	while (unlikely(pipe->busy)) {
		enum kstatus status = sleep_counted(&pipe->idle, &pipe->waiters, true);

		if (status == K_OK && call_is_broken_off())
			status = K_INTERRUPTED;
		if (status != K_OK)
			return status;
	}
	pipe->busy = true;
	return K_OK;
}

static inline void pipe_unlock(struct pipe *pipe)
{
	pipe->busy = false;
	if (unlikely(pipe->waiters > 0))
		env_wakeup_all(&pipe->idle);
}

/* Gives the pipe up while asleep; it is held again only if K_OK. */
static inline enum kstatus must_check pipe_wait(
	struct pipe *pipe, struct env_queue *queue, u32 *count, bool looks)
{
	enum kstatus status;

	pipe_unlock(pipe);
	status = sleep_counted(queue, count, looks);
	return status == K_OK ? pipe_lock(pipe) : status;
}

/* A reader is woken for what is in the ring; what it leaves there is another's. */
static inline void pipe_pass_on(struct pipe *pipe)
{
	if (unlikely(pipe->readers > 0 && pipe_used(pipe) > 0))
		env_wakeup_one(&pipe->readable);
}

/*
 * The page that `at` lies in has been read. It goes, unless it is the first, or the ring is so full
 * that the writers have come round to its front.
 */
static inline void drop_page(struct pipe *pipe, u32 at)
{
	u32 index = at / PAGE_SIZE % PIPE_PAGES;

	if (index > 0 && pipe->pages[index] && pipe_used(pipe) <= PIPE_SIZE - PAGE_SIZE) {
		kfree(pipe->pages[index], PAGE_SIZE);
		pipe->pages[index] = NULL;
	}
}
