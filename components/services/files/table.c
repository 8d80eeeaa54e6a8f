/*
 * table: the descriptor table of a process; open files and their references.
 *
 * Entries at `used` and above are unknown, not NULL: a new process need
 * not clear them, and fork and exit look at no more than what was used. A process begins with room
 * for PROC_FILES_FEW in its own structure; the table moves to memory of its own, four times as
 * large, when that is not enough.
 */
#include <services/epoll/epoll.h>
#include <services/files/table.h>
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
	u64 bit = (u64)1 << fd % 64, *word = &files_table(proc)->cloexec[fd / 64];

	*word = (*word & ~bit) | (on ? bit : 0);
}

bool files_get_cloexec(struct proc *proc, u32 fd)
{
	return files_table(proc)->cloexec[fd / 64] >> fd % 64 & 1;
}

/* How many descriptors the process may have. */
static u32 files_limit(const struct proc *proc)
{
	return (u32)MIN(proc->leader->limits.of[LIMIT_NOFILE].soft, PROC_FILES_MAX);
}

/* The lowest free descriptor from `from` on. */
static u32 lowest_free(struct file_table *table, u32 from)
{
	u32 fd = MAX(from, table->free);

	while (fd < table->used && table->files[fd])
		fd++;
	if (from <= table->free)
		table->free = fd;
	return fd;
}

static void table_init(struct file_table *table)
{
	table->used = 0;
	table->free = 0;
	table->room = PROC_FILES_FEW;
	table->files = table->few;
	table->cloexec = table->few_cloexec;
}

/* Frees the table's own memory, if it has any. */
static void table_free(struct file_table *table)
{
	if (table->files != table->few) {
		kfree(table->files, table->room * sizeof(table->files[0]));
		kfree(table->cloexec, table->room / 8);
	}
	table->files = table->few;
	table->cloexec = table->few_cloexec;
	table->room = PROC_FILES_FEW;
}

/* Room for descriptor `fd`, which lies below PROC_FILES_MAX. */
static long table_grow(struct file_table *table, u32 fd)
{
	u32 room = table->room;
	struct open_file **files;
	u64 *cloexec;

	while (room <= fd)
		room *= 4;
	if (room == table->room)
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
	memcpy(files, table->files, table->used * sizeof(files[0]));
	memcpy(cloexec, table->cloexec, table->room / 8);
	table_free(table);
	table->files = files;
	table->cloexec = cloexec;
	table->room = room;
	return 0;
}

void file_table_move(struct file_table *to, struct file_table *from)
{
	bool few = from->files == from->few;

	table_init(to);
	to->used = from->used;
	to->free = from->free;
	if (few) {
		memcpy(to->few, from->few, from->used * sizeof(from->few[0]));
		memcpy(to->few_cloexec, from->few_cloexec, sizeof(from->few_cloexec));
	} else {
		to->room = from->room;
		to->files = from->files;
		to->cloexec = from->cloexec;
	}
	table_init(from);
}

void files_install_at(struct proc *proc, u32 fd, struct open_file *file, bool cloexec)
{
	struct file_table *table = files_table(proc);

	assert(fd < table->room && (fd >= table->used || !table->files[fd]));
	while (table->used <= fd)
		table->files[table->used++] = NULL;
	table->files[fd] = file;
	files_set_cloexec(proc, fd, cloexec);
}

long files_install_from(struct proc *proc, u32 from, struct open_file *file, bool cloexec)
{
	u32 fd = lowest_free(files_table(proc), from);
	long error;

	if (fd >= files_limit(proc))
		return -EMFILE;
	error = table_grow(files_table(proc), fd);
	if (error != 0)
		return error;
	files_install_at(proc, fd, file, cloexec);
	return (long)fd;
}

long files_may_install(struct proc *proc)
{
	return lowest_free(files_table(proc), 0) < files_limit(proc) ? 0 : -EMFILE;
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
	struct file_table *table = files_table(proc);
	struct open_file *file;

	if ((u32)fd >= table->used || !table->files[fd])
		return -EBADF;
	file = table->files[fd];
	table->files[fd] = NULL;
	table->free = MIN(table->free, (u32)fd);
	while (table->used > 0 && !table->files[table->used - 1])
		table->used--;
	file_drop(proc, file);
	return 0;
}

/* --- the tables of processes ------------------------------------------------------- */

void files_create(struct proc *proc)
{
	table_init(&proc->files);
	proc->files_shared = NULL;
	list_init(&proc->files_link);
	proc->files_held.count = 0;
	proc->files_held.room = ARRAY_SIZE(proc->files_held.few);
	proc->files_held.files = proc->files_held.few;
}

long file_table_copy(struct file_table *to, const struct file_table *from)
{
	if (from->used > PROC_FILES_FEW) {
		long error = table_grow(to, from->used - 1);

		if (error != 0)
			return error;
	}
	to->used = from->used;
	to->free = from->free;
	for (u32 i = 0; i * 64 < from->used; i++)
		to->cloexec[i] = from->cloexec[i];
	for (u32 fd = 0; fd < from->used; fd++) {
		to->files[fd] = from->files[fd];
		if (to->files[fd])
			to->files[fd]->refs++;
	}
	return 0;
}

long files_fork(struct proc *parent, struct proc *child)
{
	return file_table_copy(&child->files, files_table(parent));
}

void files_exec(struct proc *proc)
{
	for (u32 fd = 0; fd < proc->files.used; fd++) {
		if (proc->files.files[fd] && files_get_cloexec(proc, fd))
			check(files_close(proc, (int)fd) == 0);
	}
}

/* Closes all of the table of `proc`, which is its own. */
static void table_exit(struct proc *proc, struct file_table *table)
{
	/* The lowest first, as on Linux: sockets in flight are looked for as each socket goes. */
	for (u32 fd = 0; fd < table->used; fd++) {
		struct open_file *file = table->files[fd];

		table->files[fd] = NULL;
		if (file)
			file_drop(proc, file);
	}
	table->used = 0;
	table_free(table);
}

void files_exit(struct proc *proc)
{
	files_let_go(proc);
	if (proc->files_shared)
		files_leave(proc);
	table_exit(proc, &proc->files);
}

long sys_close(int fd)
{
	return files_close(env_current(), fd);
}

long sys_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	struct proc *proc = env_current();
	long error = 0;

	if ((flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) != 0 || first > last)
		return -EINVAL;
	if (flags & CLOSE_RANGE_UNSHARE)
		error = files_unshare(proc);
	for (u32 fd = first; error == 0 && fd <= last && fd < files_table(proc)->used; fd++) {
		if (!files_table(proc)->files[fd])
			continue;
		if (flags & CLOSE_RANGE_CLOEXEC)
			files_set_cloexec(proc, fd, true);
		else
			check(files_close(proc, (int)fd) == 0);
	}
	return error;
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
	error = table_grow(files_table(proc), (u32)to);
	if (error != 0)
		return error;
	file->refs++;
	while (files_find(to)) /* closing may sleep, and another thread take its place */
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
