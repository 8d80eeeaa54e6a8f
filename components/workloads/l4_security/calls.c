/* Attacks: calls that are not the caller's to make, numbers that are none, and random ones. */
#include <workloads/l4_security/security.h>

#define RANDOM_CALLS 20000

static void privileged_calls(void *unused)
{
	struct l4_thread_times times;
	struct l4_registers r = {0};

	(void)unused;
	result[0] = l4_thread_control(l4_id(9, 1), l4_id(9, 1), TASK_ROOT, TASK_ROOT, 0, 16);
	result[1] = l4_thread_control(TASK_ROOT, L4_NIL, 0, 0, 0, 0);
	result[2] = l4_space_control(TASK_ROOT, 0, 0);
	result[3] = l4_space_control(id_of(ATTACKER), L4_SPACE_CLEAR, 0);
	result[4] = l4_exchange_registers(TASK_ROOT, L4_EXREGS_IP, &r);
	result[5] = l4_exchange_registers(id_of(ATTACKER), L4_EXREGS_RESULT, &r);
	result[6] = l4_debugger(L4_DEBUGGER_EXIT, (const void *)0x10, 0);
	result[7] = l4_debugger(L4_DEBUGGER_CONSOLE, "x", 1);
	result[8] = l4_debugger(L4_DEBUGGER_RESULT, "x", 1);
	result[9] = l4_thread_times(TASK_ROOT, &times);
	task_done(0);
}

static void unknown_calls(void *unused)
{
	static const long numbers[] = {0, 39, 512, -L4_CALLS, -L4_CALLS - 1, -4096, INT64_MAX,
		INT64_MIN, 0x100000000, -0x100000000};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++)
		result[i] = l4_syscall(-numbers[i], 1, 2, 3, 4, 5, 6);
	result[20] = ARRAY_SIZE(numbers);
	task_done(0);
}

static void test_bad_arguments(void)
{
	struct l4_registers r = {
		.ip = KERNEL_ADDRESS, .tp = NONCANONICAL_ADDRESS, .source = l4_id(99, 99)};
	u64 me = TASK_ROOT, other;

	begin();
	other = id_of(ATTACKER);
	task_make(other, other, ATTACKER);
	eq(l4_thread_control(0, me, 0, 0, 0, 0), -L4_ERROR_INVALID,
		"number 0 names no thread to make");
	eq(l4_thread_control(l4_id(1 << 20, 1), me, 0, 0, 0, 0), -L4_ERROR_INVALID,
		"a number beyond the last is refused");
	eq(l4_thread_control(l4_id(9, 0), me, 0, 0, 0, 0), -L4_ERROR_INVALID,
		"version 0 is refused");
	eq(l4_thread_control(l4_id(2, version + 7), me, 0, 0, 0, 0), -L4_ERROR_INVALID,
		"a number in use is not given twice");
	eq(l4_thread_control(l4_id(9, 1), l4_id(77, 1), 0, 0, 0, 0), -L4_ERROR_NO_PARTNER,
		"a space that is not there is refused");
	eq(l4_thread_control(l4_id(9, 1), me, 0, 0, 0, 32), -L4_ERROR_INVALID,
		"a priority beyond the last is refused");
	eq(l4_thread_control(me, L4_NIL, 0, 0, 0, 0), -L4_ERROR_INVALID,
		"a thread cannot delete itself");
	eq(l4_thread_control(l4_id(9, 1), l4_id(9, 1), 0, 0, KERNEL_ADDRESS, 0), -L4_ERROR_INVALID,
		"no UTCB in the kernel's half");
	eq(l4_thread_control(l4_id(9, 1), me, 0, 0, 0x1000000, 0), -L4_ERROR_INVALID,
		"no UTCB over the root task's memory");
	eq(l4_thread_control(l4_id(9, 1), other, 0, 0, (u64)task_utcb(ATTACKER), 0),
		-L4_ERROR_INVALID, "no UTCB over another");
	eq(l4_exchange_registers(other, L4_EXREGS_IP, &r), -L4_ERROR_INVALID,
		"no instruction pointer in the kernel's half");
	eq(l4_exchange_registers(other, L4_EXREGS_TP, &r), -L4_ERROR_INVALID,
		"no thread pointer that is no address");
	eq(l4_exchange_registers(other, L4_EXREGS_COPY, &r), -L4_ERROR_NO_PARTNER,
		"no copy from a thread that is not there");
	eq(l4_exchange_registers(other, 0x100000, &r), -L4_ERROR_INVALID,
		"unknown control bits are refused");
	eq(l4_exchange_registers(other, L4_EXREGS_RESULT, (void *)KERNEL_ADDRESS),
		-L4_ERROR_INVALID, "registers are not read from the kernel's memory");
	static struct l4_register_file file;
	r = (struct l4_registers){.file = &file, .fpu = (void *)KERNEL_ADDRESS};
	file.rip = KERNEL_ADDRESS;
	eq(l4_exchange_registers(other, L4_EXREGS_SET, &r), -L4_ERROR_INVALID,
		"a register file may not lead into the kernel");
	file.rip = 0;
	file.rflags = UINT64_MAX;
	eq(l4_exchange_registers(other, L4_EXREGS_SET | L4_EXREGS_GET, &r), 0,
		"one that leads elsewhere is taken");
	eq((s64)file.rflags, 0x240fd7, "with those flags that are the user's, and interrupts on");
	eq((s64)(file.cs & file.ss & 3), 3, "and with user segments");
	eq(l4_exchange_registers(other, L4_EXREGS_GETFPU, &r), -L4_ERROR_INVALID,
		"nothing is written into the kernel");
	r.file = (void *)DIRECT_MAP_ADDRESS;
	eq(l4_exchange_registers(other, L4_EXREGS_GET, &r), -L4_ERROR_INVALID, "by no name");
	eq(l4_debugger(L4_DEBUGGER_CONSOLE, (void *)KERNEL_ADDRESS, 8), -L4_ERROR_INVALID,
		"nor is text");
	eq(l4_debugger(L4_DEBUGGER_CONSOLE, "x", UINT64_MAX), -L4_ERROR_INVALID,
		"nor a text without end");
	eq(l4_space_control(other, 0x80, 0), -L4_ERROR_INVALID,
		"unknown bits of a space are refused");
	eq(l4_space_control(me, L4_SPACE_CLEAR, 0), -L4_ERROR_INVALID,
		"the root task's space is as it is");
	eq(l4_unmap(64, false), -L4_ERROR_INVALID, "an fpage of no size cannot be unmapped");
	task_delete(other);
}

