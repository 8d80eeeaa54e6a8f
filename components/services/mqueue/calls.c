/* calls: what all calls on an open queue begin with, and mq_getsetattr. */
#include <services/mqueue/mqueue.h>

#include <unix_calls.h>

struct open_file *mq_file(int fd)
{
	struct open_file *file = files_find_usable(fd);

	return file && file->inode && file->inode->file_ops == mq_ops ? file : NULL;
}

long sys_mq_getsetattr(int fd, vaddr_t fresh, vaddr_t old)
{
	struct mq_attributes now, wanted;
	struct open_file *file;
	const struct mq *queue;

	if (fresh != 0 && env_copyin(&wanted, fresh, sizeof(wanted)) != K_OK)
		return -EFAULT;
	if (fresh != 0 && (wanted.flags & ~(s64)O_NONBLOCK) != 0)
		return -EINVAL;
	file = mq_file(fd);
	if (!file)
		return -EBADF;
	queue = mq_of(file->inode);
	now = (struct mq_attributes){.flags = file->flags & O_NONBLOCK,
		.most = queue->most,
		.size = queue->size,
		.count = queue->count};
	if (fresh != 0) {
		file->flags = (file->flags & ~O_NONBLOCK) | (u32)wanted.flags;
		inode_touch(file->inode, TOUCH_ATIME | TOUCH_CTIME);
	}
	return old != 0 ? errno_of(env_copyout(old, &now, sizeof(now))) : 0;
}
