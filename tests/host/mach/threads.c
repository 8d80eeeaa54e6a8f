/* In the place of threads, faults and the kernel's objects: nobody waits, nothing is a kernel port.
 */
#include "mach_test.h"

static struct thread only;
struct thread *thread_current = &only;

void wait_queue_init(struct wait_queue *queue)
{
	list_init(&queue->waiters);
}

enum kstatus thread_wait(struct wait_queue *queue, u64 deadline)
{
	(void)queue, (void)deadline;
	panic("the test never waits for room");
}

bool thread_wake_one(struct wait_queue *queue)
{
	check(list_is_empty(&queue->waiters));
	return false;
}

void thread_wake_all(struct wait_queue *queue)
{
	check(list_is_empty(&queue->waiters));
}

void thread_wake(struct thread *thread, enum kstatus status)
{
	(void)thread, (void)status;
	panic("nobody waits");
}

void thread_make_ready(struct thread *thread)
{
	(void)thread;
	panic("nobody waits");
}

void thread_clear_deadline(struct thread *thread)
{
	(void)thread;
}

void thread_hand_off(struct thread *thread)
{
	(void)thread;
	panic("nobody waits");
}

void ipc_kobject_server(struct ipc_kmsg *kmsg)
{
	(void)kmsg;
	panic("there is no kernel port here");
}

void ipc_kobject_died(struct ipc_port *port)
{
	(void)port;
	panic("there is no memory object here");
}
