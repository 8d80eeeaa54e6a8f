/* kinds: sysfs(2), which numbers the kinds of file systems, and ustat(2). Both are older than
 * /proc. */
#include <services/tree/tree.h>

#include <unix_calls.h>

#define SYSFS_INDEX 1
#define SYSFS_NAME  2
#define SYSFS_COUNT 3

static long index_of(vaddr_t from)
{
	char *name;
	long result = path_fetch(&name, from);

	if (result != 0)
		return result;
	result = -EINVAL;
	for (size_t i = 0; i < volume_types_count && result < 0; i++) {
		if (strcmp(volume_types[i]->name, name) == 0)
			result = (long)i;
	}
	kfree(name, PATH_MAX);
	return result;
}

static long tell_name(u64 index, vaddr_t to)
{
	const char *name;

	if (index >= volume_types_count)
		return -EINVAL;
	name = volume_types[index]->name;
	return errno_of(env_copyout(to, name, strlen(name) + 1));
}

long sys_sysfs(int option, long first, vaddr_t second)
{
	switch (option) {
	case SYSFS_INDEX:
		return index_of((vaddr_t)first);
	case SYSFS_NAME:
		return tell_name((u32)first, second);
	case SYSFS_COUNT:
		return (long)volume_types_count;
	default:
		return -EINVAL;
	}
}

/* struct ustat */
struct volume_room {
	s32 blocks;
	u64 files;
	char name[6], pack[6];
};
_Static_assert(sizeof(struct volume_room) == 32, "struct ustat");

long sys_ustat(unsigned int device, vaddr_t to)
{
	struct mount *mount;

	list_for_each(mount, &mounts, link)
	{
		struct volume *volume = mount->volume;
		struct volume_status status = {.blocks = 0};
		struct volume_room room;

		if (volume->device != device)
			continue;
		if (volume->type->status)
			volume->type->status(volume, &status);
		memset(&room, 0, sizeof(room));
		room.blocks = (s32)status.blocks_free;
		room.files = status.inodes_free;
		return errno_of(env_copyout(to, &room, sizeof(room)));
	}
	return -EINVAL;
}
