/*
 * boot: the tree as process 1 finds it, and what a process has of it.
 *
 * The root is a RAM file system that holds the initial RAM disk, or with root=/dev/vda the disk's.
 * Where the kernel's configuration has them, devices are mounted on /dev, memory for programs on
 * /dev/shm, and processes on /proc.
 */
#include <services/devices/disk.h>
#include <services/devices/devices.h>
#include <services/ext2/ext2_types.h>
#include <services/mqueue/volume.h>
#include <services/procfs/procfs.h>
#include <services/ramfs/ramfs.h>
#include <services/terminal/terminal.h>
#include <services/tree/tree.h>

const struct volume_type *const volume_types[] = {
	&ramfs_type,
#if IS_ENABLED(CONFIG_SERVICES_DEVICES)
	&devices_type,
	&pts_type,
#endif
#if IS_ENABLED(CONFIG_SERVICES_EXT2)
	&ext3_type,
	&ext2_type,
#endif
#if IS_ENABLED(CONFIG_SERVICES_PROCFS)
	&procfs_type,
#endif
#if IS_ENABLED(CONFIG_SERVICES_MQUEUE)
	&mqueue_type,
#endif
};
const size_t volume_types_count = ARRAY_SIZE(volume_types);

struct proc *tree_first;

/* A directory of the tree's root, which may be there already. */
static long make_directory(const char *path, u32 mode)
{
	struct walk *walk;
	struct place there;
	long error = walk_begin_kernel(&walk, AT_FDCWD, path, false);

	if (error != 0)
		return error;
	error = walk_parent(walk);
	if (error == 0)
		error = walk_last(walk, &there);
	if (error == 0)
		place_unref(there);
	else if (error == -ENOENT)
		error = tree_create(walk->at.node, walk->last, walk->last_length, S_IFDIR | mode, 0,
			NULL, NULL);
	walk_end(walk);
	return error;
}

static long mount_at(const char *path, const char *type, u32 mode, u32 flags)
{
	const struct volume_type *found = volume_type_find(type);
	struct volume *volume;
	struct mount *mount;
	struct walk *walk;
	long error;

	if (!found)
		return 0;
	error = make_directory(path, mode);
	if (error == 0)
		error = walk_begin_kernel(&walk, AT_FDCWD, path, false);
	if (error != 0)
		return error;
	error = walk_whole(walk, true);
	if (error == 0)
		error = found->create(&volume, type, "");
	if (error == 0) {
		error = mount_create(&walk->at, volume, volume->root, flags, type, &mount);
		if (error != 0)
			volume_close(volume);
		volume_unref(volume);
	}
	walk_end(walk);
	return error;
}

/* The disk's file system, of whichever kind it is. */
static long mount_disk(struct volume **volume)
{
	long error = -EINVAL;

	for (size_t i = 0; error == -EINVAL && i < volume_types_count; i++) {
		if (volume_types[i]->needs_source)
			error = volume_types[i]->mount(volume, DISK_DEVICE, "", false);
	}
	return error;
}

static long mount_root(struct proc *proc, bool on_disk)
{
	struct volume *volume;
	struct mount *mount;
	long error =
		on_disk ? mount_disk(&volume) : ramfs_type.create(&volume, "rootfs", "mode=755");

	if (error != 0)
		return error;
	error = mount_create(NULL, volume, volume->root, 0, on_disk ? DISK_PATH : "rootfs", &mount);
	if (error != 0)
		volume_close(volume);
	volume_unref(volume);
	if (error != 0)
		return error;
	proc->tree->root = (struct place){mount, mount->root};
	proc->tree->cwd = proc->tree->root;
	place_ref(proc->tree->root);
	place_ref(proc->tree->cwd);
	return 0;
}

static long populate(struct node *root)
{
	size_t size;
	const void *archive = env_initrd(&size);

	return ramfs_populate(root, archive, size);
}

/* The process for which the tree is made before there is one. */
static long build(struct proc *proc)
{
	char disk[sizeof(DISK_PATH)];
	bool on_disk = env_option("root", disk, sizeof(disk)) && strcmp(disk, DISK_PATH) == 0;
	long error = mount_root(proc, on_disk);

	if (error == 0 && !on_disk)
		error = populate(proc->tree->root.node);
	if (error == 0)
		error = make_directory(
			"/dev", 0755); /* also without devices: /dev/shm lies there */
	if (error == 0)
		error = mount_at("/dev", "devtmpfs", 0755, MOUNT_NOSUID);
	if (error == 0)
		error = mount_at("/dev/pts", "devpts", 0755, MOUNT_NOSUID | MOUNT_NOEXEC);
	if (error == 0)
		error = mount_at("/dev/shm", "tmpfs", 01777, MOUNT_NOSUID | MOUNT_NODEV);
	if (error == 0)
		error = mount_at("/proc", "proc", 0555, MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC);
	if (error == 0)
		error = make_directory("/tmp", 0777 | S_ISVTX);
	return error;
}

long tree_init(struct proc *proc)
{
	long error;

	proc->tree = kalloc(sizeof(*proc->tree));
	if (!proc->tree)
		return -ENOMEM;
	nodes_init();
	list_init(&mounts);
	tree_forget_anonymous();
	if (IS_ENABLED(CONFIG_SERVICES_EXT2))
		ext2_forget();
	tree_first = proc;
	*proc->tree = (struct proc_tree){.refs = 1, .umask = 022};
	error = build(proc);
	if (error != 0)
		tree_forget(proc);
	return error;
}

void tree_forget(struct proc *proc)
{
	tree_exit(proc);
	while (!list_is_empty(&mounts))
		mount_destroy(list_entry(mounts.prev, struct mount, link)); /* the latest first */
	ramfs_forget();
	tree_first = NULL;
}

void tree_begun(void)
{
	tree_first = NULL;
}

/* The program's file is the child's too, whoever else it shares its places with. */
static void share_program(const struct proc *parent, struct proc *child)
{
	child->program = parent->program;
	if (!child->program.mount)
		return;
	place_ref(child->program);
	child->program.node->inode->programs++;
}

void tree_set_program(struct proc *proc, struct place place)
{
	struct place old = proc->program;

	if (old.mount)
		old.node->inode->programs--;
	if (place.mount)
		place.node->inode->programs++;
	proc->program = place;
	place_unref(old);
}

/* NULL: memory is out. */
static struct proc_tree *copy_tree(const struct proc_tree *tree)
{
	struct proc_tree *copy = kalloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *tree;
	copy->refs = 1;
	place_ref(copy->cwd);
	place_ref(copy->root);
	return copy;
}

long tree_unshare(struct proc_tree *tree, struct proc_tree **copy)
{
	*copy = tree->refs > 1 ? copy_tree(tree) : NULL;
	return tree->refs > 1 && !*copy ? -ENOMEM : 0;
}

void tree_drop(struct proc_tree *tree)
{
	if (--tree->refs > 0)
		return;
	place_unref(tree->cwd);
	place_unref(tree->root);
	kfree(tree, sizeof(*tree));
}

long tree_fork(const struct proc *parent, struct proc *child)
{
	child->tree = copy_tree(parent->tree);
	if (!child->tree)
		return -ENOMEM;
	share_program(parent, child);
	return 0;
}

void tree_share(const struct proc *parent, struct proc *child)
{
	child->tree = parent->tree;
	child->tree->refs++;
	share_program(parent, child);
}

void tree_exit(struct proc *proc)
{
	struct proc_tree *tree = proc->tree;

	tree_set_program(proc, (struct place){NULL, NULL});
	proc->tree = NULL;
	if (tree)
		tree_drop(tree);
}
