/*
 * mqueue: queues of messages, as the files of this part know them.
 *
 * A queue that is open lives as long as the call that uses it, so it is there also after a sleep;
 * what is in it may have changed.
 */
#pragma once

#include <services/files/watch.h>
#include <services/tree/tree.h>

#define PRIORITIES 32768u /* Linux's MQ_PRIO_MAX */

/* struct mq_attr */
struct mq_attributes {
	s64 flags, most, size, count; /* `most` messages of at most `size` bytes */
	s64 reserved[4];
};
_Static_assert(sizeof(struct mq_attributes) == 64, "struct mq_attr");

struct mq_message {
	struct list link;
	u32 priority, size;
	u8 bytes[];
};

/* What all queues that a user has made may hold, which counts against his limit. */
struct mq_account {
	struct list link;
	u32 uid;
	u64 bytes;
};

/* Who is told of the first message. */
struct mq_notification {
	s32 pid; /* 0: nobody */
	u32 execs;
	u64 started; /* with its number that says which process it is */
	s32 kind, signal;
	u64 value;
};

struct mq {
	struct inode inode;
	s64 most, size;        /* messages, and bytes in each */
	u32 count;             /* of messages in it */
	u64 bytes;             /* in those */
	struct list messages;  /* highest priority first, the oldest of one first */
	struct list senders;   /* struct mq_waiter, the first that came first */
	struct list receivers; /* the same */
	struct mq_notification notification;
	struct watch_list watches;
	struct mq_account *account;
	u64 charged;
};

static inline struct mq *mq_of(const struct inode *inode)
{
	return container_of(inode, struct mq, inode);
}

/* The open queue behind a descriptor; NULL: it is none. */
struct open_file *mq_file(int fd) must_check;
void mq_message_free(struct mq_message *message);

/* --- volume.c --- */

/* The directory of all queues, with its mount; both stay. -ENOMEM. */
long mq_root(struct place *root) must_check;
/* Makes a queue, with such attributes or (NULL) the usual ones. The node gets a reference. */
long mq_create(struct node *root, const char *name, u32 mode, const struct mq_attributes *wanted,
	struct node **node) must_check;
extern const struct file_ops mq_ops[4];

/* --- limits.c --- */

/* One queue more in the system: its attributes as wanted or as usual, and its user's account.
 * -ENOSPC, -EINVAL, -EOVERFLOW, -EMFILE, -ENOMEM. */
long mq_charge(struct mq *queue, const struct mq_attributes *wanted) must_check;
void mq_refund(struct mq *queue);
void mq_limits_init(void);

/* --- notify.c --- */

/* Behind the first message: who wanted to know is told, and has to ask again. */
void mq_notify_owner(struct mq *queue);
/* The process has closed a descriptor of the queue. */
void mq_notify_closed(struct mq *queue, const struct proc *proc);
