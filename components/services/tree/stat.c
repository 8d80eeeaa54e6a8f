/* stat: what a file is, told in the three forms of stat, and of its file system in the form of
 * statfs. */
#include <services/tree/status.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

#define STATX_BASIC_STATS 0x7ffu
#define STATX_BTIME       0x800u
#define STATX_MNT_ID      0x1000u
#define STATX_RESERVED    0x80000000u

#define STATX_ATTR_MOUNT_ROOT 0x2000u

/* What the file takes, in 512 bytes. */
static u64 sectors_of(const struct inode *inode)
{
	if (inode->volume->on_disk)
		return inode->sectors;
	return inode->image ? ALIGN_UP(inode->size, PAGE_SIZE) / 512
			    : inode->pages_used * (PAGE_SIZE / 512);
}

static u32 block_size_of(const struct volume *volume)
{
	return volume->block_size ? volume->block_size : PAGE_SIZE;
}

void inode_status(struct inode *inode, struct file_status *s)
{
	if (inode->ops->refresh)
		inode->ops->refresh(inode);
	*s = (struct file_status){
		.device = inode->volume->device,
		.number = inode->number,
		.links = inode->links,
		.mode = inode->mode,
		.uid = inode->uid,
		.gid = inode->gid,
		.special_device = inode->device,
		.size = (s64)inode->size,
		.block_size = block_size_of(inode->volume),
		.blocks = (s64)sectors_of(inode),
		.atime = inode->atime.seconds,
		.atime_ns = inode->atime.nanoseconds,
		.mtime = inode->mtime.seconds,
		.mtime_ns = inode->mtime.nanoseconds,
		.ctime = inode->ctime.seconds,
		.ctime_ns = inode->ctime.nanoseconds,
	};
}

static long put_status(struct inode *inode, vaddr_t to)
{
	struct file_status status;

	inode_status(inode, &status);
	return errno_of(env_copyout(to, &status, sizeof(status)));
}

long sys_fstat(int fd, vaddr_t to)
{
	struct open_file *file = files_find(fd);
	struct file_status status;

	if (!file)
		return -EBADF;
	if (file->inode)
		return put_status(file->inode, to);
	memset(&status, 0, sizeof(status));
	status.mode = S_IFCHR | 0600;
	status.links = 1;
	status.block_size = PAGE_SIZE;
	if (file->ops->status)
		file->ops->status(file, &status);
	return errno_of(env_copyout(to, &status, sizeof(status)));
}

static bool is_empty_path(vaddr_t path)
{
	char first;

	return env_copyin(&first, path, 1) == K_OK && first == '\0';
}

long sys_newfstatat(int dirfd, vaddr_t path, vaddr_t to, int flags)
{
	u32 how = (u32)flags;
	struct place place;
	long error;

	if ((how & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)) !=
		0)
		return -EINVAL;
	if (how & AT_EMPTY_PATH && dirfd >= 0 && is_empty_path(path))
		return sys_fstat(dirfd, to);
	error = tree_find(dirfd, path, !(how & AT_SYMLINK_NOFOLLOW), how & AT_EMPTY_PATH, &place);
	if (error != 0)
		return error;
	error = put_status(place.node->inode, to);
	place_unref(place);
	return error;
}

long sys_stat(vaddr_t path, vaddr_t to)
{
	return sys_newfstatat(AT_FDCWD, path, to, 0);
}

long sys_lstat(vaddr_t path, vaddr_t to)
{
	return sys_newfstatat(AT_FDCWD, path, to, (int)AT_SYMLINK_NOFOLLOW);
}

/* --- statx --- */

struct statx_time {
	s64 seconds;
	u32 nanoseconds;
	s32 reserved;
};

struct statx {
	u32 mask, block_size;
	u64 attributes;
	u32 links, uid, gid;
	u16 mode, spare0;
	u64 number, size, blocks, attributes_mask;
	struct statx_time atime, btime, ctime, mtime;
	u32 special_major, special_minor, device_major, device_minor;
	u64 mount_id;
	u64 spare[13];
};
_Static_assert(sizeof(struct statx) == 256, "struct statx");

