/* usage: the sums. See usage.h. */
#include <services/process/process.h>
#include <services/usage/internal.h>

struct cpu_split usage_gone;

/* --- processor time ------------------------------------------------------------------- */

static void add_times(struct env_times *to, const struct env_times *more)
{
	to->total += more->total;
	to->program_ticks += more->program_ticks;
	to->system_ticks += more->system_ticks;
	to->waits += more->waits;
	to->preemptions += more->preemptions;
}

/* Of the threads that are left, and of those that have ended. */
static struct env_times times_of_process(struct proc *leader)
{
	struct env_times all = leader->usage.ended, times;
	struct proc *thread;

	list_for_each(thread, &leader->threads, thread_link)
	{
		env_times(thread, &times);
		add_times(&all, &times);
	}
	return all;
}

/* part / whole of total; both are below 2^32. */
static u64 share(u64 total, u64 part, u64 whole)
{
	return total / whole * part + total % whole * part / whole;
}

/*
 * Divides the exact time as the ticks were, but takes nothing back: what has been told as user time
 * stays that, and so does system time. (Linux, cputime_adjust().)
 */
static struct cpu_split split(const struct env_times *times, struct cpu_split *told)
{
	u64 ticks = times->program_ticks + times->system_ticks, system = 0;

	if (times->total <= told->user + told->system)
		return *told;
	if (times->system_ticks > 0)
		system = share(times->total, times->system_ticks, ticks);
	system = MAX(system, told->system);
	if (times->total - system < told->user)
		system = times->total - told->user;
	*told = (struct cpu_split){times->total - system, system};
	return *told;
}

u64 usage_thread_time(struct proc *thread)
{
	struct env_times times;

	env_times(thread, &times);
	return times.total;
}

u64 usage_process_time(struct proc *leader)
{
	return times_of_process(leader).total;
}

struct cpu_split usage_thread_split(struct proc *thread)
{
	struct env_times times;

	env_times(thread, &times);
	return split(&times, &thread->usage.told);
}

struct cpu_split usage_process_split(struct proc *leader)
{
	struct env_times times = times_of_process(leader);

	return split(&times, &leader->usage.told_whole);
}

/* --- memory ----------------------------------------------------------------------------- */

/* What happened in the space since it was last looked at is the process's. */
void usage_leave_space(struct proc *proc)
{
	struct usage_state *state = &proc->leader->usage;
	struct env_usage space;

	env_usage(proc, &space);
	state->faults += space.faults - MIN(space.faults, state->faults_seen);
	state->faults_seen = space.faults;
	state->peak = MAX(state->peak, space.peak);
}

void usage_enter_space(struct proc *proc)
{
	proc->leader->usage.faults_seen = 0;
}

static void look_at_space(struct proc *leader)
{
	struct proc *thread = process_alive(leader);

	if (thread)
		usage_leave_space(thread);
}

/* --- all together -------------------------------------------------------------------------- */

static struct usage usage_from(
	const struct env_times *times, struct cpu_split cpu, const struct usage_state *whole)
{
	return (struct usage){
		.cpu = cpu,
		.faults = whole->faults,
		.waits = times->waits,
		.preemptions = times->preemptions,
		.peak = whole->peak,
	};
}

void usage_of_thread(struct proc *thread, struct usage *usage)
{
	struct env_times times;

	look_at_space(thread->leader);
	env_times(thread, &times);
	*usage = usage_from(&times, split(&times, &thread->usage.told), &thread->leader->usage);
}

void usage_of_process(struct proc *leader, struct usage *usage)
{
	struct env_times times = times_of_process(leader);

	look_at_space(leader);
	*usage = usage_from(&times, split(&times, &leader->usage.told_whole), &leader->usage);
}

/* All that a process and the children that it waited for had, whose own part was told last. */
static void add_process(struct usage *to, const struct env_times *times, const struct proc *leader)
{
	const struct usage_state *its = &leader->usage;

	to->cpu.user += its->told_whole.user + its->children.cpu.user;
	to->cpu.system += its->told_whole.system + its->children.cpu.system;
	to->faults += its->faults + its->children.faults;
	to->waits += times->waits + its->children.waits;
	to->preemptions += times->preemptions + its->children.preemptions;
	to->peak = MAX(to->peak, MAX(its->peak, its->children.peak));
}

/* --- life of a process --------------------------------------------------------------------- */

void usage_create(struct proc *proc)
{
	memset(&proc->usage, 0, sizeof(proc->usage));
	cpu_limit_init(proc);
}

void usage_start(struct proc *proc, bool in_others_space)
{
	struct env_usage space;

	if (proc->leader != proc)
		return;
	if (in_others_space) {
		env_usage(proc, &space);
		proc->usage.faults_seen = space.faults;
	}
	if (unlikely(proc->limits.of[LIMIT_CPU].soft != LIMIT_NONE))
		cpu_limit_changed(proc);
}

void usage_thread_ends(struct proc *proc)
{
	struct env_times times;

	usage_leave_space(proc);
	env_times(proc, &times);
	add_times(&proc->leader->usage.ended, &times);
	if (proc->leader != proc)
		cpu_timers_forget(proc);
}

void usage_process_ends(struct proc *leader)
{
	struct cpu_split cpu = split(&leader->usage.ended, &leader->usage.told_whole);

	usage_gone.user += cpu.user;
	usage_gone.system += cpu.system;
	cpu_timers_forget(leader);
}

void usage_waited_for(struct proc *parent, struct proc *child)
{
	add_process(&parent->usage.children, &child->usage.ended, child);
}

struct rusage usage_of_child(struct proc *child)
{
	struct env_times times = times_of_process(child);
	struct usage all = {.faults = 0};

	look_at_space(child);
	(void)split(&times, &child->usage.told_whole);
	add_process(&all, &times, child);
	return usage_told(&all);
}

void usage_move(struct proc *from, struct proc *to)
{
	struct cpu_split told = to->usage.told;

	cpu_timer_clear(&from->usage.limit);
	to->usage = from->usage;
	to->usage.told = told;
	cpu_limit_init(to);
	cpu_timers_move(from, to);
	cpu_limit_changed(to);
}
