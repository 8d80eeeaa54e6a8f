/*
 * procfs: processes as files.
 *
 * Nothing is kept: a directory is asked for a name and makes an inode that says what it is about in
 * its `private`, a process's number and a kind; the text of a file is made when it is opened, and
 * is that open file's until it is closed. So what was opened stays as it was, and a process may be
 * gone behind its directory: then look-ups answer ENOENT, and opening ESRCH.
 *
 * Inode numbers are (process << 8 | kind) << 12 | descriptor, so that the same file has the same
 * number twice.
 */
#include <services/identity/identity.h>
#include <services/procfs/text.h>
#include <services/sysv/sysv.h>

#define PROC_MAGIC 0x9fa0u

struct proc_inode {
	struct inode inode;
	s32 pid;   /* 0: of the system */
	u32 entry; /* in the table; or ENTRY_… */
	u32 fd;
};

#define ENTRY_ROOT    0xf0u
#define ENTRY_PROCESS 0xf1u
#define ENTRY_FD      0xf2u /* a descriptor's link */
#define ENTRY_THREAD  0xf3u /* like a process, below task */

static struct object_cache cache;
static const struct inode_ops root_ops, process_ops, fds_ops, threads_ops, text_inode_ops, link_ops,
	self_ops, sysvipc_ops;
static const struct file_ops text_ops[4];

/* Files of the system, and of each process: a text, or something else with operations of its own.
 */
struct entry {
	const char *name;
	u32 mode;
	proc_text *text;
	const struct inode_ops *ops;
};

/* A text of a part that may be left out. */
#define SYSVIPC(text) (IS_ENABLED(CONFIG_SERVICES_SYSV) ? (text) : NULL)

static const struct entry system_entries[] = {
	{"cmdline", S_IFREG | 0444, text_command_line, &text_inode_ops},
	{"cpuinfo", S_IFREG | 0444, text_cpuinfo, &text_inode_ops},
	{"filesystems", S_IFREG | 0444, text_filesystems, &text_inode_ops},
	{"loadavg", S_IFREG | 0444, text_loadavg, &text_inode_ops},
	{"meminfo", S_IFREG | 0444, text_meminfo, &text_inode_ops},
	{"stat", S_IFREG | 0444, text_system_stat, &text_inode_ops},
	{"uptime", S_IFREG | 0444, text_uptime, &text_inode_ops},
	{"version", S_IFREG | 0444, text_version, &text_inode_ops},
	{"mounts", S_IFLNK | 0777, NULL, &self_ops},
	{"self", S_IFLNK | 0777, NULL, &self_ops},
	{"thread-self", S_IFLNK | 0777, NULL, &self_ops},
	{"sysvipc", S_IFDIR | 0555, NULL, &sysvipc_ops}, /* what follows is in it */
	{"msg", S_IFREG | 0444, SYSVIPC(text_queues), &text_inode_ops},
	{"sem", S_IFREG | 0444, SYSVIPC(text_semaphores), &text_inode_ops},
	{"shm", S_IFREG | 0444, SYSVIPC(text_segments), &text_inode_ops},
};
#define IN_SYSVIPC 3u
#define IN_ROOT                                                                                    \
	(ARRAY_SIZE(system_entries) - IN_SYSVIPC - (IS_ENABLED(CONFIG_SERVICES_SYSV) ? 0 : 1))

static const struct entry process_entries[] = {
	{"cmdline", S_IFREG | 0444, text_arguments, &text_inode_ops},
	{"comm", S_IFREG | 0444, text_comm, &text_inode_ops},
	{"maps", S_IFREG | 0444, text_maps, &text_inode_ops},
	{"mounts", S_IFREG | 0444, text_mounts, &text_inode_ops},
	{"stat", S_IFREG | 0444, text_stat, &text_inode_ops},
	{"statm", S_IFREG | 0444, text_statm, &text_inode_ops},
	{"status", S_IFREG | 0444, text_status, &text_inode_ops},
	{"cwd", S_IFLNK | 0777, NULL, &link_ops}, {"exe", S_IFLNK | 0777, NULL, &link_ops},
	{"root", S_IFLNK | 0777, NULL, &link_ops}, {"fd", S_IFDIR | 0500, NULL, &fds_ops},
	{"task", S_IFDIR | 0555, NULL, &threads_ops}, /* the last: a thread has none */
};

static struct proc_inode *of(const struct inode *inode)
{
	return container_of(inode, struct proc_inode, inode);
}

