/*
 * system: the files of the system.
 *
 * The forms are those of Linux's Documentation/filesystems/proc.rst; what nobody counts here is 0.
 */
#include <services/clock/clock.h>
#include <services/procfs/internal.h>
#include <services/system/system.h>
#include <services/usage/usage.h>

#define USER_HZ  100
#define LOAD_ONE 2048u /* see env_loads() */

static unsigned long long ticks(u64 ns)
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
	text_add(text, "processor\t: 0\nvendor_id\t: unknown\nmodel name\t: x86_64\ncpu MHz\t\t: "
		       "1000.000\n"
		       "physical id\t: 0\nsiblings\t: 1\ncore id\t\t: 0\ncpu cores\t: 1\n");
	text_add(text,
		"flags\t\t: fpu tsc msr pae cx8 apic sep pge cmov pat fxsr sse sse2 syscall nx lm\n"
		"bogomips\t: 2000.00\nclflush size\t: 64\ncache_alignment\t: 64\n\n");
}

void text_filesystems(struct text *text, struct proc *proc)
{
	(void)proc;
	for (size_t i = 0; i < volume_types_count; i++)
		text_add(text, "%s\t%s\n", volume_types[i]->needs_source ? "" : "nodev",
			volume_types[i]->name);
}

/* --- devices -------------------------------------------------------------------------- */

void text_devices(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/console\n  5 "
		       "/dev/ptmx\n136 pts\n\n"
		       "Block devices:\n");
	if (env_disk_size() > 0)
		text_add(text, "254 virtblk\n");
}

void text_partitions(struct text *text, struct proc *proc)
{
	u64 sectors = env_disk_size();

	(void)proc;
	if (sectors > 0)
		text_add(text, "major minor  #blocks  name\n\n%4d  %7d %10llu %s\n", 254, 0,
			(unsigned long long)sectors / 2, "vda");
}

/* Transfers are not counted. */
void text_diskstats(struct text *text, struct proc *proc)
{
	(void)proc;
	if (env_disk_size() > 0)
		text_add(text, "%4d %7d %s 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n", 254, 0, "vda");
}

void text_swaps(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
}

/* The kernel's own business: of its lines only the head. */
void text_interrupts(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "           CPU0       \n");
}

/* --- time and processes ----------------------------------------------------------------- */

struct census {
	u32 processes, threads, running, blocked;
};

static struct census take_census(void)
{
	struct census census = {.blocked = 0};
	struct proc *proc, *thread;

	list_for_each(proc, process_all(), all)
	{
		census.processes++;
		list_for_each(thread, &proc->threads, thread_link)
		{
			struct env_times times;

			if (thread->exiting)
				continue;
			env_times(thread, &times);
			census.threads++;
			census.running += !times.asleep;
		}
	}
	return census;
}

/* Rounded to hundredths. */
void text_loadavg(struct text *text, struct proc *proc)
{
	struct census census = take_census();
	u64 loads[ENV_LOADS];

	(void)proc;
	env_loads(loads);
	for (unsigned i = 0; i < ENV_LOADS; i++) {
		u64 load = loads[i] + LOAD_ONE / 200;

		text_add(text, "%u.%02u ", (unsigned)(load / LOAD_ONE),
			(unsigned)(load % LOAD_ONE * 100 / LOAD_ONE));
	}
	text_add(text, "%u/%u %d\n", census.running, census.threads, process_last());
}

