/* begin: where a look-up starts, and the whole of one in a single step. */
#include <services/tree/tree.h>

static struct walk *walk_alloc(u32 resolve)
{
	struct walk *walk = kalloc(sizeof(*walk));

	if (!walk)
		return NULL;
	memset(walk, 0, offsetof(struct walk, links));
	walk->resolve = resolve;
	walk->scope.mount = NULL;
	return walk;
}

/* Where a path that begins at `dirfd` begins. */
static long begin_at(struct walk *walk, int dirfd)
{
	struct open_file *file;

	if (walk->path[0] == '/' && likely((walk->resolve & RESOLVE_SCOPED) == 0)) {
		walk_go(walk, tree_actor()->tree->root);
		return 0;
	}
	if (walk->path[0] == '/' && walk->resolve & RESOLVE_BENEATH)
		return -EXDEV;
	if (dirfd == AT_FDCWD) {
		walk_go(walk, tree_actor()->tree->cwd);
		return 0;
	}
	file = files_find(dirfd);
	if (!file)
		return -EBADF;
	if (!file->inode || (!walk->empty && !inode_is(file->inode, S_IFDIR)))
		return -ENOTDIR;
	walk_go(walk, file->place);
	return 0;
}

/* Where it begins is as far up as it may get. */
static void stay_below(struct walk *walk)
{
	walk->scope = walk->at;
	place_ref(walk->scope);
	walk->moves = tree_moves;
}

long path_fetch(char **text, vaddr_t from)
{
	size_t length;
	long error;

	*text = kalloc(PATH_MAX);
	if (!*text)
		return -ENOMEM;
	error = errno_of(env_copyin_string(*text, from, PATH_MAX, &length));
	if (error == 0 && length == 0)
		error = -ENOENT;
	if (error != 0)
		kfree(*text, PATH_MAX);
	return error;
}

/* Its path has that length, or could not be had: `error`. */
static inline long set_out(struct walk **out, struct walk *walk, int dirfd, size_t length,
	bool may_be_empty, long error)
{
	if (error == 0 && length == 0) {
		walk->empty = may_be_empty;
		error = may_be_empty ? 0 : -ENOENT;
	}
	if (error == 0)
		error = begin_at(walk, dirfd);
	if (error != 0) {
		kfree(walk, sizeof(*walk));
		return error;
	}
	walk->rest = walk->path;
	*out = walk;
	return 0;
}

/* `resolve`: how far it may lead. */
static inline long begin(struct walk **out, int dirfd, vaddr_t path, bool may_be_empty, u32 resolve)
{
	struct walk *walk = walk_alloc(resolve);
	size_t length;
	long error;

	if (!walk)
		return -ENOMEM;
	error = errno_of(env_copyin_string(walk->path, path, sizeof(walk->path), &length));
	return set_out(out, walk, dirfd, length, may_be_empty, error);
}

long walk_begin(struct walk **out, int dirfd, vaddr_t path, bool may_be_empty)
{
	return begin(out, dirfd, path, may_be_empty, 0);
}

long walk_begin_within(struct walk **out, int dirfd, vaddr_t path, u32 resolve)
{
	long error = begin(out, dirfd, path, false, resolve);

	if (error == 0 && resolve & RESOLVE_SCOPED)
		stay_below(*out);
	return error;
}

long walk_begin_kernel(struct walk **out, int dirfd, const char *path, bool may_be_empty)
{
	struct walk *walk = walk_alloc(0);
	size_t length = strlen(path);
	long error = 0;

	if (!walk)
		return -ENOMEM;
	if (length >= sizeof(walk->path))
		error = -ENAMETOOLONG;
	else
		memcpy(walk->path, path, length + 1);
	return set_out(out, walk, dirfd, length, may_be_empty, error);
}

long tree_find(int dirfd, vaddr_t path, bool follow, bool may_be_empty, struct place *place)
{
	struct walk *walk;
	long error = walk_begin(&walk, dirfd, path, may_be_empty);

	if (error != 0)
		return error;
	error = walk_whole(walk, follow);
	if (error == 0) {
		place_ref(walk->at);
		*place = walk->at;
	}
	walk_end(walk);
	return error;
}
