/* system: yielding, and random bytes. */
#include <services/errno.h>
#include <services/services.h>

#include <unix_calls.h>

#define GRND_NONBLOCK 1u
#define GRND_RANDOM   2u
#define GRND_INSECURE 4u

#define TURN 4096 /* bytes after which others may run */

long sys_sched_yield(void)
{
	env_yield();
	return 0;
}

long sys_getrandom(vaddr_t buf, size_t count, unsigned int flags)
{
	u64 bytes[8];
	size_t done = 0;

	if ((flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) != 0)
		return -EINVAL;
	if ((flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	count = MIN(count, (size_t)INT32_MAX);
	if (count > ENV_USER_MAX || buf > ENV_USER_MAX - count)
		return -EFAULT;
	while (done < count) {
		size_t n = MIN(count - done, sizeof(bytes));

		for (size_t i = 0; i < ARRAY_SIZE(bytes); i++)
			bytes[i] = env_random();
		if (env_copyout(buf + done, bytes, n) != K_OK)
			return done > 0 ? (long)done : -EFAULT;
		done += n;
		if (done % TURN == 0)
			env_yield();
	}
	return (long)done;
}
