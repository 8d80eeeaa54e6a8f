/* program: see program.h. */
#include <services/exec/program.h>
#include <services/initramfs/cpio.h>
#include <services/initramfs/initramfs.h>
#include <services/tree/tree.h>

#define MODE_EXECUTE 0111u

/* Looks in the archive; `path` stays as it was given, for the new program hears of it. */
static long look_up(const char *path, struct file_image **image)
{
	size_t size = strlen(path) + 1;
	char *copy = kalloc(size);
	long error;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, path, size);
	error = initramfs_find(copy, image);
	kfree(copy, size);
	return error;
}

/* Without the tree: what the archive has under that name. The caller is user 0. */
static long find_in_archive(const char *path, struct program *program)
{
	long error = look_up(path, &program->image);

	if (error != 0)
		return error;
	if ((program->image->mode & CPIO_TYPE) != CPIO_REGULAR ||
		(program->image->mode & MODE_EXECUTE) == 0)
		return -EACCES;
	program->size = program->image->size;
	program->mode = program->image->mode;
	return 0;
}

/* Whether the caller may execute what was found, and as whom it would run. */
static long check_inode(struct program *program)
{
	struct inode *inode = program->place.node->inode;
	u32 flags = program->place.mount->flags;
	long error;

	if (!inode_is(inode, S_IFREG) || flags & MOUNT_NOEXEC)
		return -EACCES;
	if (inode->ops->prepare && inode_make_pages(inode) != 0)
		return -ENOMEM;
	program->inode = inode;
	program->image = inode->image;
	program->pages = inode->pages;
	program->size = inode->size;
	program->mode = flags & MOUNT_NOSUID ? inode->mode & ~(S_ISUID | S_ISGID) : inode->mode;
	program->uid = inode->uid;
	program->gid = inode->gid;
	error = inode_access(inode, WANT_EXECUTE);
	return error == 0 && inode->writers > 0 ? -ETXTBSY : error;
}

static long find_in_tree(int dirfd, const char *path, unsigned flags, struct program *program)
{
	struct walk *walk;
	long error = walk_begin_kernel(&walk, dirfd, path, flags & AT_EMPTY_PATH);

	if (error != 0)
		return error;
	error = walk_whole(walk, !(flags & AT_SYMLINK_NOFOLLOW));
	if (error == 0) {
		program->place = walk->at;
		place_ref(walk->at);
		error = inode_is(walk->at.node->inode, S_IFLNK) ? -ELOOP : check_inode(program);
		if (error == 0) {
			notify_use(walk->at.node, IN_OPEN);
			notify_use(walk->at.node, IN_ACCESS);
		} else {
			program_put(program);
		}
	}
	walk_end(walk);
	return error;
}

long program_find(int dirfd, char *path, unsigned flags, struct program *program)
{
	*program = (struct program){.size = 0};
	if (IS_ENABLED(CONFIG_SERVICES_TREE))
		return find_in_tree(dirfd, path, flags, program);
	return find_in_archive(path, program);
}

void program_put(struct program *program)
{
	if (IS_ENABLED(CONFIG_SERVICES_TREE))
		place_unref(program->place);
	program->place = (struct place){NULL, NULL};
}

bool program_read(const struct program *program, u64 offset, void *to, size_t n)
{
	if (offset > program->size || n > program->size - offset)
		return false;
	if (program->image)
		memcpy(to, program->image->bytes + offset, n);
	else
		return IS_ENABLED(CONFIG_SERVICES_TREE) &&
		       inode_read(program->inode, offset, to, n) == (long)n;
	return true;
}

enum kstatus program_map(struct proc *proc, const struct program *program, vaddr_t address,
	u64 length, unsigned prot, u64 offset)
{
	if (program->image)
		return env_map_image(proc, address, length, prot, program->image, offset);
	if (!IS_ENABLED(CONFIG_SERVICES_TREE) || !program->pages)
		return K_INVAL;
	if (inode_prepare_map(program->inode, offset, length, false) != 0)
		return K_NOMEM;
	return env_map_object(proc, &address, length, prot, ENV_MAP_FIXED, program->pages, offset);
}
