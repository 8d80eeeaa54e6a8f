/* ends: the two open files of a pipe, from pipe() to the last close. */
#include <services/pipes/pipe.h>
#include <services/tree/status.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

#define FIONREAD  0x541b
#define POLL_ENDS (POLL_READABLE | POLL_WRITABLE | POLLERR | POLLHUP) /* one end has closed */

static long pipe_ioctl(struct open_file *file, unsigned request, vaddr_t argument)
{
	const struct pipe *pipe = file->object;
	s32 used = (s32)(pipe->head - pipe->tail);

	if (request != FIONREAD)
		return -ENOTTY;
	return errno_of(env_copyout(argument, &used, sizeof(used)));
}

static void pipe_status(const struct open_file *file, struct file_status *status)
{
	const struct pipe *pipe = file->object;

	status->mode = S_IFIFO | 0600;
	status->number = (u64)(uintptr_t)pipe >> 6 & UINT32_MAX;
}

static void free_if_closed(struct pipe *pipe)
{
	if (pipe->read_open || pipe->write_open)
		return;
	assert(!pipe->busy);
	for (u32 i = 0; i < PIPE_PAGES; i++) {
		if (pipe->pages[i])
			kfree(pipe->pages[i], PAGE_SIZE);
	}
	kfree(pipe, sizeof(*pipe));
}

static void release_read_end(struct open_file *file)
{
	struct pipe *pipe = file->object;

	pipe->read_open = false;
	env_wakeup_all(&pipe->writable);
	watch_wake(&pipe->watches, POLL_ENDS);
	free_if_closed(pipe);
}

static void release_write_end(struct open_file *file)
{
	struct pipe *pipe = file->object;

	pipe->write_open = false;
	env_wakeup_all(&pipe->readable);
	watch_wake(&pipe->watches, POLL_ENDS);
	free_if_closed(pipe);
}

static u32 poll_read_end(struct open_file *file, struct watch *watch)
{
	struct pipe *pipe = file->object;

	watch_add(&pipe->watches, watch);
	return (pipe->head != pipe->tail ? POLL_READABLE : 0) | (pipe->write_open ? 0 : POLLHUP);
}

static u32 poll_write_end(struct open_file *file, struct watch *watch)
{
	struct pipe *pipe = file->object;
	bool room = PIPE_SIZE - (pipe->head - pipe->tail) >= PIPE_BUF;

	watch_add(&pipe->watches, watch);
	return (room ? POLL_WRITABLE : 0) | (pipe->read_open ? 0 : POLLERR);
}

static const struct file_ops read_end = {
	.read = pipe_read,
	.poll = poll_read_end,
	.ioctl = pipe_ioctl,
	.status = pipe_status,
	.release = release_read_end,
};

static const struct file_ops write_end = {
	.write = pipe_write,
	.poll = poll_write_end,
	.ioctl = pipe_ioctl,
	.status = pipe_status,
	.release = release_write_end,
};

/* The open files of a new pipe. */
static long create_pipe(u32 flags, struct open_file *ends[2])
{
	struct pipe *pipe = kalloc(sizeof(*pipe));

	if (!pipe)
		return -ENOMEM;
	memset(pipe, 0, sizeof(*pipe));
	env_queue_init(&pipe->readable);
	env_queue_init(&pipe->writable);
	env_queue_init(&pipe->idle);
	watch_list_init(&pipe->watches);
	ends[0] = file_create(&read_end, pipe, O_RDONLY | flags);
	if (!ends[0]) {
		kfree(pipe, sizeof(*pipe));
		return -ENOMEM;
	}
	pipe->read_open = true;
	ends[1] = file_create(&write_end, pipe, O_WRONLY | flags);
	if (!ends[1]) {
		file_unref(ends[0]);
		return -ENOMEM;
	}
	pipe->write_open = true;
	return 0;
}

/* Gives both ends a descriptor, or none of them. */
static long install_pair(struct proc *proc, struct open_file *ends[2], bool cloexec, s32 fds[2])
{
	for (int i = 0; i < 2; i++) {
		long fd = files_install(proc, ends[i], cloexec);

		if (fd < 0) {
			if (i == 0)
				file_unref(ends[0]);
			else
				check(files_close(proc, fds[0]) == 0);
			file_unref(ends[1]);
			return fd;
		}
		fds[i] = (s32)fd;
	}
	return 0;
}

long sys_pipe2(vaddr_t fds, int flags)
{
	struct proc *proc = env_current();
	struct open_file *ends[2];
	s32 pair[2];
	long error;

	if (((u32)flags & ~(O_CLOEXEC | O_NONBLOCK)) != 0)
		return -EINVAL;
	error = create_pipe((u32)flags & O_NONBLOCK, ends);
	if (error == 0)
		error = install_pair(proc, ends, ((u32)flags & O_CLOEXEC) != 0, pair);
	if (error != 0)
		return error;
	if (env_copyout(fds, pair, sizeof(pair)) == K_OK)
		return 0;
	check(files_close(proc, pair[0]) == 0);
	check(files_close(proc, pair[1]) == 0);
	return -EFAULT;
}

long sys_pipe(vaddr_t fds)
{
	return sys_pipe2(fds, 0);
}
