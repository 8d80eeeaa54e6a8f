/* time: how long a wait may take, and which signals may end it. */
#include <services/clock/clock.h>
#include <services/poll/poll.h>
#include <services/signals/signals.h>

long poll_read_time(struct poll_time *time, vaddr_t at, s64 unit)
{
	s64 words[2], most = INT64_MAX / NSEC_PER_SEC / 2;

	*time = (struct poll_time){at, unit, ENV_FOREVER};
	if (at == 0)
		return 0;
	if (env_copyin(words, at, sizeof(words)) != K_OK)
		return -EFAULT;
	if (unit > 1) { /* select takes any number of microseconds */
		words[0] += words[1] / (NSEC_PER_SEC / unit);
		words[1] %= NSEC_PER_SEC / unit;
	}
	if (words[0] < 0 || words[1] < 0 || words[1] >= NSEC_PER_SEC / unit)
		return -EINVAL;
	time->deadline = env_now() + (u64)(MIN(words[0], most) * NSEC_PER_SEC + words[1] * unit);
	return 0;
}

/* Where that cannot be written the answer counts all the same, as on Linux. */
static void tell_left(const struct poll_time *time)
{
	u64 now = env_now(), left = time->deadline > now ? time->deadline - now : 0;
	s64 words[2] = {(s64)(left / NSEC_PER_SEC), (s64)(left % NSEC_PER_SEC) / time->unit};

	if (time->at != 0)
		(void)!env_copyout(time->at, words, sizeof(words));
}

long poll_set_mask(vaddr_t set, size_t size)
{
	struct proc *proc = env_current();
	u64 mask;

	if (set == 0 || !IS_ENABLED(CONFIG_SERVICES_SIGNALS))
		return 0;
	if (size != sizeof(mask))
		return -EINVAL;
	if (env_copyin(&mask, set, sizeof(mask)) != K_OK)
		return -EFAULT;
	proc->signals.saved_mask = proc->signals.mask;
	signal_set_mask(proc, mask);
	return 0;
}

long poll_end(long result, const struct poll_time *time, vaddr_t set)
{
	struct proc *proc = env_current();

	if (set != 0 && IS_ENABLED(CONFIG_SERVICES_SIGNALS)) {
		if (result == -EINTR) { /* the handler runs with the mask of the wait */
			proc->signals.restore_mask = true;
			env_attention(proc);
		} else {
			signal_set_mask(proc, proc->signals.saved_mask);
		}
	}
	tell_left(time);
	return result == -EINTR && IS_ENABLED(CONFIG_SERVICES_SIGNALS) ? -ERESTARTNOHAND : result;
}
