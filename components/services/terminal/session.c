/*
 * session: whose controlling terminal it is.
 *
 * Process 1 begins as the leader of a session that has the terminal, as if a
 * login had prepared it; so a shell in its place has job control.
 */
#include <services/jobs/jobs.h>
#include <services/terminal/tty.h>

bool terminal_is_of(const struct proc *proc)
{
	return terminal.session != 0 && terminal.session == proc->session && !proc->detached;
}

bool terminal_is_foreground(s32 group)
{
	return terminal.foreground == 0 || terminal.foreground == group;
}

void terminal_acquire(struct proc *proc)
{
	if (terminal.session != 0 || proc->session != proc->pid || proc->detached)
		return;
	terminal.session = proc->session;
	terminal.foreground = proc->group;
}

void terminal_leave(struct proc *leader)
{
	s32 foreground = terminal.foreground;

	if (!terminal_is_of(leader))
		return;
	terminal.session = 0;
	terminal.foreground = 0;
	if (IS_ENABLED(CONFIG_SERVICES_JOBS) && foreground != 0)
		jobs_signal(foreground, SIGHUP);
}

long terminal_open_own(struct open_file *file)
{
	(void)file;
	return terminal_is_of(process_current()) ? 0 : -ENXIO;
}

long terminal_open_serial(struct open_file *file)
{
	if (!(file->flags & O_NOCTTY) && (file->flags & O_ACCMODE) != O_WRONLY)
		terminal_acquire(process_current());
	return 0;
}
