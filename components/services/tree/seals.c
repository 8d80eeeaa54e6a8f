/* seals: see seals.h. The checks are those of Linux's mm/memfd.c and mm/shmem.c. */
#include <services/memory/mappings.h>
#include <services/tree/seals.h>

static bool has_seals(const struct open_file *file)
{
	return file->inode && inode_is(file->inode, S_IFREG) && file->inode->volume->in_memory;
}

static long add(struct open_file *file, u64 seals)
{
	struct inode *inode = file->inode;
	u32 mode = file->flags & O_ACCMODE;

	if (mode != O_WRONLY && mode != O_RDWR)
		return -EPERM;
	if ((seals & ~(u64)SEALS) != 0 || !has_seals(file))
		return -EINVAL;
	if (inode->seals & SEAL_SEAL)
		return -EPERM;
	if (seals & SEAL_EXEC && inode->mode & 0111) /* what is executed does not change */
		seals |= SEAL_SHRINK | SEAL_GROW | SEALS_ON_WRITING;
	if (seals & SEAL_WRITE && !(inode->seals & SEAL_WRITE) && memory_writes_file(inode))
		return -EBUSY;
	inode->seals |= (u32)seals;
	return 0;
}

long seals_control(struct open_file *file, unsigned command, u64 seals)
{
	if (command == F_ADD_SEALS)
		return add(file, seals);
	return has_seals(file) ? (long)file->inode->seals : -EINVAL;
}

/* Linux writes page by page: those before the first that would make the file longer are written. */
long seals_cut_write(const struct inode *inode, struct io *io, u64 position)
{
	u64 whole = ALIGN_DOWN(inode->size, PAGE_SIZE);

	if (inode->seals & SEALS_ON_WRITING)
		return -EPERM;
	if (!(inode->seals & SEAL_GROW) || position + io->left <= inode->size)
		return 0;
	if (position >= whole)
		return -EPERM;
	io->left = whole - position;
	return 0;
}
