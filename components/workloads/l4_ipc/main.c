/*
 * l4_ipc: the root task, which makes the threads, pages for them, and reports.
 *
 * For each trial it makes a client and an echo, in two address spaces or in one,
 * and then serves their page faults until the client says that it is done. A fault
 * in the region of the fault trial is answered with a fresh page, filled by a copy, as a
 * pager does that has to supply contents.
 */
#include <workloads/l4_ipc/l4_ipc.h>

const char bench_workload[] = "l4_ipc";

static u8 original[PAGE] aligned(4096); /* what the pager copies */
static struct bench_series series;
static u32 version; /* of the threads of this trial */

static u64 supply(u64 page, u64 access)
{
	u64 count = PAGE / 8, from = (u64)original, to, copy;

	(void)access;
	if (page < FAULT_BASE || page >= FAULT_BASE + FAULT_PAGES * PAGE)
		return 0;
	copy = to = task_page();
	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
	return l4_fpage(copy, L4_FPAGE_MIN, PROT_READ | PROT_WRITE);
}

/* Serves the threads until the client is done. */
static void finish(void)
{
	struct task_event event = task_wait(supply);

	if (event.kind != TASK_DONE)
		panic("l4_ipc: %s: a %s %lx at %lx", series.name,
			event.kind == TASK_FAULT ? "page fault" : "exception", event.value,
			event.rip);
	if (event.value)
		panic("l4_ipc: %s: %lu samples went wrong", series.name, event.value);
	report(&series);
}

static void run_trial(const char *name, unsigned bytes, bool same_space, bool round_trip)
{
	static struct trial trial;

	version++;
	trial = (struct trial){
		name, bytes, same_space, round_trip, l4_id(2, version), l4_id(3, version), &series};
	series.name = name;
	series.overhead = clock_overhead();
	task_make(trial.client, trial.client, CLIENT);
	task_make(trial.echo, same_space ? trial.client : trial.echo, ECHO);
	task_start(trial.echo, ECHO, trial_echo, &trial);
	task_start(trial.client, CLIENT, trial_client, &trial);
	finish();
	task_delete(trial.client);
	task_delete(trial.echo);
}

static void run_faults(void)
{
	static struct trial trial;

	version++;
	trial = (struct trial){
		.name = "fault_external", .client = l4_id(2, version), .series = &series};
	series.name = trial.name;
	series.overhead = clock_overhead();
	memset(original, FAULT_MARK, sizeof(original));
	task_make(trial.client, trial.client, CLIENT);
	task_start(trial.client, CLIENT, fault_client, &trial);
	finish();
	task_delete(trial.client);
}

/* What fault_external_net leaves out: the copy alone, timed as the Linux workload pagefault does.
 */
static void run_copy(void)
{
	u64 copy = task_page();

	series.name = "copy_page";
	series.overhead = stub_overhead();
	series.count = BENCH_SAMPLES;
	for (unsigned i = 0; i < BENCH_WARMUP + BENCH_SAMPLES; i++) {
		struct bench_operands operands = {
			.rdi = copy, .rsi = (u64)original, .rcx = PAGE / 8};
		series.samples[i < BENCH_WARMUP ? 0 : i - BENCH_WARMUP] =
			bench_time_copy(&operands);
	}
	report(&series);
}

noreturn void l4_main(const struct l4_kip *kip, struct l4_utcb *utcb)
{
	static const unsigned sizes[] = {0, 8, 64, 512, 4096};
	static const char end[] = "{\"type\":\"end\",\"status\":0}\n";
	char name[32];

	(void)utcb;
	task_init(kip);
	for (unsigned same = 0; same < 2; same++) {
		for (unsigned rt = 0; rt < 2; rt++) {
			for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
				format_string(name, sizeof(name), "ipc_%s%s_%u",
					rt ? "rt" : "oneway", same ? "_same" : "", sizes[i]);
				run_trial(name, sizes[i], same, rt);
			}
		}
	}
	run_faults();
	run_copy();
	task_must(l4_debugger(L4_DEBUGGER_RESULT, end, sizeof(end) - 1),
		"writing the end of the results");
	l4_power_off(0x10);
}
