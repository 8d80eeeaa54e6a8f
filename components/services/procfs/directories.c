/*
 * directories: finding and listing names. Positions: 0 and 1 are the tree's own, then come the rows
 * of a table, then numbers.
 */
#include <services/procfs/internal.h>

static bool is_name(const char *name, size_t length, const char *entry)
{
	return strlen(entry) == length && memcmp(name, entry, length) == 0;
}

/* A decimal number without leading zeroes, or -1. */
static s64 parse_number(const char *name, size_t length)
{
	s64 value = 0;

	if (length == 0 || length > 9 || (length > 1 && name[0] == '0'))
		return -1;
	for (size_t i = 0; i < length; i++) {
		if (name[i] < '0' || name[i] > '9')
			return -1;
		value = value * 10 + (name[i] - '0');
	}
	return value;
}

static bool take_number(struct entry_sink *sink, u64 value, u64 number, u32 mode, u64 next)
{
	char name[24];

	return sink->take(sink, name,
		format_string(name, sizeof(name), "%llu", (unsigned long long)value), number, mode,
		next);
}

/* --- tables ------------------------------------------------------------------------- */

/* Among the first `count` rows. */
static long find_in(struct inode *dir, const struct table *table, size_t count, const char *name,
	size_t length, struct inode **out)
{
	const struct proc_inode *about = proc_inode_of(dir);

	for (u32 i = 0; i < count; i++) {
		const struct entry *entry = &table->of[i];
		struct proc_inode model = {
			.pid = about->pid, .entry = entry, .of_thread = about->of_thread};

		if (is_name(name, length, entry->name))
			return proc_inode_create(dir->volume, entry->ops, entry->mode,
				table->first + i, &model, out);
	}
	return -ENOENT;
}

static bool list_in(
	const struct table *table, size_t count, s32 pid, u64 *position, struct entry_sink *sink)
{
	for (u64 i = *position - 2; i < count; i++) {
		const struct entry *entry = &table->of[i];

		if (!sink->take(sink, entry->name, strlen(entry->name),
			    proc_number(pid, table->first + (u32)i, 0), entry->mode, i + 3))
			return false;
		*position = i + 3;
	}
	return true;
}

static long table_find(struct inode *dir, const char *name, size_t length, struct inode **out)
{
	const struct table *table = proc_inode_of(dir)->entry->below;

	return find_in(dir, table, table->count, name, length, out);
}

static long table_list(struct inode *dir, u64 *position, struct entry_sink *sink)
{
	const struct table *table = proc_inode_of(dir)->entry->below;

	list_in(table, table->count, proc_inode_of(dir)->pid, position, sink);
	return 0;
}

/* --- the root ------------------------------------------------------------------------- */

static long root_find(struct inode *dir, const char *name, size_t length, struct inode **out)
{
	s64 pid = parse_number(name, length);
	struct proc_inode model = {.pid = (s32)pid};

	if (pid < 0)
		return find_in(dir, &system_table, system_table.count, name, length, out);
	if (pid == 0 || !process_find_thread((s32)pid))
		return -ENOENT;
	return proc_inode_create(
		dir->volume, &process_ops, S_IFDIR | 0555, KIND_PROCESS, &model, out);
}

static long root_list(struct inode *dir, u64 *position, struct entry_sink *sink)
{
	const u64 first = 2 + system_table.count;
	struct proc *proc;

	(void)dir;
	if (*position < first && !list_in(&system_table, system_table.count, 0, position, sink))
		return 0;
	while ((proc = process_next((s32)(*position - first)))) {
		u64 next = first + (u64)proc->pid;

		if (!take_number(sink, (u64)proc->pid, proc_number(proc->pid, KIND_PROCESS, 0),
			    S_IFDIR, next))
			return 0;
		*position = next;
	}
	return 0;
}

/* --- processes and threads --------------------------------------------------------------- */

/* A thread below task has no task of its own, which is the table's last. */
static size_t rows_of(const struct inode *dir)
{
	return process_table.count - proc_inode_of(dir)->of_thread;
}

static long process_find_entry(
	struct inode *dir, const char *name, size_t length, struct inode **out)
{
	if (!process_find_thread(proc_inode_of(dir)->pid))
		return -ENOENT;
	return find_in(dir, &process_table, rows_of(dir), name, length, out);
}

