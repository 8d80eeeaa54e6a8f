/*
 * objects: what the three kinds have in common: a key, a number, an owner, permissions.
 *
 * An object embeds its struct ipc_object and is freed with its removal: who sleeps on it is told
 * before, and looks at it no more. Nothing may hold a pointer to one over a sleep or a copy from or
 * to a client.
 */
#pragma once

#include <services/errno.h>
#include <services/services.h>

#define IPC_PRIVATE 0
#define IPC_CREAT   01000u
#define IPC_EXCL    02000u
#define IPC_NOWAIT  04000u

#define IPC_RMID 0
#define IPC_SET  1
#define IPC_STAT 2
#define IPC_INFO 3

#define IPC_READ  0444u /* what an operation wants: see ipc_may() */
#define IPC_WRITE 0222u
#define IPC_MODES 0777u

struct ipc_object {
	s32 key;
	s32 id;
	u32 uid, gid;   /* the owner's */
	u32 cuid, cgid; /* the creator's */
	u32 mode;       /* permissions, and of a segment SHM_… */
	u32 sequence;
};

/* struct ipc64_perm */
struct ipc_status {
	s32 key;
	u32 uid, gid, cuid, cgid, mode;
	u16 sequence;
	u16 padding[3];
	u64 unused[2];
};
_Static_assert(sizeof(struct ipc_status) == 48, "struct ipc64_perm");

/* All objects of a kind. */
struct ipc_table {
	struct ipc_object **slots;
	u32 room;     /* slots that there is memory for; empty ones are NULL */
	u32 used;     /* objects */
	u32 most;     /* objects that there may be */
	s32 next;     /* the slot to try first */
	s32 last;     /* given out last; -1: none yet */
	u32 sequence; /* times that the slots have been gone through */
};

/* An empty one, for so many. */
void ipc_table_init(struct ipc_table *table, u32 most);
/* A new object with that key and those permissions, the caller's: it gets a number. -ENOSPC,
 * -ENOMEM. */
long ipc_add(struct ipc_table *table, struct ipc_object *object, s32 key, u32 mode) must_check;
/* Nobody finds it any more. */
void ipc_remove(struct ipc_table *table, struct ipc_object *object);
/* By key; NULL: there is none. The key is not IPC_PRIVATE. */
struct ipc_object *ipc_find_key(const struct ipc_table *table, s32 key);
/* By number; by the slot in a number, whichever object is in it now. */
struct ipc_object *ipc_find(const struct ipc_table *table, s32 id);
struct ipc_object *ipc_find_slot(const struct ipc_table *table, s32 id);
/* The object that a stat command is about: by number, or by slot, where permission to read need not
 * be asked for (`any`). NULL: *error says why not. -EINVAL, -EACCES. */
struct ipc_object *ipc_find_to_tell(
	const struct ipc_table *table, s32 id, bool by_slot, bool any, long *error) must_check;
/* The highest slot in use; 0: none. */
long ipc_highest(const struct ipc_table *table);
/* Whether the caller may do what `mode` asks for, in any of its three places. */
bool ipc_may(const struct ipc_object *object, u32 mode);
/* Whether it may change or remove it. */
bool ipc_is_own(const struct ipc_object *object);

/*
 * What a get call does with a key: the object that there is, or NULL where a new one is to be made;
 * *error: neither. -ENOENT, -EEXIST. Permissions are looked at later, with ipc_may().
 */
struct ipc_object *ipc_look_up(
	const struct ipc_table *table, s32 key, u32 flags, long *error) must_check;

void ipc_get_status(const struct ipc_object *object, struct ipc_status *status);
/* IPC_SET. -EINVAL: no such user. */
long ipc_set_status(struct ipc_object *object, const struct ipc_status *status) must_check;
/* Seconds since 1970. */
s64 ipc_now(void);