static const struct entry *entry_of(const struct inode *inode)
{
	return of(inode)->pid == 0 ? &system_entries[of(inode)->entry]
				   : &process_entries[of(inode)->entry];
}

static u64 number_of(s32 pid, u32 entry, u32 fd)
{
	return (((u64)pid << 8 | entry) << 12 | fd) + 1;
}

static long make(struct volume *volume, const struct inode_ops *ops, u32 mode, s32 pid, u32 entry,
	u32 fd, struct inode **out)
{
	struct proc_inode *made = object_alloc(&cache);
	const struct proc *proc = pid > 0 ? process_find_thread(pid) : NULL;

	if (!made)
		return -ENOMEM;
	inode_init(&made->inode, ops, volume, mode);
	made->inode.number = number_of(pid, entry, fd);
	made->inode.file_ops = (mode & S_IFMT) == S_IFDIR   ? directory_ops
			       : (mode & S_IFMT) == S_IFREG ? text_ops
							    : NULL;
	made->inode.links = (mode & S_IFMT) == S_IFDIR ? 2 : 1;
	made->inode.uid = proc ? proc->identity.euid : 0;
	made->inode.gid = proc ? proc->identity.egid : 0;
	made->pid = pid;
	made->entry = entry;
	made->fd = fd;
	*out = &made->inode;
	return 0;
}

static void release(struct inode *inode)
{
	inode_fini(inode);
	object_free(&cache, of(inode));
}

/* --- directories ------------------------------------------------------------------ */

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

/* Among `count` entries from `first` on. */
static long find_entry(struct inode *dir, const struct entry *entries, u32 first, size_t count,
	s32 pid, const char *name, size_t length, struct inode **out)
{
	for (u32 i = first; i < first + count; i++) {
		if (is_name(name, length, entries[i].name))
			return make(dir->volume, entries[i].ops, entries[i].mode, pid, i, 0, out);
	}
	return -ENOENT;
}

static long root_find(struct inode *dir, const char *name, size_t length, struct inode **out)
{
	s64 pid = parse_number(name, length);

	if (pid < 0)
		return find_entry(dir, system_entries, 0, IN_ROOT, 0, name, length, out);
	if (pid == 0 || !process_find_thread((s32)pid))
		return -ENOENT;
	return make(dir->volume, &process_ops, S_IFDIR | 0555, (s32)pid, ENTRY_PROCESS, 0, out);
}

/* How many of the table are in the directory of a process, or of a thread below task. */
static size_t entries_in(const struct inode *dir)
{
	return ARRAY_SIZE(process_entries) - (of(dir)->entry == ENTRY_THREAD);
}

static long process_find_entry(
	struct inode *dir, const char *name, size_t length, struct inode **out)
{
	if (!process_find_thread(of(dir)->pid))
		return -ENOENT;
	return find_entry(
		dir, process_entries, 0, entries_in(dir), of(dir)->pid, name, length, out);
}

static long threads_find(struct inode *dir, const char *name, size_t length, struct inode **out)
{
	s64 tid = parse_number(name, length);
	const struct proc *thread = tid > 0 ? process_find_thread((s32)tid) : NULL;

	if (!thread || thread->pid != of(dir)->pid)
		return -ENOENT;
	return make(dir->volume, &process_ops, S_IFDIR | 0555, (s32)tid, ENTRY_THREAD, 0, out);
}

static struct open_file *open_file_of(s32 pid, u32 fd)
{
	struct proc *proc = process_find_thread(pid);

	return proc && fd < files_table(proc)->used ? files_table(proc)->files[fd] : NULL;
}

static u32 fd_mode(const struct open_file *file)
{
	u32 mode = file->flags & O_ACCMODE;

	return S_IFLNK | (mode != O_WRONLY ? 0500 : 0) | (mode != O_RDONLY ? 0300 : 0);
}

static long fds_find(struct inode *dir, const char *name, size_t length, struct inode **out)
{
	s64 fd = parse_number(name, length);
	struct open_file *file = fd >= 0 ? open_file_of(of(dir)->pid, (u32)fd) : NULL;

	if (!file)
		return -ENOENT;
	return make(dir->volume, &link_ops, fd_mode(file), of(dir)->pid, ENTRY_FD, (u32)fd, out);
}

