/* ring: what moves bytes through a pipe has in common: holding it, waiting, giving pages back. */
#pragma once

#include <services/pipes/pipe.h>

static inline u32 pipe_used(const struct pipe *pipe)
{
	return pipe->head - pipe->tail;
}

/* Sleeps in `queue`, counted in *count. */
static inline enum kstatus must_check sleep_counted(struct env_queue *queue, u32 *count)
{
	enum kstatus status;

	++*count;
	status = env_sleep(queue, ENV_FOREVER);
	--*count;
	return status;
}

static inline enum kstatus must_check pipe_lock(struct pipe *pipe)
{
	while (unlikely(pipe->busy)) {
		enum kstatus status = sleep_counted(&pipe->idle, &pipe->waiters);

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
	struct pipe *pipe, struct env_queue *queue, u32 *count)
{
	enum kstatus status;

	pipe_unlock(pipe);
	status = sleep_counted(queue, count);
	return status == K_OK ? pipe_lock(pipe) : status;
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
