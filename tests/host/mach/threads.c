/* In the place of threads, faults, memory and the kernel's objects: nobody waits, nothing is a
 * kernel port.
 */
#include "mach_test.h"

#include <objects/objects.h>

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

/* --- memory in messages: its bytes are of no interest here, only that none is lost ---------- */

struct ipc_memory {
	u64 size;
};
u32 memories;

enum kstatus ipc_memory_copyin(vaddr_t address, u64 size, bool deallocate, struct ipc_memory **out)
{
	(void)address, (void)deallocate;
	check(size > 0 && size <= MACH_MSG_MEMORY_MAX);
	if (roll(8) == 0)
		return roll(2) ? K_FAULT : K_NOMEM;
	*out = kalloc(sizeof(**out));
	check(*out);
	(*out)->size = size;
	memories++;
	return K_OK;
}

enum kstatus ipc_memory_copyout(struct ipc_memory *memory, vaddr_t *address)
{
	ipc_memory_destroy(memory);
	*address = 0x1000;
	return roll(8) == 0 ? K_NOMEM : K_OK;
}

void ipc_memory_destroy(struct ipc_memory *memory)
{
	memories--;
	kfree(memory, sizeof(*memory));
}
