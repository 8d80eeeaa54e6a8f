/*
 * session: whose controlling terminal it is.
 *
 * A session has one terminal at most, so a terminal that says whose it is says everything. Process
 * 1 begins as the leader of a session that has the console, as if a login had prepared it; so a
 * shell in its place has job control.
 */
#include <services/jobs/jobs.h>
#include <services/terminal/tty.h>

static struct list terminals;

void terminals_init(void)
{
	list_init(&terminals);
	pts_init();
}

void terminal_add(struct terminal *terminal)
{
	list_push_back(&terminals, &terminal->link);
}

void terminal_destroy(struct terminal *terminal)
{
	list_remove(&terminal->link);
}

struct terminal *terminal_of(const struct proc *proc)
{
	struct terminal *terminal;

	if (proc->detached)
		return NULL;
	list_for_each(terminal, &terminals, link)
	{
		if (terminal->session != 0 && terminal->session == proc->session)
			return terminal;
	}
	return NULL;
}

bool terminal_is_foreground(const struct terminal *terminal, s32 group)
{
	return terminal->foreground == 0 || terminal->foreground == group;
}

void terminal_acquire(struct terminal *terminal, struct proc *proc)
{
	if (terminal->session != 0 || proc->session != proc->pid || proc->detached ||
		terminal_of(proc))
		return;
	terminal->session = proc->session;
	terminal->foreground = proc->group;
}

void terminal_acquire_console(struct proc *proc)
{
	terminal_acquire(&console, proc);
}

void terminal_leave(struct proc *leader)
{
	struct terminal *terminal = terminal_of(leader);
	s32 foreground;

	if (!terminal)
		return;
	foreground = terminal->foreground;
	terminal->session = 0;
	terminal->foreground = 0;
	if (IS_ENABLED(CONFIG_SERVICES_JOBS) && foreground != 0)
		jobs_signal(foreground, SIGHUP);
}

long terminal_open_own(struct open_file *file)
{
	struct terminal *terminal = terminal_of(process_current());

	if (!terminal)
		return -ENXIO;
	terminal_attach(terminal, file);
	return 0;
}
