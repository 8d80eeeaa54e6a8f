/*
 * table: the descriptor table of a process; open files and their references.
 *
 * Entries at files_used and above are unknown, not NULL: a new process need
 * not clear them, and fork and exit look at no more than what was used. A process begins with room
 * for PROC_FILES_FEW in its own structure; the table moves to memory of its own, four times as
 * large, when that is not enough.
 */
#include <services/epoll/epoll.h>
#include <services/files/files.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

#define CLOSE_RANGE_UNSHARE 2u
#define CLOSE_RANGE_CLOEXEC 4u

static struct object_cache file_cache;

void files_init(void)
{
	object_cache_init(
		&file_cache, "open_file", sizeof(struct open_file), _Alignof(struct open_file));
}

struct open_file *file_create(const struct file_ops *ops, void *object, u32 flags)
{
	struct open_file *file = object_alloc(&file_cache);

	if (file)
		*file = (struct open_file){.ops = ops, .object = object, .refs = 1, .flags = flags};
	return file;
}

void file_unref(struct open_file *file)
{
	assert(file->refs > 0);
	if (--file->refs > 0)
		return;
	if (IS_ENABLED(CONFIG_SERVICES_EPOLL) && unlikely(file->epolls))
		epoll_forget(file);
	if (file->ops->release)
		file->ops->release(file);
	if (IS_ENABLED(CONFIG_SERVICES_TREE) && file->inode)
		tree_file_release(file);
	object_free(&file_cache, file);
}

long file_not_readable(const struct open_file *file)
{
	bool is_directory = IS_ENABLED(CONFIG_SERVICES_TREE) && file && file->inode &&
			    inode_is(file->inode, S_IFDIR);

	return is_directory && !(file->flags & O_PATH) ? -EISDIR : -EBADF;
}

void files_set_cloexec(struct proc *proc, u32 fd, bool on)
{
	u64 bit = (u64)1 << fd % 64;

	proc->files_cloexec[fd / 64] = (proc->files_cloexec[fd / 64] & ~bit) | (on ? bit : 0);
}

bool files_get_cloexec(const struct proc *proc, u32 fd)
{
	return proc->files_cloexec[fd / 64] >> fd % 64 & 1;
}

/* How many descriptors the process may have. */
static u32 files_limit(const struct proc *proc)
{
	return (u32)MIN(proc->limits.of[LIMIT_NOFILE].soft, PROC_FILES_MAX);
}

/* The lowest free descriptor from `from` on. */
static u32 lowest_free(struct proc *proc, u32 from)
{
	u32 fd = MAX(from, proc->files_free);

	while (fd < proc->files_used && proc->files[fd])
		fd++;
	if (from <= proc->files_free)
		proc->files_free = fd;
	return fd;
}

/* Frees the table's own memory, if it has any. */
static void table_free(struct proc *proc)
{
	if (proc->files == proc->files_few)
		return;
	kfree(proc->files, proc->files_room * sizeof(proc->files[0]));
	kfree(proc->files_cloexec, proc->files_room / 8);
	proc->files = proc->files_few;
	proc->files_cloexec = proc->files_few_cloexec;
	proc->files_room = PROC_FILES_FEW;
}

/* Room for descriptor `fd`, which lies below PROC_FILES_MAX. */
static long table_grow(struct proc *proc, u32 fd)
{
	u32 room = proc->files_room;
	struct open_file **files;
	u64 *cloexec;

	while (room <= fd)
		room *= 4;
	if (room == proc->files_room)
		return 0;
	files = kalloc(room * sizeof(files[0]));
	cloexec = kalloc(room / 8);
	if (!files || !cloexec) {
		if (files)
			kfree(files, room * sizeof(files[0]));
		if (cloexec)
			kfree(cloexec, room / 8);
		return -ENOMEM;
	}
	memcpy(files, proc->files, proc->files_used * sizeof(files[0]));
	memcpy(cloexec, proc->files_cloexec, proc->files_room / 8);
	table_free(proc);
	proc->files = files;
	proc->files_cloexec = cloexec;
	proc->files_room = room;
	return 0;
}

void files_install_at(struct proc *proc, u32 fd, struct open_file *file, bool cloexec)
{
	assert(fd < proc->files_room && (fd >= proc->files_used || !proc->files[fd]));
	while (proc->files_used <= fd)
		proc->files[proc->files_used++] = NULL;
	proc->files[fd] = file;
	files_set_cloexec(proc, fd, cloexec);
}

