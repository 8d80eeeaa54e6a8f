/* errno: what a status of the environment is called on Linux. */
#include <services/errno.h>

long errno_of(enum kstatus status)
{
	static const u16 numbers[] = {
		[K_OK] = 0,
		[K_NOMEM] = ENOMEM,
		[K_FAULT] = EFAULT,
		[K_INVAL] = EINVAL,
		[K_NOENT] = ENOENT,
		[K_EXISTS] = EEXIST,
		[K_DENIED] = EPERM,
		[K_TIMEDOUT] = EAGAIN,
		[K_INTERRUPTED] = ERESTARTSYS,
		[K_FULL] = EAGAIN,
		[K_DEAD] = ESRCH,
		[K_RANGE] = ENAMETOOLONG,
	};

	check((size_t)status < ARRAY_SIZE(numbers));
	return -(long)numbers[status];
}
