/* timer: the services' own list of times, of which the environment knows the nearest. */
#include <services/process/timer.h>
#include <services/services.h>

static struct list timers;

void service_timers_init(void)
{
	list_init(&timers);
}

static void ask_for_nearest(void)
{
	struct service_timer *first = list_first(&timers, struct service_timer, link);

	env_timer(first ? first->deadline : ENV_FOREVER);
}

void service_timer_init(struct service_timer *timer, void (*expired)(struct service_timer *timer))
{
	list_init(&timer->link);
	timer->expired = expired;
}

void service_timer_clear(struct service_timer *timer)
{
	if (!service_timer_is_set(timer))
		return;
	list_remove(&timer->link);
	ask_for_nearest();
}

void service_timer_set(struct service_timer *timer, u64 deadline)
{
	struct service_timer *other;

	if (service_timer_is_set(timer))
		list_remove(&timer->link);
	timer->deadline = deadline;
	list_for_each(other, &timers, link) if (other->deadline > deadline) break;
	list_insert_before(&other->link, &timer->link);
	ask_for_nearest();
}

void services_timer(void)
{
	struct service_timer *first;
	u64 now = env_now();

	while ((first = list_first(&timers, struct service_timer, link)) &&
		first->deadline <= now) {
		list_remove(&first->link);
		first->expired(first);
	}
	ask_for_nearest();
}
