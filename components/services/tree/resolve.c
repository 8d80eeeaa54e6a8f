/*
 * resolve: openat2, an open that says where its path may lead.
 *
 * The checks on the way are the walk's (walk.c). A look-up that is to stay below some directory
 * (RESOLVE_BENEATH, RESOLVE_IN_ROOT) could be led out of it by who moves directories while it
 * sleeps: so `..` is refused once anything was moved, and the end is looked at again.
 */
#include <services/accounting/structure.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

#define RESOLVE_ALL                                                                                \
	(RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH |         \
		RESOLVE_IN_ROOT | RESOLVE_CACHED)

/* struct open_how of Linux. */
struct open_how {
	u64 flags, mode, resolve;
};
#define HOW_FIRST_SIZE 24u /* of its first version */

long walk_check_scope(const struct walk *walk, struct place place)
{
	struct mount *mount = place.mount;
	struct node *node = place.node;

	while (mount != walk->scope.mount && mount->parent) {
		node = mount->point;
		mount = mount->parent;
	}
	return mount == walk->scope.mount && node_is_below(node, walk->scope.node) ? 0 : -EXDEV;
}

long sys_openat2(int dirfd, vaddr_t path, vaddr_t at, size_t size)
{
	struct open_how how;
	long error;

	if (size < HOW_FIRST_SIZE)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	error = structure_read(&how, sizeof(how), at, size);
	if (error != 0)
		return error;
	if ((how.resolve & ~(u64)RESOLVE_ALL) != 0 ||
		(how.resolve & RESOLVE_BENEATH && how.resolve & RESOLVE_IN_ROOT))
		return -EINVAL;
	return tree_openat_within(dirfd, path, how.flags, how.mode, (u32)how.resolve);
}
