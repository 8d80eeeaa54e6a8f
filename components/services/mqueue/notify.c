/*
 * notify: mq_notify, a word to one process that the queue is not empty any more.
 *
 * It is told once, unless somebody waits for the message itself. The order of the checks is that of
 * Linux's ipc/mqueue.c.
 */
#include <services/mqueue/mqueue.h>
#include <services/process/process.h>
#include <services/signals/signals.h>
#include <services/sockets/sockets.h>

#include <unix_calls.h>

#define SIGEV_SIGNAL 0
#define SIGEV_NONE   1
#define SIGEV_THREAD 2

#define SI_MESGQ      (-3)
#define COOKIE_LENGTH 32u

/* struct sigevent of Linux, as far as it goes. */
struct event {
	u64 value;
	s32 signal, notify;
	u64 pad[6];
};
_Static_assert(sizeof(struct event) == 64, "struct sigevent");

void mq_notify_owner(struct mq *queue)
{
	const struct mq_notification n = queue->notification;
	struct proc *owner = n.pid != 0 ? process_find(n.pid) : NULL;
	struct signal_info info = {.signal = n.signal,
		.code = SI_MESGQ,
		.pid = process_current()->pid,
		.uid = env_current()->identity.uid};

	if (queue->count != 1 || n.pid == 0)
		return;
	queue->notification.pid = 0;
	if (n.signal == 0 || !owner || owner->state == PROC_ZOMBIE || owner->started != n.started ||
		owner->execs != n.execs)
		return;
	info.value = n.value;
	(void)!signal_send(owner, &info); /* one that cannot be queued is lost, as on Linux */
}

void mq_notify_closed(struct mq *queue, const struct proc *proc)
{
	if (queue->notification.pid == proc->pid)
		queue->notification.pid = 0;
}

/* A thread of the C library's is told through a netlink socket, and of those there are none. */
static long check_thread(const struct event *event)
{
	u8 cookie[COOKIE_LENGTH];
	struct open_file *file;
	long error = -ENOTSOCK;

	if (env_copyin(cookie, event->value, sizeof(cookie)) != K_OK)
		return -EFAULT;
	if (!files_find_usable(event->signal))
		return -EBADF;
	if (IS_ENABLED(CONFIG_SERVICES_SOCKETS))
		error = socket_get(event->signal, &file);
	return error == 0 ? -EINVAL : error;
}

static long check_event(const struct event *event)
{
	switch (event->notify) {
	case SIGEV_NONE:
		return 0;
	case SIGEV_SIGNAL:
		return (u32)event->signal <= SIGNALS ? 0 : -EINVAL;
	case SIGEV_THREAD:
		return check_thread(event);
	default:
		return -EINVAL;
	}
}

static long enrol(struct mq *queue, const struct event *event)
{
	const struct proc *leader = process_current();

	if (queue->notification.pid != 0)
		return -EBUSY;
	queue->notification = (struct mq_notification){.pid = leader->pid,
		.execs = leader->execs,
		.started = leader->started,
		.kind = event->notify,
		.signal = event->notify == SIGEV_SIGNAL ? event->signal : 0,
		.value = event->value};
	inode_touch(&queue->inode, TOUCH_ATIME | TOUCH_CTIME);
	return 0;
}

long sys_mq_notify(int fd, vaddr_t at)
{
	struct open_file *file;
	struct event event;
	struct mq *queue;
	long error = 0;

	if (at != 0 && env_copyin(&event, at, sizeof(event)) != K_OK)
		return -EFAULT;
	if (at != 0)
		error = check_event(&event);
	if (error != 0)
		return error;
	file = mq_file(fd);
	if (!file)
		return -EBADF;
	queue = mq_of(file->inode);
	if (at != 0)
		return enrol(queue, &event);
	if (queue->notification.pid == process_current()->pid) {
		queue->notification.pid = 0;
		inode_touch(&queue->inode, TOUCH_ATIME | TOUCH_CTIME);
	}
	return 0;
}
