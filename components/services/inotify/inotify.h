/* inotify: what the files of this part know of each other. */
#pragma once

#include <services/errno.h>
#include <services/files/files.h>
#include <services/files/watch.h>
#include <services/inotify/notify.h>
#include <services/tree/tree.h>

#define IN_ALL_EVENTS 0x00000fffu
#define IN_UNMOUNT    0x00002000u
#define IN_Q_OVERFLOW 0x00004000u
#define IN_IGNORED    0x00008000u

#define IN_ONLYDIR     0x01000000u
#define IN_DONT_FOLLOW 0x02000000u
#define IN_EXCL_UNLINK 0x04000000u
#define IN_MASK_CREATE 0x10000000u
#define IN_MASK_ADD    0x20000000u
#define IN_ISDIR       0x40000000u
#define IN_ONESHOT     0x80000000u

#define INSTANCES_MAX 128u   /* of one user */
#define WATCHES_MAX   8192u  /* of one user */
#define EVENTS_MAX    16384u /* in one queue */

/* struct inotify_event, behind which the name follows, filled up to a multiple of 16. */
struct event_record {
	s32 wd;
	u32 mask, cookie, length;
};
_Static_assert(sizeof(struct event_record) == 16, "struct inotify_event");

struct event {
	struct list link; /* in the instance's queue */
	s32 wd;
	u32 mask, cookie, length; /* of the name, without a NUL */
	char name[];
};

/* An open file of inotify_init. */
struct instance {
	struct list link;    /* among all instances */
	struct list watches; /* struct file_watch, through `link` */
	u32 watches_count;
	struct list events; /* the oldest first */
	u32 events_count;
	u64 bytes;       /* that reading all of them takes */
	bool overflowed; /* the queue ends with, or has somewhere, an IN_Q_OVERFLOW */
	s32 last_wd;
	u32 uid;                  /* who made it */
	struct env_queue readers; /* until there is an event */
	struct watch_list watchers;
};

struct file_watch {
	struct instance *instance;
	struct list link;
	struct file_watch *next; /* of the same inode */
	struct inode *inode;     /* held */
	s32 wd;
	u32 mask; /* events, IN_ONESHOT, IN_EXCL_UNLINK */
};

/* --- events.c --- */

/* Queues it, unless it is the last one over again; what there is no room for becomes an overflow.
 */
void event_queue(
	struct instance *instance, s32 wd, u32 mask, u32 cookie, const char *name, size_t length);
/* Forgets all of them. */
void events_drop(struct instance *instance);
/* For reading, and FIONREAD. */
long events_read(struct open_file *file, struct io *io);

/* --- watches.c --- */

/* The instance's watch of that inode, or NULL. */
struct file_watch *watch_of(const struct instance *instance, const struct inode *inode);
struct file_watch *watch_numbered(const struct instance *instance, s32 wd);
/* A new one; its number, -ENOSPC or -ENOMEM. */
long watch_create(struct instance *instance, struct inode *inode, u32 mask) must_check;
/* It goes, which its reader is told. May let go of the last reference to the inode. */
void watch_remove(struct file_watch *watch);
/* The same for the instance's own end: nobody reads any more. */
void watches_drop(struct instance *instance);

extern struct list instances;
