/*
 * The server's alarm clock: a second kernel thread in its space.
 *
 * If the server bounded its own wait for requests by the nearest deadline of its sleepers, every
 * request would pay for setting and clearing a time-out, on IPC's slow path. So another thread
 * sleeps for it, as L4Linux's timer thread did, and sends a message when the time has come. It is
 * told of a new time only if that is earlier than the one that it waits for; if it comes
 * unneeded, nothing is lost.
 */
#include <server.h>

u64 timer_alarm = CTHREAD_FOREVER;

static volatile u64 wake_at = CTHREAD_FOREVER; /* what the thread waits for, when it next looks */
static u8 stack[4096] aligned(16);

static noreturn void timer_thread(void)
{
	for (;;) {
		u64 when = wake_at, now = read_tsc();
		struct l4_message m = {.tag = 0};

		if (when > now + L4_ZERO) { /* nobody sends to it: the wait ends in time, or is
					       canceled */
			u32 ns = when == CTHREAD_FOREVER ? L4_FOREVER
							 : (u32)MIN(when - now, (u64)UINT32_MAX);
			l4_ipc(L4_NIL, server_id, l4_timeouts(L4_FOREVER, ns), &m);
			continue;
		}
		/* Canceled for a new time, which may have come already: then it is this that is
		   sent. */
		if (l4_ipc(server_id, L4_NIL, 0, &m) == 0)
			__atomic_compare_exchange_n(&wake_at, &when, CTHREAD_FOREVER, false,
				__ATOMIC_RELAXED, __ATOMIC_RELAXED);
	}
}

void timer_init(void)
{
	struct l4_registers r = {.ip = (u64)timer_thread, .sp = (u64)stack + sizeof(stack) - 8};

	must(l4_thread_control(TIMER_ID, server_id, L4_NIL, L4_NIL, 0, SCHED_PRIORITY_SERVER));
	must(l4_exchange_registers(TIMER_ID, L4_EXREGS_IP | L4_EXREGS_SP | L4_EXREGS_RUN, &r));
}

/* It must look again. Where it does not wait right now it may just have looked: then it runs until
 * it waits. */
void timer_set(u64 deadline)
{
	struct l4_registers r = {0};
	s64 broken_off;

	wake_at = deadline;
	timer_alarm = deadline;
	while ((broken_off = l4_exchange_registers(TIMER_ID, L4_EXREGS_CANCEL, &r)) == 0)
		l4_thread_switch(TIMER_ID);
	must(broken_off);
}
