/* mounts: mount and umount2. */
#include <services/identity/identity.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

#define MS_REMOUNT 32u
#define MS_BIND    4096u
#define MS_MOVE    8192u
#define MS_KINDS   0x1e0000u /* unbindable, private, slave, shared: every mount here is private */
#define MS_MAGIC   0xc0ed0000u

#define MNT_FORCE       1u
#define MNT_DETACH      2u
#define MNT_EXPIRE      4u
#define UMOUNT_NOFOLLOW 8u

#define MOUNT_FLAGS (MOUNT_READ_ONLY | MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC)

#define TYPE_MAX 64u

/* What mount(2) is asked for, fetched. */
struct request {
	char *source, *options; /* PATH_MAX bytes each */
	char type[TYPE_MAX];
	u32 flags;
};

/* A string of the caller's that may be absent: then empty. */
static long fetch(char *to, vaddr_t from, size_t size)
{
	size_t length;
	enum kstatus status;

	*to = '\0';
	if (from == 0)
		return 0;
	status = env_copyin_string(to, from, size, &length);
	return status == K_RANGE ? -EINVAL : errno_of(status);
}

/* The block device that a path leads to. */
static long find_device(const char *path, u32 *device)
{
	struct walk *walk;
	long error = walk_begin_kernel(&walk, AT_FDCWD, path, false);

	if (error != 0)
		return error;
	error = walk_whole(walk, true);
	if (error == 0 && !inode_is(walk->at.node->inode, S_IFBLK))
		error = -ENOTBLK;
	if (error == 0 && walk->at.mount->flags & MOUNT_NODEV)
		error = -EACCES;
	if (error == 0)
		*device = walk->at.node->inode->device;
	walk_end(walk);
	return error;
}

static long create_volume(
	const struct volume_type *type, const struct request *r, struct volume **volume)
{
	u32 device;
	long error;

	if (!type->needs_source)
		return type->create(volume, r->source, r->options);
	error = find_device(r->source, &device);
	return error == 0 ? type->mount(volume, device, r->options, r->flags & MOUNT_READ_ONLY)
			  : error;
}

static long mount_new(const struct place *at, const struct request *r)
{
	const struct volume_type *type = volume_type_find(r->type);
	struct volume *volume;
	struct mount *mount;
	long error;

	if (!type)
		return -ENODEV;
	error = create_volume(type, r, &volume);
	if (error != 0)
		return error;
	error = mount_create(at, volume, volume->root, r->flags & MOUNT_FLAGS,
		r->source[0] != '\0' ? r->source : "none", &mount);
	if (error != 0 && volume->mounts == 0)
		volume_close(volume);
	volume_unref(volume);
	return error;
}

static long mount_bind(const struct place *at, const struct request *r)
{
	struct place from;
	struct mount *mount;
	struct walk *walk;
	long error = walk_begin_kernel(&walk, AT_FDCWD, r->source, false);

	if (error != 0)
		return error;
	error = walk_whole(walk, true);
	from = walk->at;
	if (error == 0 && inode_is(from.node->inode, S_IFDIR) != inode_is(at->node->inode, S_IFDIR))
		error = -ENOTDIR;
	if (error == 0)
		error = mount_create(at, from.mount->volume, from.node, from.mount->flags,
			from.mount->source, &mount);
	walk_end(walk);
	return error;
}

static long mount_change(const struct place *at, const struct request *r)
{
	if (at->node != at->mount->root)
		return -EINVAL;
	at->mount->flags = r->flags & MOUNT_FLAGS;
	return 0;
}

static long mount_at(struct place *at, const struct request *r)
{
	if (r->flags & MS_REMOUNT)
		return mount_change(at, r);
	if (!(r->flags & MS_KINDS))
		mount_enter(at); /* over what is there: also over the root */
	if (r->flags & MS_BIND)
		return mount_bind(at, r);
	if (r->flags & MS_KINDS)
		return at->node == at->mount->root ? 0 : -EINVAL;
	if (r->flags & MS_MOVE)
		return mount_move(r->source, *at);
	if (!inode_is(at->node->inode, S_IFDIR))
		return -ENOTDIR;
	return mount_new(at, r);
}

long sys_mount(vaddr_t source, vaddr_t target, vaddr_t type, long flags, vaddr_t options)
{
	struct request r = {.source = kalloc(PATH_MAX), .options = kalloc(PATH_MAX)};
	struct place at;
	long error = r.source && r.options ? 0 : -ENOMEM;

	r.flags = (u32)flags;
	if ((r.flags & 0xffff0000u) == MS_MAGIC)
		r.flags &= 0xffffu;
	if (error == 0)
		error = fetch(r.type, type, sizeof(r.type));
	if (error == 0)
		error = fetch(r.source, source, PATH_MAX);
	if (error == 0)
		error = fetch(r.options, options, PATH_MAX);
	if (error == 0)
		error = tree_find(AT_FDCWD, target, true, false, &at);
	if (error == 0) {
		error = identity_may(CAP_SYS_ADMIN) ? mount_at(&at, &r) : -EPERM;
		place_unref(at);
	}
	if (r.source)
		kfree(r.source, PATH_MAX);
	if (r.options)
		kfree(r.options, PATH_MAX);
	return error;
}

/* Out of the tree at once; what is open in it stays until it is closed. */
static void detach(struct mount *mount)
{
	struct place covered = {mount->parent, mount->point};

	mount->parent = NULL;
	mount->point = NULL;
	covered.node->mounts--;
	place_unref(covered);
	mount->detached = true;
}

/* `at` is held by the caller, and is the one reference that does not count. */
static long unmount(struct place at, u32 flags)
{
	struct mount *mount = at.mount;

	if (at.node != mount->root || !mount->parent)
		return -EINVAL;
	if (flags & MNT_DETACH) {
		detach(mount);
		return 0;
	}
	if (mount->refs > 1 || (mount->volume->mounts == 1 && mount->volume->type->is_busy &&
				       mount->volume->type->is_busy(mount->volume)))
		return -EBUSY;
	detach(mount); /* and it goes with the caller's reference */
	return 0;
}

long sys_umount2(vaddr_t target, int flags)
{
	u32 how = (u32)flags;
	struct place at;
	long error;

	if ((how & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW)) != 0)
		return -EINVAL;
	if (!identity_may(CAP_SYS_ADMIN))
		return -EPERM;
	error = tree_find(AT_FDCWD, target, !(how & UMOUNT_NOFOLLOW), false, &at);
	if (error != 0)
		return error;
	error = how & MNT_EXPIRE ? -EAGAIN : unmount(at, how);
	place_unref(at);
	return error;
}
