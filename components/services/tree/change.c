/*
 * change: making and removing names.
 *
 * The order of the checks is that of Linux's fs/namei.c (filename_create, do_unlinkat, do_rmdir,
 * do_linkat).
 */
#include <services/identity/identity.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

long tree_may_create(const struct node *dir)
{
	if (dir->inode->links == 0)
		return -ENOENT;
	return inode_access(dir->inode, WANT_WRITE | WANT_EXECUTE);
}

/* In a sticky directory only owners take away: of the file, or of the directory. */
static bool is_kept_by_sticky(const struct inode *dir, const struct inode *inode)
{
	return dir->mode & S_ISVTX && !inode_is_own(inode) && !inode_is_own(dir);
}

long tree_may_delete(const struct node *victim, bool is_directory)
{
	const struct inode *dir = victim->parent->inode;
	long error = inode_access(victim->parent->inode, WANT_WRITE | WANT_EXECUTE);

	if (error != 0)
		return error;
	if (is_kept_by_sticky(dir, victim->inode))
		return -EPERM;
	if (is_directory != inode_is(victim->inode, S_IFDIR))
		return is_directory ? -ENOTDIR : -EISDIR;
	if (is_directory && victim->parent == victim)
		return -EBUSY;
	return dir->links == 0 ? -ENOENT : 0;
}

/* Owner, group and, below a directory that hands its group on, set-group-ID of a new file. */
static void set_owner(struct inode *inode, const struct inode *dir)
{
	const struct credentials *who = &tree_actor()->identity;

	inode->uid = who->fsuid;
	inode->gid = who->fsgid;
	if (dir->mode & S_ISGID) {
		inode->gid = dir->gid;
		if (inode_is(inode, S_IFDIR))
			inode->mode |= S_ISGID;
		else if (inode->mode & 0010 && !inode_group_is_own(dir->gid))
			inode->mode &= ~S_ISGID;
	}
}

long tree_create(struct node *dir, const char *name, size_t length, u32 mode, u32 device,
	const char *target, struct node **out)
{
	struct inode *parent = dir->inode;
	struct node *node;
	long error;

	if (!parent->ops->create)
		return -EPERM;
	node = node_create(dir, name, length);
	if (!node)
		return -ENOMEM;
	error = parent->ops->create(parent, node, mode, device, target);
	if (error != 0) {
		node_unref(node);
		return error;
	}
	set_owner(node->inode, parent);
	if ((mode & S_IFMT) == S_IFDIR) {
		node->inode->links = 2;
		parent->links++;
	}
	inode_changed(node->inode);
	node_link(node);
	inode_touch(parent, TOUCH_MTIME | TOUCH_CTIME);
	notify_name(node, IN_CREATE);
	if (out)
		*out = node;
	else
		node_unref(node);
	return 0;
}

long tree_create_unnamed(struct node *dir, const char *name, u32 mode, struct node **out)
{
	struct node *node;
	long error;

	if (!dir->inode->ops->create ||
		(!dir->inode->volume->in_memory && !dir->inode->volume->on_disk))
		return -EOPNOTSUPP;
	node = node_create(dir, name, strlen(name));
	if (!node)
		return -ENOMEM;
	error = dir->inode->ops->create(dir->inode, node, mode, 0, NULL);
	if (error != 0) {
		node_unref(node);
		return error;
	}
	set_owner(node->inode, dir->inode);
	node->inode->links = 0;
	inode_changed(node->inode);
	*out = node;
	return 0;
}

/* What a call that makes a name is about: behind begin_create(), a walk whose last component is
 * free. */
static long begin_create(struct walk **out, int dirfd, vaddr_t path, bool is_directory)
{
	struct walk *walk;
	struct place there;
	long error = walk_begin(&walk, dirfd, path, false);

	if (error != 0)
		return error;
	error = walk_parent(walk);
	if (error == 0 && walk->last_kind != LAST_NAME)
		error = -EEXIST;
	if (error == 0)
		error = walk_last(walk, &there);
	else
		goto out;
	if (error == 0) {
		place_unref(there);
		error = -EEXIST;
	} else if (error == -ENOENT) {
		error = walk->slash && !is_directory ? -ENOENT : mount_may_write(&walk->at);
		if (error == 0) {
			*out = walk;
			return 0;
		}
	}
out:
	walk_end(walk);
	return error;
}

