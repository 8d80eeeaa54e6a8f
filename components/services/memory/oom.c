/*
 * oom: no memory is left for a page that a process has touched.
 *
 * Linux's answer: whoever has most of it ends, and the others go on (mm/oom_kill.c). Who touches a
 * page tries again until there is one; who has been chosen is not asked, but ends before it next
 * sees user mode.
 */
#include <services/memory/mappings.h>
#include <services/process/process.h>

#define ADJUSTMENT_MIN (-1000)  /* it is never chosen */
#define PATIENCE_NS    1000000u /* before memory is looked for again */

static s32 victim; /* the number of who was chosen last; it may be gone */
static struct env_queue waiters;
static bool prepared;

/* Pages that its end would give back, as a share of all that is adjusted; 0: leave it alone. */
static s64 badness(struct proc *proc, u64 total)
{
	struct env_usage usage;
	s64 points;

	if (!proc || !proc->memory || proc->oom_adjustment == ADJUSTMENT_MIN)
		return 0;
	env_usage(proc, &usage);
	points = (s64)usage.resident + proc->oom_adjustment * (s64)total / 1000;
	return MAX(points, 1);
}

/* A thread of the worst process; process 1 only if there is nobody else. */
static struct proc *choose(void)
{
	struct env_memory memory;
	struct proc *leader, *worst = NULL, *first = NULL;
	s64 most = 0;

	env_memory(&memory);
	list_for_each(leader, process_all(), all)
	{
		struct proc *proc = process_alive(leader);
		s64 points = badness(proc, memory.total_pages);

		if (points > 0 && !leader->parent) {
			first = proc;
		} else if (points > 0 && points >= most) { /* of equals the youngest */
			most = points;
			worst = proc;
		}
	}
	return worst ? worst : first;
}

static void report(struct proc *proc)
{
	struct env_usage usage;
	char line[160];
	size_t n;

	env_usage(proc, &usage);
	n = format_string(line, sizeof(line),
		"Out of memory: Killed process %d (%s) total-vm:%llukB, anon-rss:%llukB, UID:%u "
		"oom_score_adj:%d\n",
		proc->pid, proc->name, (unsigned long long)proc->memory->bytes / 1024,
		(unsigned long long)(usage.resident * (PAGE_SIZE / 1024)), proc->identity.uid,
		proc->oom_adjustment);
	env_console_write(line, MIN(n, sizeof(line) - 1));
}

/* With all that see its memory: it would not come back else. Nothing that this does needs any. */
static void kill(struct proc *proc)
{
	const struct memory *memory = proc->memory;
	struct proc *leader;

	list_for_each(leader, process_all(), all)
	{
		const struct proc *sharer = process_alive(leader);

		if (sharer && sharer->memory == memory)
			process_kill(leader, SIGKILL);
	}
}

bool memory_make_room(struct proc *proc)
{
	struct proc *chosen = process_find(victim);

	if (proc->dying)
		return false;
	if (chosen && chosen->state == PROC_ALIVE && chosen->ending)
		return true; /* its end is on its way */
	chosen = choose();
	if (!chosen)
		return false;
	victim = chosen->pid;
	report(chosen);
	kill(chosen);
	return !proc->dying;
}

bool memory_wait_for_room(struct proc *proc)
{
	if (!prepared)
		env_queue_init(&waiters);
	prepared = true;
	if (!memory_make_room(proc))
		return false;
	enum kstatus ignored = env_sleep(&waiters, env_now() + PATIENCE_NS);
	(void)ignored; /* time has passed, or it is being killed: both are looked at */
	return !proc->dying;
}
