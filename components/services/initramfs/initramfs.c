/*
 * initramfs: the archive, turned into a list of file images.
 *
 * A file later in the archive replaces one of the same name, as on Linux: the
 * list is searched from the latest. Directories exist by being named or by having something in
 * them. Links and devices are not followed; to a program they are files that it may not run.
 */
#include <services/errno.h>
#include <services/initramfs/cpio.h>
#include <services/initramfs/initramfs.h>
#include <services/initramfs/path.h>

static struct list files = {&files, &files}; /* the latest first */

/* A name in the archive without "./" or "/" in front; NULL if it is not in the one form that
 * look-up knows. */
static const char *tidy_name(const char *name)
{
	if (name[0] == '.' && (name[1] == '/' || name[1] == '\0'))
		name++;
	while (*name == '/')
		name++;
	return path_is_tidy(name) ? name : NULL;
}

static enum kstatus add(const struct cpio_entry *entry)
{
	const char *name = tidy_name(entry->name);
	struct file_image *image;

	if (!name)
		return K_INVAL;
	if (*name == '\0')
		return K_OK; /* the root itself */
	image = kalloc(sizeof(*image));
	if (!image)
		return K_NOMEM;
	*image = (struct file_image){
		.name = name,
		.bytes = entry->bytes,
		.size = entry->size,
		.mode = entry->mode,
	};
	list_push_front(&files, &image->link);
	return K_OK;
}

enum kstatus initramfs_init(const void *archive, size_t size)
{
	struct cpio_entry entry;
	enum kstatus status;
	u64 offset = 0;

	initramfs_forget();
	if (!archive)
		return K_NOENT;
	while ((status = cpio_next(archive, size, &offset, &entry)) == K_OK) {
		status = add(&entry);
		if (status != K_OK)
			break;
	}
	if (status == K_NOENT)
		return K_OK;
	initramfs_forget();
	return status;
}

void initramfs_forget(void)
{
	struct file_image *image, *after;

	list_for_each_safe(image, after, &files, link)
	{
		list_remove(&image->link);
		kfree(image, sizeof(*image));
	}
}

/* What the first `length` bytes of a tidy path name: 0 and *image (NULL: a directory), or -ENOENT.
 */
static long find_part(const char *path, size_t length, struct file_image **image)
{
	struct file_image *each;

	*image = NULL;
	if (length == 0)
		return 0;
	list_for_each(each, &files, link)
	{
		if (strncmp(each->name, path, length) != 0)
			continue;
		if (each->name[length] == '/')
			return 0;
		if (each->name[length] == '\0') {
			*image = (each->mode & CPIO_TYPE) == CPIO_DIRECTORY ? NULL : each;
			return 0;
		}
	}
	return -ENOENT;
}

/* path_tidy() asks about each part that something is looked up in. */
static long check_directory(const char *path, size_t length)
{
	struct file_image *image;
	long error = find_part(path, length, &image);

	return error == 0 && image ? -ENOTDIR : error;
}

long initramfs_find(char *path, struct file_image **image)
{
	long error;

	if (*path == '\0')
		return -ENOENT;
	error = path_tidy(path, check_directory);
	if (error == 0)
		error = find_part(path, strlen(path), image);
	return error == 0 && !*image ? -EACCES : error;
}
