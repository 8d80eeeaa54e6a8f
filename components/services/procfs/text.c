/*
 * text: the files of the system in procfs.
 *
 * The forms are those of Linux's Documentation/filesystems/proc.rst; what nobody counts here is 0.
 */
#include <services/clock/clock.h>
#include <services/memory/mappings.h>
#include <services/procfs/text.h>

#define USER_HZ 100

void text_add(struct text *text, const char *format, ...)
{
	size_t room = TEXT_BYTES - text->length;
	va_list ap;
	size_t n;

	va_start(ap, format);
	n = format_vstring(text->bytes + text->length, room, format, ap);
	va_end(ap);
	text->length += MIN(n, room - 1);
}

static u64 ticks(u64 ns)
{
	return ns / (NSEC_PER_SEC / USER_HZ);
}

void text_command_line(struct text *text, struct proc *proc)
{
	char value[128];

	(void)proc;
	if (env_option("init", value, sizeof(value)))
		text_add(text, "init=%s", value);
	if (env_option("args", value, sizeof(value)))
		text_add(text, " args=%s", value);
	text_add(text, "\n");
}

/* The model is the processor that the machine presents; its name is not worth a CPUID to us. */
void text_cpuinfo(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text,
		"processor\t: 0\nvendor_id\t: unknown\nmodel name\t: x86_64\ncpu cores\t: 1\n"
		"flags\t\t: fpu tsc msr pae cx8 apic sep pge cmov pat fxsr sse sse2 syscall nx lm\n"
		"clflush size\t: 64\ncache_alignment\t: 64\n\n");
}

void text_filesystems(struct text *text, struct proc *proc)
{
	(void)proc;
	for (size_t i = 0; i < volume_types_count; i++)
		text_add(text, "%s\t%s\n", volume_types[i]->needs_source ? "" : "nodev",
			volume_types[i]->name);
}

static u32 count_processes(void)
{
	struct proc *proc;
	u32 count = 0;

	list_for_each(proc, process_all(), all) count++;
	return count;
}

void text_loadavg(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "0.00 0.00 0.00 1/%u %d\n", count_processes(), process_last());
}

void text_meminfo(struct text *text, struct proc *proc)
{
	struct env_memory memory;
	unsigned long total, free;

	(void)proc;
	env_memory(&memory);
	total = memory.total_pages * (PAGE_SIZE / 1024);
	free = memory.free_pages * (PAGE_SIZE / 1024);
	text_add(text,
		"MemTotal:       %8lu kB\nMemFree:        %8lu kB\nMemAvailable:   %8lu kB\n",
		total, free, free);
	text_add(text, "Buffers:        %8u kB\nCached:         %8u kB\nSwapCached:     %8u kB\n",
		0, 0, 0);
	text_add(text, "SwapTotal:      %8u kB\nSwapFree:       %8u kB\nShmem:          %8u kB\n",
		0, 0, 0);
	text_add(text, "SReclaimable:   %8u kB\n", 0);
}

void text_system_stat(struct text *text, struct proc *proc)
{
	unsigned long long up = ticks(env_now());

	(void)proc;
	text_add(text, "cpu  %llu 0 0 0 0 0 0 0 0 0\ncpu0 %llu 0 0 0 0 0 0 0 0 0\n", up, up);
	text_add(text,
		"intr 0\nctxt 0\nbtime %llu\nprocesses %d\nprocs_running 1\nprocs_blocked 0\n",
		(unsigned long long)(clock_epoch / NSEC_PER_SEC), process_last());
}

void text_uptime(struct text *text, struct proc *proc)
{
	u64 up = ticks(env_now());

	(void)proc;
	text_add(text, "%llu.%02u 0.00\n", (unsigned long long)(up / USER_HZ),
		(unsigned)(up % USER_HZ));
}

void text_version(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "Linux version 6.1.0-mortise (mortise) #1\n");
}

/* --- of a process --------------------------------------------------------------------- */

