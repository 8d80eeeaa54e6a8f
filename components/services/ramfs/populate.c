/*
 * populate: the initial RAM disk becomes files.
 *
 * A file's bytes stay where they are in the archive until somebody writes to it. A later member
 * replaces an earlier one of the same name, a member's directories need not be members themselves,
 * and a symbolic link on the way to it is followed, as on Linux.
 */
#include <services/initramfs/cpio.h>
#include <services/ramfs/ramfs.h>

#define LINKS_FOLLOWED 8 /* in one name */

/* Where a name in the archive leads; all nodes are held. */
struct way {
	struct node *root;
	u32 followed;
	struct node *dir; /* as far as it has come */
	const char *last; /* what is to be found or made there */
	size_t length;
};

static long reach(struct way *way, struct node *from, const char *name);

static void go_to(struct way *way, struct node *dir)
{
	node_unref(way->dir);
	way->dir = dir;
}

/* The last part, which must be a directory or lead to one, is where the way goes on. It is made if
 * there is nothing of that name. */
static long enter(struct way *way)
{
	struct node *next, *dir;
	long error = node_find(way->dir, way->last, way->length, &next);

	if (error == -ENOENT)
		error = tree_create(
			way->dir, way->last, way->length, S_IFDIR | 0755, 0, NULL, &next);
	if (error != 0)
		return error;
	if (inode_is(next->inode, S_IFDIR)) {
		go_to(way, next);
		return 0;
	}
	error = -EINVAL;
	if (inode_is(next->inode, S_IFLNK) && way->followed++ < LINKS_FOLLOWED) {
		dir = next->inode->target[0] == '/' ? way->root : way->dir;
		error = reach(way, dir, next->inode->target);
		if (error == 0)
			error = enter(way);
	}
	node_unref(next);
	return error;
}

/* To the directory, seen from `from`, in which the last part of the name belongs. */
static long reach(struct way *way, struct node *from, const char *name)
{
	node_ref(from);
	go_to(way, from);
	while (*name == '/')
		name++;
	for (;;) {
		long error;

		way->last = name;
		while (*name != '\0' && *name != '/')
			name++;
		way->length = (size_t)(name - way->last);
		if (way->length == 0 || way->length > NAME_MAX)
			return -EINVAL;
		if (*name == '\0')
			return 0;
		error = enter(way);
		if (error != 0)
			return error;
		name++;
	}
}

static struct list images = {&images, &images};

void ramfs_forget(void)
{
	struct file_image *image, *after;

	list_for_each_safe(image, after, &images, link)
	{
		list_remove(&image->link);
		kfree(image, sizeof(*image));
	}
}

/* Hangs the member's bytes on its inode. Images are never freed: clients may map them for ever. */
static long set_image(struct node *node, const struct cpio_entry *entry)
{
	struct file_image *image;

	if (entry->size == 0)
		return 0;
	image = kalloc(sizeof(*image));
	if (!image)
		return -ENOMEM;
	*image = (struct file_image){
		.name = entry->name,
		.bytes = entry->bytes,
		.size = entry->size,
		.mode = entry->mode,
	};
	list_push_back(&images, &image->link);
	node->inode->image = image;
	node->inode->size = entry->size;
	return 0;
}

/* The target of a symbolic link is the member's bytes, without a NUL. */
static long create_link(
	struct node *dir, const char *name, size_t length, const struct cpio_entry *entry)
{
	char *target;
	long error;

	if (entry->size == 0 || entry->size >= PATH_MAX)
		return -EINVAL;
	target = node_name((const char *)entry->bytes, entry->size);
	if (!target)
		return -ENOMEM;
	error = tree_create(dir, name, length, S_IFLNK | 0777, 0, target, NULL);
	node_name_free(target, entry->size);
	return error;
}

static long create_member(
	struct node *dir, const char *name, size_t length, const struct cpio_entry *entry)
{
	struct node *node;
	long error;

	if ((entry->mode & S_IFMT) == S_IFLNK)
		return create_link(dir, name, length, entry);
	error = tree_create(dir, name, length, entry->mode, entry->device, NULL, &node);
	if (error != 0)
		return error;
	if (inode_is(node->inode, S_IFREG))
		error = set_image(node, entry);
	node_unref(node);
	return error;
}

/* Takes the place of what has the name, but for a directory, which stays. */
static long replace_member(struct way *way, struct node *old, const struct cpio_entry *entry)
{
	if (inode_is(old->inode, S_IFDIR)) {
		if ((entry->mode & S_IFMT) == S_IFDIR)
			old->inode->mode = entry->mode;
		node_unref(old);
		return 0;
	}
	old->inode->links--;
	node_unlink(old);
	node_unref(old);
	return create_member(way->dir, way->last, way->length, entry);
}

static long add_member(struct node *root, const struct cpio_entry *entry)
{
	struct way way = {.root = root};
	const char *name = entry->name;
	struct node *old;
	long error;

	if (name[0] == '.' && (name[1] == '/' || name[1] == '\0'))
		name++;
	while (*name == '/')
		name++;
	if (*name == '\0')
		return 0; /* the root itself */
	error = reach(&way, root, name);
	if (error == 0) {
		error = node_find(way.dir, way.last, way.length, &old);
		if (error == 0)
			error = replace_member(&way, old, entry);
		else if (error == -ENOENT)
			error = create_member(way.dir, way.last, way.length, entry);
	}
	node_unref(way.dir);
	return error;
}

long ramfs_populate(struct node *root, const void *archive, size_t size)
{
	struct cpio_entry entry;
	enum kstatus status;
	u64 offset = 0;

	if (!archive)
		return -ENOENT;
	while ((status = cpio_next(archive, size, &offset, &entry)) == K_OK) {
		long error = add_member(root, &entry);

		if (error != 0)
			return error;
	}
	return status == K_NOENT ? 0 : -EINVAL;
}
