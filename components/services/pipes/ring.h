/* ring: what moves bytes through a pipe has in common: its slots, holding it, waiting. */
#pragma once

#include <services/pipes/pipe.h>
#include <services/process/sleep.h>

static inline u32 pipe_used(const struct pipe *pipe)
{
	return pipe->head - pipe->tail;
}

static inline bool pipe_is_empty(const struct pipe *pipe)
{
	return pipe->head == pipe->tail;
}

static inline bool pipe_is_full(const struct pipe *pipe)
{
	return pipe_used(pipe) > pipe->mask;
}

static inline struct pipe_slot *pipe_slot(struct pipe *pipe, u32 n)
{
	return &pipe->ring[n & pipe->mask];
}

/* The slot to fill next, which has a page; NULL: memory is out. The pipe is not full. */
static inline struct pipe_slot *pipe_prepare(struct pipe *pipe)
{
	struct pipe_slot *slot = pipe_slot(pipe, pipe->head);

	if (unlikely(!slot->page))
		slot->page = kalloc(PAGE_SIZE);
	return likely(slot->page != NULL) ? slot : NULL;
}

/* `n` bytes have been put into it. */
static inline void pipe_enter(struct pipe *pipe, struct pipe_slot *slot, u32 n, enum pipe_kind kind)
{
	slot->at = 0;
	slot->length = (u16)n;
	slot->kind = kind;
	pipe->head++;
}

/* `n` bytes have been taken from the slot at the tail. */
static inline void pipe_consume(struct pipe *pipe, struct pipe_slot *slot, u32 n)
{
	slot->at = (u16)(slot->at + n);
	slot->length = (u16)(slot->length - n);
	if (slot->length > 0)
		return;
	pipe->tail++;
	if (unlikely(slot != pipe->ring) && slot->page) { /* else it went with its bytes */
		kfree(slot->page, PAGE_SIZE);
		slot->page = NULL;
	}
	if (pipe_is_empty(pipe))
		pipe->head = pipe->tail = 0;
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
	if (unlikely(pipe->readers > 0 && !pipe_is_empty(pipe)))
		env_wakeup_one(&pipe->readable);
}
