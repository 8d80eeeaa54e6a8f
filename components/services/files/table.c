/*
 * table: the descriptor table of a process; open files and their references.
 *
 * Entries at files_used and above are unknown, not NULL: a new process need
 * not clear them, and fork and exit look at no more than what was used.
 */
#include <services/files/files.h>

#include <unix_calls.h>

#define F_DUPFD         0
#define F_GETFD         1
#define F_SETFD         2
#define F_GETFL         3
#define F_SETFL         4
#define F_DUPFD_CLOEXEC 1030
#define FD_CLOEXEC      1

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
	if (file->ops->release)
		file->ops->release(file);
	object_free(&file_cache, file);
}

static void set_cloexec(struct proc *proc, u32 fd, bool on)
{
	u64 bit = (u64)1 << fd % 64;

	proc->files_cloexec[fd / 64] = (proc->files_cloexec[fd / 64] & ~bit) | (on ? bit : 0);
}

static bool get_cloexec(const struct proc *proc, u32 fd)
{
	return proc->files_cloexec[fd / 64] >> fd % 64 & 1;
}

/* The lowest free descriptor from `from` on, or -EMFILE. */
static long lowest_free(const struct proc *proc, u32 from)
{
	while (from < proc->files_used && proc->files[from])
		from++;
	return from < PROC_FILES ? (long)from : -EMFILE;
}

void files_install_at(struct proc *proc, u32 fd, struct open_file *file, bool cloexec)
{
	assert(fd < PROC_FILES && (fd >= proc->files_used || !proc->files[fd]));
	while (proc->files_used <= fd)
		proc->files[proc->files_used++] = NULL;
	proc->files[fd] = file;
	set_cloexec(proc, fd, cloexec);
}

long files_install(struct proc *proc, struct open_file *file, bool cloexec)
{
	long fd = lowest_free(proc, 0);

	if (fd >= 0)
		files_install_at(proc, (u32)fd, file, cloexec);
	return fd;
}

long files_close(struct proc *proc, int fd)
{
	struct open_file *file;

	if ((u32)fd >= proc->files_used || !proc->files[fd])
		return -EBADF;
	file = proc->files[fd];
	proc->files[fd] = NULL;
	while (proc->files_used > 0 && !proc->files[proc->files_used - 1])
		proc->files_used--;
	file_unref(file);
	return 0;
}

void files_create(struct proc *proc)
{
	proc->files_used = 0;
	memset(proc->files_cloexec, 0, sizeof(proc->files_cloexec));
}

void files_fork(const struct proc *parent, struct proc *child)
{
	child->files_used = parent->files_used;
	memcpy(child->files_cloexec, parent->files_cloexec, sizeof(child->files_cloexec));
	for (u32 fd = 0; fd < parent->files_used; fd++) {
		child->files[fd] = parent->files[fd];
		if (child->files[fd])
			child->files[fd]->refs++;
	}
}

void files_exec(struct proc *proc)
{
	for (u32 fd = proc->files_used; fd-- > 0;) {
		if (fd < proc->files_used && proc->files[fd] && get_cloexec(proc, fd))
			check(files_close(proc, (int)fd) == 0);
	}
}

void files_exit(struct proc *proc)
{
	while (proc->files_used > 0) {
		struct open_file *file = proc->files[--proc->files_used];

		if (file)
			file_unref(file);
	}
}

long sys_close(int fd)
{
	return files_close(env_current(), fd);
}

/* A further descriptor for `file`, the lowest free one from `from` on. */
static long duplicate(struct open_file *file, u32 from, bool cloexec)
{
	struct proc *proc = env_current();
	long fd = lowest_free(proc, from);

	if (fd >= 0) {
		file->refs++;
		files_install_at(proc, (u32)fd, file, cloexec);
	}
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

	if ((u32)to >= PROC_FILES || !file)
		return -EBADF;
	file->refs++;
	if (files_find(to))
		check(files_close(env_current(), to) == 0);
	files_install_at(env_current(), (u32)to, file, cloexec);
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

static long duplicate_from(struct open_file *file, u32 from, bool cloexec)
{
	if (from >= PROC_FILES)
		return -EINVAL;
	return duplicate(file, from, cloexec);
}

long sys_fcntl(int fd, unsigned int command, long argument)
{
	struct open_file *file = files_find(fd);

	if (!file)
		return -EBADF;
	switch (command) {
	case F_DUPFD:
		return duplicate_from(file, (u32)argument, false);
	case F_DUPFD_CLOEXEC:
		return duplicate_from(file, (u32)argument, true);
	case F_GETFD:
		return get_cloexec(env_current(), (u32)fd) ? FD_CLOEXEC : 0;
	case F_SETFD:
		set_cloexec(env_current(), (u32)fd, (argument & FD_CLOEXEC) != 0);
		return 0;
	case F_GETFL:
		return file->flags;
	case F_SETFL:
		file->flags = (file->flags & ~O_NONBLOCK) | ((u32)argument & O_NONBLOCK);
		return 0;
	default:
		return -EINVAL;
	}
}
