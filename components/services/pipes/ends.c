/* ends: the two open files of a pipe, from pipe() to the last close. */
#include <services/identity/identity.h>
#include <services/pipes/ring.h>
#include <services/tree/status.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

#define FIONREAD  0x541b
#define POLL_ENDS (POLL_READABLE | POLL_WRITABLE | POLLERR | POLLHUP) /* one end has closed */

long pipe_ioctl(struct open_file *file, unsigned request, vaddr_t argument)
{
	struct pipe *pipe = file->object;
	s32 used = 0;

	for (u32 i = pipe->tail; i != pipe->head; i++)
		used += pipe_slot(pipe, i)->length;
	if (request != FIONREAD)
		return -ENOTTY;
	return errno_of(env_copyout(argument, &used, sizeof(used)));
}

void pipe_status(const struct open_file *file, struct file_status *status)
{
	const struct pipe *pipe = file->object;

	status->number = (u64)(uintptr_t)pipe >> 6 & UINT32_MAX;
	if (IS_ENABLED(CONFIG_SERVICES_TREE) && pipe->inode) {
		inode_status(pipe->inode, status);
		return;
	}
	status->mode = S_IFIFO | 0600;
	status->uid = pipe->uid;
	status->gid = pipe->gid;
	status->atime = status->mtime = status->ctime = pipe->made.seconds;
	status->atime_ns = status->mtime_ns = status->ctime_ns = pipe->made.nanoseconds;
}

struct place *pipe_place(struct open_file *file)
{
	struct pipe *pipe = file->object;

	return &pipe->place;
}

u64 pipe_capacity(const struct open_file *file)
{
	const struct pipe *pipe = file->object;

	return ((u64)pipe->mask + 1) * PAGE_SIZE;
}

static void free_ring(struct pipe *pipe)
{
	for (u32 i = 0; i <= pipe->mask; i++) {
		if (pipe->ring[i].page)
			kfree(pipe->ring[i].page, PAGE_SIZE);
	}
	kfree(pipe->ring, (pipe->mask + 1) * sizeof(*pipe->ring));
}

static struct pipe_slot *create_ring(u32 slots)
{
	struct pipe_slot *ring = kalloc(slots * sizeof(*ring));

	if (ring)
		memset(ring, 0, slots * sizeof(*ring));
	return ring;
}

/* Another ring, with what is in the pipe at its front. -EBUSY: that is too much; -ENOMEM. */
static long replace_ring(struct pipe *pipe, u32 slots)
{
	u32 used = pipe_used(pipe);
	struct pipe_slot *ring;

	if (used > slots)
		return -EBUSY;
	ring = create_ring(slots);
	if (!ring)
		return -ENOMEM;
	for (u32 i = 0; i < used; i++) {
		ring[i] = *pipe_slot(pipe, pipe->tail + i);
		pipe_slot(pipe, pipe->tail + i)->page = NULL;
	}
	free_ring(pipe);
	pipe->ring = ring;
	pipe->mask = slots - 1;
	pipe->tail = 0;
	pipe->head = used;
	return 0;
}

long pipe_resize(struct open_file *file, u64 bytes)
{
	struct pipe *pipe = file->object;
	u64 size = PAGE_SIZE;
	enum kstatus status;
	long error;

	if (bytes > 1u << 31)
		return -EINVAL;
	while (size < bytes)
		size *= 2;
	if (size > PIPE_MAX_SIZE && size > pipe_capacity(file) &&
		!identity_has(&env_current()->identity, CAP_SYS_RESOURCE))
		return -EPERM;
	status = pipe_lock(pipe);
	if (status != K_OK)
		return errno_of(status);
	error = replace_ring(pipe, (u32)(size / PAGE_SIZE));
	pipe_unlock(pipe);
	if (error == 0 && !pipe_is_full(pipe)) {
		env_wakeup_all(&pipe->writable);
		watch_wake(&pipe->watches, POLL_WRITABLE);
	}
	return error == 0 ? (long)size : error;
}