long files_install_from(struct proc *proc, u32 from, struct open_file *file, bool cloexec)
{
	u32 fd = lowest_free(proc, from);
	long error;

	if (fd >= files_limit(proc))
		return -EMFILE;
	error = table_grow(proc, fd);
	if (error != 0)
		return error;
	files_install_at(proc, fd, file, cloexec);
	return (long)fd;
}

long files_install(struct proc *proc, struct open_file *file, bool cloexec)
{
	return files_install_from(proc, 0, file, cloexec);
}

/* A descriptor of the process is behind it no more. */
static void file_drop(struct proc *proc, struct open_file *file)
{
	if (IS_ENABLED(CONFIG_SERVICES_TREE) && file->inode)
		tree_file_close(file, proc);
	file_unref(file);
}

long files_close(struct proc *proc, int fd)
{
	struct open_file *file;

	if ((u32)fd >= proc->files_used || !proc->files[fd])
		return -EBADF;
	file = proc->files[fd];
	proc->files[fd] = NULL;
	proc->files_free = MIN(proc->files_free, (u32)fd);
	while (proc->files_used > 0 && !proc->files[proc->files_used - 1])
		proc->files_used--;
	file_drop(proc, file);
	return 0;
}

void files_create(struct proc *proc)
{
	proc->files_used = 0;
	proc->files_free = 0;
	proc->files_room = PROC_FILES_FEW;
	proc->files = proc->files_few;
	proc->files_cloexec = proc->files_few_cloexec;
}

long files_fork(const struct proc *parent, struct proc *child)
{
	if (parent->files_used > PROC_FILES_FEW) {
		long error = table_grow(child, parent->files_used - 1);

		if (error != 0)
			return error;
	}
	child->files_used = parent->files_used;
	child->files_free = parent->files_free;
	for (u32 i = 0; i * 64 < parent->files_used; i++)
		child->files_cloexec[i] = parent->files_cloexec[i];
	for (u32 fd = 0; fd < parent->files_used; fd++) {
		child->files[fd] = parent->files[fd];
		if (child->files[fd])
			child->files[fd]->refs++;
	}
	return 0;
}

void files_exec(struct proc *proc)
{
	for (u32 fd = proc->files_used; fd-- > 0;) {
		if (fd < proc->files_used && proc->files[fd] && files_get_cloexec(proc, fd))
			check(files_close(proc, (int)fd) == 0);
	}
}

void files_exit(struct proc *proc)
{
	while (proc->files_used > 0) {
		struct open_file *file = proc->files[--proc->files_used];

		if (file)
			file_drop(proc, file);
	}
	table_free(proc);
}

long sys_close(int fd)
{
	return files_close(env_current(), fd);
}

long sys_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	struct proc *proc = env_current();

	if ((flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) != 0 || first > last)
		return -EINVAL;
	for (u32 fd = first; fd <= last && fd < proc->files_used; fd++) {
		if (!proc->files[fd])
			continue;
		if (flags & CLOSE_RANGE_CLOEXEC)
			files_set_cloexec(proc, fd, true);
		else
			check(files_close(proc, (int)fd) == 0);
	}
	return 0;
}

/* A further descriptor for `file`, the lowest free one from `from` on. */
static long duplicate(struct open_file *file, u32 from, bool cloexec)
{
	long fd = files_install_from(env_current(), from, file, cloexec);

	if (fd >= 0)
		file->refs++;
	return fd;
}

long sys_dup(int fd)
{
	struct open_file *file = files_find(fd);

	return file ? duplicate(file, 0, false) : -EBADF;
}

static long duplicate_to(int from, int to, bool cloexec)
{
	struct open_file *file = files_find(from);
	struct proc *proc = env_current();
	long error;

	if ((u32)to >= files_limit(proc) || !file)
		return -EBADF;
	error = table_grow(proc, (u32)to);
	if (error != 0)
		return error;
	file->refs++;
	if (files_find(to))
		check(files_close(proc, to) == 0);
	files_install_at(proc, (u32)to, file, cloexec);
	return to;
}

long sys_dup2(int from, int to)
{
	if (from == to)
		return files_find(from) ? to : -EBADF;
	return duplicate_to(from, to, false);
}

long sys_dup3(int from, int to, int flags)
{
	if (((u32)flags & ~O_CLOEXEC) != 0 || from == to)
		return -EINVAL;
	return duplicate_to(from, to, ((u32)flags & O_CLOEXEC) != 0);
}

long files_duplicate_from(struct open_file *file, long from, bool cloexec)
{
	if ((u64)from >= files_limit(env_current()))
		return -EINVAL;
	return duplicate(file, (u32)from, cloexec);
}
