/*
 * open: from a path and flags to an open file.
 *
 * The order of the checks is that of Linux's fs/namei.c (build_open_flags, lookup_last, do_open,
 * may_open).
 */
#include <services/pipes/pipe.h>
#include <services/tree/locks.h>
#include <services/tree/seals.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

/* What open() takes; it ignores the rest. */
#define OPEN_FLAGS                                                                                 \
	(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC |      \
		O_ASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME |          \
		O_CLOEXEC | O_PATH | O_TMPFILE)
#define IGNORED_FLAG 0x4000000u /* Linux's own FMODE_NONOTIFY: taken, and without a meaning */
#define PATH_FLAGS   (O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC)
/* What opening does, and F_GETFL does not show. */
#define ONCE_FLAGS    (O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC)
#define TMPFILE_ALONE (O_TMPFILE & ~O_DIRECTORY)

void tree_file_close(struct open_file *file, struct proc *proc)
{
	if (unlikely(file->inode->locks))
		locks_close(file->inode, proc);
	if (unlikely(file->ops->closed != NULL))
		file->ops->closed(file, proc);
}

void tree_file_release(struct open_file *file)
{
	if (unlikely(file->inode->locks))
		locks_release(file->inode, file);
	if (tree_is_writer(file->inode, file->flags))
		file->inode->writers--;
	if (!(file->flags & O_PATH))
		notify_use(file->place.node,
			file->flags & O_ACCMODE && (file->flags & O_ACCMODE) != O_ACCMODE
				? IN_CLOSE_WRITE
				: IN_CLOSE_NOWRITE);
	inode_unref(file->inode);
	place_unref(file->place);
}

/* Of a mere place: nothing. */
static const struct file_ops path_ops = {.seek = NULL};

/* Whether opening it is the pipes' affair. */
static bool opens_fifo(const struct inode *inode, u32 flags)
{
	return IS_ENABLED(CONFIG_SERVICES_PIPES) && !(flags & O_PATH) && inode_is(inode, S_IFIFO);
}

/* What an open file begins with; NULL: it cannot be opened. */
static const struct file_ops *ops_of(const struct inode *inode, u32 flags)
{
	if (flags & O_PATH || opens_fifo(inode, flags))
		return &path_ops;
	return inode->file_ops ? &inode->file_ops[flags & O_ACCMODE] : NULL;
}

long tree_open_place(struct place place, u32 flags, struct open_file **out)
{
	struct inode *inode = place.node->inode;
	const struct file_ops *ops = ops_of(inode, flags);
	struct open_file *file;
	long error = 0;

	if (!ops)
		return -ENXIO;
	if (flags & O_DIRECT && !inode_is(inode, S_IFREG))
		return -EINVAL;
	if (unlikely(inode->programs > 0) && tree_is_writer(inode, flags))
		return -ETXTBSY;
	file = file_create(ops, NULL, flags & ~(ONCE_FLAGS & ~O_NOCTTY)); /* a terminal asks */
	if (!file)
		return -ENOMEM;
	file->inode = inode_ref(inode);
	inode->writers += tree_is_writer(inode, flags);
	file->place = place;
	place_ref(place); /* for now: an error leaves the caller's alone */
	if (opens_fifo(inode, flags))
		error = fifo_open(inode, file);
	else if (!(flags & O_PATH) && inode->ops->open)
		error = inode->ops->open(inode, file);
	file->flags &= ~O_NOCTTY;
	if (error != 0) {
		if (file->ops != ops)
			file->ops = &path_ops;
		inode->writers -= tree_is_writer(inode, flags);
		file->flags |= O_PATH; /* it never was open: nobody hears of its end */
		file_unref(file);
		return error;
	}
	place_unref(place);
	file->flags &= ~O_NOCTTY;
	*out = file;
	return 0;
}

/* What the access mode wants of the file: O_RDONLY is 0, and mode 3 asks for both and gives
 * neither. */
static u32 wanted(u32 flags)
{
	static const u32 by_mode[4] = {
		WANT_READ, WANT_WRITE, WANT_READ | WANT_WRITE, WANT_READ | WANT_WRITE};

	return by_mode[flags & O_ACCMODE] | (flags & O_TRUNC ? WANT_WRITE : 0);
}

