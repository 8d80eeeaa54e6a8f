/* links: self and its like, what a process's links lead to, and descriptors. */
#include <services/identity/identity.h>
#include <services/procfs/internal.h>

static bool is_called(const struct inode *inode, const char *name)
{
	return strcmp(proc_inode_of(inode)->entry->name, name) == 0;
}

/* "self", and "mounts", which is one's own. */
static long self_read(struct inode *inode, char *target, size_t size)
{
	size_t length;

	if (is_called(inode, "self"))
		length = format_string(target, size, "%d", tree_actor()->pid);
	else if (is_called(inode, "thread-self"))
		length = format_string(
			target, size, "%d/task/%d", tree_actor()->pid, tree_actor()->tid);
	else
		length = format_string(target, size, "self/mounts");
	return (long)MIN(length, size);
}

/* Where a link of a process leads, or nowhere. */
static struct place target_of(const struct inode *inode, const struct proc *proc)
{
	if (is_called(inode, "exe"))
		return proc->program;
	if (!proc->tree) /* it has ended */
		return (struct place){NULL, NULL};
	return is_called(inode, "cwd") ? proc->tree->cwd : proc->tree->root;
}

/* The process behind a link, if it may be followed. */
static long follow(const struct inode *inode, const struct proc **proc)
{
	*proc = process_find_thread(proc_inode_of(inode)->pid);
	if (!*proc)
		return -ENOENT;
	return identity_may_look_into(*proc, true) ? 0 : -EACCES;
}

static long link_jump(struct inode *inode, struct place *place)
{
	const struct proc *proc;
	long error = follow(inode, &proc);

	if (error != 0)
		return error;
	*place = target_of(inode, proc);
	if (!place->mount)
		return -ENOENT;
	place_ref(*place);
	return 0;
}

/* Such links are named by the place that they lead to. */
static long link_read(struct inode *inode, char *target, size_t size)
{
	(void)inode;
	(void)target;
	(void)size;
	return -ENOENT;
}

/* Where a descriptor's link leads: what has no place gets one. */
static long fd_link_jump(struct inode *inode, struct place *place)
{
	const struct proc_inode *about = proc_inode_of(inode);
	struct open_file *file;
	const struct proc *proc;
	long error = follow(inode, &proc);

	if (error != 0)
		return error;
	file = proc_open_file(about->pid, about->fd);
	if (!file)
		return -ENOENT;
	if (!file->inode)
		return tree_place_of(file, place);
	*place = file->place;
	place_ref(*place);
	return 0;
}

/* What has no place has a name all the same: "pipe:[17]". Everything else says -ENOENT, and is
 * named by its place. */
static long fd_link_read(struct inode *inode, char *target, size_t size)
{
	struct open_file *file =
		proc_open_file(proc_inode_of(inode)->pid, proc_inode_of(inode)->fd);
	struct file_status status = {.number = 0};

	if (!file || file->inode)
		return -ENOENT;
	if (file->ops->status)
		file->ops->status(file, &status);
	if (file->ops->name)
		return (long)MIN(
			size, format_string(target, size, "anon_inode:%s", file->ops->name));
	return (long)MIN(size, format_string(target, size, "%s:[%llu]",
				       (status.mode & S_IFMT) == S_IFIFO ? "pipe" : "socket",
				       (unsigned long long)status.number));
}

const struct inode_ops self_ops = {.read_link = self_read, .release = proc_inode_release};
const struct inode_ops link_ops = {
	.read_link = link_read, .jump = link_jump, .release = proc_inode_release};
const struct inode_ops fd_link_ops = {
	.read_link = fd_link_read, .jump = fd_link_jump, .release = proc_inode_release};
