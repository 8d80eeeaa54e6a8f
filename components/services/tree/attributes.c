/*
 * attributes: permissions, owners, times, size, and asking whether one may.
 *
 * The order of the checks is that of Linux's fs/open.c, fs/attr.c and fs/utimes.c.
 */
#include <services/clock/clock.h>
#include <services/identity/identity.h>
#include <services/tree/seals.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

#define KEEP UINT32_MAX /* an owner that is not to be changed */

#define UTIME_NOW  ((1l << 30) - 1)
#define UTIME_OMIT ((1l << 30) - 2)

/* The place behind a descriptor that is more than a place, held. */
static long find_open(int fd, struct place *place)
{
	struct open_file *file = files_find_usable(fd);

	if (!file)
		return -EBADF;
	if (!file->inode)
		return tree_place_of(file, place);
	*place = file->place;
	place_ref(*place);
	return 0;
}

/* --- permissions --- */

static long change_mode(struct place place, u32 mode)
{
	struct inode *inode = place.node->inode;
	long error = mount_may_write(&place);

	if (error == 0 && inode_is(inode, S_IFLNK))
		error = -EOPNOTSUPP;
	if (error == 0 && !inode_is_own(inode))
		error = -EPERM;
	if (error == 0 && inode->seals & SEAL_EXEC && (mode ^ inode->mode) & 0111)
		error = -EPERM;
	if (error == 0) {
		if (!inode_group_is_own(inode->gid))
			mode &= ~S_ISGID;
		inode->mode = (inode->mode & S_IFMT) | (mode & MODE_ALL);
		inode_touch(inode, TOUCH_CTIME);
		notify_file(place.node, IN_ATTRIB);
	}
	place_unref(place);
	return error;
}

