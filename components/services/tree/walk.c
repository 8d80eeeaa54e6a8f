/*
 * walk: from a path to a place.
 *
 * A path is taken component by component. A symbolic link in the way is followed by putting what is
 * left of the path on a stack and going on with the link's text; the stack is as deep as the number
 * of links that may be followed at all, so it cannot overflow first. Kernel stacks are small, so a
 * walk is an object.
 */
#include <services/tree/tree.h>

/* Done with the link on top of the stack. */
static void pop(struct walk *walk)
{
	walk->depth--;
	if (walk->links[walk->depth].text)
		kfree(walk->links[walk->depth].text, PATH_MAX);
	node_unref(walk->links[walk->depth].node);
}

void walk_end(struct walk *walk)
{
	while (walk->depth > 0)
		pop(walk);
	if (unlikely(walk->scope.mount != NULL))
		place_unref(walk->scope);
	place_unref(walk->at);
	kfree(walk, sizeof(*walk));
}

/* There is nothing above. */
static long stay(const struct walk *walk)
{
	return walk->resolve & RESOLVE_BENEATH ? -EXDEV : 0;
}

/* To the directory above, over mounts; not above the root. */
static long step_up(struct walk *walk)
{
	struct place root = walk_root(walk);
	const struct mount *from = walk->at.mount;

	for (;;) {
		if (place_is_same(walk->at, root))
			return stay(walk);
		if (walk->at.node != walk->at.mount->root)
			break;
		if (!mount_leave(&walk->at))
			return stay(walk);
	}
	walk_go(walk, (struct place){walk->at.mount, walk->at.node->parent});
	mount_enter(&walk->at);
	if (likely(walk->resolve == 0))
		return 0;
	if (walk->resolve & RESOLVE_NO_XDEV && walk->at.mount != from)
		return -EXDEV;
	/* What was moved meanwhile may have taken us out of where we are to stay. */
	return walk->scope.mount && walk->moves != tree_moves ? -EAGAIN : 0;
}

/* With the node that was found, and what is mounted on it. */
static inline void stand_on(const struct walk *walk, struct node *node, struct place *child)
{
	child->mount = walk->at.mount;
	child->mount->refs++;
	child->node = node;
	mount_enter(child);
}

/* The same where not everything is allowed. */
static noinline long find_child_within(
	struct walk *walk, const char *name, u32 length, struct place *child)
{
	struct node *node;
	long error = walk->resolve & RESOLVE_CACHED
			     ? node_find_cached(walk->at.node, name, length, &node)
			     : node_find(walk->at.node, name, length, &node);

	if (error != 0)
		return error;
	stand_on(walk, node, child);
	if (walk->resolve & RESOLVE_NO_XDEV && child->mount != walk->at.mount) {
		place_unref(*child);
		return -EXDEV;
	}
	return 0;
}

static inline long find_child(struct walk *walk, const char *name, u32 length, struct place *child)
{
	struct node *node;
	long error;

	if (unlikely(walk->resolve != 0))
		return find_child_within(walk, name, length, child);
	error = node_find(walk->at.node, name, length, &node);
	if (error == 0)
		stand_on(walk, node, child);
	return error;
}

/* The text of a link, in memory of its own if the inode does not have it. */
static long link_text(struct inode *inode, char **own, const char **text)
{
	long length;

	*own = NULL;
	*text = inode->target;
	if (*text)
		return 0;
	*own = kalloc(PATH_MAX);
	if (!*own)
		return -ENOMEM;
	length = inode->ops->read_link(inode, *own, PATH_MAX - 1);
	if (length <= 0) {
		kfree(*own, PATH_MAX);
		return length < 0 ? length : -ENOENT;
	}
	(*own)[length] = '\0';
	*text = *own;
	return 0;
}

/* A link that leads to a place without a name for it. */
static long jump(struct walk *walk, struct inode *inode)
{
	struct place place;
	long error = walk->resolve & RESOLVE_CACHED ? -EAGAIN : inode->ops->jump(inode, &place);

	if (error != 0)
		return error;
	if (walk->resolve & RESOLVE_NO_MAGICLINKS)
		error = -ELOOP;
	else if ((walk->resolve & RESOLVE_NO_XDEV && place.mount != walk->at.mount) ||
		 walk->scope.mount)
		error = -EXDEV;
	if (error != 0)
		place_unref(place);
	else
		place_set(&walk->at, place);
	return error;
}

/* An absolute link: from the root on. */
static long go_to_root(struct walk *walk)
{
	struct place root = walk_root(walk);

	if (walk->resolve & RESOLVE_BENEATH ||
		(walk->resolve & RESOLVE_NO_XDEV && walk->at.mount != root.mount))
		return -EXDEV;
	walk_go(walk, root);
	return 0;
}

