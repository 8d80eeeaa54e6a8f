/*
 * directory: reading what is in one.
 *
 * Entries are gathered in memory of the services' own and copied out at the end, for
 * a copy may sleep, and the directory changes meanwhile.
 */
#include <services/tree/tree.h>

#include <unix_calls.h>

#define GATHER_MAX    4096u        /* bytes at once */
#define LAST_POSITION (1ull << 62) /* in a directory; beyond what any has entries for */

/* The two forms of an entry: struct linux_dirent64, and the old one with the type in its last byte.
 */
#define ENTRY_NAME_64 19u
#define ENTRY_NAME    18u

struct gathering {
	struct entry_sink sink;
	bool old;
	u8 *buffer;
	u32 size, used;
	bool full; /* an entry did not fit */
};

static void put16(u8 *to, u16 value)
{
	memcpy(to, &value, sizeof(value));
}

static void put64(u8 *to, u64 value)
{
	memcpy(to, &value, sizeof(value));
}

static bool gather(
	struct entry_sink *sink, const char *name, size_t length, u64 number, u32 mode, u64 next)
{
	struct gathering *g = container_of(sink, struct gathering, sink);
	u32 name_at = g->old ? ENTRY_NAME : ENTRY_NAME_64;
	u32 size = (u32)ALIGN_UP(name_at + length + (g->old ? 2 : 1), (size_t)8);
	u8 *entry = g->buffer + g->used;

	if (size > g->size - g->used) {
		g->full = true;
		return false;
	}
	memset(entry, 0, size);
	put64(entry, number);
	put64(entry + 8, next);
	put16(entry + 16, (u16)size);
	if (g->old)
		entry[size - 1] = (u8)(mode >> 12);
	else
		entry[18] = (u8)(mode >> 12);
	memcpy(entry + name_at, name, length);
	g->used += size;
	return true;
}

/*
 * The nodes are all there is. What was entered last comes first, as in Linux's tmpfs: so a reader
 * meets none of the entries that are made while it reads.
 */
static void list_nodes(struct node *dir, u64 *position, struct entry_sink *sink)
{
	for (struct list *at = dir->children.prev; at != &dir->children; at = at->prev) {
		struct node *node = list_entry(at, struct node, sibling);
		u64 here = LAST_POSITION - node->order;

		if (here < *position)
			continue;
		if (!sink->take(sink, node->name, node->length, node->inode->number,
			    node->inode->mode, here + 1))
			return;
		*position = here + 1;
	}
}

static long list_all(struct open_file *file, struct entry_sink *sink)
{
	struct node *dir = file->place.node;
	u64 *position = &file->position;

	if (*position == 0) {
		if (!sink->take(sink, ".", 1, dir->inode->number, S_IFDIR, 1))
			return 0;
		*position = 1;
	}
	if (*position == 1) {
		if (!sink->take(sink, "..", 2, dir->parent->inode->number, S_IFDIR, 2))
			return 0;
		*position = 2;
	}
	if (dir->inode->ops->list)
		return dir->inode->ops->list(dir->inode, position, sink);
	list_nodes(dir, position, sink);
	return 0;
}

static long get_entries(int fd, vaddr_t buf, u32 count, bool old)
{
	struct open_file *file = files_find_usable(fd);
	struct gathering g = {.sink.take = gather, .old = old, .size = MIN(count, GATHER_MAX)};
	long result;
	u64 position;

	if (!file)
		return -EBADF;
	if (!file->inode || !inode_is(file->inode, S_IFDIR))
		return -ENOTDIR;
	if (!file->place.node->linked && file->place.node->parent != file->place.node)
		return -ENOENT;
	g.buffer = kalloc(GATHER_MAX);
	if (!g.buffer)
		return -ENOMEM;
	position = file->position;
	result = list_all(file, &g.sink);
	if (g.used > 0)
		result = errno_of(env_copyout(buf, g.buffer, g.used));
	else if (result == 0 && g.full)
		result = -EINVAL;
	if (result < 0)
		file->position = position;
	kfree(g.buffer, GATHER_MAX);
	inode_was_read(file->inode);
	notify_use(file->place.node, IN_ACCESS);
	return result < 0 ? result : (long)g.used;
}

long sys_getdents64(int fd, vaddr_t buf, unsigned int count)
{
	return get_entries(fd, buf, count, false);
}

long sys_getdents(int fd, vaddr_t buf, unsigned int count)
{
	return get_entries(fd, buf, count, true);
}

const struct file_ops directory_ops[4] =
	FILE_OPS_BY_MODE(NULL, NULL, NULL, NULL, .seek = file_seek_endless);
