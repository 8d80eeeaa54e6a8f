/*
 * ramfs: files in memory.
 *
 * The nodes of the tree are the directories, the pages of an inode its bytes; what is left to do
 * here is to make inodes and to keep to the bounds: so many pages, so many inodes. A directory's
 * size is 20 bytes for each entry, as Linux's tmpfs has it.
 */
#include <services/devices/devices.h>
#include <services/ramfs/ramfs.h>

#define TMPFS_MAGIC 0x01021994u
#define ENTRY_BYTES 20u

struct ramfs {
	struct volume volume;
	u64 pages_max, pages_used;
	u64 inodes_max, inodes_used;
};

#define NO_BOUND UINT64_MAX /* of pages or inodes */

static const struct inode_ops directory_inode_ops, file_inode_ops, device_inode_ops;
static struct object_cache inode_cache;
static bool cache_is_ready;

static struct ramfs *ramfs_of(const struct inode *inode)
{
	return container_of(inode->volume, struct ramfs, volume);
}

static const struct inode_ops *ops_for(u32 mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return &directory_inode_ops;
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return &device_inode_ops;
	default:
		return &file_inode_ops;
	}
}

static const struct file_ops *file_ops_for(u32 mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return directory_ops;
	case S_IFREG:
		return regular_ops;
	case S_IFCHR:
	case S_IFBLK:
		return IS_ENABLED(CONFIG_SERVICES_DEVICES) ? device_ops : NULL;
	default:
		return NULL;
	}
}

static long new_inode(struct volume *volume, u32 mode, struct inode **out)
{
	struct ramfs *ramfs = container_of(volume, struct ramfs, volume);
	struct inode *inode;

	if (ramfs->inodes_used >= ramfs->inodes_max)
		return -ENOSPC;
	inode = object_alloc(&inode_cache);
	if (!inode)
		return -ENOMEM;
	ramfs->inodes_used++;
	inode_init(inode, ops_for(mode), volume, mode);
	inode->file_ops = file_ops_for(mode);
	if (inode_is(inode, S_IFDIR))
		inode->size = 2 * ENTRY_BYTES;
	*out = inode;
	return 0;
}

static void ramfs_inode_release(struct inode *inode)
{
	ramfs_of(inode)->inodes_used--;
	inode_fini(inode);
	object_free(&inode_cache, inode);
}

static long create(struct inode *dir, struct node *node, u32 mode, u32 device, const char *target)
{
	struct inode *inode;
	long error = new_inode(dir->volume, mode, &inode);

	if (error != 0)
		return error;
	inode->device = device;
	if (target) {
		inode->size = strlen(target);
		inode->target = node_name(target, inode->size);
		if (!inode->target) {
			inode_unref(inode);
			return -ENOMEM;
		}
	}
	node->inode = inode;
	if (node->length > 0) /* else it is in no directory */
		dir->size += ENTRY_BYTES;
	return 0;
}

/* As on Linux each further name counts as an inode: it takes memory as one does. */
static long add_link(struct inode *dir, struct node *node, struct inode *inode)
{
	struct ramfs *ramfs = ramfs_of(inode);

	(void)node;
	if (inode->links > 0 && ramfs->inodes_used >= ramfs->inodes_max)
		return -ENOSPC;
	ramfs->inodes_used += inode->links > 0;
	dir->size += ENTRY_BYTES;
	return 0;
}

/* One name of the inode goes. */
static void drop_link(const struct inode *inode)
{
	if (!inode_is(inode, S_IFDIR) && inode->links > 1)
		ramfs_of(inode)->inodes_used--;
}

static bool is_empty(const struct node *node)
{
	return list_is_empty(&node->children);
}

static long remove_entry(struct inode *dir, struct node *node)
{
	if (inode_is(node->inode, S_IFDIR) && !is_empty(node))
		return -ENOTEMPTY;
	drop_link(node->inode);
	dir->size -= ENTRY_BYTES;
	return 0;
}

static long rename_entry(struct inode *from, struct node *node, struct inode *to, const char *name,
	struct node *target, bool exchange)
{
	(void)node;
	(void)name;
	if (exchange)
		return 0;
	if (target && inode_is(target->inode, S_IFDIR) && !is_empty(target))
		return -ENOTEMPTY;
	if (target) {
		drop_link(target->inode);
		to->size -= ENTRY_BYTES;
	}
	from->size -= ENTRY_BYTES;
	to->size += ENTRY_BYTES;
	return 0;
}

#define LOOK_EVERY 64 /* pages, for looking at the machine's memory costs a call */
#define LEAVES     32 /* one part in so many is left to programs */

/* Several file systems that are each allowed half of the memory must not have all of it. */
static bool machine_has_room(void)
{
	struct env_memory memory;

	env_memory(&memory);
	return memory.free_pages > memory.total_pages / LEAVES;
}

static long reserve(struct inode *inode, u64 index)
{
	struct ramfs *ramfs = ramfs_of(inode);

	(void)index;
	if (ramfs->pages_used >= ramfs->pages_max ||
		(ramfs->pages_used % LOOK_EVERY == 0 && !machine_has_room()))
		return -ENOSPC;
	ramfs->pages_used++;
	return 0;
}

