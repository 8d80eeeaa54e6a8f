/*
 * messages: msgget, msgsnd, msgrcv.
 *
 * A message that somebody waits for goes to him without being queued, so that nobody who comes
 * later takes it away. The order of the checks is that of Linux's ipc/msg.c.
 */
#include <services/process/process.h>
#include <services/process/sleep.h>
#include <services/sysv/messages.h>
#include <services/sysv/sysv.h>

#include <unix_calls.h>

#define MSG_NOERROR 010000u
#define MSG_EXCEPT  020000u
#define MSG_COPY    040000u

struct ipc_table message_queues;

void message_queues_init(void)
{
	ipc_table_init(&message_queues, MSG_MOST);
}
u64 messages_count, messages_bytes;

struct message_queue *message_queue_find(s32 id)
{
	struct ipc_object *object = ipc_find(&message_queues, id);

	return object ? container_of(object, struct message_queue, object) : NULL;
}

static long create_queue(s32 key, u32 flags)
{
	struct message_queue *queue = kalloc(sizeof(*queue));
	long error;

	if (!queue)
		return -ENOMEM;
	*queue = (struct message_queue){.ctime = ipc_now(), .limit = MSG_QUEUE_MAX};
	error = ipc_add(&message_queues, &queue->object, key, flags);
	if (error != 0) {
		kfree(queue, sizeof(*queue));
		return error;
	}
	list_init(&queue->messages);
	list_init(&queue->receivers);
	list_init(&queue->senders);
	return queue->object.id;
}

long sys_msgget(int key, int flags)
{
	long error;
	struct ipc_object *found = ipc_look_up(&message_queues, key, (u32)flags, &error);

	if (error != 0)
		return error;
	if (!found)
		return create_queue(key, (u32)flags);
	return ipc_may(found, (u32)flags) ? found->id : -EACCES;
}

static void message_free(struct message *message)
{
	kfree(message, sizeof(*message) + message->size);
}

static struct message *message_create(s64 type, u32 size)
{
	struct message *message = kalloc(sizeof(*message) + size);

	if (message) {
		message->type = type;
		message->size = size;
	}
	return message;
}

static void finish(struct message_receiver *receiver, long result, struct message *message)
{
	list_remove(&receiver->link);
	receiver->done = true;
	receiver->result = result;
	receiver->message = message;
	env_wakeup_all(&receiver->queue);
}

static void wake_senders(struct message_queue *queue, bool gone)
{
	struct message_sender *sender;

	while ((sender = list_first(&queue->senders, struct message_sender, link))) {
		list_remove(&sender->link);
		list_init(&sender->link);
		sender->gone = gone;
		env_wakeup_all(&sender->queue);
	}
}

static void put_in(struct message_queue *queue, struct message *message)
{
	list_push_back(&queue->messages, &message->link);
	queue->bytes += message->size;
	queue->count++;
	messages_bytes += message->size;
	messages_count++;
}

static void take_out(struct message_queue *queue, struct message *message)
{
	list_remove(&message->link);
	queue->bytes -= message->size;
	queue->count--;
	messages_bytes -= message->size;
	messages_count--;
}

void message_queue_destroy(struct message_queue *queue)
{
	struct message_receiver *receiver;
	struct message *message;

	while ((receiver = list_first(&queue->receivers, struct message_receiver, link)))
		finish(receiver, -EIDRM, NULL);
	wake_senders(queue, true);
	while ((message = list_first(&queue->messages, struct message, link))) {
		take_out(queue, message);
		message_free(message);
	}
	ipc_remove(&message_queues, &queue->object);
	kfree(queue, sizeof(*queue));
}

void message_queue_look_again(struct message_queue *queue)
{
	struct message_receiver *receiver;

	while ((receiver = list_first(&queue->receivers, struct message_receiver, link)))
		finish(receiver, -EAGAIN, NULL);
	wake_senders(queue, false);
}

/* --- sending --- */

static bool is_wished(const struct message_receiver *receiver, const struct message *message)
{
	switch (receiver->wish) {
	case WISH_EQUAL:
		return message->type == receiver->type;
	case WISH_NOT_EQUAL:
		return message->type != receiver->type;
	case WISH_LOWEST:
		return message->type <= receiver->type;
	default:
		return true;
	}
}

/* To the first who waits for such a message; who has not enough room for it is told so. */
static bool hand_over(struct message_queue *queue, struct message *message)
{
	struct message_receiver *receiver, *next;

	list_for_each_safe(receiver, next, &queue->receivers, link)
	{
		if (!is_wished(receiver, message))
			continue;
		if (receiver->most < message->size) {
			finish(receiver, -E2BIG, NULL);
			continue;
		}
		queue->receiver = receiver->pid;
		queue->rtime = ipc_now();
		finish(receiver, 0, message);
		return true;
	}
	return false;
}

static bool has_room(const struct message_queue *queue, u32 size)
{
	return queue->bytes + size <= queue->limit && queue->count + 1 <= queue->limit;
}

static long wait_for_room(struct message_queue *queue)
{
	struct message_sender sender = {.gone = false};
	enum kstatus status = K_OK;

	env_queue_init(&sender.queue);
	list_push_back(&queue->senders, &sender.link);
	while (list_is_linked(&sender.link) && status == K_OK)
		status = call_sleep(&sender.queue, ENV_FOREVER);
	list_remove(&sender.link);
	if (sender.gone)
		return -EIDRM;
	return status == K_OK ? 0 : -ERESTARTNOHAND;
}