/* Follows the link at `place`, whose references it takes over. What is left to go is walk->rest. */
long walk_follow(struct walk *walk, struct place place)
{
	struct inode *inode = place.node->inode;
	const char *text;
	char *own;
	long error =
		++walk->followed > LINKS_MAX || walk->resolve & RESOLVE_NO_SYMLINKS ? -ELOOP : 0;

	if (error == 0 && inode->ops->jump) {
		error = jump(walk, inode);
		place_unref(place);
		return error;
	}
	if (error == 0)
		error = link_text(inode, &own, &text);
	if (error != 0) {
		place_unref(place);
		return error;
	}
	inode_was_read(inode);
	walk->links[walk->depth].rest = walk->rest;
	walk->links[walk->depth].node = place.node;
	walk->links[walk->depth].text = own;
	walk->depth++;
	place.mount->refs--;
	walk->rest = text;
	return text[0] == '/' ? go_to_root(walk) : 0;
}

static enum last_kind kind_of(const char *name, u32 length)
{
	if (length == 1 && name[0] == '.')
		return LAST_DOT;
	return length == 2 && name[0] == '.' && name[1] == '.' ? LAST_DOTDOT : LAST_NAME;
}

/* Takes the next component off `rest`: into `last`, or LAST_ROOT when there is none. */
static void next_component(struct walk *walk)
{
	const char *from = walk->rest;
	u32 length = 0;

	while (*from == '/')
		from++;
	while (from[length] != '\0' && from[length] != '/')
		length++;
	walk->last = from;
	walk->last_length = length;
	walk->last_kind = length == 0 ? LAST_ROOT : kind_of(from, length);
	walk->rest = from + length;
}

/* Whether nothing but slashes is left, here or behind any link being followed. */
static bool is_last(struct walk *walk, bool *slash)
{
	const char *from = walk->rest;

	*slash = *from == '/';
	while (*from == '/')
		from++;
	if (*from != '\0')
		return false;
	walk->rest = from;
	for (u32 i = walk->depth; i-- > 0;) {
		if (*walk->links[i].rest == '/')
			*slash = true;
		for (from = walk->links[i].rest; *from == '/'; from++)
			;
		if (*from != '\0')
			return false;
	}
	return true;
}

/* Goes into the component in `last`, which is not the last of all. */
static long step(struct walk *walk)
{
	struct place child;
	long error;

	if (walk->last_kind == LAST_DOTDOT)
		return step_up(walk);
	if (walk->last_kind != LAST_NAME)
		return 0;
	error = find_child(walk, walk->last, walk->last_length, &child);
	if (error != 0)
		return error;
	if (inode_is(child.node->inode, S_IFLNK))
		return walk_follow(walk, child);
	place_set(&walk->at, child);
	return 0;
}

/* Whether names may be looked up where the walk stands. */
static long check_directory(struct walk *walk)
{
	struct inode *inode = walk->at.node->inode;

	return inode_is(inode, S_IFDIR) ? inode_access(inode, WANT_EXECUTE) : -ENOTDIR;
}

long walk_parent(struct walk *walk)
{
	long error = 0;

	if (walk->empty)
		return 0;
	while (error == 0) {
		bool slash;

		next_component(walk);
		if (walk->last_kind == LAST_ROOT && walk->depth > 0) {
			while (*walk->rest == '\0' &&
				walk->depth > 0) { /* the link's text is used up */
				walk->rest = walk->links[walk->depth - 1].rest;
				pop(walk);
			}
			if (*walk->rest != '\0')
				continue;
		}
		if (walk->last_kind == LAST_ROOT && *walk->rest == '\0') /* only slashes: "/" */
			return inode_is(walk->at.node->inode, S_IFDIR) ? 0 : -ENOTDIR;
		error = check_directory(walk);
		if (error != 0)
			return error;
		if (is_last(walk, &slash)) {
			walk->slash |= slash;
			return 0;
		}
		error = step(walk);
	}
	return error;
}

long walk_last(struct walk *walk, struct place *place)
{
	long error = 0;

	if (walk->last_kind == LAST_NAME)
		return find_child(walk, walk->last, walk->last_length, place);
	if (walk->last_kind == LAST_DOTDOT)
		error = step_up(walk);
	if (error != 0)
		return error;
	place_ref(walk->at);
	*place = walk->at;
	return 0;
}

long walk_whole(struct walk *walk, bool follow)
{
	struct place place;
	long error;

	if (walk->empty)
		return 0;
	for (;;) {
		error = walk_parent(walk);
		if (error == 0)
			error = walk_last(walk, &place);
		if (error != 0)
			return error;
		if (!inode_is(place.node->inode, S_IFLNK) || !(follow || walk->slash))
			break;
		if (place.node->inode->ops->jump) {
			error = walk_follow(walk, place);
			if (error != 0)
				return error;
			place_ref(walk->at);
			place = walk->at;
			break;
		}
		error = walk_follow(walk, place);
		if (error != 0)
			return error;
	}
	place_set(&walk->at, place);
	return walk->slash && !inode_is(place.node->inode, S_IFDIR) ? -ENOTDIR : 0;
}
