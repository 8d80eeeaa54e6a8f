/*
 * limits: how many queues, of how many messages; /proc/sys/fs/mqueue.
 *
 * A user's limit counts what his queues could hold, with what Linux takes to keep so many messages.
 */
#include <services/identity/identity.h>
#include <services/mqueue/mqueue.h>
#include <services/mqueue/sysctl.h>

#define HARD_MOST 65536
#define HARD_SIZE (16 << 20)
#define SIZE_MIN  128

/* sizeof(struct msg_msg), and of a node of the tree for each priority in use. */
#define MESSAGE_OVERHEAD  48u
#define PRIORITY_OVERHEAD 48u

static s64 bounds[MQ_BOUNDS];
static u32 queues;
static struct list accounts;

void mq_limits_init(void)
{
	bounds[MQ_QUEUES] = 256;
	bounds[MQ_MOST] = 10;
	bounds[MQ_SIZE] = 8192;
	bounds[MQ_MOST_USUAL] = 10;
	bounds[MQ_SIZE_USUAL] = 8192;
	queues = 0;
	list_init(&accounts);
}

s64 mq_bound(enum mq_bound which)
{
	return bounds[which];
}

long mq_set_bound(enum mq_bound which, s64 value)
{
	bool is_size = which == MQ_SIZE || which == MQ_SIZE_USUAL;

	if (value < INT32_MIN || value > INT32_MAX)
		return -EINVAL;
	if (which != MQ_QUEUES &&
		(value < (is_size ? SIZE_MIN : 1) || value > (is_size ? HARD_SIZE : HARD_MOST)))
		return -EINVAL;
	bounds[which] = value;
	return 0;
}

static struct mq_account *account_of(u32 uid)
{
	struct mq_account *account;

	list_for_each(account, &accounts, link)
	{
		if (account->uid == uid)
			return account;
	}
	account = kalloc(sizeof(*account));
	if (account) {
		*account = (struct mq_account){.uid = uid};
		list_push_back(&accounts, &account->link);
	}
	return account;
}

static void forget_unused(struct mq_account *account)
{
	if (account->bytes > 0)
		return;
	list_remove(&account->link);
	kfree(account, sizeof(*account));
}

/* Whether somebody may have queues like that at all. */
static bool is_allowed(s64 most, s64 size)
{
	bool privileged = identity_may(CAP_SYS_RESOURCE);

	return most > 0 && size > 0 && most <= (privileged ? HARD_MOST : bounds[MQ_MOST]) &&
	       size <= (privileged ? HARD_SIZE : bounds[MQ_SIZE]);
}

long mq_charge(struct mq *queue, const struct mq_attributes *wanted)
{
	s64 most = wanted ? wanted->most : MIN(bounds[MQ_MOST], bounds[MQ_MOST_USUAL]);
	s64 size = wanted ? wanted->size : MIN(bounds[MQ_SIZE], bounds[MQ_SIZE_USUAL]);
	const struct limit *limit = &process_current()->limits.of[LIMIT_MSGQUEUE];
	struct mq_account *account;
	u64 bytes;

	if ((s64)queues >= bounds[MQ_QUEUES] && !identity_may(CAP_SYS_RESOURCE))
		return -ENOSPC;
	if (!is_allowed(most, size))
		return -EINVAL;
	bytes = (u64)most * ((u64)size + MESSAGE_OVERHEAD) +
		MIN((u64)most, (u64)PRIORITIES) * PRIORITY_OVERHEAD;
	account = account_of(env_current()->identity.uid);
	if (!account)
		return -ENOMEM;
	if (account->bytes + bytes > limit->soft) {
		forget_unused(account);
		return -EMFILE;
	}
	account->bytes += bytes;
	queues++;
	queue->most = most;
	queue->size = size;
	queue->account = account;
	queue->charged = bytes;
	return 0;
}

void mq_refund(struct mq *queue)
{
	queues--;
	queue->account->bytes -= queue->charged;
	forget_unused(queue->account);
}
