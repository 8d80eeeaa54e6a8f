/*
 * log: syslog, which is the kernel's own log.
 *
 * Nothing is written to it: what the services have to say they say on the console. So it is there
 * and empty. Who waits for its next line waits for ever. The checks and their order are those of
 * Linux's kernel/printk/printk.c.
 */
#include <services/identity/identity.h>
#include <services/process/sleep.h>

#include <unix_calls.h>

enum action {
	LOG_CLOSE,
	LOG_OPEN,
	LOG_READ,
	LOG_READ_ALL,
	LOG_READ_CLEAR,
	LOG_CLEAR,
	LOG_CONSOLE_OFF,
	LOG_CONSOLE_ON,
	LOG_CONSOLE_LEVEL,
	LOG_UNREAD,
	LOG_SIZE,
};

#define LEVEL_MIN 1
#define LEVEL_MAX 8

/* Until a signal comes. */
static long wait_for_line(void)
{
	struct env_queue nobody;

	env_queue_init(&nobody);
	while (call_sleep(&nobody, ENV_FOREVER) == K_OK)
		;
	return IS_ENABLED(CONFIG_SERVICES_SIGNALS) ? -ERESTARTSYS : -EINTR;
}

static long read_log(int action, vaddr_t buf, int size)
{
	if (buf == 0 || size < 0)
		return -EINVAL;
	if (size == 0)
		return 0;
	if (buf >= ENV_USER_MAX || (u64)size > ENV_USER_MAX - buf)
		return -EFAULT;
	return action == LOG_READ ? wait_for_line() : 0;
}

long sys_syslog(int action, vaddr_t buf, int size)
{
	if (action != LOG_READ_ALL && action != LOG_SIZE && !identity_may(CAP_SYSLOG) &&
		!identity_may(CAP_SYS_ADMIN))
		return -EPERM;
	switch (action) {
	case LOG_READ:
	case LOG_READ_ALL:
	case LOG_READ_CLEAR:
		return read_log(action, buf, size);
	case LOG_CONSOLE_LEVEL:
		return size < LEVEL_MIN || size > LEVEL_MAX ? -EINVAL : 0;
	case LOG_CLOSE:
	case LOG_OPEN:
	case LOG_CLEAR:
	case LOG_CONSOLE_OFF:
	case LOG_CONSOLE_ON:
	case LOG_UNREAD:
		return 0;
	case LOG_SIZE:
		return PAGE_SIZE;
	default:
		return -EINVAL;
	}
}
