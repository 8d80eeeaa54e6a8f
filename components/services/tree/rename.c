/*
 * rename: another name, or another directory, in one step.
 *
 * The order of the checks is that of Linux's do_renameat2() and vfs_rename().
 */
#include <services/tree/tree.h>

#include <unix_calls.h>

#define RENAME_NOREPLACE 1u
#define RENAME_EXCHANGE  2u
#define RENAME_WHITEOUT  4u

/* A rename on its way: the two walks, and the nodes that they led to. */
struct renaming {
	struct walk *from, *to;
	struct node *old;
	struct node *target; /* NULL: the new name is free */
	bool exchange, no_replace;
};

/* Trailing slashes are for directories. */
static long check_slashes(const struct renaming *r)
{
	if (r->exchange && !inode_is(r->target->inode, S_IFDIR) && r->to->slash)
		return -ENOTDIR;
	if (inode_is(r->old->inode, S_IFDIR))
		return 0;
	return r->from->slash || (!r->exchange && r->to->slash) ? -ENOTDIR : 0;
}

/* Neither may end up below itself. */
static long check_loops(const struct renaming *r)
{
	if (node_is_below(r->to->at.node, r->old))
		return -EINVAL;
	if (r->target && node_is_below(r->from->at.node, r->target))
		return r->exchange ? -EINVAL : -ENOTEMPTY;
	return 0;
}

static long check_permissions(const struct renaming *r)
{
	bool moves = r->from->at.node != r->to->at.node;
	bool is_directory = inode_is(r->old->inode, S_IFDIR);
	bool over_directory = r->target && inode_is(r->target->inode, S_IFDIR);
	long error = tree_may_delete(r->old, is_directory);

	if (error == 0)
		error = r->target ? tree_may_delete(
					    r->target, r->exchange ? over_directory : is_directory)
				  : tree_may_create(r->to->at.node);
	if (error != 0)
		return error;
	if (!r->from->at.node->inode->ops->rename)
		return -EPERM;
	if (moves && is_directory) /* its ".." changes */
		error = inode_access(r->old->inode, WANT_WRITE);
	if (error == 0 && moves && r->exchange && over_directory)
		error = inode_access(r->target->inode, WANT_WRITE);
	if (error == 0 && (r->old->mounts > 0 || (r->target && r->target->mounts > 0)))
		error = -EBUSY;
	return error;
}

/* Link counts of the two directories when `inode` goes from one to the other. */
static void move_links(struct inode *inode, struct inode *from, struct inode *to)
{
	if (!inode_is(inode, S_IFDIR) || from == to)
		return;
	from->links--;
	to->links++;
}

/* The target of a rename that replaces is gone. */
static void drop_target(struct node *target, struct inode *dir)
{
	struct inode *inode = target->inode;

	if (inode_is(inode, S_IFDIR)) {
		inode->links = 0;
		dir->links--;
	} else {
		inode->links--;
	}
	inode_touch(inode, TOUCH_CTIME);
	node_unlink(target);
}

static long move(struct renaming *r)
{
	struct node *from = r->from->at.node, *to = r->to->at.node;
	char *name = node_name(r->to->last, r->to->last_length);
	char *back = r->exchange ? node_name(r->from->last, r->from->last_length) : NULL;
	long error = !name || (r->exchange && !back) ? -ENOMEM : 0;

	if (error == 0)
		error = from->inode->ops->rename(
			from->inode, r->old, to->inode, name, r->target, r->exchange);
	if (error != 0) {
		if (name)
			node_name_free(name, r->to->last_length);
		if (back)
			node_name_free(back, r->from->last_length);
		return error;
	}
	if (r->target && !r->exchange)
		drop_target(r->target, to->inode);
	move_links(r->old->inode, from->inode, to->inode);
	node_move(r->old, to, name, r->to->last_length);
	if (r->exchange) {
		move_links(r->target->inode, to->inode, from->inode);
		node_move(r->target, from, back, r->from->last_length);
		inode_touch(r->target->inode, TOUCH_CTIME);
	}
	inode_touch(r->old->inode, TOUCH_CTIME);
	inode_touch(from->inode, TOUCH_MTIME | TOUCH_CTIME);
	if (from != to)
		inode_touch(to->inode, TOUCH_MTIME | TOUCH_CTIME);
	notify_move(r->old, from->inode, r->from->last, r->from->last_length,
		r->target && !r->exchange ? r->target->inode : NULL);
	if (r->exchange)
		notify_move(r->target, to->inode, r->to->last, r->to->last_length, NULL);
	return 0;
}

/* Behind both walks: the nodes, the checks, the move. */
static long rename_nodes(struct renaming *r)
{
	long error = node_find(r->from->at.node, r->from->last, r->from->last_length, &r->old);

	if (error == 0)
		error = node_find(r->to->at.node, r->to->last, r->to->last_length, &r->target);
	else
		return error;
	if (error == -ENOENT) {
		r->target = NULL;
		error = r->exchange ? -ENOENT : 0;
	} else if (error == 0 && r->no_replace) {
		error = -EEXIST;
	}
	if (error == 0)
		error = check_slashes(r);
	if (error == 0)
		error = check_loops(r);
	if (error == 0 && !(r->target && r->target->inode == r->old->inode)) {
		error = check_permissions(r);
		if (error == 0)
			error = move(r);
	}
	return error;
}

static long rename_walks(struct renaming *r)
{
	struct volume *volume = r->from->at.mount->volume;
	long error;

	if (r->from->at.mount != r->to->at.mount)
		return -EXDEV;
	if (r->from->last_kind != LAST_NAME)
		return -EBUSY;
	if (r->to->last_kind != LAST_NAME)
		return r->no_replace ? -EEXIST : -EBUSY;
	error = mount_may_write(&r->from->at);
	if (error == 0) {
		volume_lock(volume); /* else what was found, and what is below what, may change */
		error = rename_nodes(r);
		volume_unlock(volume);
	}
	if (r->old)
		node_unref(r->old);
	if (r->target)
		node_unref(r->target);
	return error;
}

long sys_renameat2(int old_fd, vaddr_t old_path, int new_fd, vaddr_t new_path, unsigned int flags)
{
	struct renaming r = {
		.exchange = flags & RENAME_EXCHANGE, .no_replace = flags & RENAME_NOREPLACE};
	long error;

	if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) != 0 || (r.exchange && r.no_replace))
		return -EINVAL;
	error = walk_begin(&r.from, old_fd, old_path, false);
	if (error != 0)
		return error;
	error = walk_parent(r.from);
	if (error == 0)
		error = walk_begin(&r.to, new_fd, new_path, false);
	if (error == 0) {
		error = walk_parent(r.to);
		if (error == 0)
			error = rename_walks(&r);
		walk_end(r.to);
	}
	walk_end(r.from);
	return error;
}

long sys_renameat(int old_fd, vaddr_t old_path, int new_fd, vaddr_t new_path)
{
	return sys_renameat2(old_fd, old_path, new_fd, new_path, 0);
}

long sys_rename(vaddr_t old_path, vaddr_t new_path)
{
	return sys_renameat2(AT_FDCWD, old_path, AT_FDCWD, new_path, 0);
}
