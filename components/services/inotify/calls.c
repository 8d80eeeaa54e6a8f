/* calls: inotify_init and its relatives, and the file that they give. */
#include <services/inotify/inotify.h>
#include <services/tree/status.h>

#include <unix_calls.h>

#define FIONREAD 0x541bu

/* What a mask may hold: events, what is told unasked, and how to watch. */
#define IN_BITS                                                                                    \
	(IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | IN_ONLYDIR | IN_DONT_FOLLOW |   \
		IN_EXCL_UNLINK | IN_MASK_CREATE | IN_MASK_ADD | IN_ISDIR | IN_ONESHOT)
#define IN_KEPT (IN_ALL_EVENTS | IN_EXCL_UNLINK | IN_ONESHOT)

/* --- the file --- */

static u32 inotify_poll(struct open_file *file, struct watch *watch)
{
	struct instance *instance = file->object;

	watch_add(&instance->watchers, watch);
	return instance->events_count > 0 ? POLL_READABLE : 0;
}

static long inotify_ioctl(struct open_file *file, unsigned request, vaddr_t argument)
{
	const struct instance *instance = file->object;
	s32 bytes = (s32)instance->bytes;

	if (request != FIONREAD)
		return -ENOTTY;
	return errno_of(env_copyout(argument, &bytes, sizeof(bytes)));
}

static void inotify_status(const struct open_file *file, struct file_status *status)
{
	(void)file;
	status->mode = 0600;
}

static void inotify_release(struct open_file *file)
{
	struct instance *instance = file->object;

	watches_drop(instance); /* may sleep: nothing is told to it from now on */
	events_drop(instance);
	list_remove(&instance->link);
	kfree(instance, sizeof(*instance));
}

static const struct file_ops inotify_ops = {
	.name = "inotify",
	.nothing = IO_AS_USUAL,
	.read = events_read,
	.seek = file_seek_nowhere,
	.poll = inotify_poll,
	.ioctl = inotify_ioctl,
	.status = inotify_status,
	.release = inotify_release,
};

/* --- the calls --- */

static bool user_may_have_more(u32 uid)
{
	struct instance *instance;
	u32 count = 0;

	list_for_each(instance, &instances, link) count += instance->uid == uid;
	return count < INSTANCES_MAX;
}

long sys_inotify_init1(int flags)
{
	u32 uid = env_current()->identity.uid;
	struct instance *instance;
	struct open_file *file;
	long fd;

	if (((u32)flags & ~(O_CLOEXEC | O_NONBLOCK)) != 0)
		return -EINVAL;
	if (!user_may_have_more(uid))
		return -EMFILE;
	instance = kalloc(sizeof(*instance));
	if (!instance)
		return -ENOMEM;
	*instance = (struct instance){.uid = uid};
	list_init(&instance->watches);
	list_init(&instance->events);
	env_queue_init(&instance->readers);
	watch_list_init(&instance->watchers);
	list_push_back(&instances, &instance->link);
	file = file_create(&inotify_ops, instance, O_RDONLY | ((u32)flags & O_NONBLOCK));
	if (!file) {
		list_remove(&instance->link);
		kfree(instance, sizeof(*instance));
		return -ENOMEM;
	}
	fd = files_install(env_current(), file, ((u32)flags & O_CLOEXEC) != 0);
	if (fd < 0)
		file_unref(file);
	return fd;
}

long sys_inotify_init(void)
{
	return sys_inotify_init1(0);
}

/* The instance's watch of what is at `place` becomes what the mask says. */
static long watch_place(struct instance *instance, const struct place *place, u32 mask)
{
	struct inode *inode = place->node->inode;
	struct file_watch *watch;
	long error;

	if (mask & IN_ONLYDIR && !inode_is(inode, S_IFDIR))
		return -ENOTDIR;
	error = inode_access(inode, WANT_READ);
	if (error != 0)
		return error;
	watch = watch_of(instance, inode);
	if (!watch)
		return watch_create(instance, inode, mask & IN_KEPT);
	if (mask & IN_MASK_CREATE)
		return -EEXIST;
	watch->mask = (mask & IN_MASK_ADD ? watch->mask : 0) | (mask & IN_KEPT);
	return watch->wd;
}

long sys_inotify_add_watch(int fd, vaddr_t path, unsigned int mask)
{
	struct open_file *file;
	struct place place;
	long result;

	if ((mask & ~IN_BITS) != 0 || (mask & IN_BITS) == 0)
		return -EINVAL;
	file = files_find_usable(fd);
	if (!file)
		return -EBADF;
	if ((mask & IN_MASK_ADD && mask & IN_MASK_CREATE) || file->ops != &inotify_ops)
		return -EINVAL;
	file->refs++; /* looking the path up may sleep, and others may close it meanwhile */
	result = tree_find(AT_FDCWD, path, !(mask & IN_DONT_FOLLOW), false, &place);
	if (result == 0) {
		result = watch_place(file->object, &place, mask);
		place_unref(place);
	}
	file_unref(file);
	return result;
}

long sys_inotify_rm_watch(int fd, int wd)
{
	struct open_file *file = files_find_usable(fd);
	struct file_watch *watch;

	if (!file)
		return -EBADF;
	if (file->ops != &inotify_ops)
		return -EINVAL;
	watch = watch_numbered(file->object, wd);
	if (!watch)
		return -EINVAL;
	watch_remove(watch);
	return 0;
}
