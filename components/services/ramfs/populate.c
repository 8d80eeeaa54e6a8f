/*
 * populate: the initial RAM disk becomes files.
 *
 * A file's bytes stay where they are in the archive until somebody writes to it. A later member
 * replaces an earlier one of the same name, and a member's directories need not be members
 * themselves, as on Linux.
 */
#include <services/initramfs/cpio.h>
#include <services/ramfs/ramfs.h>

/* The directory in which the last part of the member's name belongs, made as needed, held; *name:
 * that part. */
static long reach(struct node *dir, const char **name, size_t *length, struct node **out)
{
	const char *from = *name;

	node_ref(dir);
	for (;;) {
		struct node *next;
		size_t n = 0;
		long error;

		while (from[n] != '\0' && from[n] != '/')
			n++;
		if (n == 0 || n > NAME_MAX) {
			node_unref(dir);
			return -EINVAL;
		}
		if (from[n] == '\0') {
			*name = from;
			*length = n;
			*out = dir;
			return 0;
		}
		error = node_find(dir, from, n, &next);
		if (error == -ENOENT)
			error = tree_create(dir, from, n, S_IFDIR | 0755, 0, NULL, &next);
		node_unref(dir);
		if (error != 0)
			return error;
		dir = next;
		from += n + 1;
		if (!inode_is(dir->inode, S_IFDIR)) {
			node_unref(dir);
			return -EINVAL;
		}
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

static long add_member(struct node *root, const struct cpio_entry *entry)
{
	const char *name = entry->name;
	struct node *dir, *old;
	size_t length;
	long error;

	if (name[0] == '.' && (name[1] == '/' || name[1] == '\0'))
		name++;
	while (*name == '/')
		name++;
	if (*name == '\0')
		return 0; /* the root itself */
	error = reach(root, &name, &length, &dir);
	if (error != 0)
		return error;
	error = node_find(dir, name, length, &old);
	if (error == 0 && inode_is(old->inode, S_IFDIR)) {
		old->inode->mode =
			(entry->mode & S_IFMT) == S_IFDIR ? entry->mode : old->inode->mode;
	} else {
		if (error == 0) {
			old->inode->links--;
			node_unlink(old);
		}
		node_unref(error == 0 ? old : NULL);
		error = create_member(dir, name, length, entry);
		old = NULL;
	}
	node_unref(old);
	node_unref(dir);
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
