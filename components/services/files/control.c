/*
 * control: fcntl, and ioctl.
 *
 * Record locks are the file tree's: fcntl hands them on where it is there.
 */
#include <services/files/files.h>
#include <services/tree/locks.h>
#include <services/tree/seals.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

#define F_DUPFD         0
#define F_GETFD         1
#define F_SETFD         2
#define F_GETFL         3
#define F_SETFL         4
#define F_DUPFD_CLOEXEC 1030
#define FD_CLOEXEC      1

#define FIONCLEX 0x5450
#define FIOCLEX  0x5451
#define FIONBIO  0x5421

#define F_SETOWN     8
#define F_GETOWN     9
#define F_SETSIG     10
#define F_GETSIG     11
#define F_GETLEASE   1025
#define F_SETPIPE_SZ 1031
#define F_GETPIPE_SZ 1032
#define F_UNLCK      2
#define SIGNALS_MOST 64

/* What F_SETFL changes; the rest it ignores. */
#define SETFL_FLAGS (O_APPEND | O_NONBLOCK | O_NOATIME | O_DIRECT)

static long control_locks(int fd, struct open_file *file, unsigned command, vaddr_t argument)
{
	if (!IS_ENABLED(CONFIG_SERVICES_TREE))
		return -EINVAL;
	return locks_control(fd, file, command, argument);
}

/* Whether the flags may be set: only some files are read around the cache (and pipes, where the
 * flag means packets), and only an owner's readings leave no trace. */
static long check_flags(const struct open_file *file, u32 flags)
{
	bool has_tree = IS_ENABLED(CONFIG_SERVICES_TREE) && file->inode;

	if (has_tree && flags & O_NOATIME && !(file->flags & O_NOATIME) &&
		!inode_is_own(file->inode))
		return -EPERM;
	if (flags & O_DIRECT && !file->ops->capacity &&
		!(has_tree && inode_is(file->inode, S_IFREG)))
		return -EINVAL;
	return 0;
}

static long set_flags(struct open_file *file, u32 flags)
{
	long error = check_flags(file, flags);

	if (error == 0)
		file->flags = (file->flags & ~SETFL_FLAGS) | (flags & SETFL_FLAGS);
	return error;
}

/* Signals of readiness (O_ASYNC) and leases are never sent: who asks hears that there are none. */
static long control_rest(int fd, struct open_file *file, unsigned command, long argument)
{
	switch (command) {
	case F_SETFL:
		return set_flags(file, (u32)argument);
	case F_GETOWN:
	case F_GETSIG:
		return 0;
	case F_SETSIG:
		return (u64)argument > SIGNALS_MOST ? -EINVAL : 0;
	case F_GETLEASE:
		return F_UNLCK;
	case F_ADD_SEALS:
	case F_GET_SEALS:
		return IS_ENABLED(CONFIG_SERVICES_TREE)
			       ? seals_control(file, command, (u32)argument)
			       : -EINVAL;
	case F_SETPIPE_SZ:
		return file->ops->resize ? file->ops->resize(file, (u64)argument) : -EBADF;
	case F_GETPIPE_SZ:
		return file->ops->capacity ? (long)file->ops->capacity(file) : -EBADF;
	default:
		return control_locks(fd, file, command, (vaddr_t)argument);
	}
}

long sys_fcntl(int fd, unsigned int command, long argument)
{
	struct proc *proc = env_current();
	struct open_file *file = files_find(fd);

	if (!file)
		return -EBADF;
	switch (command) { /* what a mere place answers too */
	case F_DUPFD:
		return files_duplicate_from(file, argument, false);
	case F_DUPFD_CLOEXEC:
		return files_duplicate_from(file, argument, true);
	case F_GETFD:
		return files_get_cloexec(proc, (u32)fd) ? FD_CLOEXEC : 0;
	case F_SETFD:
		files_set_cloexec(proc, (u32)fd, (argument & FD_CLOEXEC) != 0);
		return 0;
	case F_GETFL:
		return file->flags;
	}
	if (file->flags & O_PATH)
		return -EBADF;
	return control_rest(fd, file, command, argument);
}

static long set_nonblocking(struct open_file *file, vaddr_t argument)
{
	s32 on;

	if (env_copyin(&on, argument, sizeof(on)) != K_OK)
		return -EFAULT;
	file->flags = (file->flags & ~O_NONBLOCK) | (on ? O_NONBLOCK : 0);
	return 0;
}

long sys_ioctl(int fd, unsigned int request, vaddr_t argument)
{
	struct open_file *file = files_find_usable(fd);

	if (!file)
		return -EBADF;
	switch (request) {
	case FIOCLEX:
	case FIONCLEX:
		files_set_cloexec(env_current(), (u32)fd, request == FIOCLEX);
		return 0;
	case FIONBIO:
		return set_nonblocking(file, argument);
	default:
		return file->ops->ioctl ? file->ops->ioctl(file, request, argument) : -ENOTTY;
	}
}