static void fill_extended(const struct file_status *s, struct statx *x)
{
	*x = (struct statx){
		.mask = STATX_BASIC_STATS,
		.block_size = (u32)s->block_size,
		.links = (u32)s->links,
		.uid = s->uid,
		.gid = s->gid,
		.mode = (u16)s->mode,
		.number = s->number,
		.size = (u64)s->size,
		.blocks = (u64)s->blocks,
		.attributes_mask = STATX_ATTR_MOUNT_ROOT,
		.atime = {s->atime, (u32)s->atime_ns, 0},
		.ctime = {s->ctime, (u32)s->ctime_ns, 0},
		.mtime = {s->mtime, (u32)s->mtime_ns, 0},
		.special_major = DEVICE_MAJOR((u32)s->special_device),
		.special_minor = DEVICE_MINOR((u32)s->special_device),
		.device_major = DEVICE_MAJOR((u32)s->device),
		.device_minor = DEVICE_MINOR((u32)s->device),
	};
}

long sys_statx(int dirfd, vaddr_t path, int flags, unsigned int mask, vaddr_t to)
{
	u32 how = (u32)flags;
	struct file_status status;
	struct place place;
	struct statx x;
	long error;

	if (mask & STATX_RESERVED || (how & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
		(how & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH |
			       AT_STATX_SYNC_TYPE)) != 0)
		return -EINVAL;
	error = tree_find(dirfd, path, !(how & AT_SYMLINK_NOFOLLOW), how & AT_EMPTY_PATH, &place);
	if (error != 0)
		return error;
	inode_status(place.node->inode, &status);
	fill_extended(&status, &x);
	x.mask |= STATX_MNT_ID | (mask & STATX_BTIME);
	if (mask & STATX_BTIME)
		x.btime = (struct statx_time){place.node->inode->btime.seconds,
			(u32)place.node->inode->btime.nanoseconds, 0};
	x.mount_id = (u64)place.mount->id;
	if (place.node == place.mount->root)
		x.attributes |= STATX_ATTR_MOUNT_ROOT;
	place_unref(place);
	return errno_of(env_copyout(to, &x, sizeof(x)));
}

/* --- statfs --- */

struct statfs {
	s64 type, block_size;
	u64 blocks, blocks_free, blocks_available, files, files_free;
	s32 id[2];
	s64 name_length, fragment_size, flags;
	s64 spare[4];
};
_Static_assert(sizeof(struct statfs) == 120, "struct statfs");

#define PIPEFS_MAGIC    0x50495045
#define ANONYMOUS_MAGIC 0x09041934

#define ST_RDONLY   1
#define ST_NOSUID   2
#define ST_NODEV    4
#define ST_NOEXEC   8
#define ST_VALID    0x20
#define ST_RELATIME 0x1000

static long put_volume_status(const struct place *place, vaddr_t to)
{
	struct volume *volume = place->mount->volume;
	struct volume_status v = {.blocks = 0};
	struct statfs s;

	if (volume->type->status)
		volume->type->status(volume, &v);
	s = (struct statfs){
		.type = volume->type->magic,
		.block_size = block_size_of(volume),
		.blocks = v.blocks,
		.blocks_free = v.blocks_free,
		.blocks_available = v.blocks_free - v.blocks_reserved,
		.files = v.inodes,
		.files_free = v.inodes_free,
		.id = {(s32)volume->device, 0},
		.name_length = NAME_MAX,
		.fragment_size = block_size_of(volume),
		.flags = ST_VALID | ST_RELATIME |
			 (place->mount->flags & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC)),
	};
	return errno_of(env_copyout(to, &s, sizeof(s)));
}
_Static_assert(MOUNT_READ_ONLY == ST_RDONLY && MOUNT_NOSUID == ST_NOSUID &&
		       MOUNT_NODEV == ST_NODEV && MOUNT_NOEXEC == ST_NOEXEC,
	"flags of mounts are told as they are");

long sys_statfs(vaddr_t path, vaddr_t to)
{
	struct place place;
	long error = tree_find(AT_FDCWD, path, true, false, &place);

	if (error != 0)
		return error;
	error = put_volume_status(&place, to);
	place_unref(place);
	return error;
}

/* Of a file that lies in no volume: Linux has one for each kind of those. */
static long put_no_volume(const struct open_file *file, vaddr_t to)
{
	bool is_pipe = file->ops->capacity;
	struct statfs s = {.type = is_pipe ? PIPEFS_MAGIC : ANONYMOUS_MAGIC,
		.block_size = PAGE_SIZE,
		.name_length = NAME_MAX,
		.fragment_size = PAGE_SIZE,
		.flags = ST_VALID};

	return errno_of(env_copyout(to, &s, sizeof(s)));
}

long sys_fstatfs(int fd, vaddr_t to)
{
	struct open_file *file = files_find(fd);

	if (!file)
		return -EBADF;
	return file->place.mount ? put_volume_status(&file->place, to) : put_no_volume(file, to);
}
