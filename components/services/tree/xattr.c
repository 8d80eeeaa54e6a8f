/*
 * xattr: extended attributes, of which no file system here has any.
 *
 * The file is looked for all the same, so that a bad path says so. Programs of today ask for
 * security labels and access lists of every file they touch, and know what EOPNOTSUPP means.
 */
#include <services/tree/tree.h>

#include <unix_calls.h>

/* -EOPNOTSUPP, or why there is no such file. */
static long refuse(vaddr_t path, bool follow)
{
	struct place place;
	long error = tree_find(AT_FDCWD, path, follow, false, &place);

	if (error != 0)
		return error;
	place_unref(place);
	return -EOPNOTSUPP;
}

static long refuse_open(int fd)
{
	return files_find_usable(fd) ? -EOPNOTSUPP : -EBADF;
}

/* There are none: a list of no bytes. */
static long none(long refused)
{
	return refused == -EOPNOTSUPP ? 0 : refused;
}

long sys_setxattr(vaddr_t path, vaddr_t name, vaddr_t value, size_t size, int flags)
{
	(void)name, (void)value, (void)size, (void)flags;
	return refuse(path, true);
}

long sys_lsetxattr(vaddr_t path, vaddr_t name, vaddr_t value, size_t size, int flags)
{
	(void)name, (void)value, (void)size, (void)flags;
	return refuse(path, false);
}

long sys_fsetxattr(int fd, vaddr_t name, vaddr_t value, size_t size, int flags)
{
	(void)name, (void)value, (void)size, (void)flags;
	return refuse_open(fd);
}

long sys_getxattr(vaddr_t path, vaddr_t name, vaddr_t value, size_t size)
{
	(void)name, (void)value, (void)size;
	return refuse(path, true);
}

long sys_lgetxattr(vaddr_t path, vaddr_t name, vaddr_t value, size_t size)
{
	(void)name, (void)value, (void)size;
	return refuse(path, false);
}

long sys_fgetxattr(int fd, vaddr_t name, vaddr_t value, size_t size)
{
	(void)name, (void)value, (void)size;
	return refuse_open(fd);
}

long sys_listxattr(vaddr_t path, vaddr_t list, size_t size)
{
	(void)list, (void)size;
	return none(refuse(path, true));
}

long sys_llistxattr(vaddr_t path, vaddr_t list, size_t size)
{
	(void)list, (void)size;
	return none(refuse(path, false));
}

long sys_flistxattr(int fd, vaddr_t list, size_t size)
{
	(void)list, (void)size;
	return none(refuse_open(fd));
}

long sys_removexattr(vaddr_t path, vaddr_t name)
{
	(void)name;
	return refuse(path, true);
}

long sys_lremovexattr(vaddr_t path, vaddr_t name)
{
	(void)name;
	return refuse(path, false);
}

long sys_fremovexattr(int fd, vaddr_t name)
{
	(void)name;
	return refuse_open(fd);
}
