/*
 * transfer: mq_timedsend and mq_timedreceive.
 *
 * Who must wait leaves a waiter in the queue. Whoever makes it possible carries it out for him: a
 * sender hands his message over, a receiver takes the message of who waits to send into the queue.
 */
#include <services/clock/clock.h>
#include <services/mqueue/mqueue.h>
#include <services/process/sleep.h>

#include <unix_calls.h>

struct mq_waiter {
	struct list link;           /* among senders or receivers; unlinked once it is done */
	struct mq_message *message; /* to be sent, or that was received */
	struct env_queue queue;
	struct clock_watch watch;
};

static void finish(struct mq_waiter *waiter)
{
	list_remove(&waiter->link);
	env_wakeup_all(&waiter->queue);
}

/* The clock was set: the waiter looks how long it has left. */
static void clock_moved(struct clock_watch *watch, s64 by)
{
	(void)by;
	env_wakeup_all(&container_of(watch, struct mq_waiter, watch)->queue);
}

/* Sleeps until it is done (0), or `until` by CLOCK_REALTIME. -ETIMEDOUT, -ERESTARTSYS. */
static long wait(struct list *list, struct mq_waiter *waiter, u64 until)
{
	enum kstatus status = K_OK;

	env_queue_init(&waiter->queue);
	list_push_back(list, &waiter->link);
	waiter->watch.moved = clock_moved;
	clock_watch(&waiter->watch);
	while (list_is_linked(&waiter->link) && status == K_OK) {
		u64 deadline = until == ENV_FOREVER  ? ENV_FOREVER
			       : until > clock_epoch ? until - clock_epoch
						     : 0;

		status = deadline > env_now() ? call_sleep(&waiter->queue, deadline) : K_TIMEDOUT;
		if (status == K_TIMEDOUT && until != ENV_FOREVER && until > clock_epoch + env_now())
			status = K_OK; /* it was set back */
	}
	clock_unwatch(&waiter->watch);
	if (!list_is_linked(&waiter->link))
		return 0;
	list_remove(&waiter->link);
	return status == K_TIMEDOUT ? -ETIMEDOUT : -ERESTARTSYS;
}

/* Until when it may last; 0 is for ever. */
static long read_timeout(vaddr_t at, u64 *until)
{
	struct timespec time;

	*until = ENV_FOREVER;
	if (at == 0)
		return 0;
	if (env_copyin(&time, at, sizeof(time)) != K_OK)
		return -EFAULT;
	if (!timespec_is_time(&time))
		return -EINVAL;
	*until = timespec_ns(&time);
	return 0;
}

/* --- the queue ---------------------------------------------------------------------------- */

/* Behind all that are as urgent. */
static void put_in(struct mq *queue, struct mq_message *message)
{
	struct list *behind = queue->messages.prev;

	while (behind != &queue->messages &&
		list_entry(behind, struct mq_message, link)->priority < message->priority)
		behind = behind->prev;
	list_insert_before(behind->next, &message->link);
	queue->count++;
	queue->bytes += message->size;
}

static struct mq_message *take_out(struct mq *queue)
{
	struct mq_message *message = list_first(&queue->messages, struct mq_message, link);

	list_remove(&message->link);
	queue->count--;
	queue->bytes -= message->size;
	return message;
}

static void touched(struct mq *queue)
{
	inode_touch(&queue->inode, TOUCH_ATIME | TOUCH_MTIME | TOUCH_CTIME);
}

/* --- sending ------------------------------------------------------------------------------ */

/* Takes over the message if 0. */
static long send(struct open_file *file, struct mq_message *message, u64 until)
{
	struct mq *queue = mq_of(file->inode);
	struct mq_waiter waiter = {.message = message}, *receiver;

	if (queue->count >= queue->most)
		return file->flags & O_NONBLOCK ? -EAGAIN : wait(&queue->senders, &waiter, until);
	receiver = list_first(&queue->receivers, struct mq_waiter, link);
	if (receiver) {
		receiver->message = message;
		finish(receiver);
	} else {
		put_in(queue, message);
		mq_notify_owner(queue);
		watch_wake(&queue->watches, POLL_READABLE);
	}
	touched(queue);
	return 0;
}

long sys_mq_timedsend(int fd, vaddr_t buffer, size_t size, unsigned int priority, vaddr_t timeout)
{
	struct mq_message *message;
	struct open_file *file;
	u64 until;
	long error = read_timeout(timeout, &until);

	if (error != 0)
		return error;
	if (priority >= PRIORITIES)
		return -EINVAL;
	file = mq_file(fd);
	if (!file || !file->ops->write)
		return -EBADF;
	if (size > (u64)mq_of(file->inode)->size)
		return -EMSGSIZE;
	message = kalloc(sizeof(*message) + size);
	if (!message)
		return -ENOMEM;
	message->priority = priority;
	message->size = (u32)size;
	error = errno_of(env_copyin(message->bytes, buffer, size));
	if (error == 0)
		error = send(file, message, until);
	if (error != 0)
		mq_message_free(message);
	return error;
}

/* --- receiving ---------------------------------------------------------------------------- */

static long receive(struct open_file *file, u64 until, struct mq_message **message)
{
	struct mq *queue = mq_of(file->inode);
	struct mq_waiter waiter = {.message = NULL}, *sender;
	long error;

	if (queue->count == 0) {
		if (file->flags & O_NONBLOCK)
			return -EAGAIN;
		error = wait(&queue->receivers, &waiter, until);
		*message = waiter.message;
		return error;
	}
	*message = take_out(queue);
	touched(queue);
	sender = list_first(&queue->senders, struct mq_waiter, link);
	if (sender) {
		put_in(queue, sender->message);
		finish(sender);
	} else {
		watch_wake(&queue->watches, POLL_WRITABLE);
	}
	return 0;
}

long sys_mq_timedreceive(int fd, vaddr_t buffer, size_t size, vaddr_t priority, vaddr_t timeout)
{
	struct mq_message *message;
	struct open_file *file;
	u64 until;
	long result = read_timeout(timeout, &until);

	if (result != 0)
		return result;
	file = mq_file(fd);
	if (!file || !file->ops->read)
		return -EBADF;
	if (size < (u64)mq_of(file->inode)->size)
		return -EMSGSIZE;
	result = receive(file, until, &message);
	if (result != 0)
		return result;
	result = message->size;
	/* As on Linux it is lost where it cannot be stored. */
	if ((priority != 0 && env_copyout(priority, &message->priority, sizeof(u32)) != K_OK) ||
		env_copyout(buffer, message->bytes, message->size) != K_OK)
		result = -EFAULT;
	mq_message_free(message);
	return result;
}