/* The arguments as they are in the process's memory now: it may have changed them. */
void text_arguments(struct text *text, struct proc *proc)
{
	const struct memory *memory = proc->memory;

	if (memory)
		text->length = env_read_memory(proc, text->bytes, memory->arguments_start,
			MIN(memory->arguments_end - memory->arguments_start, TEXT_BYTES));
}

void text_comm(struct text *text, struct proc *proc)
{
	text_add(text, "%s\n", proc->name);
}

static const char *mount_flags(u32 flags)
{
	static const char *const names[8] = {"", ",nosuid", ",nodev", ",nosuid,nodev", ",noexec",
		",nosuid,noexec", ",nodev,noexec", ",nosuid,nodev,noexec"};

	return names[flags >> 1 & 7];
}

void text_mounts(struct text *text, struct proc *proc)
{
	char *path = kalloc(PATH_MAX);
	struct mount *mount;

	if (!path)
		return;
	if (!proc->tree) { /* it has ended */
		kfree(path, PATH_MAX);
		return;
	}
	list_for_each(mount, &mounts, link)
	{
		bool reachable;
		char *at = tree_path((struct place){mount, mount->root}, proc->tree->root, path,
			PATH_MAX, false, &reachable);

		if (at && reachable)
			text_add(text, "%s %s %s %s%s,relatime 0 0\n", mount->source, at,
				mount->volume->type->name,
				mount->flags & MOUNT_READ_ONLY ? "ro" : "rw",
				mount_flags(mount->flags));
	}
	kfree(path, PATH_MAX);
}

static char state_of(const struct proc *proc)
{
	if (proc->exiting)
		return 'Z';
	return proc == env_current() ? 'R' : proc->leader->stopped ? 'T' : 'S';
}

static s32 parent_of(const struct proc *proc)
{
	const struct proc *parent = proc->leader->parent;

	return parent ? parent->pid : 0;
}

static u64 mapped(const struct proc *proc)
{
	return proc->memory ? proc->memory->bytes : 0;
}

/* The 52 fields of proc(5). */
void text_stat(struct text *text, struct proc *proc)
{
	text_add(text, "%d (%s) %c %d %d %d 0 -1 0 0 0 0 0 0 0 0 0 20 0 %u 0 %llu %llu %llu %llu",
		proc->tid, proc->name, state_of(proc), parent_of(proc), 1, 1, process_threads(proc),
		(unsigned long long)ticks(proc->started), (unsigned long long)mapped(proc),
		(unsigned long long)(mapped(proc) / PAGE_SIZE), (unsigned long long)LIMIT_NONE);
	text_add(text, " 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 %d\n",
		proc->leader->status);
}

void text_statm(struct text *text, struct proc *proc)
{
	unsigned long long pages = mapped(proc) / PAGE_SIZE;

	text_add(text, "%llu %llu 0 0 0 %llu 0\n", pages, pages, pages);
}

static const char *state_name(char state)
{
	return state == 'R'   ? "running"
	       : state == 'Z' ? "zombie"
	       : state == 'T' ? "stopped"
			      : "sleeping";
}

void text_status(struct text *text, struct proc *proc)
{
	const struct credentials *who = &proc->identity;
	char state = state_of(proc);
	unsigned long size = mapped(proc) / 1024;
	u32 umask = proc->tree ? proc->tree->umask : 0;

	text_add(text,
		"Name:\t%s\nUmask:\t0%u%u%u\nState:\t%c "
		"(%s)\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n",
		proc->name, umask >> 6 & 7, umask >> 3 & 7, umask & 7, state, state_name(state),
		proc->pid, proc->tid, parent_of(proc));
	text_add(text, "Uid:\t%u\t%u\t%u\t%u\n", who->uid, who->euid, who->suid, who->fsuid);
	text_add(text, "Gid:\t%u\t%u\t%u\t%u\nFDSize:\t%u\n", who->gid, who->egid, who->sgid,
		who->fsgid, files_table(proc)->room);
	text_add(text, "VmSize:\t%8lu kB\nVmRSS:\t%8lu kB\nThreads:\t%u\n", size, size,
		process_threads(proc));
}
