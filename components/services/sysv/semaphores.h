/* semaphores: as the files of this part know them. */
#pragma once

#include <services/sysv/objects.h>

#define SEM_UNDO 0x1000

#define SEM_VALUE_MAX 32767  /* and the most that is undone */
#define SEM_MOST      32000u /* sets */
#define SEM_SET_MAX   32000u /* semaphores in a set */
#define SEM_ALL_MAX   1024000000u
#define SEM_CALL_MAX  500u /* operations in one call */

struct semaphore {
	u16 value;
	s32 last; /* the process that operated on it last */
};

struct semaphore_set {
	struct ipc_object object;
	u32 count;
	s64 otime, ctime;
	struct list waiters; /* struct semaphore_waiter, the first that came first */
	struct list undos;   /* struct semaphore_undo, through `of_set` */
	struct semaphore of[];
};

/* struct sembuf */
struct semaphore_operation {
	u16 number;
	int16_t operation;
	int16_t flags;
};

/* What a process has said it wants undone of a set. */
struct semaphore_undo {
	struct list of_list, of_set;
	struct semaphore_set *set;
	int16_t adjust[]; /* [number]: what its end adds */
};

/* Of a process, or of several that share it. */
struct undo_list {
	u32 refs;
	struct list undos; /* struct semaphore_undo, through `of_list` */
};

/* Operations of one call, and whom it waits for. */
struct semaphore_waiter {
	struct list link;
	struct env_queue queue;
	const struct semaphore_operation *operations;
	u32 count;
	struct semaphore_undo *undo; /* or NULL */
	bool changes;                /* some operation is not just a wait for zero */
	u32 blocked_by;              /* the operation that could not be */
	s32 pid;
	bool done; /* with `result`: it is in no queue any more */
	long result;
};

extern struct ipc_table semaphore_sets;
extern u32 semaphores_count; /* of all sets */

struct semaphore_set *semaphore_set_find(s32 id);
/* Some value has changed: what has become possible happens. */
void semaphores_settle(struct semaphore_set *set);
/* Those who wait are told. */
void semaphore_set_destroy(struct semaphore_set *set);

/* --- undo.c --- */

/* What the caller wants undone of the set, made if there is none yet; NULL: memory is out. */
struct semaphore_undo *undo_of_caller(struct semaphore_set *set) must_check;
/* Nobody wants anything undone of semaphore `number` any more; UINT32_MAX: of any. */
void undo_forget(struct semaphore_set *set, u32 number);
/* The set goes, and what is to be undone of it. */
void undo_drop(struct semaphore_set *set);