void pipe_free_if_closed(struct pipe *pipe)
{
	if (pipe->read_open > 0 || pipe->write_open > 0)
		return;
	assert(!pipe->busy);
	free_ring(pipe);
	if (IS_ENABLED(CONFIG_SERVICES_TREE) && pipe->inode)
		pipe->inode->pipe = NULL;
	if (IS_ENABLED(CONFIG_SERVICES_TREE))
		place_unref(pipe->place);
	kfree(pipe, sizeof(*pipe));
}

void pipe_release(struct open_file *file)
{
	struct pipe *pipe = file->object;

	pipe->read_open -= file->ops->read != NULL;
	pipe->write_open -= file->ops->write != NULL;
	if (pipe->read_open == 0 || pipe->write_open == 0) {
		env_wakeup_all(&pipe->writable);
		env_wakeup_all(&pipe->readable);
		watch_wake(&pipe->watches, POLL_ENDS);
	}
	pipe_free_if_closed(pipe);
}

u32 pipe_poll(struct open_file *file, struct watch *watch)
{
	struct pipe *pipe = file->object;
	u32 found = 0;

	watch_add(&pipe->watches, watch);
	if (file->ops->read) {
		found |= pipe_is_empty(pipe) ? 0 : POLL_READABLE;
		/* A FIFO that nobody has written to yet has not been hung up. */
		if (pipe->write_open == 0 && file->version != pipe->writes_begun)
			found |= POLLHUP;
	}
	if (file->ops->write) {
		found |= pipe_is_full(pipe) ? 0 : POLL_WRITABLE;
		found |= pipe->read_open == 0 ? POLLERR : 0;
	}
	return found;
}

const struct file_ops pipe_ops[4] = FILE_OPS_BY_MODE(pipe_read, pipe_write, NULL, NULL,
	.poll = pipe_poll, .ioctl = pipe_ioctl, .status = pipe_status, .capacity = pipe_capacity,
	.resize = pipe_resize, .place = pipe_place, .release = pipe_release);

struct pipe *pipe_create(void)
{
	struct pipe *pipe = kalloc(sizeof(*pipe));

	if (!pipe)
		return NULL;
	memset(pipe, 0, sizeof(*pipe));
	pipe->mask = PIPE_SLOTS - 1;
	pipe->ring = create_ring(PIPE_SLOTS);
	if (!pipe->ring) {
		kfree(pipe, sizeof(*pipe));
		return NULL;
	}
	pipe->uid = env_current()->identity.fsuid;
	pipe->gid = env_current()->identity.fsgid;
	if (IS_ENABLED(CONFIG_SERVICES_TREE))
		pipe->made = tree_now();
	pipe->reads_begun = 1;
	pipe->writes_begun = 1;
	env_queue_init(&pipe->readable);
	env_queue_init(&pipe->writable);
	env_queue_init(&pipe->idle);
	env_queue_init(&pipe->opened);
	watch_list_init(&pipe->watches);
	return pipe;
}

/* The open files of a new pipe. */
static long create_pipe(u32 flags, struct open_file *ends[2])
{
	struct pipe *pipe = pipe_create();

	if (!pipe)
		return -ENOMEM;
	ends[0] = file_create(&pipe_ops[O_RDONLY], pipe, O_RDONLY | (flags & O_NONBLOCK));
	if (!ends[0]) {
		pipe_free_if_closed(pipe);
		return -ENOMEM;
	}
	pipe->read_open = 1;
	ends[1] = file_create(&pipe_ops[O_WRONLY], pipe, O_WRONLY | flags);
	if (!ends[1]) {
		file_unref(ends[0]);
		return -ENOMEM;
	}
	pipe->write_open = 1;
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

	if (((u32)flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT)) != 0)
		return -EINVAL;
	error = create_pipe((u32)flags & (O_NONBLOCK | O_DIRECT), ends);
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