static void unreserve(struct inode *inode, u64 pages)
{
	ramfs_of(inode)->pages_used -= pages;
}

static const struct inode_ops directory_inode_ops = {
	.create = create,
	.link = add_link,
	.remove = remove_entry,
	.rename = rename_entry,
	.release = ramfs_inode_release,
};

static const struct inode_ops file_inode_ops = {
	.reserve = reserve,
	.unreserve = unreserve,
	.release = ramfs_inode_release,
};

static long open_device(struct inode *inode, struct open_file *file)
{
	return IS_ENABLED(CONFIG_SERVICES_DEVICES) ? device_open(inode, file) : -ENXIO;
}

static const struct inode_ops device_inode_ops = {
	.open = open_device,
	.release = ramfs_inode_release,
};

void ramfs_status(struct volume *volume, struct volume_status *status)
{
	const struct ramfs *ramfs = container_of(volume, struct ramfs, volume);

	*status = (struct volume_status){.blocks = 0}; /* as on Linux, of what has no bound */
	if (ramfs->pages_max != NO_BOUND) {
		status->blocks = ramfs->pages_max;
		status->blocks_free = ramfs->pages_max - ramfs->pages_used;
	}
	if (ramfs->inodes_max != NO_BOUND) {
		status->inodes = ramfs->inodes_max;
		status->inodes_free = ramfs->inodes_max - ramfs->inodes_used;
	}
}

void ramfs_release(struct volume *volume)
{
	kfree(volume, sizeof(struct ramfs));
}

/* A number with an optional k, m or g behind it, up to the next comma; false if it is none. */
static bool read_size(const char **text, u64 *value, u32 base)
{
	const char *at = *text;

	*value = 0;
	for (; *at >= '0' && *at < (char)('0' + base); at++)
		*value = *value * base + (u64)(*at - '0');
	switch (at == *text ? 'x' : *at | 0x20) {
	case 'g':
		*value <<= 10; /* fall through */
	case 'm':
		*value <<= 10; /* fall through */
	case 'k':
		*value <<= 10;
		at++;
	}
	if (at == *text || (*at != '\0' && *at != ','))
		return false;
	*text = *at == ',' ? at + 1 : at;
	return true;
}

static bool take_word(const char **text, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*text, word, n) != 0)
		return false;
	*text += n;
	return true;
}

static u64 bound_of(u64 value)
{
	return value == 0 ? NO_BOUND : value;
}

/* The options of mount(2); 0 is no bound: size=, nr_inodes=, mode=. */
static long read_options(struct ramfs *ramfs, const char *options, u32 *mode)
{
	while (*options != '\0') {
		u64 value;

		if (take_word(&options, "size=")) {
			if (!read_size(&options, &value, 10))
				return -EINVAL;
			ramfs->pages_max = bound_of(ALIGN_UP(value, PAGE_SIZE) >> PAGE_SHIFT);
		} else if (take_word(&options, "nr_inodes=")) {
			if (!read_size(&options, &value, 10))
				return -EINVAL;
			ramfs->inodes_max = bound_of(value);
		} else if (take_word(&options, "mode=")) {
			if (!read_size(&options, &value, 8))
				return -EINVAL;
			*mode = (u32)value & MODE_ALL;
		} else {
			return -EINVAL;
		}
	}
	return 0;
}

/* Half of the memory, as Linux has it by default. */
static void set_bounds(struct ramfs *ramfs)
{
	struct env_memory memory;

	env_memory(&memory);
	ramfs->pages_max = memory.total_pages / 2;
	ramfs->inodes_max = memory.total_pages / 2;
}

static long make_root(struct volume *volume, u32 mode)
{
	struct node *root = node_create(NULL, "", 0);
	long error;

	if (!root)
		return -ENOMEM;
	error = new_inode(volume, S_IFDIR | mode, &root->inode);
	if (error != 0) {
		root->inode = NULL;
		node_unref(root);
		return error;
	}
	root->inode->links = 2;
	volume->root = root;
	return 0;
}

long ramfs_create(struct volume **out, const struct volume_type *type, const char *options)
{
	struct ramfs *ramfs = kalloc(sizeof(*ramfs));
	u32 mode = 01777;
	long error;

	if (!ramfs)
		return -ENOMEM;
	if (!cache_is_ready)
		object_cache_init(
			&inode_cache, "ramfs_inode", sizeof(struct inode), _Alignof(struct inode));
	cache_is_ready = true;
	*ramfs = (struct ramfs){
		.volume = {.type = type, .refs = 1, .device = volume_number(), .in_memory = true}};
	set_bounds(ramfs);
	error = read_options(ramfs, options, &mode);
	if (error == 0)
		error = make_root(&ramfs->volume, mode);
	if (error != 0) {
		ramfs_release(&ramfs->volume);
		return error;
	}
	*out = &ramfs->volume;
	return 0;
}

static long create_tmpfs(struct volume **out, const char *source, const char *options)
{
	(void)source;
	return ramfs_create(out, &ramfs_type, options);
}

const struct volume_type ramfs_type = {
	.name = "tmpfs",
	.magic = TMPFS_MAGIC,
	.create = create_tmpfs,
	.status = ramfs_status,
	.release = ramfs_release,
};