/* Devices are not everybody's to make, but for the one that stands for nothing (a "whiteout"). */
static long may_make_device(u32 mode, u32 device)
{
	u32 kind = mode & S_IFMT;

	if ((kind != S_IFCHR || device == 0) && kind != S_IFBLK)
		return 0;
	return identity_has(&tree_actor()->identity, CAP_MKNOD) ? 0 : -EPERM;
}

static long create_at(int dirfd, vaddr_t path, u32 mode, u32 device, const char *target)
{
	struct walk *walk;
	long error = begin_create(&walk, dirfd, path, (mode & S_IFMT) == S_IFDIR);

	if (error != 0)
		return error;
	error = tree_may_create(walk->at.node);
	if (error == 0)
		error = may_make_device(mode, device);
	if (error == 0)
		error = tree_create(
			walk->at.node, walk->last, walk->last_length, mode, device, target, NULL);
	walk_end(walk);
	return error;
}

long sys_mkdirat(int dirfd, vaddr_t path, unsigned int mode)
{
	return create_at(dirfd, path,
		S_IFDIR | (mode & (0777 | S_ISVTX) & ~tree_actor()->tree->umask), 0, NULL);
}

long sys_mkdir(vaddr_t path, unsigned int mode)
{
	return sys_mkdirat(AT_FDCWD, path, mode);
}