/* User time is what processes had of it; the system's is what is left when nobody was idle. */
void text_system_stat(struct text *text, struct proc *proc)
{
	u64 idle = env_idle(), up = env_now(), user = usage_gone.user;
	struct census census = take_census();
	struct usage all = {.waits = 0}, one;
	struct proc *each;

	(void)proc;
	list_for_each(each, process_all(), all)
	{
		usage_of_process(each, &one);
		user += each->state == PROC_ALIVE ? one.cpu.user : 0;
		all.waits += one.waits + one.preemptions;
	}
	u64 system = up - MIN(up, idle + user);
	for (int i = 0; i < 2; i++)
		text_add(text, "cpu%s %llu 0 %llu %llu 0 0 0 0 0 0\n", i == 0 ? " " : "0",
			ticks(user), ticks(system), ticks(idle));
	text_add(text,
		"intr 0\nctxt %llu\nbtime %llu\nprocesses %d\nprocs_running %u\nprocs_blocked 0\n"
		"softirq 0 0 0 0 0 0 0 0 0 0 0\n",
		(unsigned long long)all.waits, (unsigned long long)(clock_epoch / NSEC_PER_SEC),
		process_last(), census.running);
}

void text_uptime(struct text *text, struct proc *proc)
{
	unsigned long long up = ticks(env_now()), idle = ticks(env_idle());

	(void)proc;
	text_add(text, "%llu.%02u %llu.%02u\n", up / USER_HZ, (unsigned)(up % USER_HZ),
		idle / USER_HZ, (unsigned)(idle % USER_HZ));
}

void text_proc_version(struct text *text, struct proc *proc)
{
	const struct utsname *names = system_names();

	(void)proc;
	text_add(text, "%s version %s (mortise) %s\n", names->system, names->release,
		names->version);
}

/* --- memory ------------------------------------------------------------------------------- */

struct memory_line {
	const char *name;
	u64 kib;
};

/* Of what is used, what processes have; the files' and the services' part is not told apart. */
static u64 anonymous_kib(void)
{
	struct env_usage usage;
	struct proc *proc, *alive;
	u64 pages = 0;

	list_for_each(proc, process_all(), all)
	{
		alive = process_alive(proc);
		if (!alive || !alive->memory)
			continue;
		env_usage(alive, &usage);
		pages += usage.resident;
	}
	return pages * (PAGE_SIZE / 1024);
}

void text_meminfo(struct text *text, struct proc *proc)
{
	struct env_memory memory;
	u64 total, free, mapped = anonymous_kib();

	(void)proc;
	env_memory(&memory);
	total = memory.total_pages * (PAGE_SIZE / 1024);
	free = memory.free_pages * (PAGE_SIZE / 1024);
	const struct memory_line lines[] = {{"MemTotal", total}, {"MemFree", free},
		{"MemAvailable", free}, {"Buffers", 0}, {"Cached", 0}, {"SwapCached", 0},
		{"Active", mapped}, {"Inactive", 0}, {"Active(anon)", mapped},
		{"Inactive(anon)", 0}, {"Active(file)", 0}, {"Inactive(file)", 0},
		{"Unevictable", 0}, {"Mlocked", 0}, {"SwapTotal", 0}, {"SwapFree", 0}, {"Dirty", 0},
		{"Writeback", 0}, {"AnonPages", mapped}, {"Mapped", 0}, {"Shmem", 0},
		{"KReclaimable", 0}, {"Slab", 0}, {"SReclaimable", 0}, {"SUnreclaim", 0},
		{"KernelStack", 0}, {"PageTables", 0}, {"CommitLimit", total / 2},
		{"Committed_AS", mapped}, {"VmallocTotal", 0}, {"VmallocUsed", 0},
		{"VmallocChunk", 0}};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		int column = (int)strlen(lines[i].name) + 1;

		text_add(text, "%s:", lines[i].name);
		for (; column < 16; column++)
			text_add(text, " ");
		text_add(text, "%8llu kB\n", (unsigned long long)lines[i].kib);
	}
}

void text_vmstat(struct text *text, struct proc *proc)
{
	struct env_memory memory;

	(void)proc;
	env_memory(&memory);
	text_add(text,
		"nr_free_pages %llu\nnr_dirty 0\nnr_writeback 0\npgpgin 0\npgpgout 0\n"
		"pswpin 0\npswpout 0\n",
		(unsigned long long)memory.free_pages);
}
