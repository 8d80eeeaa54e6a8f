/* control: the terminal's ioctls. */
#include <services/identity/identity.h>
#include <services/jobs/jobs.h>
#include <services/terminal/tty.h>

#define TCGETS     0x5401
#define TCSETS     0x5402
#define TCSETSW    0x5403
#define TCSETSF    0x5404
#define TCSBRK     0x5409
#define TCXONC     0x540a
#define TCFLSH     0x540b
#define TIOCSCTTY  0x540e
#define TIOCGPGRP  0x540f
#define TIOCSPGRP  0x5410
#define TIOCOUTQ   0x5411
#define TIOCSTI    0x5412
#define TIOCGWINSZ 0x5413
#define TIOCSWINSZ 0x5414
#define FIONREAD   0x541b
#define TIOCNOTTY  0x5422
#define TCSBRKP    0x5425
#define TIOCGSID   0x5429

#define TCOOFF    0
#define TCOON     1
#define TCIOFF    2
#define TCION     3
#define TCIFLUSH  0
#define TCOFLUSH  1
#define TCIOFLUSH 2

/* What a process in the background may not do without being stopped. */
static long check_change(struct terminal *terminal)
{
	return IS_ENABLED(CONFIG_SERVICES_JOBS) ? jobs_check(terminal, SIGTTOU) : 0;
}

static long put_number(vaddr_t argument, s32 number)
{
	return errno_of(env_copyout(argument, &number, sizeof(number)));
}

/* What TCGETS passes is without the last two words that the C library's structure has. */
static long set_settings(struct terminal *terminal, unsigned request, vaddr_t argument)
{
	struct termios settings, before = terminal->discipline.settings;

	if (env_copyin(&settings, argument, sizeof(settings)) != K_OK)
		return -EFAULT;
	if (request == TCSETSF)
		terminal_flush(terminal, true, false);
	discipline_set(&terminal->discipline, &settings);
	if (terminal->device->settings)
		terminal->device->settings(terminal, &before);
	terminal_listen(terminal);
	terminal_wake(terminal, POLL_READABLE | POLL_WRITABLE);
	return 0;
}

static long set_window(struct terminal *terminal, vaddr_t argument)
{
	u16 window[4];

	if (env_copyin(window, argument, sizeof(window)) != K_OK)
		return -EFAULT;
	if (memcmp(window, terminal->window, sizeof(window)) == 0)
		return 0;
	memcpy(terminal->window, window, sizeof(window));
	terminal_signal(terminal, SIGWINCH);
	return 0;
}

static long control_flow(struct terminal *terminal, vaddr_t action)
{
	switch (action) {
	case TCOOFF:
	case TCOON:
		terminal_stop(terminal, action == TCOOFF);
		return 0;
	case TCIOFF: /* nobody is asked to stop typing */
	case TCION:
		return 0;
	default:
		return -EINVAL;
	}
}

static long flush(struct terminal *terminal, vaddr_t queue)
{
	if (queue > TCIOFLUSH)
		return -EINVAL;
	terminal_flush(terminal, queue != TCOFLUSH, queue != TCIFLUSH);
	return 0;
}

/* As if it had been typed. */
static long type(struct terminal *terminal, vaddr_t argument)
{
	char c;

	if (terminal_of(process_current()) != terminal && !identity_may(CAP_SYS_ADMIN))
		return -EPERM;
	if (env_copyin(&c, argument, 1) != K_OK)
		return -EFAULT;
	terminal_input(terminal, &c, 1);
	return 0;
}

/* --- whose it is --------------------------------------------------------------------- */

static long make_controlling(struct terminal *terminal, vaddr_t steal)
{
	struct proc *proc = process_current();

	if (proc->session == proc->pid && terminal_of(proc) == terminal)
		return 0;
	if (proc->session != proc->pid || terminal_of(proc))
		return -EPERM;
	if (terminal->session != 0) {
		if (steal != 1 || !identity_may(CAP_SYS_ADMIN))
			return -EPERM;
		terminal->session = 0;
	}
	proc->detached = false;
	terminal_acquire(terminal, proc);
	return 0;
}

