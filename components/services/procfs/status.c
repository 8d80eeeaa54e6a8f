/* status: a process in words: status, limits, and what oom killers and signals see of it. */
#include <services/identity/identity.h>
#include <services/memory/mappings.h>
#include <services/procfs/internal.h>
#include <services/procfs/state.h>
#include <services/usage/usage.h>

bool text_number(const char *bytes, s64 *value)
{
	bool negative;

	while (*bytes == ' ' || *bytes == '\t' || *bytes == '\n')
		bytes++;
	negative = *bytes == '-';
	bytes += negative || *bytes == '+';
	if (*bytes < '0' || *bytes > '9')
		return false;
	for (*value = 0; *bytes >= '0' && *bytes <= '9'; bytes++) {
		if (*value > INT64_MAX / 10 - 1)
			return false;
		*value = *value * 10 + (*bytes - '0');
	}
	if (negative)
		*value = -*value;
	while (*bytes == ' ' || *bytes == '\t' || *bytes == '\n')
		bytes++;
	return *bytes == '\0';
}

void signal_sets(const struct proc *proc, u64 *blocked, u64 *ignored, u64 *caught)
{
	const struct signal_actions *actions = proc->signals.actions;

	*blocked = actions ? proc->signals.mask : 0;
	*ignored = *caught = 0;
	for (int i = 0; actions && i < SIGNALS; i++) {
		if (actions->of[i].handler == SIG_IGN)
			*ignored |= (u64)1 << i;
		else if (actions->of[i].handler != SIG_DFL)
			*caught |= (u64)1 << i;
	}
}

static const char *state_name(char state)
{
	return state == 'R'   ? "running"
	       : state == 'Z' ? "zombie"
	       : state == 'T' ? "stopped"
			      : "sleeping";
}

static void add_who(struct text *text, struct proc *proc)
{
	const struct credentials *who = &proc->identity;
	const struct proc *leader = proc->leader;

	text_add(text, "Uid:\t%u\t%u\t%u\t%u\n", who->uid, who->euid, who->suid, who->fsuid);
	text_add(text, "Gid:\t%u\t%u\t%u\t%u\nFDSize:\t%u\nGroups:\t", who->gid, who->egid,
		who->sgid, who->fsgid, files_table(proc)->room);
	for (u32 i = 0; who->groups && i < who->groups->count; i++)
		text_add(text, "%u ", who->groups->groups[i]);
	text_add(text, "%s\nNStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n",
		who->groups && who->groups->count > 0 ? "" : " ", proc->pid, proc->tid,
		leader->group, leader->session);
}

static void add_memory(struct text *text, struct proc *proc)
{
	struct memory_kinds kinds;
	struct env_usage usage;
	const u64 page = PAGE_SIZE / 1024;

	if (!proc->memory)
		return;
	memory_kinds(proc, &kinds);
	env_usage(proc, &usage);
	const struct {
		const char *name;
		u64 kib;
	} lines[] = {{"VmPeak", bytes_mapped(proc) / 1024}, {"VmSize", bytes_mapped(proc) / 1024},
		{"VmLck", kinds.locked / 1024}, {"VmPin", 0}, {"VmHWM", usage.peak * page},
		{"VmRSS", kinds.resident * page}, {"RssAnon", kinds.anonymous * page},
		{"RssFile", kinds.file * page}, {"RssShmem", 0}, {"VmData", kinds.data / 1024},
		{"VmStk", kinds.stack / 1024}, {"VmExe", kinds.code / 1024},
		{"VmLib", kinds.libraries / 1024}, {"VmPTE", 0}, {"VmSwap", 0}};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		text_add(text, "%s:\t%8llu kB\n", lines[i].name, (unsigned long long)lines[i].kib);
}

static void add_signals(struct text *text, struct proc *proc)
{
	u64 blocked, ignored, caught;
	const struct signal_state *own = &proc->signals, *shared = &proc->leader->signals;

	signal_sets(proc, &blocked, &ignored, &caught);
	text_add(text, "Threads:\t%u\nSigQ:\t%u/%llu\n", process_threads(proc),
		own->pending.queued + shared->shared.queued,
		(unsigned long long)proc->leader->limits.of[LIMIT_SIGPENDING].soft);
	text_add(text, "SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\nSigIgn:\t%016lx\n",
		own->pending.set, shared->shared.set, blocked, ignored);
	text_add(text, "SigCgt:\t%016lx\n", caught);
}

static void add_rights(struct text *text, struct proc *proc)
{
	const struct credentials *who = &proc->identity;

	text_add(text, "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\nCapBnd:\t%016lx\n",
		who->inheritable, who->permitted, who->effective, who->bounding);
	text_add(text, "CapAmb:\t%016lx\nNoNewPrivs:\t%d\nSeccomp:\t0\nSeccomp_filters:\t0\n",
		who->ambient, who->no_new_privileges);
}