long sys_fchmodat2(int dirfd, vaddr_t path, unsigned int mode, int flags)
{
	u32 how = (u32)flags;
	struct place place;
	long error;

	if ((how & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
		return -EINVAL;
	error = tree_find(dirfd, path, !(how & AT_SYMLINK_NOFOLLOW), how & AT_EMPTY_PATH, &place);
	return error == 0 ? change_mode(place, mode) : error;
}

long sys_fchmodat(int dirfd, vaddr_t path, unsigned int mode)
{
	struct place place;
	long error = tree_find(dirfd, path, true, false, &place);

	return error == 0 ? change_mode(place, mode) : error;
}

long sys_chmod(vaddr_t path, unsigned int mode)
{
	return sys_fchmodat(AT_FDCWD, path, mode);
}

long sys_fchmod(int fd, unsigned int mode)
{
	struct place place;
	long error = find_open(fd, &place);

	return error == 0 ? change_mode(place, mode) : error;
}

/* --- owners --- */

/* Whether the caller may give the file to `uid` and `gid`. */
static bool may_change_owner(const struct inode *inode, u32 uid, u32 gid)
{
	const struct credentials *who = &env_current()->identity;

	if (identity_has(who, CAP_CHOWN))
		return true;
	if (uid != KEEP && !(who->fsuid == inode->uid && uid == inode->uid))
		return false;
	return gid == KEEP ||
	       (who->fsuid == inode->uid && (gid == inode->gid || inode_in_group(gid)));
}

static long change_owner(struct place place, u32 uid, u32 gid)
{
	struct inode *inode = place.node->inode;
	long error = mount_may_write(&place);

	if (error == 0 && !may_change_owner(inode, uid, gid))
		error = -EPERM;
	if (error == 0) {
		u32 mode = inode->mode;

		if (!inode_is(inode, S_IFDIR))
			inode_drop_set_ids(inode);
		if (uid != KEEP)
			inode->uid = uid;
		if (gid != KEEP)
			inode->gid = gid;
		inode_touch(inode, TOUCH_CTIME);
		if (uid != KEEP || gid != KEEP || mode != inode->mode)
			notify_file(place.node, IN_ATTRIB);
	}
	place_unref(place);
	return error;
}

long sys_fchownat(int dirfd, vaddr_t path, unsigned int uid, unsigned int gid, int flags)
{
	struct place place;
	u32 how = (u32)flags;
	long error;

	if ((how & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
		return -EINVAL;
	error = tree_find(dirfd, path, !(how & AT_SYMLINK_NOFOLLOW), how & AT_EMPTY_PATH, &place);
	return error == 0 ? change_owner(place, uid, gid) : error;
}

long sys_chown(vaddr_t path, unsigned int uid, unsigned int gid)
{
	return sys_fchownat(AT_FDCWD, path, uid, gid, 0);
}

long sys_lchown(vaddr_t path, unsigned int uid, unsigned int gid)
{
	return sys_fchownat(AT_FDCWD, path, uid, gid, (int)AT_SYMLINK_NOFOLLOW);
}

long sys_fchown(int fd, unsigned int uid, unsigned int gid)
{
	struct place place;
	long error = find_open(fd, &place);

	return error == 0 ? change_owner(place, uid, gid) : error;
}

long sys_umask(unsigned int mask)
{
	struct proc_tree *tree = env_current()->tree;
	u32 old = tree->umask;

	tree->umask = mask & 0777;
	return old;
}

/* --- times --- */

static bool is_good_time(const struct timestamp *time)
{
	return (u64)time->nanoseconds < NSEC_PER_SEC || time->nanoseconds == UTIME_NOW ||
	       time->nanoseconds == UTIME_OMIT;
}

/* Who sets one of the two pretends to read or to write; the other is omitted. */
static u32 news_of_times(const struct timestamp *times)
{
	if (times && times[1].nanoseconds == UTIME_OMIT)
		return IN_ACCESS;
	return times && times[0].nanoseconds == UTIME_OMIT ? IN_MODIFY : IN_ATTRIB;
}

/* `times`: NULL for now, else both, with UTIME_NOW and UTIME_OMIT in the nanoseconds. */
static long change_times(struct place place, const struct timestamp *times)
{
	struct inode *inode = place.node->inode;
	bool now =
		!times || (times[0].nanoseconds == UTIME_NOW && times[1].nanoseconds == UTIME_NOW);
	struct timestamp moment = tree_now();
	long error = 0;

	if (times && (!is_good_time(&times[0]) || !is_good_time(&times[1])))
		error = -EINVAL;
	if (error == 0)
		error = mount_may_write(&place);
	if (error == 0 && !inode_is_own(inode))
		error = now ? inode_access(inode, WANT_WRITE) : -EPERM;
	if (error == 0) {
		if (now || times[0].nanoseconds == UTIME_NOW)
			inode->atime = moment;
		else if (times[0].nanoseconds != UTIME_OMIT)
			inode->atime = times[0];
		if (now || times[1].nanoseconds == UTIME_NOW)
			inode->mtime = moment;
		else if (times[1].nanoseconds != UTIME_OMIT)
			inode->mtime = times[1];
		inode_touch(inode, TOUCH_CTIME);
		notify_file(place.node, news_of_times(times));
	}
	place_unref(place);
	return error;
}

static long find_and_change_times(int dirfd, vaddr_t path, u32 how, const struct timestamp *times)
{
	struct place place;
	long error;

	if ((how & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
		return -EINVAL;
	if (path == 0 && dirfd != AT_FDCWD)
		error = how != 0 ? -EINVAL : find_open(dirfd, &place);
	else
		error = tree_find(
			dirfd, path, !(how & AT_SYMLINK_NOFOLLOW), how & AT_EMPTY_PATH, &place);
	return error == 0 ? change_times(place, times) : error;
}

long sys_utimensat(int dirfd, vaddr_t path, vaddr_t times, int flags)
{
	struct timestamp both[2];

	if (times == 0)
		return find_and_change_times(dirfd, path, (u32)flags, NULL);
	if (env_copyin(both, times, sizeof(both)) != K_OK)
		return -EFAULT;
	if (both[0].nanoseconds == UTIME_OMIT && both[1].nanoseconds == UTIME_OMIT)
		return 0;
	return find_and_change_times(dirfd, path, (u32)flags, both);
}

long sys_futimesat(int dirfd, vaddr_t path, vaddr_t times)
{
	struct timestamp both[2];

	if (times == 0)
		return find_and_change_times(dirfd, path, 0, NULL);
	if (env_copyin(both, times, sizeof(both)) != K_OK)
		return -EFAULT;
	for (int i = 0; i < 2; i++) { /* they come in microseconds */
		if (both[i].nanoseconds < 0 || both[i].nanoseconds >= 1000000)
			return -EINVAL;
		both[i].nanoseconds *= NSEC_PER_USEC;
	}
	return find_and_change_times(dirfd, path, 0, both);
}

long sys_utimes(vaddr_t path, vaddr_t times)
{
	return sys_futimesat(AT_FDCWD, path, times);
}

long sys_utime(vaddr_t path, vaddr_t times)
{
	struct timestamp both[2] = {{0, 0}, {0, 0}};
	s64 seconds[2];

	if (times == 0)
		return find_and_change_times(AT_FDCWD, path, 0, NULL);
	if (env_copyin(seconds, times, sizeof(seconds)) != K_OK)
		return -EFAULT;
	both[0].seconds = seconds[0];
	both[1].seconds = seconds[1];
	return find_and_change_times(AT_FDCWD, path, 0, both);
}

/* --- may I? --- */

/* As whom the caller acts. */
static long check_as_actor(int dirfd, vaddr_t path, int mode, u32 how)
{
	struct place place;
	struct inode *inode;
	long error;

	error = tree_find(dirfd, path, !(how & AT_SYMLINK_NOFOLLOW), how & AT_EMPTY_PATH, &place);
	if (error != 0)
		return error;
	inode = place.node->inode;
	if (mode & (int)WANT_EXECUTE && inode_is(inode, S_IFREG) &&
		place.mount->flags & MOUNT_NOEXEC)
		error = -EACCES;
	if (error == 0)
		error = inode_access(inode, (u32)mode);
	if (error == 0 && mode & (int)WANT_WRITE &&
		(inode_is(inode, S_IFREG) || inode_is(inode, S_IFDIR)))
		error = mount_may_write(&place);
	place_unref(place);
	return error;
}

/* The real user is asked for, all along the path, unless AT_EACCESS says otherwise. */
static long check_access(int dirfd, vaddr_t path, int mode, u32 how)
{
	struct proc *proc = env_current();
	struct credentials real;
	long error;

	if (((u32)mode & ~7u) != 0 ||
		(how & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
		return -EINVAL;
	if (!(how & AT_EACCESS)) {
		identity_real(&proc->identity, &real);
		proc->acts_as = &real;
	}
	error = check_as_actor(dirfd, path, mode, how);
	proc->acts_as = NULL;
	return error;
}

long sys_access(vaddr_t path, int mode)
{
	return check_access(AT_FDCWD, path, mode, 0);
}

long sys_faccessat(int dirfd, vaddr_t path, int mode)
{
	return check_access(dirfd, path, mode, 0);
}

long sys_faccessat2(int dirfd, vaddr_t path, int mode, int flags)
{
	return check_access(dirfd, path, mode, (u32)flags);
}