static long give_up_controlling(struct terminal *terminal)
{
	struct proc *proc = process_current();
	s32 foreground = terminal->foreground;

	if (terminal_of(proc) != terminal)
		return -ENOTTY;
	if (proc->session != proc->pid) {
		proc->detached = true;
		return 0;
	}
	terminal->session = 0;
	terminal->foreground = 0;
	if (foreground != 0) {
		jobs_signal(foreground, SIGHUP);
		jobs_signal(foreground, SIGCONT);
	}
	return 0;
}

static long set_foreground(struct terminal *terminal, vaddr_t argument)
{
	struct proc *proc = process_current();
	long error = check_change(terminal);
	s32 group, session;

	if (error != 0)
		return error == -EIO ? -ENOTTY : error;
	if (terminal_of(proc) != terminal)
		return -ENOTTY;
	if (env_copyin(&group, argument, sizeof(group)) != K_OK)
		return -EFAULT;
	if (group < 0)
		return -EINVAL;
	session = jobs_session_of(group);
	if (session < 0)
		return -ESRCH;
	if (session != proc->session)
		return -EPERM;
	terminal->foreground = group;
	terminal_listen(terminal);
	return 0;
}

static long control_session(
	struct terminal *terminal, unsigned request, vaddr_t argument, bool by_master)
{
	switch (request) {
	case TIOCSCTTY:
		return make_controlling(terminal, argument);
	case TIOCNOTTY:
		return by_master ? -ENOTTY : give_up_controlling(terminal);
	case TIOCSPGRP:
		return set_foreground(terminal, argument);
	case TIOCGPGRP:
		if (!by_master && terminal_of(process_current()) != terminal)
			return -ENOTTY;
		return put_number(argument, terminal->foreground);
	case TIOCGSID:
		if ((!by_master && terminal_of(process_current()) != terminal) ||
			terminal->session == 0)
			return -ENOTTY;
		return put_number(argument, terminal->session);
	default:
		return -ENOTTY;
	}
}

/* --- the requests ------------------------------------------------------------------- */

static long get(struct terminal *terminal, unsigned request, vaddr_t argument, bool by_master)
{
	const struct discipline *d = &terminal->discipline;

	switch (request) {
	case TCGETS:
		return errno_of(env_copyout(argument, &d->settings, sizeof(d->settings)));
	case TIOCGWINSZ:
		return errno_of(env_copyout(argument, terminal->window, sizeof(terminal->window)));
	case FIONREAD:
		return put_number(argument, (s32)discipline_readable(d));
	case TIOCOUTQ:
		return put_number(argument, 0);
	case TIOCSWINSZ:
		return set_window(terminal, argument);
	case TIOCSTI:
		return type(terminal, argument);
	default:
		return IS_ENABLED(CONFIG_SERVICES_JOBS)
			       ? control_session(terminal, request, argument, by_master)
			       : -ENOTTY;
	}
}

long terminal_control(struct terminal *terminal, unsigned request, vaddr_t argument, bool by_master)
{
	long error;

	switch (request) {
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
	case TCXONC:
	case TCFLSH:
	case TCSBRK:
	case TCSBRKP:
		error = check_change(terminal);
		break;
	default:
		return get(terminal, request, argument, by_master);
	}
	if (error != 0)
		return error;
	if (request == TCXONC)
		return control_flow(terminal, argument);
	if (request == TCFLSH)
		return flush(terminal, argument);
	return request == TCSBRK || request == TCSBRKP ? 0
						       : set_settings(terminal, request, argument);
}

long terminal_ioctl(struct open_file *file, unsigned request, vaddr_t argument)
{
	struct terminal *terminal = terminal_of_file(file);

	if (terminal->hung_up)
		return request == TIOCSPGRP ? -ENOTTY : -EIO;
	return terminal_control(terminal, request, argument, false);
}