void text_status(struct text *text, struct proc *proc)
{
	char state = state_of(proc);
	struct env_times times;
	u32 umask = proc->tree ? proc->tree->umask : 0;

	env_times(proc, &times);
	text_add(text, "Name:\t%s\n", proc->name);
	if (proc->tree)
		text_add(text, "Umask:\t0%u%u%u\n", umask >> 6 & 7, umask >> 3 & 7, umask & 7);
	text_add(text, "State:\t%c (%s)\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n",
		state, state_name(state), proc->pid, proc->tid, parent_of(proc));
	add_who(text, proc);
	add_memory(text, proc);
	add_signals(text, proc);
	add_rights(text, proc);
	text_add(text,
		"Cpus_allowed:\t1\nCpus_allowed_list:\t0\nMems_allowed:\t1\nMems_allowed_list:\t0\n"
		"voluntary_ctxt_switches:\t%llu\nnonvoluntary_ctxt_switches:\t%llu\n",
		(unsigned long long)times.waits, (unsigned long long)times.preemptions);
}

/* --- limits -------------------------------------------------------------------------- */

static void add_value(struct text *text, u64 value)
{
	char digits[24];

	format_string(digits, sizeof(digits), "%llu", (unsigned long long)value);
	text_add(text, "%-20s ", value == LIMIT_NONE ? "unlimited" : digits);
}

void text_limits(struct text *text, struct proc *proc)
{
	static const char *const names[LIMIT_COUNT][2] = {{"Max cpu time", "seconds"},
		{"Max file size", "bytes"}, {"Max data size", "bytes"}, {"Max stack size", "bytes"},
		{"Max core file size", "bytes"}, {"Max resident set", "bytes"},
		{"Max processes", "processes"}, {"Max open files", "files"},
		{"Max locked memory", "bytes"}, {"Max address space", "bytes"},
		{"Max file locks", "locks"}, {"Max pending signals", "signals"},
		{"Max msgqueue size", "bytes"}, {"Max nice priority", ""},
		{"Max realtime priority", ""}, {"Max realtime timeout", "us"}};

	text_add(text, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (int i = 0; i < LIMIT_COUNT; i++) {
		text_add(text, "%-25s ", names[i][0]);
		add_value(text, proc->leader->limits.of[i].soft);
		add_value(text, proc->leader->limits.of[i].hard);
		if (names[i][1][0] != '\0')
			text_add(text, "%-10s", names[i][1]);
		text_add(text, "\n");
	}
}

/* --- when memory is out --------------------------------------------------------------- */

#define ADJUSTMENT_MAX 1000
#define OLD_MIN        (-17)
#define OLD_MAX        15

/* Thousandths of the machine's memory, adjusted; Linux's oom_badness(). */
void text_oom_score(struct text *text, struct proc *proc)
{
	struct env_memory memory;
	s64 points;

	env_memory(&memory);
	points = (s64)(pages_resident(proc) * 1000 / MAX(memory.total_pages, (u64)1));
	points = (ADJUSTMENT_MAX + points + proc->leader->oom_adjustment) * 2 / 3;
	text_add(text, "%lld\n",
		proc->leader->oom_adjustment == -ADJUSTMENT_MAX ? 0ll : (long long)MAX(points, 0));
}

void text_oom_score_adj(struct text *text, struct proc *proc)
{
	text_add(text, "%d\n", proc->leader->oom_adjustment);
}

/* The older scale. */
void text_oom_adj(struct text *text, struct proc *proc)
{
	s32 adjustment = proc->leader->oom_adjustment;

	text_add(text, "%d\n",
		adjustment == ADJUSTMENT_MAX ? OLD_MAX : adjustment * -OLD_MIN / ADJUSTMENT_MAX);
}

/* All threads of a process are meant. Only the privileged may shield it better than it was. */
static long adjust(struct proc *proc, s64 value)
{
	struct proc *thread;

	if (value < proc->leader->oom_adjustment && !identity_may(CAP_SYS_RESOURCE))
		return -EACCES;
	list_for_each(thread, &proc->leader->threads, thread_link) thread->oom_adjustment =
		(s32)value;
	return 0;
}

long write_oom_score_adj(struct proc *proc, char *bytes, size_t n)
{
	s64 value;

	(void)n;
	if (!text_number(bytes, &value) || value < -ADJUSTMENT_MAX || value > ADJUSTMENT_MAX)
		return -EINVAL;
	return adjust(proc, value);
}

long write_oom_adj(struct proc *proc, char *bytes, size_t n)
{
	s64 value;

	(void)n;
	if (!text_number(bytes, &value) || value < OLD_MIN || value > OLD_MAX)
		return -EINVAL;
	return adjust(proc, value == OLD_MAX ? ADJUSTMENT_MAX : value * ADJUSTMENT_MAX / -OLD_MIN);
}
