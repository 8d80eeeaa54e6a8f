/* messages: queues, as the files of this part know them. */
#pragma once

#include <services/sysv/objects.h>

#define MSG_SIZE_MAX  8192u
#define MSG_QUEUE_MAX 16384u /* bytes in a queue, at first */
#define MSG_MOST      32000u /* queues */

struct message {
	struct list link;
	s64 type;
	u32 size;
	u8 bytes[];
};

struct message_queue {
	struct ipc_object object;
	s64 stime, rtime, ctime;
	u64 bytes, count;      /* of the messages in it */
	u64 limit;             /* on `bytes`, and on `count` */
	s32 sender, receiver;  /* the last */
	struct list messages;  /* the oldest first */
	struct list receivers; /* struct message_receiver, the first that came first */
	struct list senders;   /* struct message_sender */
};

/* Whoever sleeps until there is room. */
struct message_sender {
	struct list link; /* empty: it has been told to look again */
	struct env_queue queue;
	bool gone; /* the queue is */
};

/* Which messages are wanted. */
enum message_wish {
	WISH_ANY,
	WISH_EQUAL,
	WISH_NOT_EQUAL,
	WISH_LOWEST, /* up to that type */
	WISH_NUMBER, /* whatever is at that place */
};

/* Whoever sleeps until there is a message. */
struct message_receiver {
	struct list link;
	struct env_queue queue;
	enum message_wish wish;
	s64 type;
	u64 most; /* bytes that it takes */
	s32 pid;
	bool done; /* with `result` and, if that is 0, `message`: it is in no queue any more */
	long result;
	struct message *message;
};

extern struct ipc_table message_queues;
extern u64 messages_count, messages_bytes; /* of all queues */

struct message_queue *message_queue_find(s32 id);
/* Those who wait are told. */
void message_queue_destroy(struct message_queue *queue);
/* Rights or the limit have changed: all look again. */
void message_queue_look_again(struct message_queue *queue);
