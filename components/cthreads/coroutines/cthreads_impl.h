/* Inline part of the coroutines: what a server asks before every request. */
#pragma once

struct cthreads {
	struct cthread *self;
	struct list ready;     /* in the order in which they were made ready */
	struct list parked;    /* workers with nothing to do, the one used last in front */
	struct list spare;     /* ended, or made and not used yet */
	struct list deadlines; /* the nearest first */
	void (*worker)(void *);
	void *argument;
	unsigned count, limit;
};
extern struct cthreads cthreads;

/* The worker waits for its turn to listen while others run. */
void cthread_park(void);

static inline struct cthread *cthread_self(void)
{
	return cthreads.self;
}

static inline void cthread_listen(void)
{
	if (unlikely(!list_is_empty(&cthreads.ready)))
		cthread_park();
}

static inline u64 cthread_next_deadline(void)
{
	struct cthread_timer *first = list_first(&cthreads.deadlines, struct cthread_timer, link);

	return first ? first->deadline : CTHREAD_FOREVER;
}
