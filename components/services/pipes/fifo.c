/*
 * fifo: pipes with a name, and pipes that are opened once more through /proc.
 *
 * Who opens one end of a FIFO waits until the other has been opened, even if it is closed again by
 * the time he runs: so he waits for a count to change (Linux, fs/pipe.c, fifo_open).
 */
#include <services/pipes/pipe.h>
#include <services/process/sleep.h>
#include <services/tree/tree.h>

/* What an anonymous pipe does not keep: when it was used, and who watches. */
static long fifo_read(struct open_file *file, struct io *io)
{
	long result = pipe_read(file, io);

	if (result > 0) {
		inode_was_read(file->inode);
		notify_use(file->place.node, IN_ACCESS);
	}
	return result;
}

static long fifo_write(struct open_file *file, struct io *io)
{
	long result = pipe_write(file, io);

	if (result > 0) {
		inode_touch(file->inode, TOUCH_MTIME | TOUCH_CTIME);
		notify_use(file->place.node, IN_MODIFY);
	}
	return result;
}

static const struct file_ops fifo_ops[4] = FILE_OPS_BY_MODE(fifo_read, fifo_write, NULL, NULL,
	.poll = pipe_poll, .ioctl = pipe_ioctl, .status = pipe_status, .capacity = pipe_capacity,
	.resize = pipe_resize, .place = pipe_place, .release = pipe_release);

/* The inode's pipe; a new one if nobody has it open. */
static struct pipe *find_pipe(struct inode *inode)
{
	if (!inode->pipe) {
		inode->pipe = pipe_create();
		if (inode->pipe)
			inode->pipe->inode = inode;
	}
	return inode->pipe;
}

static void count(struct pipe *pipe, bool reads, bool writes)
{
	pipe->read_open += reads;
	pipe->reads_begun += reads;
	pipe->write_open += writes;
	pipe->writes_begun += writes;
	env_wakeup_all(&pipe->opened);
}

/* Until somebody opens the other end, whose count is `*begun`. */
static long wait_for_partner(struct pipe *pipe, const u32 *begun)
{
	u32 before = *begun;

	while (*begun == before) {
		enum kstatus status = call_sleep(&pipe->opened, ENV_FOREVER);

		if (status != K_OK)
			return errno_of(status);
	}
	return 0;
}

/* Waits as the mode says; the file counts already. */
static long meet(struct pipe *pipe, struct open_file *file, bool reads, bool writes)
{
	if (reads && writes)
		return 0;
	if (reads && pipe->write_open == 0) {
		if (!(file->flags & O_NONBLOCK))
			return wait_for_partner(pipe, &pipe->writes_begun);
		file->version = pipe->writes_begun;
	}
	if (writes && pipe->read_open == 0)
		return wait_for_partner(pipe, &pipe->reads_begun);
	return 0;
}

/* A pipe that was found in /proc has no name there, once it is open. */
static void forget_place(struct open_file *file)
{
	inode_unref(file->inode);
	place_unref(file->place);
	file->inode = NULL;
	file->place = (struct place){NULL, NULL};
}

long fifo_open(struct inode *inode, struct open_file *file)
{
	u32 mode = file->flags & O_ACCMODE;
	bool reads = mode != O_WRONLY, writes = mode != O_RDONLY;
	struct pipe *pipe;
	long error = 0;

	if (mode == O_ACCMODE)
		return -EINVAL;
	pipe = find_pipe(inode);
	if (!pipe)
		return -ENOMEM;
	if (!pipe->place.mount) { /* a FIFO */
		if (!reads && file->flags & O_NONBLOCK && pipe->read_open == 0) {
			pipe_free_if_closed(pipe);
			return -ENXIO;
		}
		count(pipe, reads, writes);
		error = meet(pipe, file, reads, writes);
	} else {
		count(pipe, reads, writes);
		forget_place(file);
	}
	file->object = pipe;
	file->ops = &pipe_ops[mode];
	if (file->inode)
		file->ops = &fifo_ops[mode];
	if (error != 0) { /* as if it had been closed again */
		file->ops->release(file);
		file->ops = NULL;
	}
	return error;
}