/* A device's number comes as Linux's user space spells it, which is how it is kept. */
long sys_mknodat(int dirfd, vaddr_t path, unsigned int mode, unsigned int device)
{
	u32 kind = mode & S_IFMT;
	u32 permissions = mode & MODE_ALL & ~tree_actor()->tree->umask;

	switch (kind) {
	case 0:
		kind = S_IFREG;
		break;
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
		break;
	case S_IFCHR:
	case S_IFBLK:
		break;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
	return create_at(dirfd, path, kind | permissions,
		kind == S_IFCHR || kind == S_IFBLK ? device : 0, NULL);
}

long sys_mknod(vaddr_t path, unsigned int mode, unsigned int device)
{
	return sys_mknodat(AT_FDCWD, path, mode, device);
}

long sys_symlinkat(vaddr_t target, int dirfd, vaddr_t path)
{
	char *text;
	long error = path_fetch(&text, target);

	if (error != 0)
		return error;
	error = create_at(dirfd, path, S_IFLNK | 0777, 0, text);
	kfree(text, PATH_MAX);
	return error;
}

long sys_symlink(vaddr_t target, vaddr_t path)
{
	return sys_symlinkat(target, AT_FDCWD, path);
}

/*
 * Who does not own a file may link to it only if he could have copied it, too: it is a plain file
 * that he may read and write, and runs as nobody else (Linux's fs.protected_hardlinks, which
 * distributions switch on).
 */
static long may_link(struct inode *inode)
{
	const u32 set_group = S_ISGID | 010;
	bool safe = inode_is(inode, S_IFREG) && !(inode->mode & S_ISUID) &&
		    (inode->mode & set_group) != set_group &&
		    inode_access(inode, WANT_READ | WANT_WRITE) == 0;

	return safe || inode_is_own(inode) ? 0 : -EPERM;
}

/* One more name for the inode of `old`, where the walk has come to. */
static long link_here(struct walk *walk, const struct place *old)
{
	struct inode *inode = old->node->inode, *dir = walk->at.node->inode;
	struct node *node;
	long error = old->mount != walk->at.mount ? -EXDEV : may_link(inode);

	if (error == 0)
		error = tree_may_create(walk->at.node);
	if (error != 0)
		return error;
	if (!dir->ops->link || inode_is(inode, S_IFDIR))
		return -EPERM;
	if (inode->links == 0 &&
		(old->node->length != 0 ||
			inode->unlinkable)) /* removed; what never had a name may get one */
		return -ENOENT;
	node = node_create(walk->at.node, walk->last, walk->last_length);
	if (!node)
		return -ENOMEM;
	error = dir->ops->link(dir, node, inode);
	if (error == 0) {
		node->inode = inode_ref(inode);
		node_link(node);
		inode->links++;
		inode_touch(inode, TOUCH_CTIME);
		inode_touch(dir, TOUCH_MTIME | TOUCH_CTIME);
		notify_links(inode);
		notify_name(node, IN_CREATE);
	}
	node_unref(node);
	return error;
}

long sys_linkat(int old_fd, vaddr_t old_path, int dirfd, vaddr_t path, int flags)
{
	u32 how = (u32)flags;
	struct place old;
	struct walk *walk;
	long error;

	if ((how & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) != 0)
		return -EINVAL;
	if (how & AT_EMPTY_PATH && !identity_may(CAP_DAC_READ_SEARCH))
		return -ENOENT;
	error = tree_find(old_fd, old_path, how & AT_SYMLINK_FOLLOW, how & AT_EMPTY_PATH, &old);
	if (error != 0)
		return error;
	error = begin_create(&walk, dirfd, path, false);
	if (error == 0) {
		error = link_here(walk, &old);
		walk_end(walk);
	}
	place_unref(old);
	return error;
}

long sys_link(vaddr_t old_path, vaddr_t path)
{
	return sys_linkat(AT_FDCWD, old_path, AT_FDCWD, path, 0);
}

long tree_remove(struct node *node)
{
	struct inode *dir = node->parent->inode, *inode = node->inode;
	bool is_directory = inode_is(inode, S_IFDIR);
	long error;

	if (!dir->ops->remove)
		return -EPERM;
	if (node->mounts > 0)
		return -EBUSY;
	error = dir->ops->remove(dir, node);
	if (error != 0)
		return error;
	inode->links = is_directory ? 0 : inode->links - 1;
	if (is_directory)
		dir->links--;
	inode_touch(inode, TOUCH_CTIME);
	inode_touch(dir, TOUCH_MTIME | TOUCH_CTIME);
	node_unlink(node);
	if (!is_directory)
		notify_links(inode);
	if (node->refs == 1 && inode->links == 0) /* nobody has it open by this name */
		notify_gone(inode);
	notify_name(node, IN_DELETE);
	return 0;
}

/* A name that ends in a slash can only be a directory's, and those are not unlinked. */
static long slash_error(const struct inode *inode)
{
	return inode_is(inode, S_IFDIR) ? -EISDIR : -ENOTDIR;
}

static long remove_last(struct walk *walk, bool is_directory)
{
	struct node *node;
	long error = mount_may_write(&walk->at);

	if (error == 0)
		error = node_find(walk->at.node, walk->last, walk->last_length, &node);
	if (error != 0)
		return error;
	if (walk->slash && !is_directory)
		error = slash_error(node->inode);
	if (error == 0)
		error = tree_may_delete(node, is_directory);
	if (error == 0)
		error = tree_remove(node);
	node_unref(node);
	return error;
}

static long remove_at(int dirfd, vaddr_t path, bool is_directory)
{
	static const long not_a_name[] = {
		[LAST_DOT] = -EINVAL, [LAST_DOTDOT] = -ENOTEMPTY, [LAST_ROOT] = -EBUSY};
	struct walk *walk;
	long error = walk_begin(&walk, dirfd, path, false);

	if (error != 0)
		return error;
	error = walk_parent(walk);
	if (error == 0 && walk->last_kind != LAST_NAME)
		error = is_directory ? not_a_name[walk->last_kind] : -EISDIR;
	if (error == 0)
		error = remove_last(walk, is_directory);
	walk_end(walk);
	return error;
}

long sys_unlinkat(int dirfd, vaddr_t path, int flags)
{
	if (((u32)flags & ~AT_REMOVEDIR) != 0)
		return -EINVAL;
	return remove_at(dirfd, path, flags != 0);
}

long sys_unlink(vaddr_t path)
{
	return remove_at(AT_FDCWD, path, false);
}

long sys_rmdir(vaddr_t path)
{
	return remove_at(AT_FDCWD, path, true);
}