static long process_list(struct inode *dir, u64 *position, struct entry_sink *sink)
{
	s32 pid = proc_inode_of(dir)->pid;

	if (!process_find_thread(pid))
		return -ENOENT;
	list_in(&process_table, rows_of(dir), pid, position, sink);
	return 0;
}

static long threads_find(struct inode *dir, const char *name, size_t length, struct inode **out)
{
	s64 tid = parse_number(name, length);
	const struct proc *thread = tid > 0 ? process_find_thread((s32)tid) : NULL;
	const struct proc *of = process_find_thread(proc_inode_of(dir)->pid);
	struct proc_inode model = {.pid = (s32)tid, .of_thread = true};

	if (!thread || !of || thread->leader != of->leader)
		return -ENOENT;
	return proc_inode_create(
		dir->volume, &process_ops, S_IFDIR | 0555, KIND_THREAD, &model, out);
}

static long threads_list(struct inode *dir, u64 *position, struct entry_sink *sink)
{
	const struct proc *proc = process_find_thread(proc_inode_of(dir)->pid), *thread;
	u64 place = 2;

	if (!proc)
		return -ENOENT;
	list_for_each(thread, &proc->leader->threads, thread_link)
	{
		if (place++ < *position)
			continue;
		if (!take_number(sink, (u64)thread->tid, proc_number(thread->tid, KIND_THREAD, 0),
			    S_IFDIR, place))
			return 0;
		*position = place;
	}
	return 0;
}

/* --- descriptors ----------------------------------------------------------------------------- */

static u32 fd_mode(const struct open_file *file)
{
	u32 mode = file->flags & O_ACCMODE;

	return S_IFLNK | (mode != O_WRONLY ? 0500 : 0) | (mode != O_RDONLY ? 0300 : 0);
}

static long find_fd(
	struct inode *dir, const char *name, size_t length, bool link, struct inode **out)
{
	s64 fd = parse_number(name, length);
	struct proc_inode model = {.pid = proc_inode_of(dir)->pid,
		.fd = (u32)fd,
		.entry = link ? NULL : &fdinfo_entry};
	struct open_file *file = fd >= 0 ? proc_open_file(model.pid, (u32)fd) : NULL;

	if (!file)
		return -ENOENT;
	return proc_inode_create(dir->volume, link ? &fd_link_ops : &text_inode_ops,
		link ? fd_mode(file) : fdinfo_entry.mode, link ? KIND_FD : KIND_FDINFO, &model,
		out);
}

static long fds_find(struct inode *dir, const char *name, size_t length, struct inode **out)
{
	return find_fd(dir, name, length, true, out);
}

static long fdinfos_find(struct inode *dir, const char *name, size_t length, struct inode **out)
{
	return find_fd(dir, name, length, false, out);
}

static long list_fds(struct inode *dir, u64 *position, struct entry_sink *sink, u32 kind, u32 type)
{
	struct proc *proc = process_find_thread(proc_inode_of(dir)->pid);

	for (u64 fd = *position - 2; proc && fd < files_table(proc)->used; fd++) {
		if (files_table(proc)->files[fd] &&
			!take_number(sink, fd, proc_number(proc_inode_of(dir)->pid, kind, (u32)fd),
				type, fd + 3))
			return 0;
		*position = fd + 3;
	}
	return proc ? 0 : -ENOENT;
}

static long fds_list(struct inode *dir, u64 *position, struct entry_sink *sink)
{
	return list_fds(dir, position, sink, KIND_FD, S_IFLNK);
}

static long fdinfos_list(struct inode *dir, u64 *position, struct entry_sink *sink)
{
	return list_fds(dir, position, sink, KIND_FDINFO, S_IFREG);
}

const struct inode_ops root_ops = {
	.find = root_find, .list = root_list, .release = proc_inode_release};
const struct inode_ops table_ops = {
	.find = table_find, .list = table_list, .release = proc_inode_release};
const struct inode_ops process_ops = {
	.find = process_find_entry, .list = process_list, .release = proc_inode_release};
const struct inode_ops threads_ops = {
	.find = threads_find, .list = threads_list, .release = proc_inode_release};
const struct inode_ops fds_ops = {
	.find = fds_find, .list = fds_list, .release = proc_inode_release};
const struct inode_ops fdinfos_ops = {
	.find = fdinfos_find, .list = fdinfos_list, .release = proc_inode_release};
