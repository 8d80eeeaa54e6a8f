/* scheduling: what the files of this part know of each other, and what fork does to wishes. */
#pragma once

#include <services/errno.h>
#include <services/services.h>

#define SCHED_NORMAL   0
#define SCHED_FIFO     1
#define SCHED_RR       2
#define SCHED_BATCH    3
#define SCHED_IDLE     5
#define SCHED_DEADLINE 6

#define NICE_MAX 19
#define NICE_MIN (-20)

#define REAL_TIME_MAX 99

static inline bool policy_is_real_time(u32 policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}
static inline bool policy_is_fair(u32 policy)
{
	return policy == SCHED_NORMAL || policy == SCHED_BATCH;
}

/* What is asked of a policy; KEEP_POLICY: to stay what it is. */
#define KEEP_POLICY UINT32_MAX
struct policy_request {
	u32 policy, priority;
	bool reset;
	bool has_nice; /* else it keeps its own */
	s32 nice;
};
long policy_set(struct proc *proc, const struct policy_request *request);

/* The thread of that number, of the caller's for 0; NULL. */
struct proc *scheduling_find(s32 pid);
/* The caller acts as the user of that thread. */
bool scheduling_is_own(const struct proc *proc);
/* Whether the limit on nice values allows that one. */
bool nice_is_allowed(const struct proc *proc, s32 nice);

/*
 * getpriority and ioprio_get go by process, group or user: the next of all threads that are meant,
 * after `last`; NULL: none, and with `last` NULL the first. `who` 0: the caller's.
 */
enum whose { WHOSE_THREAD, WHOSE_GROUP, WHOSE_USER };
struct proc *scheduling_next(struct proc *last, enum whose whose, s32 who);

/* A new thread has `creator`'s wishes, unless it said otherwise. */
void scheduling_fork(const struct proc *creator, struct proc *proc);
