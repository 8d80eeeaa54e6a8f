/* watch: the wake-up. The watches stay: who watches takes them out. */
#include <services/files/watch.h>

static bool wake_watcher(struct watch *watch, u32 events)
{
	(void)events; /* it asks again what it wants to know */
	watch->watcher->woken = true;
	env_wakeup_all(&watch->watcher->queue);
	return true;
}

void watch_init(struct watch *watch, struct watcher *watcher)
{
	list_init(&watch->link);
	watch->notify = wake_watcher;
	watch->exclusive = false;
	watch->watcher = watcher;
}

void watch_wake_all(struct watch_list *list, u32 events)
{
	bool taken = false; /* by one that is exclusive */
	struct watch *watch;

	list_for_each(watch, &list->watches, link)
	{
		if (watch->exclusive && taken)
			continue;
		if (watch->notify(watch, events) && watch->exclusive)
			taken = true;
	}
}

void watch_list_empty(struct watch_list *list)
{
	struct watch *watch;

	while ((watch = list_first(&list->watches, struct watch, link)))
		list_remove(&watch->link);
}
