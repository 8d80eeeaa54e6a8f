/*
 * open: mq_open and mq_unlink.
 *
 * A name is one of the volume's: it has no slash, for the C library has taken that off. The order
 * of the checks is that of Linux's ipc/mqueue.c.
 */
#include <services/mqueue/mqueue.h>

#include <unix_calls.h>

/* What opening does and the open file does not show. */
#define ONCE_FLAGS (O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC)

/* The node of that name, held, in the directory of all. */
static long look_up(const char *name, struct place *place)
{
	struct place root;
	long error = mq_root(&root);

	if (error != 0)
		return error;
	place->mount = root.mount;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return -EACCES;
	for (const char *c = name; *c != '\0'; c++) {
		if (*c == '/')
			return -EACCES;
	}
	error = inode_access(root.node->inode, WANT_EXECUTE);
	return error == 0 ? node_find(root.node, name, strlen(name), &place->node) : error;
}

static long create(
	const char *name, u32 mode, const struct mq_attributes *wanted, struct place *place)
{
	struct node *root = place->mount->root;
	long error = tree_may_create(root);

	return error == 0 ? mq_create(root, name, mode, wanted, &place->node) : error;
}

/* Whether the caller may open what is there. */
static long may_open(const struct place *place, u32 flags)
{
	static const u32 wants[] = {WANT_READ, WANT_WRITE, WANT_READ | WANT_WRITE};

	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	if ((flags & O_ACCMODE) == O_ACCMODE)
		return -EINVAL;
	return inode_access(place->node->inode, wants[flags & O_ACCMODE]);
}

static long open_queue(const char *name, u32 flags, u32 mode, const struct mq_attributes *wanted,
	struct open_file **file)
{
	struct place place;
	long error = look_up(name, &place);

	if (error == -ENOENT && flags & O_CREAT) {
		error = create(name, mode, wanted, &place);
		if (error != 0)
			return error;
	} else if (error == 0) {
		error = may_open(&place, flags);
	} else {
		return error;
	}
	place.mount->refs++;
	if (error == 0)
		error = tree_open_place(place, flags & ~ONCE_FLAGS, file);
	if (error != 0)
		place_unref(place);
	return error;
}

long sys_mq_open(vaddr_t at, int flags, unsigned int mode, vaddr_t attributes)
{
	struct proc *proc = env_current();
	struct mq_attributes wanted;
	struct open_file *file;
	char *name;
	long result;

	if (attributes != 0 && env_copyin(&wanted, attributes, sizeof(wanted)) != K_OK)
		return -EFAULT;
	result = path_fetch(&name, at);
	if (result != 0)
		return result;
	result = files_may_install(proc);
	if (result == 0)
		result = open_queue(name, (u32)flags, mode & MODE_ALL & ~proc->tree->umask,
			attributes != 0 ? &wanted : NULL, &file);
	kfree(name, PATH_MAX);
	if (result != 0)
		return result;
	result = files_install(proc, file, true);
	if (result < 0)
		file_unref(file);
	return result;
}

long sys_mq_unlink(vaddr_t at)
{
	struct place place;
	char *name;
	long error = path_fetch(&name, at);

	if (error != 0)
		return error;
	error = look_up(name, &place);
	kfree(name, PATH_MAX);
	if (error != 0)
		return error;
	error = tree_may_delete(place.node, false);
	if (error == 0)
		error = tree_remove(place.node);
	node_unref(place.node);
	return error;
}