void test_calls(void)
{
	struct task_event event = attack(privileged_calls);
	bool all = true;

	for (unsigned i = 0; i < 10; i++)
		all &= result[i] == -L4_ERROR_DENIED;
	ok(event.kind == TASK_DONE && all, "privileged calls are denied to an unprivileged space");
	event = attack(unknown_calls);
	for (unsigned i = 0, n = (unsigned)result[20]; i < n; i++)
		all &= result[i] == -L4_ERROR_INVALID;
	ok(event.kind == TASK_DONE && all && result[20] > 0,
		"numbers that are no call are refused");
	test_bad_arguments();
}

/* --- random calls -------------------------------------------------------- */

static u64 random_state = 0x2545f4914f6cdd1dull;
static u64 bystander; /* the thread that takes whatever comes */
static u64 delivered; /* messages that it took */
static unsigned calls_made;

static u64 next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Values that are likely to be looked at, and any others. */
static u64 strange_value(void)
{
	static const u64 values[] = {0, 1, 2, 12, 63, 64, 0xfff, 0x1000, UINT64_MAX, INT64_MAX,
		1ull << 63, REGION, 0x1000000, 0x7fffffffe000, 0x7ffffffff000, 0x800000000000,
		KERNEL_ADDRESS, DIRECT_MAP_ADDRESS, NONCANONICAL_ADDRESS, 0x710000000000};
	u64 which = next_random() % 32;

	if (which < ARRAY_SIZE(values))
		return values[which];
	if (which < 26)
		return l4_id((u32)(next_random() % 8),
			(u32)(next_random() % 2 ? version : next_random() % 4));
	return which < 30 ? next_random()
			  : l4_fpage(next_random() & ~0xfffull, next_random() % 64, 7);
}

