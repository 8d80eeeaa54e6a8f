/* watch: the wake-up. The watches stay: who watches takes them out. */
#include <services/files/watch.h>

void watch_wake_all(struct watch_list *list)
{
	struct watch *watch;

	list_for_each(watch, &list->watches, link)
	{
		watch->watcher->woken = true;
		env_wakeup_all(&watch->watcher->queue);
	}
}
