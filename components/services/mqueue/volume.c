/*
 * volume: the file system whose files are queues.
 *
 * There is one volume, made when it is first asked for. It is mounted where no path leads; whoever
 * mounts it elsewhere sees the same queues. A file can be made, removed, read (a line that says how
 * full the queue is) and polled.
 */
#include <lib/lib.h>
#include <services/clock/clock.h>
#include <services/mqueue/mqueue.h>
#include <services/mqueue/volume.h>

#define MQUEUE_MAGIC 0x19800202u
#define FILE_SIZE    80u /* that stat tells */
#define ENTRY_BYTES  20u

static struct mount *everywhere;           /* NULL until the first is asked for */
static const struct mq_attributes *wanted; /* of the queue that is just being made */
static const struct inode_ops queue_inode_ops, directory_inode_ops;

void mqueue_init(void)
{
	everywhere = NULL; /* it is in the list of mounts, and went with them */
	mq_limits_init();
}

/* --- queues as files -------------------------------------------------------------------- */

void mq_message_free(struct mq_message *message)
{
	kfree(message, sizeof(*message) + message->size);
}

static long queue_read_at(struct open_file *file, struct io *io, u64 position)
{
	const struct mq *queue = mq_of(file->inode);
	const struct mq_notification *n = &queue->notification;
	char text[FILE_SIZE + 1];
	size_t moved, length = format_string(text, sizeof(text),
			      "QSIZE:%-10llu NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n",
			      (unsigned long long)queue->bytes, n->pid ? n->kind : 0,
			      n->pid ? n->signal : 0, n->pid);

	if (position >= length)
		return 0;
	length = MIN(length - position, io->left);
	if (io_copyout(io, text + position, length, &moved) != K_OK && moved == 0)
		return -EFAULT;
	inode_touch(file->inode, TOUCH_ATIME | TOUCH_CTIME);
	return (long)moved;
}

static long queue_read(struct open_file *file, struct io *io)
{
	return file_advance(file, queue_read_at(file, io, file->position));
}

static long queue_write_at(struct open_file *file, struct io *io, u64 position)
{
	(void)position;
	return io_never(file, io);
}

static s64 queue_seek(struct open_file *file, s64 offset, unsigned whence)
{
	s64 from = whence == SEEK_CUR ? (s64)file->position : whence == SEEK_END ? FILE_SIZE : 0;

	if (whence > SEEK_END || offset > INT64_MAX - from || from + offset < 0)
		return -EINVAL;
	file->position = (u64)(from + offset);
	return (s64)file->position;
}

static u32 queue_poll(struct open_file *file, struct watch *watch)
{
	struct mq *queue = mq_of(file->inode);

	watch_add(&queue->watches, watch);
	return (queue->count > 0 ? POLL_READABLE : 0) |
	       (queue->count < queue->most ? POLL_WRITABLE : 0);
}

static void queue_closed(struct open_file *file, const struct proc *proc)
{
	mq_notify_closed(mq_of(file->inode), proc);
}

const struct file_ops mq_ops[4] = FILE_OPS_BY_MODE(queue_read, io_never, queue_read_at,
	queue_write_at, .seek = queue_seek, .poll = queue_poll, .closed = queue_closed);

/* --- the directory ------------------------------------------------------------------------ */

static long create(struct inode *dir, struct node *node, u32 mode, u32 device, const char *target)
{
	struct mq *queue;
	long error;

	(void)device;
	(void)target;
	if ((mode & S_IFMT) != S_IFREG)
		return -EPERM;
	queue = kalloc(sizeof(*queue));
	if (!queue)
		return -ENOMEM;
	*queue = (struct mq){.count = 0};
	error = mq_charge(queue, wanted);
	if (error != 0) {
		kfree(queue, sizeof(*queue));
		return error;
	}
	inode_init(&queue->inode, &queue_inode_ops, dir->volume, mode);
	queue->inode.file_ops = mq_ops;
	queue->inode.size = FILE_SIZE;
	list_init(&queue->messages);
	list_init(&queue->senders);
	list_init(&queue->receivers);
	watch_list_init(&queue->watches);
	node->inode = &queue->inode;
	dir->size += ENTRY_BYTES;
	return 0;
}

static long remove_queue(struct inode *dir, struct node *node)
{
	(void)node;
	dir->size -= ENTRY_BYTES;
	return 0;
}

static void queue_release(struct inode *inode)
{
	struct mq *queue = mq_of(inode);
	struct mq_message *message;

	while ((message = list_first(&queue->messages, struct mq_message, link))) {
		list_remove(&message->link);
		mq_message_free(message);
	}
	mq_refund(queue);
	inode_fini(inode);
	kfree(queue, sizeof(*queue));
}

static void directory_release(struct inode *inode)
{
	inode_fini(inode);
	kfree(inode, sizeof(*inode));
}

static const struct inode_ops queue_inode_ops = {.release = queue_release};
static const struct inode_ops directory_inode_ops = {
	.create = create, .remove = remove_queue, .release = directory_release};

long mq_create(struct node *root, const char *name, u32 mode,
	const struct mq_attributes *attributes, struct node **node)
{
	long error;

	wanted = attributes; /* nobody else runs meanwhile */
	error = tree_create(root, name, strlen(name), S_IFREG | mode, 0, NULL, node);
	wanted = NULL;
	return error;
}

/* --- the volume --------------------------------------------------------------------------- */

static void volume_release(struct volume *volume)
{
	kfree(volume, sizeof(*volume));
}

static long volume_make(struct volume **out)
{
	struct volume *volume = kalloc(sizeof(*volume));
	struct node *root = node_create(NULL, "", 0);
	struct inode *inode = kalloc(sizeof(*inode));

	if (!volume || !root || !inode) {
		if (volume)
			kfree(volume, sizeof(*volume));
		if (root)
			node_unref(root);
		if (inode)
			kfree(inode, sizeof(*inode));
		return -ENOMEM;
	}
	*volume = (struct volume){.type = &mqueue_type,
		.refs = 1,
		.device = volume_number(),
		.in_memory = true,
		.root = root};
	inode_init(inode, &directory_inode_ops, volume, S_IFDIR | S_ISVTX | 0777);
	inode->file_ops = directory_ops;
	inode->size = 2 * ENTRY_BYTES;
	inode->links = 2;
	root->inode = inode;
	*out = volume;
	return 0;
}

static long find_volume(void)
{
	struct volume *volume;
	long error;

	if (everywhere)
		return 0;
	error = volume_make(&volume);
	if (error != 0)
		return error;
	error = mount_create(NULL, volume, volume->root, MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC,
		"mqueue", &everywhere);
	if (error != 0) {
		everywhere = NULL;
		volume_close(volume);
	}
	volume_unref(volume);
	return error;
}

long mq_root(struct place *root)
{
	long error = find_volume();

	if (error == 0)
		*root = (struct place){everywhere, everywhere->root};
	return error;
}

static long volume_create(struct volume **out, const char *source, const char *options)
{
	long error = find_volume();

	(void)source;
	(void)options; /* Linux passes over them too */
	if (error != 0)
		return error;
	*out = everywhere->volume;
	volume_ref(*out);
	return 0;
}

const struct volume_type mqueue_type = {
	.name = "mqueue",
	.magic = MQUEUE_MAGIC,
	.create = volume_create,
	.release = volume_release,
};
