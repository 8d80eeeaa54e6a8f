/* sleep: see sleep.h. */
#include <services/process/sleep.h>
#include <services/signals/signals.h>

bool call_is_broken_off(void)
{
	struct proc *proc = env_current();

	return IS_ENABLED(CONFIG_SERVICES_SIGNALS) ? signal_breaks_off(proc, 0) : proc->dying;
}

enum kstatus call_sleep(struct env_queue *queue, u64 deadline)
{
	if (unlikely(call_is_broken_off()))
		return K_INTERRUPTED;
	return env_sleep(queue, deadline);
}
