/*
 * l4_ipc: the root task, which makes the threads, pages for them, and reports.
 *
 * For each trial it makes a client and an echo, in two address spaces or in one,
 * and then serves their page faults until the client says that it is done. A fault in the image
 * is answered with that very page; one in the region of the fault trial with
 * a fresh page, filled by a copy, as a pager does that has to supply contents.
 */
#include <workloads/l4_ipc/l4_ipc.h>

#define PROT_READ  1u
#define PROT_WRITE 2u
#define PROT_EXEC  4u

#define STACK_SIZE 8192

extern char l4_image_start[], l4_rodata_start[], l4_data_start[], l4_image_end[];
const char bench_workload[] = "l4_ipc";

static u8 stacks[2][STACK_SIZE] aligned(4096);
static u8 original[PAGE] aligned(4096); /* what the pager copies */
static struct bench_series series;
static u64 fresh, fresh_end; /* free memory */
static u32 version;          /* of the threads of this trial */

static void must(s64 result, const char *what)
{
	if (result < 0)
		panic("l4_ipc: %s: error %ld", what, (long)-result);
}

/* --- paging ------------------------------------------------------------------------------- */

static unsigned image_rights(u64 page)
{
	if (page < (u64)l4_rodata_start)
		return PROT_READ | PROT_EXEC;
	return page < (u64)l4_data_start ? PROT_READ : PROT_READ | PROT_WRITE;
}

static u64 take_frame(void)
{
	if (fresh == fresh_end)
		panic("l4_ipc: out of memory");
	fresh += PAGE;
	return fresh - PAGE;
}

/* The reply to a page fault: one map item. */
static void answer_fault(struct l4_message *m, u64 address)
{
	u64 page = address & ~(PAGE - 1), source = page;
	unsigned rights;

	if (page >= (u64)l4_image_start && page < (u64)l4_image_end) {
		rights = image_rights(page);
	} else if (page >= FAULT_BASE && page < FAULT_BASE + FAULT_PAGES * PAGE) {
		u64 count = PAGE / 8, from = (u64)original;
		source = take_frame();
		u64 to = source;
		__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
		rights = PROT_READ | PROT_WRITE;
	} else {
		panic("l4_ipc: a page fault at %lx (instruction %lx)", address, m->mr[1]);
	}
	m->tag = l4_tag(0, 0, 2);
	m->mr[0] = l4_map_item(page);
	m->mr[1] = l4_fpage(source, L4_FPAGE_MIN, rights);
}

/* Serves page faults until the client reports; how many messages it found spoilt. */
static u64 serve(void)
{
	struct l4_message m = {0};
	u64 to = L4_NIL;

	for (;;) {
		s64 from = l4_ipc(to, L4_ANY, 0, &m);
		must(from, "waiting for a fault");
		if ((l4_label(m.tag) & ~7ull) == L4_LABEL_FAULT)
			answer_fault(&m, m.mr[0]);
		else if (l4_label(m.tag) == 0)
			return m.mr[0];
		else
			panic("l4_ipc: exception %lu at %lx", m.mr[0], m.mr[2]);
		to = (u64)from;
	}
}

/* --- trials --------------------------------------------------------------------------------- */

static void make_thread(u64 id, u64 space, struct l4_utcb *utcb)
{
	must(l4_thread_control(id, space, ROOT_ID, ROOT_ID, (u64)utcb, 16), "making a thread");
}

static void start_thread(u64 id, unsigned stack, void (*body)(const struct trial *), const struct trial *trial)
{
	struct l4_registers r = {
		.ip = (u64)body,
		.sp = (u64)stacks[stack] + STACK_SIZE - 8, /* as after a call */
		.arg = (u64)trial,
	};

	must(l4_exchange_registers(id, L4_EXREGS_IP | L4_EXREGS_SP | L4_EXREGS_ARG | L4_EXREGS_RUN, &r), "starting a thread");
}

static void finish(u64 failures)
{
	if (failures)
		panic("l4_ipc: %s: %lu samples went wrong", series.name, failures);
	report(&series);
}

static void run_trial(const char *name, unsigned bytes, bool same_space, bool round_trip)
{
	static struct trial trial;

	version++;
	trial = (struct trial){name, bytes, same_space, round_trip, l4_id(2, version), l4_id(3, version),
		(struct l4_utcb *)UTCB_BASE, (struct l4_utcb *)(UTCB_BASE + PAGE), &series};
	series.name = name;
	series.overhead = clock_overhead();
	make_thread(trial.client, trial.client, trial.client_utcb);
	make_thread(trial.echo, same_space ? trial.client : trial.echo, trial.echo_utcb);
	start_thread(trial.echo, 0, trial_echo, &trial);
	start_thread(trial.client, 1, trial_client, &trial);
	finish(serve());
	must(l4_thread_control(trial.client, L4_NIL, 0, 0, 0, 0), "deleting a thread");
	must(l4_thread_control(trial.echo, L4_NIL, 0, 0, 0, 0), "deleting a thread");
}

static void run_faults(void)
{
	static struct trial trial;

	version++;
	trial = (struct trial){.name = "fault_external", .client = l4_id(2, version),
		.client_utcb = (struct l4_utcb *)UTCB_BASE, .series = &series};
	series.name = trial.name;
	series.overhead = clock_overhead();
	memset(original, FAULT_MARK, sizeof(original));
	make_thread(trial.client, trial.client, trial.client_utcb);
	start_thread(trial.client, 1, fault_client, &trial);
	finish(serve());
	must(l4_thread_control(trial.client, L4_NIL, 0, 0, 0, 0), "deleting a thread");
}

static void find_memory(const struct l4_kip *kip)
{
	for (unsigned i = 0; i < kip->ranges_count; i++) {
		if (kip->ranges[i].end - kip->ranges[i].start > fresh_end - fresh) {
			fresh = kip->ranges[i].start;
			fresh_end = kip->ranges[i].end;
		}
	}
}

noreturn void l4_main(const struct l4_kip *kip, struct l4_utcb *utcb)
{
	static const unsigned sizes[] = {0, 8, 64, 512, 4096};
	static const char end[] = "{\"type\":\"end\",\"status\":0}\n";
	char name[32];

	(void)utcb;
	find_memory(kip);
	for (unsigned same = 0; same < 2; same++) {
		for (unsigned rt = 0; rt < 2; rt++) {
			for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
				format_string(name, sizeof(name), "ipc_%s%s_%u", rt ? "rt" : "oneway", same ? "_same" : "",
					sizes[i]);
				run_trial(name, sizes[i], same, rt);
			}
		}
	}
	run_faults();
	l4_debugger(L4_DEBUGGER_RESULT, end, sizeof(end) - 1);
	l4_power_off(0x10);
}
