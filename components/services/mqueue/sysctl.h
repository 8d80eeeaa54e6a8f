/* sysctl: the numbers of /proc/sys/fs/mqueue. */
#pragma once

#include <services/errno.h>

enum mq_bound {
	MQ_QUEUES,     /* queues_max */
	MQ_MOST,       /* msg_max: messages in a queue */
	MQ_SIZE,       /* msgsize_max: bytes in a message */
	MQ_MOST_USUAL, /* msg_default: for who says nothing else */
	MQ_SIZE_USUAL, /* msgsize_default */
	MQ_BOUNDS,
};

s64 mq_bound(enum mq_bound which);
/* -EINVAL: not a number that it can be. */
long mq_set_bound(enum mq_bound which, s64 value) must_check;
