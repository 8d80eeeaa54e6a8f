/* control: the terminal's ioctls. */
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
static long check_change(void)
{
	return IS_ENABLED(CONFIG_SERVICES_JOBS) ? jobs_check(SIGTTOU) : 0;
}

static long put_number(vaddr_t argument, s32 number)
{
	return errno_of(env_copyout(argument, &number, sizeof(number)));
}

/* What TCGETS passes is without the last two words that the C library's structure has. */
static long set_settings(unsigned request, vaddr_t argument)
{
	struct termios settings;

	if (env_copyin(&settings, argument, sizeof(settings)) != K_OK)
		return -EFAULT;
	if (request == TCSETSF)
		discipline_flush(&terminal.discipline);
	discipline_set(&terminal.discipline, &settings);
	terminal_listen();
	terminal_wake();
	return 0;
}

static long set_window(vaddr_t argument)
{
	u16 window[4];

	if (env_copyin(window, argument, sizeof(window)) != K_OK)
		return -EFAULT;
	if (memcmp(window, terminal.window, sizeof(window)) == 0)
		return 0;
	memcpy(terminal.window, window, sizeof(window));
	if (IS_ENABLED(CONFIG_SERVICES_JOBS) && terminal.foreground)
		jobs_signal(terminal.foreground, SIGWINCH);
	return 0;
}

static long control_flow(vaddr_t action)
{
	switch (action) {
	case TCOOFF:
	case TCOON:
		terminal.discipline.stopped = action == TCOOFF;
		terminal_wake();
		return 0;
	case TCIOFF: /* nobody is asked to stop typing */
	case TCION:
		return 0;
	default:
		return -EINVAL;
	}
}

/* Nothing is ever held back on its way out. */
static long flush(vaddr_t queue)
{
	if (queue == TCIFLUSH || queue == TCIOFLUSH)
		discipline_flush(&terminal.discipline);
	return queue <= TCIOFLUSH ? 0 : -EINVAL;
}

/* As if it had been typed. */
static long type(vaddr_t argument)
{
	char c;

	if (!terminal_is_of(process_current()) && env_current()->identity.euid != 0)
		return -EPERM;
	if (env_copyin(&c, argument, 1) != K_OK)
		return -EFAULT;
	services_input(&c, 1);
	return 0;
}

/* --- whose it is --------------------------------------------------------------------- */

static long make_controlling(vaddr_t steal)
{
	struct proc *proc = process_current();

	if (proc->session == proc->pid && terminal.session == proc->session && !proc->detached)
		return 0;
	if (proc->session != proc->pid || terminal_is_of(proc))
		return -EPERM;
	if (terminal.session != 0) {
		if (steal != 1 || env_current()->identity.euid != 0)
			return -EPERM;
		terminal.session = 0;
	}
	proc->detached = false;
	terminal_acquire(proc);
	return 0;
}

static long give_up_controlling(void)
{
	struct proc *proc = process_current();
	s32 foreground = terminal.foreground;

	if (!terminal_is_of(proc))
		return -ENOTTY;
	if (proc->session != proc->pid) {
		proc->detached = true;
		return 0;
	}
	terminal.session = 0;
	terminal.foreground = 0;
	if (foreground != 0) {
		jobs_signal(foreground, SIGHUP);
		jobs_signal(foreground, SIGCONT);
	}
	return 0;
}

static long set_foreground(vaddr_t argument)
{
	struct proc *proc = process_current();
	long error = check_change();
	s32 group, session;

	if (error != 0)
		return error == -EIO ? -ENOTTY : error;
	if (!terminal_is_of(proc))
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
	terminal.foreground = group;
	terminal_listen();
	return 0;
}

static long control_session(unsigned request, vaddr_t argument)
{
	switch (request) {
	case TIOCSCTTY:
		return make_controlling(argument);
	case TIOCNOTTY:
		return give_up_controlling();
	case TIOCSPGRP:
		return set_foreground(argument);
	case TIOCGPGRP:
	case TIOCGSID:
		if (!terminal_is_of(process_current()))
			return -ENOTTY;
		return put_number(
			argument, request == TIOCGSID ? terminal.session : terminal.foreground);
	default:
		return -ENOTTY;
	}
}

/* --- the requests ------------------------------------------------------------------- */

static long get(unsigned request, vaddr_t argument)
{
	const struct discipline *d = &terminal.discipline;

	switch (request) {
	case TCGETS:
		return errno_of(env_copyout(argument, &d->settings, sizeof(d->settings)));
	case TIOCGWINSZ:
		return errno_of(env_copyout(argument, terminal.window, sizeof(terminal.window)));
	case FIONREAD:
		return put_number(argument, (s32)discipline_readable(d));
	case TIOCOUTQ:
		return put_number(argument, 0);
	case TIOCSWINSZ:
		return set_window(argument);
	case TIOCSTI:
		return type(argument);
	default:
		return IS_ENABLED(CONFIG_SERVICES_JOBS) ? control_session(request, argument)
							: -ENOTTY;
	}
}

long terminal_ioctl(struct open_file *file, unsigned request, vaddr_t argument)
{
	long error;

	(void)file;
	switch (request) {
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
	case TCXONC:
	case TCFLSH:
	case TCSBRK:
	case TCSBRKP:
		error = check_change();
		break;
	default:
		return get(request, argument);
	}
	if (error != 0)
		return error;
	if (request == TCXONC)
		return control_flow(argument);
	if (request == TCFLSH)
		return flush(argument);
	return request == TCSBRK || request == TCSBRKP ? 0 : set_settings(request, argument);
}
