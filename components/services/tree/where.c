/* where: the working directory and the root of a process, and the way from a place back to a path.
 */
#include <services/identity/identity.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

/* Puts `text` in front of what is at `at`; NULL when it does not fit. */
static char *put_front(char *at, const char *buffer, const char *text, size_t length)
{
	if (!at || (size_t)(at - buffer) < length)
		return NULL;
	memcpy(at - length, text, length);
	return at - length;
}

char *tree_path(struct place place, struct place root, char *buffer, size_t size, bool mark,
	bool *reachable)
{
	static const char deleted[] = " (deleted)";
	char *at = buffer + size - 1, *end = at;

	*at = '\0';
	if (mark && !place.node->linked && place.node->parent != place.node)
		end = at = put_front(at, buffer, deleted, sizeof(deleted) - 1);
	*reachable = true;
	while (at && !place_is_same(place, root)) {
		if (place.node == place.mount->root) {
			struct mount *mount = place.mount;

			if (!mount->parent) { /* above the root of the process */
				*reachable = place_is_same(place, root);
				break;
			}
			place = (struct place){mount->parent, mount->point};
			continue;
		}
		at = put_front(at, buffer, place.node->name, place.node->length);
		at = put_front(at, buffer, "/", 1);
		place.node = place.node->parent;
	}
	return at == end ? put_front(at, buffer, "/", 1) : at;
}

long sys_getcwd(vaddr_t buf, size_t size)
{
	static const char unreachable[] = "(unreachable)";
	struct proc_tree *tree = env_current()->tree;
	struct node *node = tree->cwd.node;
	char *path = kalloc(PATH_MAX);
	bool reachable;
	long result;
	char *at;

	if (!path)
		return -ENOMEM;
	at = tree_path(tree->cwd, tree->root, path, PATH_MAX, false, &reachable);
	if (at && !reachable)
		at = put_front(at, path, unreachable, sizeof(unreachable) - 1);
	if (!node->linked && node->parent != node)
		result = -ENOENT;
	else if (!at)
		result = -ENAMETOOLONG;
	else if ((size_t)(path + PATH_MAX - at) > size)
		result = -ERANGE;
	else
		result = errno_of(env_copyout(buf, at, (size_t)(path + PATH_MAX - at)));
	if (result == 0)
		result = path + PATH_MAX - at;
	kfree(path, PATH_MAX);
	return result;
}

/* Makes a directory, whose references it takes over, what a process keeps in `held`. */
static long go_to(struct place *held, struct place place)
{
	struct inode *inode = place.node->inode;
	long error = inode_is(inode, S_IFDIR) ? inode_access(inode, WANT_EXECUTE) : -ENOTDIR;

	if (error == 0)
		place_set(held, place);
	else
		place_unref(place);
	return error;
}

long sys_chdir(vaddr_t path)
{
	struct place place;
	long error = tree_find(AT_FDCWD, path, true, false, &place);

	return error == 0 ? go_to(&env_current()->tree->cwd, place) : error;
}

long sys_fchdir(int fd)
{
	struct open_file *file = files_find(fd);

	if (!file)
		return -EBADF;
	if (!file->inode)
		return -ENOTDIR;
	place_ref(file->place);
	return go_to(&env_current()->tree->cwd, file->place);
}

long sys_chroot(vaddr_t path)
{
	struct place place;
	long error = tree_find(AT_FDCWD, path, true, false, &place);

	if (error != 0)
		return error;
	if (inode_is(place.node->inode, S_IFDIR) && !identity_may(CAP_SYS_CHROOT)) {
		error = inode_access(place.node->inode, WANT_EXECUTE);
		place_unref(place);
		return error != 0 ? error : -EPERM;
	}
	return go_to(&env_current()->tree->root, place);
}

/* The text of a link that jumps is the path of where it jumps to. */
static long jump_text(struct inode *inode, char *text, size_t size, char **at)
{
	struct place place;
	bool reachable;
	long error = inode->ops->jump(inode, &place);

	if (error != 0)
		return error;
	*at = tree_path(place, env_current()->tree->root, text, size, true, &reachable);
	place_unref(place);
	return *at ? (long)strlen(*at) : -ENAMETOOLONG;
}

static long put_link(struct inode *inode, vaddr_t buf, size_t size)
{
	char *text, *at;
	long length;

	if (!inode_is(inode, S_IFLNK))
		return -EINVAL;
	inode_was_read(inode);
	if (inode->target) {
		length = (long)MIN(size, inode->size);
		return env_copyout(buf, inode->target, (size_t)length) == K_OK ? length : -EFAULT;
	}
	text = kalloc(PATH_MAX);
	if (!text)
		return -ENOMEM;
	at = text;
	length = inode->ops->read_link ? inode->ops->read_link(inode, text, PATH_MAX) : -ENOENT;
	if (length == -ENOENT && inode->ops->jump)
		length = jump_text(inode, text, PATH_MAX, &at);
	if (length > 0) {
		length = (long)MIN(size, (size_t)length);
		if (env_copyout(buf, at, (size_t)length) != K_OK)
			length = -EFAULT;
	}
	kfree(text, PATH_MAX);
	return length;
}

long sys_readlinkat(int dirfd, vaddr_t path, vaddr_t buf, int size)
{
	struct place place;
	struct walk *walk;
	bool empty;
	long result;

	if (size <= 0)
		return -EINVAL;
	result = walk_begin(&walk, dirfd, path, true);
	if (result != 0)
		return result;
	empty = walk->empty;
	result = walk_whole(walk, false);
	if (result == 0) {
		place = walk->at;
		place_ref(place);
		result = put_link(place.node->inode, buf, (size_t)size);
		if (result == -EINVAL && empty)
			result = -ENOENT;
		place_unref(place);
	}
	walk_end(walk);
	return result;
}

long sys_readlink(vaddr_t path, vaddr_t buf, int size)
{
	return sys_readlinkat(AT_FDCWD, path, buf, size);
}
