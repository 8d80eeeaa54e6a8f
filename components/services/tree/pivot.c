/*
 * pivot: mounts that change their place: MS_MOVE and pivot_root.
 *
 * The order of the checks is that of Linux's fs/namespace.c.
 */
#include <services/identity/identity.h>
#include <services/process/process.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

/* Puts a mount over `at`, or (nowhere) makes it the first. */
static void put(struct mount *mount, struct place at)
{
	struct place covered = {mount->parent, mount->point};

	if (at.mount) {
		place_ref(at);
		at.node->mounts++;
	}
	mount->parent = at.mount;
	mount->point = at.node;
	if (covered.mount) {
		covered.node->mounts--;
		place_unref(covered);
	}
	tree_moves++;
}

static bool is_directory(struct place place)
{
	return inode_is(place.node->inode, S_IFDIR);
}

/* Whether `below` is seen at or below `above`. */
static bool is_reachable(struct place below, struct place above)
{
	while (below.mount != above.mount && below.mount->parent)
		below = (struct place){below.mount->parent, below.mount->point};
	return below.mount == above.mount && node_is_below(below.node, above.node);
}

long mount_move(const char *source, struct place to)
{
	struct place from;
	struct walk *walk;
	long error;

	if (*source == '\0')
		return -EINVAL;
	error = walk_begin_kernel(&walk, AT_FDCWD, source, false);
	if (error != 0)
		return error;
	error = walk_whole(walk, true);
	from = walk->at;
	if (error == 0 && (!from.mount->parent || from.node != from.mount->root ||
				  is_directory(from) != is_directory(to)))
		error = -EINVAL;
	for (const struct mount *mount = to.mount; error == 0 && mount; mount = mount->parent) {
		if (mount == from.mount)
			error = -ELOOP;
	}
	if (error == 0)
		put(from.mount, to);
	walk_end(walk);
	return error;
}

/* --- pivot_root --------------------------------------------------------------------------- */

/* Which of the places in a process's tree are the old root: they become the new. */
static void replace(struct place *held, struct place old, struct place new)
{
	if (!place_is_same(*held, old))
		return;
	place_ref(new);
	place_set(held, new);
}

static void replace_everywhere(struct place old, struct place new)
{
	struct proc *leader, *thread;

	list_for_each(leader, process_all(), all)
	{
		list_for_each(thread, &leader->threads, thread_link)
		{
			if (!thread->tree)
				continue;
			replace(&thread->tree->root, old, new);
			replace(&thread->tree->cwd, old, new);
		}
	}
}

/* Whether `new` may become the root, and the root be seen at `put_old`. */
static long check_pivot(struct place root, struct place new, struct place put_old)
{
	if (!new.node->linked &&new.node->parent != new.node)
		return -ENOENT;
	if (new.mount == root.mount || put_old.mount == root.mount)
		return -EBUSY;
	if (root.node != root.mount->root || new.node != new.mount->root || !new.mount->parent)
		return -EINVAL;
	if (!root.mount->parent && !root.mount->volume->on_disk)
		return -EINVAL; /* the first of all cannot be moved */
	return is_reachable(put_old, new) && is_reachable(new, root) ? 0 : -EINVAL;
}

static void pivot(struct place root, struct place new, struct place put_old)
{
	struct place above = {root.mount->parent, root.mount->point};

	if (above.mount)
		place_ref(above);
	place_ref(root);
	put(new.mount, (struct place){NULL, NULL});
	put(root.mount, put_old);
	put(new.mount, above);
	replace_everywhere(root, new);
	place_unref(root);
	place_unref(above);
}

static long find_directory(vaddr_t path, struct place *place)
{
	long error = tree_find(AT_FDCWD, path, true, false, place);

	if (error == 0 && !is_directory(*place)) {
		place_unref(*place);
		error = -ENOTDIR;
	}
	return error;
}

long sys_pivot_root(vaddr_t new_root, vaddr_t put_old)
{
	struct place new, old;
	long error;

	if (!identity_may(CAP_SYS_ADMIN))
		return -EPERM;
	error = find_directory(new_root, &new);
	if (error != 0)
		return error;
	error = find_directory(put_old, &old);
	if (error == 0) {
		mount_enter(&old);
		error = check_pivot(env_current()->tree->root, new, old);
		if (error == 0)
			pivot(env_current()->tree->root, new, old);
		place_unref(old);
	}
	place_unref(new);
	return error;
}
