/* msgctl: what is told of message queues, and changed. */
#include <services/identity/capabilities.h>
#include <services/sysv/messages.h>

#include <unix_calls.h>

#define MSG_STAT     11
#define MSG_INFO     12
#define MSG_STAT_ANY 13

/* struct msqid64_ds */
struct queue_status {
	struct ipc_status object;
	s64 stime, rtime, ctime;
	u64 bytes, count, limit;
	s32 sender, receiver;
	u64 unused[2];
};
_Static_assert(sizeof(struct queue_status) == 120, "struct msqid64_ds");

/* struct msginfo */
struct queue_limits {
	s32 pool, map, size, bytes, most, segment_size, headers;
	u16 segments;
};

static long tell_limits(int command, vaddr_t to)
{
	bool used = command == MSG_INFO;
	struct queue_limits limits;
	long highest = ipc_highest(&message_queues);

	memset(&limits, 0, sizeof(limits));
	limits.pool = used ? (s32)message_queues.used : (s32)(MSG_MOST * MSG_QUEUE_MAX / 1024);
	limits.map = used ? (s32)messages_count : (s32)MSG_QUEUE_MAX;
	limits.size = MSG_SIZE_MAX;
	limits.bytes = MSG_QUEUE_MAX;
	limits.most = MSG_MOST;
	limits.segment_size = 16;
	limits.headers = used ? (s32)messages_bytes : (s32)MSG_QUEUE_MAX;
	limits.segments = UINT16_MAX;
	return env_copyout(to, &limits, sizeof(limits)) == K_OK ? highest : -EFAULT;
}

static long tell(s32 id, int command, vaddr_t to)
{
	long error;
	struct ipc_object *object = ipc_find_to_tell(
		&message_queues, id, command != IPC_STAT, command == MSG_STAT_ANY, &error);
	const struct message_queue *queue;
	struct queue_status status;
	long result;

	if (!object)
		return error;
	queue = container_of(object, struct message_queue, object);
	memset(&status, 0, sizeof(status));
	ipc_get_status(object, &status.object);
	status.stime = queue->stime;
	status.rtime = queue->rtime;
	status.ctime = queue->ctime;
	status.bytes = queue->bytes;
	status.count = queue->count;
	status.limit = queue->limit;
	status.sender = queue->sender;
	status.receiver = queue->receiver;
	result = command == IPC_STAT ? 0 : object->id;
	return env_copyout(to, &status, sizeof(status)) == K_OK ? result : -EFAULT;
}

static long change(s32 id, int command, vaddr_t from)
{
	struct queue_status status;
	struct message_queue *queue;
	long error;

	if (command == IPC_SET && env_copyin(&status, from, sizeof(status)) != K_OK)
		return -EFAULT;
	queue = message_queue_find(id);
	if (!queue)
		return -EINVAL;
	if (!ipc_is_own(&queue->object))
		return -EPERM;
	if (command == IPC_RMID) {
		message_queue_destroy(queue);
		return 0;
	}
	if (status.limit > MSG_QUEUE_MAX && !identity_may(CAP_SYS_RESOURCE))
		return -EPERM;
	error = ipc_set_status(&queue->object, &status.object);
	if (error != 0)
		return error;
	queue->limit = status.limit;
	queue->ctime = ipc_now();
	message_queue_look_again(queue);
	return 0;
}

long sys_msgctl(int id, int command, vaddr_t buffer)
{
	if (id < 0 || command < 0)
		return -EINVAL;
	switch (command) {
	case IPC_INFO:
	case MSG_INFO:
		return tell_limits(command, buffer);
	case IPC_STAT:
	case MSG_STAT:
	case MSG_STAT_ANY:
		return tell(id, command, buffer);
	case IPC_SET:
	case IPC_RMID:
		return change(id, command, buffer);
	default:
		return -EINVAL;
	}
}
