/* stat: a process in numbers: stat, statm, wchan, and small texts of one value. */
#include <services/clock/clock.h>
#include <services/identity/identity.h>
#include <services/memory/mappings.h>
#include <services/procfs/internal.h>
#include <services/procfs/state.h>
#include <services/scheduling/scheduling.h>
#include <services/terminal/pty.h>
#include <services/usage/usage.h>

#define USER_HZ 100

#define FLAG_EXITING      0x4u
#define FLAG_FORK_NO_EXEC 0x40u
#define FLAG_RANDOMIZED   0x400000u

static unsigned long long ticks(u64 ns)
{
	return ns / (NSEC_PER_SEC / USER_HZ);
}

char state_of(struct proc *proc)
{
	struct env_times times;

	if (proc->exiting && (proc != proc->leader || proc->state == PROC_ZOMBIE))
		return 'Z';
	if (proc == env_current())
		return 'R';
	if (proc->leader->stopped)
		return 'T';
	env_times(proc, &times);
	return times.asleep || proc->exiting ? 'S' : 'R';
}

u64 bytes_mapped(const struct proc *proc)
{
	return proc->memory ? proc->memory->bytes : 0;
}

u64 pages_resident(struct proc *proc)
{
	struct proc *alive = process_alive(proc->leader);
	struct env_usage usage;

	if (!alive || !alive->memory)
		return 0;
	env_usage(alive, &usage);
	return usage.resident;
}

s32 parent_of(const struct proc *proc)
{
	const struct proc *parent = proc->leader->parent;

	return parent ? parent->pid : 0;
}

static u32 exit_signal_of(const struct proc *proc)
{
	return proc == proc->leader ? (u32)proc->exit_signal : 0;
}

/* The process's terminal, and the group in its foreground; -1: none. */
static u32 terminal_number(const struct proc *leader, s32 *foreground)
{
	struct terminal *terminal = terminal_of(leader);

	*foreground = terminal ? terminal->foreground : -1;
	if (!terminal)
		return 0;
	return terminal == &console ? DEVICE(5, 1) : DEVICE(PTY_MAJOR, pty_of(terminal)->number);
}

/* Fields 3 to 22. */
static void add_work(struct text *text, struct proc *proc)
{
	struct proc *leader = proc->leader;
	struct usage usage;
	struct usage *children = &leader->usage.children;
	s32 foreground;
	u32 terminal = terminal_number(leader, &foreground);
	bool real_time = policy_is_real_time(proc->wishes.policy);
	u32 flags = FLAG_RANDOMIZED | (leader->execs > 0 ? 0 : FLAG_FORK_NO_EXEC) |
		    (proc->exiting ? FLAG_EXITING : 0);

	if (text->of_thread)
		usage_of_thread(proc, &usage);
	else
		usage_of_process(leader, &usage);
	text_add(text, "%c %d %d %d %u %d %u ", state_of(proc), parent_of(proc), leader->group,
		leader->session, terminal, foreground, flags);
	text_add(text, "%llu %llu 0 0 ", (unsigned long long)usage.faults,
		(unsigned long long)children->faults);
	text_add(text, "%llu %llu %llu %llu ", ticks(usage.cpu.user), ticks(usage.cpu.system),
		ticks(children->cpu.user), ticks(children->cpu.system));
	text_add(text, "%d %d %u 0 %llu ", real_time ? -1 - proc->wishes.priority : 20 + proc->nice,
		proc->nice, process_threads(proc), ticks(proc->started));
}

/* Where things are is nobody's business who may not look there. */
static void add_places(struct text *text, const struct memory *memory, bool head)
{
	static const struct memory none;
	const struct memory *m = memory ? memory : &none;

	if (head)
		text_add(text, "%llu %llu %llu ", (unsigned long long)m->code_start,
			(unsigned long long)m->code_end, (unsigned long long)m->stack);
	else
		text_add(text, "%llu %llu %llu %llu %llu %llu %llu ",
			(unsigned long long)m->data_start, (unsigned long long)m->data_end,
			(unsigned long long)m->brk_start, (unsigned long long)m->arguments_start,
			(unsigned long long)m->arguments_end, (unsigned long long)m->arguments_end,
			(unsigned long long)m->environment_end);
}

/* The 52 fields of proc(5). */
void text_stat(struct text *text, struct proc *proc)
{
	bool open = identity_may_look_into(proc, true);
	const struct memory *memory = open ? proc->memory : NULL;
	u64 blocked, ignored, caught;

	signal_sets(proc, &blocked, &ignored, &caught);
	text_add(text, "%d (%s) ", proc->tid, proc->name);
	add_work(text, proc);
	text_add(text, "%llu %llu %llu ", (unsigned long long)bytes_mapped(proc),
		(unsigned long long)pages_resident(proc),
		(unsigned long long)proc->leader->limits.of[LIMIT_RSS].soft);
	add_places(text, memory, true);
	text_add(text, "0 0 %llu %llu %llu %llu ",
		(unsigned long long)(signals_pending(proc) & INT32_MAX),
		(unsigned long long)(blocked & INT32_MAX),
		(unsigned long long)(ignored & INT32_MAX),
		(unsigned long long)(caught & INT32_MAX));
	text_add(text, "0 0 0 %u 0 %u %u 0 0 0 ", exit_signal_of(proc), proc->wishes.priority,
		proc->wishes.policy);
	add_places(text, memory, false);
	text_add(text, "%d\n", open ? proc->leader->status : 0);
}

void text_statm(struct text *text, struct proc *proc)
{
	struct memory_kinds kinds;

	memory_kinds(proc, &kinds);
	text_add(text, "%llu %llu %llu %llu 0 %llu 0\n",
		(unsigned long long)bytes_mapped(proc) / PAGE_SIZE,
		(unsigned long long)kinds.resident, (unsigned long long)kinds.file,
		(unsigned long long)kinds.code / PAGE_SIZE,
		(unsigned long long)(kinds.data + kinds.stack) / PAGE_SIZE);
}

void text_comm(struct text *text, struct proc *proc)
{
	text_add(text, "%s\n", proc->name);
}

/* A process may name its own threads. */
long write_comm(struct proc *proc, char *bytes, size_t n)
{
	if (proc->leader != process_current())
		return -EINVAL;
	memset(proc->name, 0, sizeof(proc->name));
	memcpy(proc->name, bytes, strnlen(bytes, MIN(n, sizeof(proc->name) - 1)));
	return 0;
}

/* Where it sleeps is not told. */
void text_wchan(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "0");
}

void text_cgroup(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "0::/\n");
}

/* Whom a login was for, and its session: there was none. */
void text_nobody(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "4294967295");
}

void text_personality(struct text *text, struct proc *proc)
{
	text_add(text, "%08x\n", proc->settings.personality);
}

void text_timer_slack(struct text *text, struct proc *proc)
{
	text_add(text, "%llu\n", (unsigned long long)proc->settings.slack);
}

long write_timer_slack(struct proc *proc, char *bytes, size_t n)
{
	s64 value;

	(void)n;
	if (proc != env_current() && !identity_may(CAP_SYS_NICE))
		return -EPERM;
	if (!text_number(bytes, &value) || value < 0)
		return -EINVAL;
	proc->settings.slack = value == 0 ? proc->settings.slack_born : (u64)value;
	return 0;
}