/* Entries have positions from 2 on; behind those of the table come numbers. */
static bool list_entries(const struct entry *entries, u32 first, size_t count, s32 pid,
	u64 *position, struct entry_sink *sink)
{
	for (u64 i = *position - 2; i < count; i++) {
		const struct entry *entry = &entries[first + i];

		if (!sink->take(sink, entry->name, strlen(entry->name),
			    number_of(pid, first + (u32)i, 0), entry->mode, i + 3))
			return false;
		*position = i + 3;
	}
	return true;
}

static bool take_number(struct entry_sink *sink, u64 value, u64 number, u32 mode, u64 next)
{
	char name[24];

	return sink->take(sink, name,
		format_string(name, sizeof(name), "%llu", (unsigned long long)value), number, mode,
		next);
}

static long root_list(struct inode *dir, u64 *position, struct entry_sink *sink)
{
	const u64 first = 2 + IN_ROOT;
	struct proc *proc;

	(void)dir;
	if (*position < first && !list_entries(system_entries, 0, IN_ROOT, 0, position, sink))
		return 0;
	while ((proc = process_next((s32)(*position - first)))) {
		u64 next = first + (u64)proc->pid;

		if (!take_number(sink, (u64)proc->pid, number_of(proc->pid, ENTRY_PROCESS, 0),
			    S_IFDIR, next))
			return 0;
		*position = next;
	}
	return 0;
}

static long process_list(struct inode *dir, u64 *position, struct entry_sink *sink)
{
	if (!process_find_thread(of(dir)->pid))
		return -ENOENT;
	list_entries(process_entries, 0, entries_in(dir), of(dir)->pid, position, sink);
	return 0;
}

static long threads_list(struct inode *dir, u64 *position, struct entry_sink *sink)
{
	const struct proc *proc = process_find_thread(of(dir)->pid), *thread;
	u64 place = 2;

	if (!proc)
		return -ENOENT;
	list_for_each(thread, &proc->leader->threads, thread_link)
	{
		if (place++ < *position)
			continue;
		if (!take_number(sink, (u64)thread->tid, number_of(thread->tid, ENTRY_THREAD, 0),
			    S_IFDIR, place))
			return 0;
		*position = place;
	}
	return 0;
}

static long fds_list(struct inode *dir, u64 *position, struct entry_sink *sink)
{
	struct proc *proc = process_find_thread(of(dir)->pid);

	for (u64 fd = *position - 2; proc && fd < files_table(proc)->used; fd++) {
		if (files_table(proc)->files[fd] &&
			!take_number(
				sink, fd, number_of(proc->pid, ENTRY_FD, (u32)fd), S_IFLNK, fd + 3))
			return 0;
		*position = fd + 3;
	}
	return proc ? 0 : -ENOENT;
}

static long sysvipc_find(struct inode *dir, const char *name, size_t length, struct inode **out)
{
	return find_entry(dir, system_entries, IN_ROOT, IN_SYSVIPC, 0, name, length, out);
}

static long sysvipc_list(struct inode *dir, u64 *position, struct entry_sink *sink)
{
	(void)dir;
	list_entries(system_entries, IN_ROOT, IN_SYSVIPC, 0, position, sink);
	return 0;
}

static const struct inode_ops sysvipc_ops = {
	.find = sysvipc_find, .list = sysvipc_list, .release = release};
static const struct inode_ops root_ops = {.find = root_find, .list = root_list, .release = release};
static const struct inode_ops process_ops = {
	.find = process_find_entry, .list = process_list, .release = release};
static const struct inode_ops threads_ops = {
	.find = threads_find, .list = threads_list, .release = release};
static const struct inode_ops fds_ops = {.find = fds_find, .list = fds_list, .release = release};

/* --- links -------------------------------------------------------------------------- */

/* "self", and "mounts", which is one's own. */
static long self_read(struct inode *inode, char *target, size_t size)
{
	size_t length;

	if (is_name("self", 4, entry_of(inode)->name))
		length = format_string(target, size, "%d", tree_actor()->pid);
	else if (is_name("thread-self", 11, entry_of(inode)->name))
		length = format_string(
			target, size, "%d/task/%d", tree_actor()->pid, tree_actor()->tid);
	else
		length = format_string(target, size, "self/mounts");
	return (long)MIN(length, size);
}

/* Where a link of a process leads; nowhere: -ENOENT. */
static struct place target_of(const struct inode *inode, const struct proc *proc)
{
	const struct entry *entry = entry_of(inode);

