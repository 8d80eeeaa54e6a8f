/*
 * watches: who watches what, and telling them.
 *
 * An inode has a list of its watches, of any instances. A watch that is for one event goes while
 * its list is walked, so the walk looks ahead.
 */
#include <services/inotify/inotify.h>

u32 inotify_watches;
struct list instances;
static u32 last_cookie;

void inotify_init(void)
{
	inotify_watches = 0;
	list_init(&instances);
	last_cookie = 0;
}

struct file_watch *watch_of(const struct instance *instance, const struct inode *inode)
{
	struct file_watch *watch = inode->watches;

	while (watch && watch->instance != instance)
		watch = watch->next;
	return watch;
}

struct file_watch *watch_numbered(const struct instance *instance, s32 wd)
{
	struct file_watch *watch;

	list_for_each(watch, &instance->watches, link)
	{
		if (watch->wd == wd)
			return watch;
	}
	return NULL;
}

static bool user_may_watch_more(u32 uid)
{
	struct instance *instance;
	u32 count = 0;

	list_for_each(instance, &instances, link)
	{
		if (instance->uid == uid)
			count += instance->watches_count;
	}
	return count < WATCHES_MAX;
}

long watch_create(struct instance *instance, struct inode *inode, u32 mask)
{
	struct file_watch *watch;

	if (!user_may_watch_more(instance->uid) || instance->last_wd == INT32_MAX)
		return -ENOSPC;
	watch = kalloc(sizeof(*watch));
	if (!watch)
		return -ENOMEM;
	*watch = (struct file_watch){
		.instance = instance,
		.next = inode->watches,
		.inode = inode_ref(inode),
		.wd = ++instance->last_wd,
		.mask = mask,
	};
	inode->watches = watch;
	list_push_back(&instance->watches, &watch->link);
	instance->watches_count++;
	inotify_watches++;
	return watch->wd;
}

/* Out of both lists, and gone. */
static void forget(struct file_watch *watch)
{
	struct inode *inode = watch->inode;
	struct file_watch **at = &inode->watches;

	while (*at != watch)
		at = &(*at)->next;
	*at = watch->next;
	list_remove(&watch->link);
	watch->instance->watches_count--;
	inotify_watches--;
	kfree(watch, sizeof(*watch));
	inode_unref(inode);
}

void watch_remove(struct file_watch *watch)
{
	event_queue(watch->instance, watch->wd, IN_IGNORED, 0, "", 0);
	forget(watch);
}

void watches_drop(struct instance *instance)
{
	struct file_watch *watch;

	while ((watch = list_first(&instance->watches, struct file_watch, link)))
		forget(watch);
}

/* --- telling -------------------------------------------------------------------------- */

/* What happened, as those who watch an inode hear it. */
struct news {
	u32 events; /* and IN_ISDIR */
	u32 cookie;
	const char *name;
	size_t length;
	bool of_unlinked; /* it was done by way of a name that is gone */
};

static void tell(struct inode *inode, const struct news *news)
{
	struct file_watch *watch, *next;

	for (watch = inode->watches; watch; watch = next) {
		next = watch->next;
		if ((watch->mask & news->events & IN_ALL_EVENTS) == 0 ||
			(news->of_unlinked && watch->mask & IN_EXCL_UNLINK))
			continue;
		event_queue(watch->instance, watch->wd, news->events, news->cookie, news->name,
			news->length);
		if (watch->mask & IN_ONESHOT)
			watch_remove(watch);
	}
}

static u32 directory_bit(const struct inode *inode)
{
	return inode_is(inode, S_IFDIR) ? IN_ISDIR : 0;
}

/* What devices and FIFOs carry is no news for who watches their directory. */
static bool is_for_parent(const struct node *node, u32 events)
{
	return inode_is(node->inode, S_IFREG) || inode_is(node->inode, S_IFDIR) ||
	       (events & (IN_ACCESS | IN_MODIFY)) == 0;
}

/* A file without a name is called by its number where names are told. */
static void name_of(const struct node *node, char number[24], struct news *news)
{
	news->name = node->name;
	news->length = node->length;
	if (node->length > 0)
		return;
	news->name = number;
	news->length = format_string(number, 24, "#%llu", (unsigned long long)node->inode->number);
}

void inotify_tell_file(const struct node *node, u32 events, bool by_path)
{
	struct news news = {.events = events | directory_bit(node->inode), .name = ""};
	char number[24];

	if (node->parent != node && is_for_parent(node, events)) {
		news.of_unlinked = by_path && !node->linked;
		name_of(node, number, &news);
		tell(node->parent->inode, &news);
		news.name = "";
		news.length = 0;
	}
	tell(node->inode, &news);
}

void inotify_tell_inode(struct inode *inode, u32 events)
{
	struct news news = {.events = events | directory_bit(inode), .name = ""};

	tell(inode, &news);
}

void inotify_tell_name(const struct node *node, u32 event)
{
	struct news news = {.events = event | directory_bit(node->inode),
		.name = node->name,
		.length = node->length};

	tell(node->parent->inode, &news);
}

void inotify_tell_move(const struct node *node, struct inode *from, const char *old_name,
	size_t length, struct inode *target)
{
	u32 bit = directory_bit(node->inode);
	struct news news = {IN_MOVED_FROM | bit, ++last_cookie, old_name, length, false};
	struct news self = {.events = IN_MOVE_SELF, .name = ""};

	tell(from, &news);
	news = (struct news){IN_MOVED_TO | bit, last_cookie, node->name, node->length, false};
	tell(node->parent->inode, &news);
	if (target)
		inotify_tell_inode(target, IN_ATTRIB);
	tell(node->inode, &self);
}

void inotify_tell_gone(struct inode *inode)
{
	struct news news = {.events = IN_DELETE_SELF, .name = ""};

	inode_ref(inode); /* the watches' may be the last */
	tell(inode, &news);
	while (inode->watches)
		watch_remove(inode->watches);
	inode_unref(inode);
}

/* The first watch of a file of the volume. */
static struct file_watch *watch_in(const struct volume *volume)
{
	struct instance *instance;
	struct file_watch *watch;

	list_for_each(instance, &instances, link)
	{
		list_for_each(watch, &instance->watches, link)
		{
			if (watch->inode->volume == volume)
				return watch;
		}
	}
	return NULL;
}

void inotify_tell_unmount(struct volume *volume)
{
	struct file_watch *watch;

	while ((watch = watch_in(volume))) {
		event_queue(watch->instance, watch->wd, IN_UNMOUNT, 0, "", 0);
		watch_remove(watch);
	}
}