/* Whether what is at `place` may be opened so. */
static long may_open(const struct place *place, u32 flags)
{
	struct inode *inode = place->node->inode;
	u32 want = wanted(flags);
	long error;

	if (inode_is(inode, S_IFLNK))
		return -ELOOP;
	if (inode_is(inode, S_IFDIR) && want & WANT_WRITE)
		return -EISDIR;
	if ((inode_is(inode, S_IFCHR) || inode_is(inode, S_IFBLK)) &&
		place->mount->flags & MOUNT_NODEV)
		return -EACCES;
	if (want & WANT_WRITE && (inode_is(inode, S_IFREG) || inode_is(inode, S_IFDIR))) {
		error = mount_may_write(place);
		if (error != 0)
			return error;
	}
	error = inode_access(inode, want);
	if (error == 0 && flags & O_NOATIME && !inode_is_own(inode))
		error = -EPERM;
	return error;
}

static long truncate_opened(struct inode *inode)
{
	long error;

	if (!inode_is(inode, S_IFREG) || inode->file_ops != regular_ops)
		return 0; /* what has no bytes of its own is as it is */
	if (inode->programs > 0)
		return -ETXTBSY;
	error = inode_lock(inode);
	if (error != 0)
		return error;
	error = seals_check_size(inode, 0);
	if (error == 0)
		error = inode_truncate(inode, 0);
	inode_unlock(inode);
	return error;
}

/* A pipe that was found in /proc has no name to be told by. */
static void notify_opened(const struct open_file *file)
{
	if (file->inode && !(file->flags & O_PATH))
		notify_use(file->place.node, IN_OPEN);
}

/* Opens what was found; takes over the place's references in any case. */
static long open_found(struct place place, u32 flags, bool slash, struct open_file **file)
{
	struct inode *inode = place.node->inode;
	bool is_directory = inode_is(inode, S_IFDIR);
	long error = 0;

	if (flags & O_CREAT)
		error = flags & O_EXCL ? -EEXIST : is_directory ? -EISDIR : 0;
	if (error == 0 && (slash || flags & O_DIRECTORY) && !is_directory)
		error = -ENOTDIR;
	if (error == 0 && !(flags & O_PATH))
		error = may_open(&place, flags);
	if (error == 0 && flags & O_TRUNC)
		error = truncate_opened(inode);
	if (error == 0)
		error = tree_open_place(place, flags, file);
	if (error != 0) {
		place_unref(place);
		return error;
	}
	notify_opened(*file);
	if (flags & O_TRUNC && inode_is(inode, S_IFREG))
		notify_use(place.node, IN_MODIFY);
	return 0;
}

/* Makes the regular file that the walk has come to, and opens it whatever its mode says. */
static long open_new(struct walk *walk, u32 flags, u32 mode, struct open_file **file)
{
	struct place place = {walk->at.mount, NULL};
	long error = mount_may_write(&walk->at);

	if (error == 0)
		error = tree_may_create(walk->at.node);
	if (error == 0)
		error = tree_create(walk->at.node, walk->last, walk->last_length, S_IFREG | mode, 0,
			NULL, &place.node);
	if (error != 0)
		return error;
	place.mount->refs++;
	error = flags & O_DIRECTORY ? -ENOTDIR : tree_open_place(place, flags, file);
	if (error != 0)
		place_unref(place);
	else
		notify_opened(*file);
	return error;
}

/* An unnamed file in the directory that the walk leads to. */
static long open_unnamed(struct walk *walk, u32 flags, u32 mode, struct open_file **file)
{
	struct place place;
	long error = walk_whole(walk, !(flags & O_NOFOLLOW));

	if (error == 0 && walk->scope.mount)
		error = walk_check_scope(walk, walk->at);
	if (error == 0 && !inode_is(walk->at.node->inode, S_IFDIR))
		error = -ENOTDIR;
	if (error == 0)
		error = mount_may_write(&walk->at);
	if (error == 0)
		error = inode_access(walk->at.node->inode, WANT_WRITE | WANT_EXECUTE);
	if (error != 0)
		return error;
	place.mount = walk->at.mount;
	error = tree_create_unnamed(walk->at.node, "", S_IFREG | mode, &place.node);
	if (error != 0)
		return error;
	place.mount->refs++;
	place.node->inode->unlinkable = flags & O_EXCL;
	error = tree_open_place(place, flags, file);
	if (error != 0)
		place_unref(place);
	else
		notify_opened(*file);
	return error;
}

/* The same at the end of a look-up that may have had to stay somewhere. */
static inline long open_within(
	struct walk *walk, struct place place, u32 flags, struct open_file **file)
{
	long error = unlikely(walk->scope.mount != NULL) ? walk_check_scope(walk, place) : 0;

	if (error != 0) {
		place_unref(place);
		return error;
	}
	return open_found(place, flags, walk->slash, file);
}

