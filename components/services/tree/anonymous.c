/*
 * anonymous: files that are in no directory: of memfd_create, and what has no place of its own but
 * is looked up in /proc. They live in a RAM file system that is mounted nowhere.
 */
#include <services/pipes/pipe.h>
#include <services/ramfs/ramfs.h>
#include <services/tree/seals.h>
#include <services/tree/status.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

#define MFD_CLOEXEC       1u
#define MFD_ALLOW_SEALING 2u
#define MFD_NOEXEC_SEAL   8u
#define MFD_EXEC          16u

#define MFD_PREFIX   "memfd:"
#define MFD_NAME_MAX (NAME_MAX - (sizeof(MFD_PREFIX) - 1))

static struct mount *memory; /* NULL until the first is made */

void tree_forget_anonymous(void)
{
	memory = NULL; /* it is in the list of mounts, and went with them */
}

static long find_volume(void)
{
	struct volume *volume;
	long error;

	if (memory)
		return 0;
	error = ramfs_create(&volume, &ramfs_type, "size=0,nr_inodes=0");
	if (error != 0)
		return error;
	error = mount_create(NULL, volume, volume->root, 0, "memfd", &memory);
	if (error != 0) {
		memory = NULL;
		volume_close(volume);
	}
	volume_unref(volume);
	return error;
}

long tree_memory_file(const char *name, u32 mode, struct place *place)
{
	long error = find_volume();

	if (error != 0)
		return error;
	place->mount = memory;
	error = tree_create_unnamed(memory->root, name, S_IFREG | mode, &place->node);
	if (error == 0)
		memory->refs++;
	return error;
}

static long create(const char *name, u32 mode, struct open_file **file)
{
	struct place place;
	long error = tree_memory_file(name, mode, &place);

	if (error != 0)
		return error;
	error = tree_open_place(place, O_RDWR | O_LARGEFILE, file);
	if (error != 0)
		place_unref(place);
	return error;
}

long sys_memfd_create(vaddr_t name, unsigned int flags)
{
	char text[NAME_MAX + 1] = MFD_PREFIX;
	const size_t prefix = sizeof(MFD_PREFIX) - 1;
	struct open_file *file;
	enum kstatus status;
	size_t length;
	long result;

	if ((flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC)) != 0 ||
		(flags & (MFD_NOEXEC_SEAL | MFD_EXEC)) == (MFD_NOEXEC_SEAL | MFD_EXEC))
		return -EINVAL;
	status = env_copyin_string(text + prefix, name, sizeof(text) - prefix, &length);
	if (status != K_OK)
		return status == K_RANGE ? -EINVAL : errno_of(status);
	result = create(text, flags & MFD_NOEXEC_SEAL ? 0666 : 0777, &file);
	if (result != 0)
		return result;
	if (flags & MFD_ALLOW_SEALING)
		file->inode->seals = 0;
	if (flags & MFD_NOEXEC_SEAL)
		file->inode->seals = SEAL_EXEC;
	result = files_install(env_current(), file, flags & MFD_CLOEXEC);
	if (result < 0)
		file_unref(file);
	return result;
}

/* --- places for open files -----------------------------------------------------------------------
 */

/* A place of which one cannot say more than what fstat says of the file. */
static long create_place(const struct open_file *file, struct place *place)
{
	struct file_status status = {.mode = 0};
	struct inode *inode;
	long error = find_volume();

	if (error != 0)
		return error;
	if (file->ops->status)
		file->ops->status(file, &status);
	place->mount = memory;
	error = tree_create_unnamed(memory->root, "", status.mode, &place->node);
	if (error != 0)
		return error;
	memory->refs++;
	inode = place->node->inode;
	inode->mode = status.mode;
	inode->number = status.number;
	inode->links = 1;
	inode->uid = status.uid;
	inode->gid = status.gid;
	inode->atime = (struct timestamp){status.atime, status.atime_ns};
	inode->mtime = (struct timestamp){status.mtime, status.mtime_ns};
	inode->ctime = (struct timestamp){status.ctime, status.ctime_ns};
	inode->file_ops = NULL; /* it cannot be opened, unless it is a pipe */
	return 0;
}

long tree_place_of(struct open_file *file, struct place *place)
{
	struct place *kept = file->ops->place ? file->ops->place(file) : NULL;
	long error;

	if (kept && kept->mount) {
		*place = *kept;
		place_ref(*place);
		return 0;
	}
	error = create_place(file, place);
	if (error != 0 || !kept)
		return error;
	*kept = *place;
	place_ref(*place);
	if (IS_ENABLED(CONFIG_SERVICES_PIPES) && file->ops->capacity) {
		struct pipe *pipe = file->object;

		pipe->inode = place->node->inode;
		pipe->inode->pipe = pipe;
	}
	return 0;
}