static u64 strange_tag(void)
{
	switch (next_random() % 4) {
	case 0:
		return strange_value();
	case 1:
		return l4_tag(next_random() % 3, next_random() % 64, next_random() % 16);
	case 2:
		return l4_tag(1, next_random() % 64, 0);
	default:
		return l4_tag(1, next_random() % 6, 2);
	}
}

static void random_calls(void *unused)
{
	struct l4_utcb *utcb = task_utcb(ATTACKER);

	(void)unused;
	for (; calls_made < RANDOM_CALLS; calls_made++) {
		long number = next_random() % 2 ? L4_CALL_IPC : (long)(next_random() % 10);
		struct l4_message m;

		if (number == L4_CALL_THREAD_SWITCH && next_random() % 8)
			continue; /* each would wait for all others */
		for (unsigned k = 0; k < L4_MRS; k++)
			utcb->mr[k] = strange_value();
		utcb->acceptor = strange_value();
		for (unsigned k = 0; k < L4_STRINGS; k++)
			utcb->buffers[k].address = strange_value(),
			utcb->buffers[k].size = strange_value();
		if (number != L4_CALL_IPC) {
			l4_syscall(number, strange_value(), strange_value(), strange_value(),
				strange_value(), strange_value(), strange_value());
			continue;
		}
		m.tag = strange_tag();
		for (unsigned k = 0; k < L4_REGISTER_MRS; k++)
			m.mr[k] = strange_value();
		if (next_random() % 2) /* an item that is well made, of something strange */
			m.mr[l4_untyped(m.tag) % 6] =
				next_random() % 2 ? l4_map_item(strange_value() & ~0xfffull)
						  : l4_string_item(next_random() % 8192);
		/* Never to the root task, which would take it for an event, and never for ever;
		 * half of the time long enough for others to run. */
		u64 to = next_random() % 2 ? bystander : strange_value();
		l4_ipc(to == TASK_ROOT ? L4_NIL : to, strange_value(),
			next_random() % 2 ? NOW : l4_timeouts(L4_ZERO, 20000), &m);
		l4_thread_switch(bystander); /* it must run to take the next */
	}
	task_done(calls_made);
}

/* Takes whatever comes, with buffers and a window open. */
static void take_anything(void *unused)
{
	static u8 buffer[PAGE] aligned(4096);
	struct l4_utcb *utcb = task_utcb(VICTIM);
	struct l4_message m = {0};
	u64 to = L4_NIL;

	(void)unused;
	for (;;) {
		utcb->acceptor = l4_fpage(REGION, 20, 0);
		for (unsigned k = 0; k < L4_STRINGS; k++)
			utcb->buffers[k].address = (u64)buffer,
			utcb->buffers[k].size = sizeof(buffer);
		m.tag = 0;
		s64 from = l4_ipc(to, L4_ANY, l4_timeouts(L4_ZERO, L4_FOREVER), &m);
		to = from > 0 ? (u64)from : L4_NIL;
		delivered += from > 0;
	}
}

/* Fresh memory for whoever asks for it in the region. */
static u64 supply_region(u64 page, u64 access)
{
	(void)access;
	if (page < REGION || page >= REGION + 64 * PAGE)
		return 0;
	return l4_fpage(task_page(), L4_FPAGE_MIN, PROT_READ | PROT_WRITE);
}

void test_random(void)
{
	unsigned lives = 1;
	bool sane = true;

	begin();
	spawn(VICTIM, take_anything);
	bystander = id_of(VICTIM);
	spawn(ATTACKER, random_calls);
	/* A string at an address that nobody can supply ends an attacker; the next goes on where it
	 * was. */
	for (;; lives++) {
		struct task_event event = task_wait(supply_region);

		sane = event.thread == id_of(ATTACKER);
		if (!sane || event.kind == TASK_DONE)
			break;
		task_delete(id_of(ATTACKER));
		version++;
		calls_made++; /* not the same again */
		spawn(ATTACKER, random_calls);
	}
	finish();
	l4_thread_control(bystander, L4_NIL, 0, 0, 0, 0);
	ok(sane && calls_made >= RANDOM_CALLS, "thousands of random calls disturb nobody else");
	ok(delivered > RANDOM_CALLS / 100, "and many of them were messages that arrived");
	kprintf("# %u attackers, %lu messages\n", lives, delivered);
}
