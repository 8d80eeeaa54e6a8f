/*
 * timers: ringing, and what becomes of the signal.
 *
 *	set -> rings -> the signal waits -> taken -> set again (if it repeats)
 *
 * The rules are those of Linux's kernel/time/posix-timers.c.
 */
#include <services/process/process.h>
#include <services/timers/timers.h>

#define IGNORED_AGAIN_NS 1000000u /* how soon one rings again whose signal is ignored */

/* Of processor time: whose clock it is; false: he has ended. */
static bool find_clock(const struct posix_timer *t, struct cpu_clock *clock)
{
	*clock = t->cpu;
	clock->of = clock->whole ? process_find(t->cpu_of) : process_find_thread(t->cpu_of);
	return clock->of && clock->of->state == PROC_ALIVE;
}

/* The time that its deadline is in. The processor time of who has ended stands still. */
static u64 now_of(const struct posix_timer *t)
{
	struct cpu_clock clock;

	if (likely(!t->by_cpu))
		return env_now();
	return find_clock(t, &clock) ? cpu_clock_now(&clock) : 0;
}

/* What its clock is ahead of env_now(). */
static u64 zero_of(const struct posix_timer *t)
{
	if (t->clock == CLOCK_TAI)
		return clock_epoch + (u64)clock_tai_offset * NSEC_PER_SEC;
	return t->clock == CLOCK_REALTIME ? clock_epoch : 0;
}

/* Moves the deadline of one that repeats behind `now`; over how many times. */
static s64 forward(struct posix_timer *t, u64 now)
{
	u64 times;

	if (t->again == 0 || now < t->deadline)
		return 0;
	times = (now - t->deadline) / t->again + 1;
	t->deadline += times * t->again;
	return (s64)times;
}

static void start(struct posix_timer *t)
{
	struct cpu_clock clock;

	t->active = true;
	if (!t->by_cpu)
		service_timer_set(&t->timer, t->deadline);
	else if (find_clock(t, &clock))
		cpu_timer_set(&t->cpu_timer, &clock, t->deadline);
}

static void stop(struct posix_timer *t)
{
	t->active = false;
	service_timer_clear(&t->timer);
	cpu_timer_clear(&t->cpu_timer);
}

/* One that repeats, whose signal is taken or comes to nothing. */
static void start_again(struct posix_timer *t, u64 now)
{
	t->overrun += forward(t, now);
	t->rang = false;
	start(t);
}

/* The thread it tells: NULL, whichever of the process; false: it has ended. */
static bool find_thread(const struct posix_timer *t, struct proc **thread)
{
	*thread = NULL;
	if (t->thread == 0)
		return true;
	*thread = process_find_thread(t->thread);
	return *thread && (*thread)->leader == t->leader && !(*thread)->exiting;
}

static void ring(struct posix_timer *t)
{
	struct proc *thread;

	t->active = false;
	if (t->silent || !find_thread(t, &thread))
		return;
	t->rang = t->again != 0;
	if (t->waits) {
		t->resent++;
		return;
	}
	t->waits = signal_send_item(t->leader, thread, &t->signal);
	if (!t->waits && t->rang)
		start_again(t, now_of(t) + IGNORED_AGAIN_NS);
}

static void expired(struct service_timer *timer)
{
	ring(container_of(timer, struct posix_timer, timer));
}

static void cpu_expired(struct cpu_timer *timer)
{
	ring(container_of(timer, struct posix_timer, cpu_timer));
}

static s32 as_int(s64 overrun)
{
	return (s32)MIN(overrun, (s64)INT32_MAX);
}

/* Its signal has left the queue. */
static void signal_taken(struct signal_queued *item, struct signal_info *info)
{
	struct posix_timer *t = container_of(item, struct posix_timer, signal);

	t->waits = false;
	if (t->deleted) {
		kfree(t, sizeof(*t));
		return;
	}
	if (!info)
		return;
	if (t->rang) {
		start_again(t, now_of(t));
		t->last_overrun = t->overrun;
		t->overrun = -1;
		info->overrun = as_int(t->last_overrun + t->resent);
	}
	t->resent = 0;
}

/* --- life --------------------------------------------------------------------------------- */

void timers_create(struct proc *proc)
{
	list_init(&proc->timers.all);
	proc->timers.count = 0;
	proc->timers.next = 0;
}

