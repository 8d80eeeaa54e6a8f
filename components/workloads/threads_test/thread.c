/* thread: see thread.h. */
#include <workloads/threads_test/thread.h>

void *thread_stack(char *memory, long (*body)(void *), void *argument)
{
	long *top = (long *)(memory + STACK_SIZE) - 4;

	top[0] = (long)body;
	top[1] = (long)argument;
	return top;
}

void thread_start(struct thread *thread, long (*body)(void *), void *argument)
{
	long tid;

	if (!thread->stack)
		thread->stack = map_pages(STACK_SIZE / PAGE, PROT_READ | PROT_WRITE);
	thread->up = false;
	tid = thread_clone(THREAD_FLAGS, thread_stack(thread->stack, body, argument), &thread->tid,
		&thread->tid, NULL);
	CHECK(tid > 0);
}

void thread_join(struct thread *thread)
{
	int tid;

	while ((tid = thread->tid) != 0) {
		long result = futex(&thread->tid, FUTEX_WAIT, tid, NULL, NULL, 0);

		CHECK(result == 0 || result == -EAGAIN || result == -EINTR);
	}
}

void thread_settle(const struct thread *thread)
{
	while (!thread->up)
		sleep_ms(1);
	sleep_ms(20);
}

void await_waiters(volatile int *at, int private, long count)
{
	while (futex_waiters(at, private) != count)
		sleep_ms(1);
}

void await_change(volatile int *at, int value)
{
	while (*at == value)
		sleep_ms(1);
}