/* Takes over the message if 0. */
static long send(s32 id, struct message *message, u32 flags)
{
	struct message_queue *queue = message_queue_find(id);
	long error;

	if (!queue)
		return -EINVAL;
	for (;;) {
		if (!ipc_may(&queue->object, IPC_WRITE))
			return -EACCES;
		if (has_room(queue, message->size))
			break;
		if (flags & IPC_NOWAIT)
			return -EAGAIN;
		error = wait_for_room(queue);
		if (error != 0)
			return error;
		queue = message_queue_find(id); /* it may have gone before we ran */
		if (!queue)
			return -EIDRM;
	}
	queue->sender = process_current()->pid;
	queue->stime = ipc_now();
	if (!hand_over(queue, message))
		put_in(queue, message);
	return 0;
}

/* struct msgbuf begins with the type. */
long sys_msgsnd(int id, vaddr_t buffer, size_t size, int flags)
{
	struct message *message;
	long error;
	s64 type;

	if (env_copyin(&type, buffer, sizeof(type)) != K_OK)
		return -EFAULT;
	if (size > MSG_SIZE_MAX || id < 0 || type < 1)
		return -EINVAL;
	message = message_create(type, (u32)size);
	if (!message)
		return -ENOMEM;
	error = errno_of(env_copyin(message->bytes, buffer + sizeof(type), size));
	if (error == 0)
		error = send(id, message, (u32)flags);
	if (error != 0)
		message_free(message);
	return error;
}

/* --- receiving --- */

static void set_wish(struct message_receiver *receiver, s64 type, u32 flags)
{
	receiver->type = type;
	if (flags & MSG_COPY) {
		receiver->wish = WISH_NUMBER;
	} else if (type == 0) {
		receiver->wish = WISH_ANY;
	} else if (type < 0) {
		receiver->wish = WISH_LOWEST;
		receiver->type = type == INT64_MIN ? INT64_MAX : -type;
	} else {
		receiver->wish = flags & MSG_EXCEPT ? WISH_NOT_EQUAL : WISH_EQUAL;
	}
}

static struct message *find_wished(
	const struct message_queue *queue, const struct message_receiver *receiver)
{
	struct message *message, *found = NULL;
	s64 place = 0;

	list_for_each(message, &queue->messages, link)
	{
		if (receiver->wish == WISH_NUMBER) {
			if (place++ == receiver->type)
				return message;
		} else if (receiver->wish == WISH_LOWEST) {
			if (is_wished(receiver, message) && (!found || message->type < found->type))
				found = message;
		} else if (is_wished(receiver, message)) {
			return message;
		}
	}
	return found;
}

/* Takes what was found, or a copy of it. */
static long take(struct message_queue *queue, struct message *found, u64 size, u32 flags,
	struct message **out)
{
	if (size < found->size && !(flags & MSG_NOERROR))
		return -E2BIG;
	if (flags & MSG_COPY) {
		if (size < found->size)
			return -EINVAL;
		*out = message_create(found->type, found->size);
		if (!*out)
			return -ENOMEM;
		memcpy((*out)->bytes, found->bytes, found->size);
		return 0;
	}
	take_out(queue, found);
	queue->rtime = ipc_now();
	queue->receiver = process_current()->pid;
	wake_senders(queue, false);
	*out = found;
	return 0;
}

/* Sleeps until it was given one. -EAGAIN: it has to look again. */
static long wait_for_message(struct message_queue *queue, struct message_receiver *receiver)
{
	enum kstatus status = K_OK;

	receiver->done = false;
	env_queue_init(&receiver->queue);
	list_push_back(&queue->receivers, &receiver->link);
	while (!receiver->done && status == K_OK)
		status = call_sleep(&receiver->queue, ENV_FOREVER);
	if (receiver->done)
		return receiver->result;
	list_remove(&receiver->link);
	return -ERESTARTNOHAND;
}

static long receive(s32 id, u64 size, s64 type, u32 flags, struct message **out)
{
	struct message_receiver receiver = {.pid = process_current()->pid};
	struct message_queue *queue = message_queue_find(id);
	long error;

	if (!queue)
		return -EINVAL;
	set_wish(&receiver, type, flags);
	receiver.most = flags & MSG_NOERROR ? UINT64_MAX : size;
	do {
		struct message *found;

		if (!ipc_may(&queue->object, IPC_READ))
			return -EACCES;
		found = find_wished(queue, &receiver);
		if (found)
			return take(queue, found, size, flags, out);
		if (flags & IPC_NOWAIT)
			return -ENOMSG;
		error = wait_for_message(queue, &receiver);
		if (error == 0)
			*out = receiver.message;
		queue = message_queue_find(id);
		if (error == -EAGAIN && !queue)
			return -EIDRM;
	} while (error == -EAGAIN);
	return error;
}

long sys_msgrcv(int id, vaddr_t buffer, size_t size, long type, int flags_given)
{
	u32 flags = (u32)flags_given;
	struct message *message;
	long result;

	if (id < 0 || (s64)size < 0)
		return -EINVAL;
	if (flags & MSG_COPY && (flags & MSG_EXCEPT || !(flags & IPC_NOWAIT)))
		return -EINVAL;
	result = receive(id, size, type, flags, &message);
	if (result != 0)
		return result;
	size = MIN(size, message->size);
	/* As on Linux it is lost where it cannot be stored. */
	if (env_copyout(buffer, &message->type, sizeof(message->type)) != K_OK ||
		env_copyout(buffer + sizeof(message->type), message->bytes, size) != K_OK)
		result = -EFAULT;
	message_free(message);
	return result == 0 ? (long)size : result;
}