static void clock_moved(struct clock_watch *watch, s64 by)
{
	struct posix_timer *t = container_of(watch, struct posix_timer, watch);

	if (!t->absolute)
		return;
	t->deadline = (s64)t->deadline > by ? t->deadline - (u64)by : 0;
	if (t->active && service_timer_is_set(&t->timer))
		service_timer_set(&t->timer, t->deadline);
}

struct posix_timer *posix_timer_make(struct proc *leader)
{
	struct timer_table *table = &leader->timers;
	struct posix_timer *t;

	if (table->count >= leader->limits.of[LIMIT_SIGPENDING].soft)
		return NULL;
	t = kalloc(sizeof(*t));
	if (!t)
		return NULL;
	*t = (struct posix_timer){.leader = leader, .overrun = -1};
	service_timer_init(&t->timer, expired);
	cpu_timer_init(&t->cpu_timer, cpu_expired);
	t->signal.taken = signal_taken;
	do {
		t->number = table->next;
		table->next = table->next == INT32_MAX ? 0 : table->next + 1;
	} while (posix_timer_find(leader, t->number));
	list_push_back(&table->all, &t->link);
	table->count++;
	t->watch.moved = clock_moved;
	clock_watch(&t->watch);
	return t;
}

struct posix_timer *posix_timer_find(struct proc *leader, s32 number)
{
	struct posix_timer *t;

	list_for_each(t, &leader->timers.all, link)
	{
		if (t->number == number)
			return t;
	}
	return NULL;
}

void posix_timer_delete(struct posix_timer *t)
{
	stop(t);
	clock_unwatch(&t->watch);
	list_remove(&t->link);
	t->leader->timers.count--;
	t->deleted = true;
	if (!t->waits)
		kfree(t, sizeof(*t));
}

void timers_exit(struct proc *proc)
{
	struct posix_timer *t, *after;

	list_for_each_safe(t, after, &proc->timers.all, link) posix_timer_delete(t);
}

void timers_move(struct proc *from, struct proc *to)
{
	struct posix_timer *t, *after;

	list_for_each_safe(t, after, &from->timers.all, link)
	{
		list_remove(&t->link);
		list_push_back(&to->timers.all, &t->link);
		t->leader = to;
	}
	to->timers.count = from->timers.count;
	to->timers.next = from->timers.next;
	from->timers.count = 0;
}

/* --- setting ------------------------------------------------------------------------------ */

/* One by processor time counts in silence, too, and rings at once when its time has come. */
static void start_by_cpu(struct posix_timer *t)
{
	if (t->deadline > now_of(t))
		start(t);
	else
		ring(t);
}

long posix_timer_set(struct posix_timer *t, u64 first, u64 again, bool absolute)
{
	u64 zero = zero_of(t);
	struct cpu_clock clock;

	if (t->by_cpu && !find_clock(t, &clock))
		return -ESRCH;
	stop(t);
	t->rang = false;
	t->overrun = -1;
	t->last_overrun = 0;
	t->resent = 0;
	t->again = 0;
	t->absolute = absolute && zero != 0;
	if (first == 0)
		return 0;
	t->again = again;
	if (absolute)
		t->deadline = first > zero ? first - zero : 0;
	else
		t->deadline = now_of(t) + first;
	if (t->by_cpu)
		start_by_cpu(t);
	else if (!t->silent)
		start(t);
	return 0;
}

static u64 left_by_cpu(const struct posix_timer *t)
{
	struct cpu_clock clock;
	u64 now;

	if (!find_clock(t, &clock) || (!t->active && !t->rang))
		return 0;
	now = cpu_clock_now(&clock);
	return t->deadline > now ? t->deadline - now : 1;
}

/* One whose time has come and that will ring again at once is a nanosecond away; a silent one that
 * rings but once has nothing left. */
u64 posix_timer_left(struct posix_timer *t)
{
	u64 now = env_now();

	if (t->by_cpu)
		return left_by_cpu(t);
	if (t->again == 0 && !t->active && !t->silent)
		return 0;
	if (t->again != 0 && (t->rang || t->silent))
		t->overrun += forward(t, now);
	if (t->deadline > now)
		return t->deadline - now;
	return t->silent ? 0 : 1;
}
