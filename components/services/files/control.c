/*
 * control: fcntl, and ioctl.
 *
 * Record locks are the file tree's: fcntl hands them on where it is there.
 */
#include <services/files/files.h>
#include <services/tree/locks.h>

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

/* What F_SETFL changes; the rest it ignores. */
#define SETFL_FLAGS (O_APPEND | O_NONBLOCK | O_NOATIME | O_ASYNC | O_DIRECT)

static long control_locks(int fd, struct open_file *file, unsigned command, vaddr_t argument)
{
	if (!IS_ENABLED(CONFIG_SERVICES_TREE))
		return -EINVAL;
	return locks_control(fd, file, command, argument);
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
	if (command == F_SETFL) {
		file->flags = (file->flags & ~SETFL_FLAGS) | ((u32)argument & SETFL_FLAGS);
		return 0;
	}
	return control_locks(fd, file, command, (vaddr_t)argument);
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
