/* epoll: an epoll and its items. */
#pragma once

#include <services/files/files.h>
#include <services/files/watch.h>
#include <services/poll/poll.h>

#define EPOLLEXCLUSIVE (1u << 28)
#define EPOLLWAKEUP    (1u << 29)
#define EPOLLONESHOT   (1u << 30)
#define EPOLLET        (1u << 31)
#define EPOLL_HOW      (EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLONESHOT | EPOLLET)

struct epoll_event {
	u32 events;
	u64 data;
} packed;

struct epoll {
	struct list items;
	struct list ready; /* items that may be: the longest so in front */
	u32 ready_count;
	u32 sleepers; /* in `waiting` */
	struct env_queue waiting;
	struct watch_list watches; /* of who polls the epoll itself */
	struct open_file *file;
	u32 search; /* that saw it last */
	u32 depth;  /* what that found */
};

/* One file under one descriptor that it was named by. */
struct epoll_item {
	struct watch watch;
	struct list link;  /* in `items` */
	struct list ready; /* in `ready`, or unlinked */
	struct epoll *epoll;
	struct open_file *file;  /* not held: see epoll_forget() */
	struct epoll_item *next; /* that watches the same file */
	s32 fd;
	u64 serial; /* never given twice */
	struct epoll_event event;
};

extern const struct file_ops epoll_ops;

static inline struct epoll *epoll_of(const struct open_file *file)
{
	return file->object;
}

/* --- items (items.c) --- */

struct epoll_item *epoll_find(struct epoll *epoll, const struct open_file *file, s32 fd);
/* -ENOMEM. */
long epoll_add(
	struct epoll *epoll, struct open_file *file, s32 fd, struct epoll_event event) must_check;
void epoll_change(struct epoll_item *item, struct epoll_event event);
void epoll_remove(struct epoll_item *item);
/* What it is asked for and holds now. */
u32 epoll_ask(struct epoll_item *item);
void epoll_mark_ready(struct epoll_item *item);
void epoll_unmark_ready(struct epoll_item *item);
/* Those who wait for the epoll. */
void epoll_wake(struct epoll *epoll);

/* A file is closed for the last time: it leaves all epolls. */
void epoll_forget(struct open_file *file);
