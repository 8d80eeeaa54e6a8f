/* poll: poll and ppoll. */
#include <services/poll/poll.h>

#include <unix_calls.h>

#define FEW       16 /* descriptors that live on the stack */
#define NS_PER_MS 1000000ull

/* The wait over the caller's array, which gets what was found. */
static long poll_array(vaddr_t at, u32 count, struct pollfd *fds, u64 deadline)
{
	long result;

	if (env_copyin(fds, at, count * sizeof(*fds)) != K_OK)
		return -EFAULT;
	result = poll_wait(fds, count, deadline);
	if (result < 0)
		return result;
	for (u32 i = 0; i < count; i++) {
		vaddr_t to = at + i * sizeof(*fds) + offsetof(struct pollfd, found);

		if (env_copyout(to, &fds[i].found, sizeof(fds[i].found)) != K_OK)
			return -EFAULT;
	}
	return result;
}

static long poll_until(vaddr_t at, u32 count, u64 deadline)
{
	struct pollfd few[FEW], *fds = few;
	long result;

	if (count > process_current()->limits.of[LIMIT_NOFILE].soft)
		return -EINVAL;
	if (count > FEW) {
		fds = kalloc(count * sizeof(*fds));
		if (!fds)
			return -ENOMEM;
	}
	result = poll_array(at, count, fds, deadline);
	if (fds != few)
		kfree(fds, count * sizeof(*fds));
	return result;
}

/* poll goes on until its old deadline after a signal that has no handler. */
static long poll_restartable(vaddr_t at, u32 count, u64 deadline);

static long poll_again(struct proc *proc)
{
	return poll_restartable(
		proc->restart_address, (u32)proc->restart_count, proc->restart_deadline);
}

static long poll_restartable(vaddr_t at, u32 count, u64 deadline)
{
	struct proc *proc = env_current();
	long result = poll_until(at, count, deadline);

	if (result != -EINTR || !IS_ENABLED(CONFIG_SERVICES_SIGNALS))
		return result;
	proc->restart = poll_again;
	proc->restart_address = at;
	proc->restart_count = count;
	proc->restart_deadline = deadline;
	return -ERESTART_RESTARTBLOCK;
}

long sys_poll(vaddr_t fds, unsigned int count, int timeout)
{
	return poll_restartable(
		fds, count, timeout < 0 ? ENV_FOREVER : env_now() + (u64)timeout * NS_PER_MS);
}

long sys_ppoll(vaddr_t fds, unsigned int count, vaddr_t timeout, vaddr_t set, size_t size)
{
	struct poll_time time;
	long error = poll_read_time(&time, timeout, 1);

	if (error == 0)
		error = poll_set_mask(set, size);
	if (error != 0)
		return error;
	return poll_end(poll_until(fds, count, time.deadline), &time, set);
}