/* The last component: found, followed or made. 1: followed, to be walked on. */
static long open_last(struct walk *walk, u32 flags, u32 mode, struct open_file **file)
{
	bool follow = !(flags & O_NOFOLLOW) && !(flags & O_CREAT && flags & O_EXCL);
	struct place place;
	long error;

	if (flags & O_CREAT && walk->slash && walk->last_kind == LAST_NAME)
		return -EISDIR;
	error = walk_last(walk, &place);
	if (error == -ENOENT && flags & O_CREAT && walk->last_kind == LAST_NAME)
		return open_new(walk, flags, mode, file);
	if (error != 0)
		return error;
	if (!inode_is(place.node->inode, S_IFLNK) || !(follow || walk->slash))
		return open_within(walk, place, flags, file);
	if (!place.node->inode->ops->jump) {
		error = walk_follow(walk, place);
		return error == 0 ? 1 : error;
	}
	error = walk_follow(walk, place);
	if (error != 0)
		return error;
	place_ref(walk->at);
	return open_within(walk, walk->at, flags, file);
}

static long open_walk(struct walk *walk, u32 flags, u32 mode, struct open_file **file)
{
	long error;

	if ((flags & O_TMPFILE) == O_TMPFILE)
		return open_unnamed(walk, flags, mode, file);
	do {
		error = walk_parent(walk);
		if (error == 0)
			error = open_last(walk, flags, mode, file);
	} while (error == 1);
	return error;
}

/* Checks the flags and leaves those that count; -EINVAL. */
static long tidy_flags(u32 *flags)
{
	*flags &= OPEN_FLAGS;
	if (*flags & O_PATH) {
		*flags &= PATH_FLAGS;
		return 0;
	}
	*flags |= O_LARGEFILE;
	if (*flags & TMPFILE_ALONE) {
		if (!(*flags & O_DIRECTORY) || *flags & O_CREAT ||
			!(wanted(*flags & O_ACCMODE) & WANT_WRITE))
			return -EINVAL;
	} else if ((*flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY)) {
		return -EINVAL;
	}
	return 0;
}

/* From a look-up that has begun to a descriptor; the look-up is over then. */
static inline long open_and_install(struct walk *walk, u32 flags, u32 mode)
{
	struct proc *proc = env_current();
	struct open_file *file;
	long result = open_walk(walk, flags, mode & MODE_ALL & ~proc->tree->umask, &file);

	walk_end(walk);
	if (result != 0)
		return result;
	result = files_install(proc, file, (flags & O_CLOEXEC) != 0);
	if (result < 0)
		file_unref(file);
	return result;
}

long sys_openat(int dirfd, vaddr_t path, int flags_given, unsigned int mode)
{
	u32 flags = (u32)flags_given;
	struct walk *walk;
	long result = tidy_flags(&flags);

	if (result != 0)
		return result;
	result = walk_begin(&walk, dirfd, path, false);
	return result == 0 ? open_and_install(walk, flags, mode) : result;
}

long tree_openat_within(int dirfd, vaddr_t path, u64 flags_given, u64 mode, u32 resolve)
{
	u32 flags = (u32)flags_given;
	struct walk *walk;
	long result;

	if ((flags_given & ~(u64)(OPEN_FLAGS | IGNORED_FLAG)) != 0)
		return -EINVAL;
	if (flags & O_PATH && (flags & ~(PATH_FLAGS | IGNORED_FLAG)) != 0)
		return -EINVAL;
	if (flags & (O_CREAT | TMPFILE_ALONE) ? (mode & ~(u64)MODE_ALL) != 0 : mode != 0)
		return -EINVAL;
	result = tidy_flags(&flags);
	if (result != 0)
		return result;
	if (resolve & RESOLVE_CACHED && flags & (O_TRUNC | O_CREAT | TMPFILE_ALONE))
		return -EAGAIN;
	result = walk_begin_within(&walk, dirfd, path, resolve);
	return result == 0 ? open_and_install(walk, flags, (u32)mode) : result;
}

long sys_open(vaddr_t path, int flags, unsigned int mode)
{
	return sys_openat(AT_FDCWD, path, flags, mode);
}

long sys_creat(vaddr_t path, unsigned int mode)
{
	return sys_openat(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

long tree_open(const char *path, u32 flags, struct open_file **file)
{
	struct walk *walk;
	long error = walk_begin_kernel(&walk, AT_FDCWD, path, false);

	if (error != 0)
		return error;
	error = open_walk(walk, flags | O_LARGEFILE, 0, file);
	walk_end(walk);
	return error;
}