	if (is_name("exe", 3, entry->name))
		return proc->program;
	if (!proc->tree) /* it has ended */
		return (struct place){NULL, NULL};
	return is_name("cwd", 3, entry->name) ? proc->tree->cwd : proc->tree->root;
}

/* Where a descriptor's link leads: what has no place gets one. */
static long jump_to_file(const struct inode *inode, struct place *place)
{
	struct open_file *file = open_file_of(of(inode)->pid, of(inode)->fd);

	if (!file)
		return -ENOENT;
	if (!file->inode)
		return tree_place_of(file, place);
	*place = file->place;
	place_ref(*place);
	return 0;
}

static long link_jump(struct inode *inode, struct place *place)
{
	const struct proc *proc = process_find_thread(of(inode)->pid);

	if (!proc)
		return -ENOENT;
	if (!identity_may_look_into(proc, true))
		return -EACCES;
	if (of(inode)->entry == ENTRY_FD)
		return jump_to_file(inode, place);
	*place = target_of(inode, proc);
	if (!place->mount)
		return -ENOENT;
	place_ref(*place);
	return 0;
}

/* What has no place has a name all the same: "pipe:[17]". Everything else says -ENOENT, and is
 * named by its place. */
static long link_read(struct inode *inode, char *target, size_t size)
{
	struct open_file *file;
	struct file_status status = {.number = 0};

	if (of(inode)->entry != ENTRY_FD)
		return -ENOENT;
	file = open_file_of(of(inode)->pid, of(inode)->fd);
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

static const struct inode_ops self_ops = {.read_link = self_read, .release = release};
static const struct inode_ops link_ops = {
	.read_link = link_read, .jump = link_jump, .release = release};

/* --- texts ---------------------------------------------------------------------------- */

static long text_open(struct inode *inode, struct open_file *file)
{
	struct proc *proc = of(inode)->pid > 0 ? process_find_thread(of(inode)->pid) : NULL;
	struct text *text;

	if (of(inode)->pid > 0 && !proc)
		return -ESRCH;
	text = kalloc(sizeof(*text));
	if (!text)
		return -ENOMEM;
	text->length = 0;
	entry_of(inode)->text(text, proc);
	file->object = text;
	return 0;
}

static void text_release(struct open_file *file)
{
	if (file->object)
		kfree(file->object, sizeof(struct text));
}

static long text_read_at(struct open_file *file, struct io *io, u64 position)
{
	const struct text *text = file->object;
	size_t moved;
	enum kstatus status;

	if (position >= text->length)
		return 0;
	status = io_copyout(
		io, text->bytes + position, MIN(io->left, text->length - position), &moved);
	return moved > 0 ? (long)moved : errno_of(status);
}

static long text_read(struct open_file *file, struct io *io)
{
	long result = text_read_at(file, io, file->position);

	if (result > 0)
		file->position += (u64)result;
	return result;
}

static s64 text_seek(struct open_file *file, s64 offset, unsigned whence)
{
	if (whence == SEEK_CUR)
		offset += (s64)file->position;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (offset < 0)
		return -EINVAL;
	file->position = (u64)offset;
	return offset;
}

static const struct inode_ops text_inode_ops = {.open = text_open, .release = release};
static const struct file_ops text_ops[4] = FILE_OPS_BY_MODE(
	text_read, NULL, text_read_at, NULL, .seek = text_seek, .release = text_release);

/* --- the volume ------------------------------------------------------------------------- */

static void volume_release(struct volume *volume)
{
	kfree(volume, sizeof(*volume));
}

static long volume_create(struct volume **out, const char *source, const char *options)
{
	struct volume *volume = kalloc(sizeof(*volume));
	struct node *root = node_create(NULL, "", 0);
	long error = -ENOMEM;

	(void)source;
	(void)options; /* hidepid and its like: nothing is hidden */
	object_cache_init(
		&cache, "proc_inode", sizeof(struct proc_inode), _Alignof(struct proc_inode));
	if (volume && root) {
		*volume = (struct volume){
			.type = &procfs_type, .refs = 1, .device = volume_number(), .root = root};
		error = make(volume, &root_ops, S_IFDIR | 0555, 0, ENTRY_ROOT, 0, &root->inode);
	}
	if (error == 0) {
		*out = volume;
		return 0;
	}
	if (root)
		node_unref(root);
	if (volume)
		volume_release(volume);
	return error;
}

const struct volume_type procfs_type = {
	.name = "proc",
	.magic = PROC_MAGIC,
	.create = volume_create,
	.release = volume_release,
};
