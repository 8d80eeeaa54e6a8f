/* wait: sleeping until a signal comes. */
#include <services/clock/clock.h>
#include <services/process/process.h>
#include <services/signals/signals.h>

#include <unix_calls.h>

/* Sleeps until something breaks it off; K_TIMEDOUT at `deadline`. */
static enum kstatus sleep_for_signal(u64 deadline)
{
	struct env_queue nobody;

	env_queue_init(&nobody);
	return env_sleep(&nobody, deadline);
}

/* Until the call is to be broken off, or was for want of memory to sleep with: then others run
 * before it is made again. */
static void sleep_until_broken_off(struct proc *proc)
{
	enum kstatus status = K_OK;

	while (status != K_INTERRUPTED && !signal_breaks_off(proc, 0))
		status = sleep_for_signal(ENV_FOREVER);
}

long sys_pause(void)
{
	sleep_until_broken_off(env_current());
	return -ERESTARTNOHAND;
}

long sys_rt_sigsuspend(vaddr_t set, size_t size)
{
	struct proc *proc = env_current();
	u64 mask;

	if (size != sizeof(mask))
		return -EINVAL;
	if (env_copyin(&mask, set, sizeof(mask)) != K_OK)
		return -EFAULT;
	proc->signals.saved_mask = proc->signals.mask;
	signal_set_mask(proc, mask);
	sleep_until_broken_off(proc);
	proc->signals.restore_mask = true;
	env_attention(proc);
	return -ERESTARTNOHAND;
}

/* A deadline from a relative timespec at `address` (0: for ever). */
static long read_deadline(vaddr_t address, u64 *deadline)
{
	struct timespec time;

	*deadline = ENV_FOREVER;
	if (address == 0)
		return 0;
	if (env_copyin(&time, address, sizeof(time)) != K_OK)
		return -EFAULT;
	if (time.seconds < 0 || time.nanoseconds < 0 || time.nanoseconds >= NSEC_PER_SEC)
		return -EINVAL;
	if (time.seconds < INT64_MAX / NSEC_PER_SEC / 2)
		*deadline = env_now() + (u64)(time.seconds * NSEC_PER_SEC + time.nanoseconds);
	return 0;
}

long sys_rt_sigtimedwait(vaddr_t set, vaddr_t info, vaddr_t timeout, size_t size)
{
	struct proc *proc = env_current();
	struct signal_info taken;
	enum kstatus status = K_OK;
	u64 wanted, deadline;
	long error;

	if (size != sizeof(wanted))
		return -EINVAL;
	if (env_copyin(&wanted, set, sizeof(wanted)) != K_OK)
		return -EFAULT;
	error = read_deadline(timeout, &deadline);
	if (error != 0)
		return error;
	wanted &= ~SIGNALS_UNBLOCKABLE;
	proc->signals.awaited = wanted;
	while (!signal_take(proc, wanted, &taken) && error == 0) {
		if (status == K_TIMEDOUT || deadline <= env_now())
			error = -EAGAIN;
		else if (signal_breaks_off(proc, wanted))
			error = -EINTR;
		else
			status = sleep_for_signal(deadline);
	}
	proc->signals.awaited = 0;
	signals_pass_on(proc, wanted & proc->signals.mask);
	if (error != 0)
		return error;
	if (info != 0 && env_copyout(info, &taken, sizeof(taken)) != K_OK)
		return -EFAULT;
	return taken.signal;
}
